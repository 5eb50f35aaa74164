//! Two products from one multiplier, for every weight and activation there is: in the model, in a DSP slice, and in LUTs.

use crate::cosim::{cache, tools};
use systole_cycle::primitives::pe_array::pair_products;
use systole_verilator::{BuildSpec, Verilated};

/// Activations: unsigned or signed bytes.
const ACTIVATIONS: std::ops::RangeInclusive<i32> = -128..=255;
const WEIGHTS: std::ops::RangeInclusive<i32> = -128..=127;

#[test]
fn a_pair_of_products_is_exact_for_all_operands() {
    for a in ACTIVATIONS {
        for w0 in WEIGHTS {
            for w1 in WEIGHTS {
                assert_eq!(pair_products(a, [w0, w1]), [a * w0, a * w1], "{a} * {w0}, {w1}");
            }
        }
    }
}

/// The sweep counts the pairs of products that are not what Verilog's own multiplication says.
#[test]
fn the_verilog_of_a_pair_is_exact_for_all_operands() {
    let sources = [
        ("DSP48E1.v", include_str!("../../../../hdl/rtl/v/models/DSP48E1.v")),
        ("DSP48E2.v", include_str!("../../../../hdl/rtl/v/models/DSP48E2.v")),
        ("dsp48e1_mac.v", include_str!("../../../../hdl/rtl/v/dsp48e1_mac.v")),
        ("dsp48e2_mac.v", include_str!("../../../../hdl/rtl/v/dsp48e2_mac.v")),
        ("dsp_mac.v", include_str!("../../../../hdl/rtl/v/dsp_mac.v")),
        ("pair_mul.v", include_str!("../../../../hdl/rtl/v/pair_mul.v")),
        ("lut_mul.v", include_str!("../../../../hdl/rtl/v/lut_mul.v")),
        ("pair_sweep.v", include_str!("pair_sweep.v")),
    ];
    let spec = sources.iter().fold(BuildSpec::new("pair_sweep"), |spec, (name, text)| spec.file(*name, *text));
    let built = Verilated::build(&tools(), &spec, &cache()).expect("it compiles");
    let (done, wrong) = (built.port("done_o").unwrap(), built.port("wrong_o").unwrap());
    let (checked, mut model) = (built.port("checked_o").unwrap(), built.model().unwrap());
    let operands = (ACTIVATIONS.count() * WEIGHTS.count() * WEIGHTS.count()) as u64;
    for _ in 0..operands {
        model.tick();
        if model.get(done) == 1 {
            break;
        }
    }
    assert_eq!((model.get(done), model.get(wrong), model.get(checked)), (1, 0, operands));
}

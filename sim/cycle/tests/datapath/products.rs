//! Products of multipliers that are instantiated. Two from one multiplier, for every weight and activation there is: in the model, in a
//! DSP slice, and in LUTs. One from half a GW5A DSP block, for all of them; one from a whole block, for many operands.

use crate::cosim::{cache, tools, PortBits};
use systole_cycle::primitives::pe_array::pair_products;
use systole_net::random::Rng;
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

/// Cycles from the operands to the sum.
const MAC_LAT: usize = 3;

#[test]
fn half_a_gw5a_block_is_exact_for_all_operands() {
    let spec = BuildSpec::new("gw5a_mac")
        .file("MULT12X12.v", include_str!("../../../../hdl/rtl/v/models/MULT12X12.v"))
        .file("gw5a_mac.v", include_str!("../../../../hdl/rtl/v/gw5a_mac.v"))
        .param("ACC_W", 17);
    let built = Verilated::build(&tools(), &spec, &cache()).expect("it compiles");
    let [a, b, first, sum] = ["a_i", "b_i", "first_i", "sum_o"].map(|name| built.port(name).unwrap());
    let mut model = built.model().unwrap();
    // Every sum is one product.
    model.set(first, 1);
    let operands: Vec<(i32, i32)> = WEIGHTS.flat_map(|w| (-255..=255).map(move |x| (w, x))).collect();
    let last = operands[operands.len() - 1];
    for cycle in 0..operands.len() + MAC_LAT {
        let (w, x) = *operands.get(cycle).unwrap_or(&last);
        model.set(a, w as u64 & 0xff);
        model.set(b, x as u64 & 0x1ff);
        model.tick();
        // Behind the clock edge that ends the cycle the sum of two cycles before is there.
        if let Some(&(w, x)) = (cycle + 1).checked_sub(MAC_LAT).and_then(|n| operands.get(n)) {
            assert_eq!(model.get(sum), (w * x) as u64 & 0x1ffff, "{w} * {x}");
        }
    }
}

#[test]
fn a_gw5a_block_multiplies_27_by_18_bits() {
    let mut random = Rng::new(59);
    for (a_bits, b_bits) in [(27, 18), (22, 9), (1, 18), (27, 1)] {
        let spec = BuildSpec::new("gw5a_mul")
            .file("MULTALU27X18.v", include_str!("../../../../hdl/rtl/v/models/MULTALU27X18.v"))
            .file("gw5a_mul.v", include_str!("../../../../hdl/rtl/v/gw5a_mul.v"))
            .param("A_W", a_bits as u64)
            .param("B_W", b_bits as u64);
        let built = Verilated::build(&tools(), &spec, &cache()).expect("it compiles");
        let [a, b, product] = ["a_i", "b_i", "product_o"].map(|name| built.port(name).unwrap());
        let mut model = built.model().unwrap();
        for _ in 0..20_000 {
            let (x, y) = (random.port(a_bits), random.port(b_bits));
            model.set(a, x);
            model.set(b, y);
            model.tick();
            let signed = |value: u64, bits: usize| ((value << (64 - bits)) as i64) >> (64 - bits);
            let wanted = (signed(x, a_bits) * signed(y, b_bits)) as u64 & (u64::MAX >> (64 - a_bits - b_bits));
            assert_eq!(model.get(product), wanted, "{x:#x} * {y:#x}");
        }
    }
}

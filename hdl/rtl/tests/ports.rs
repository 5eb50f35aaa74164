//! Ports as the Verilog of the primitives declares them: lanes, widths and order by the rules of CONTRIBUTING.md.

use systole_machine::board::Family;
use systole_machine::geometry::Geometry;
use systole_rtl::ports::{skid, Views};
use systole_rtl::primitive::{Port, Primitive};
use systole_rtl::primitives::drain::{Drain, DrainShape};
use systole_rtl::primitives::memory_check::{MemoryCheck, MemoryShape};
use systole_rtl::primitives::pe_array::PeArray;
use systole_rtl::primitives::skid::Skid;

fn port(primitive: &impl Primitive, name: &str) -> Port {
    primitive.ports().into_iter().find(|port| port.name == name).unwrap_or_else(|| panic!("no port {name}"))
}

#[test]
fn all_ports_but_clock_and_reset_are_listed_in_the_order_of_the_verilog() {
    let wanted = [
        Port::input("s_valid_i", 1, 1),
        Port::output("s_ready_o", 1, 1),
        Port::input("s_data_i", 1, 97),
        Port::output("m_valid_o", 1, 1),
        Port::input("m_ready_i", 1, 1),
        Port::output("m_data_o", 1, 97),
    ];
    assert_eq!(Skid::new(97).ports(), wanted);
}

#[test]
fn counts_are_lanes_and_widths_are_widths() {
    let array = PeArray::new(&Geometry { rows: 5, cols: 3, acc_bits: 26, ..Geometry::default() }, Family::Ecp5);
    assert_eq!(port(&array, "a_i"), Port::input("a_i", 5, 9));
    assert_eq!(port(&array, "first_i"), Port::input("first_i", 5, 1));
    assert_eq!(port(&array, "w_i"), Port::input("w_i", 3, 8));
    assert_eq!(port(&array, "chain_o"), Port::output("chain_o", 5, 26));
    let check = MemoryCheck::new(vec![MemoryShape { depth: 9, word_bytes: 2 }; 3], 4);
    assert_eq!(port(&check, "last_addr_i"), Port::input("last_addr_i", 3, 4));
    assert_eq!(port(&check, "found_crc_o"), Port::output("found_crc_o", 1, 32));
}

#[test]
fn widths_are_sums() {
    let drain = Drain::new(DrainShape {
        rows: 3,
        cols: 4,
        addr_bits: 9,
        n_bits: 5,
        param_bits: 6,
        layer_bits: 2,
        acc_bits: 25,
        mult_bits: 17,
        residual_bits: 11,
        queue: 4,
        delay: 7,
    });
    assert_eq!(port(&drain, "param_i"), Port::input("param_i", 1, 42));
    assert_eq!(port(&drain, "residual_i"), Port::input("residual_i", 1, 12));
}

#[test]
fn a_view_has_the_values_by_name() {
    let values = vec![vec![1], vec![7, 8], vec![0]];
    let inputs = skid::Ports::inputs(&values);
    assert_eq!((inputs.s_valid, inputs.s_data, inputs.m_ready), (true, &[7, 8][..], false));
    let mut values = vec![vec![0], vec![0], vec![0, 0]];
    let out = skid::Ports::outputs(&mut values);
    *out.m_valid = 1;
    out.m_data[1] = 5;
    assert_eq!(values, [vec![0], vec![1], vec![0, 5]]);
}

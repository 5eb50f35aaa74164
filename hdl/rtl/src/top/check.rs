//! The memory check and its wires to every memory.

use super::describe::{Instance, Top};
use super::expression::{bits, concat, constant, Expr};
use super::shapes::Shapes;
use systole_machine::memories::WEIGHTS;

/// Inputs of a memory that a byte is read through, beside the wire that has their bits.
const SHARED: [(&str, &str); 2] = [("check_addr_i", "check_addr"), ("check_byte_i", "check_byte")];

/// Connects a memory, under its name in the plan, with the check.
pub fn connect(instance: &mut Instance, s: &Shapes, name: &str) {
    let at = s.memory_number(name);
    instance.input("check_i", bits("check_read", at, at));
    for (port, wire) in SHARED {
        let width = instance.width(port);
        instance.input(port, bits(wire, width - 1, 0));
    }
    instance.output("check_valid_o", &format!("{name}_byte_valid")).output("check_data_o", &format!("{name}_byte"));
}

/// The check; its findings are outputs of the top.
pub fn add(t: &mut Top, s: &Shapes) {
    let names: Vec<&str> = std::iter::once(WEIGHTS).chain(s.table_names()).collect();
    // The first memory in the lowest bits.
    let of = |suffix: &str| concat(names.iter().rev().map(|name| format!("{name}_{suffix}")));
    let primitive = s.memory_check();
    let (addr, byte) = (primitive.addr_bits(), primitive.byte_bits());
    let last = |field: usize, width: usize| -> Expr {
        concat(primitive.last().iter().rev().map(|last| constant(last[field], width)))
    };
    let (last_addr, last_byte) = (last(0, addr), last(1, byte));
    let check = t.primitive("check", "Reads the memories back for the host.", primitive);
    check
        .input("check_i", "check_i")
        .input("busy_i", "busy_o")
        .input("last_addr_i", last_addr)
        .input("last_byte_i", last_byte)
        .input("valid_i", of("byte_valid"))
        .input("data_i", of("byte"))
        .output("hold_o", "hold")
        .output("read_o", "check_read")
        .output("addr_o", "check_addr")
        .output("byte_o", "check_byte");
    for output in ["found_o", "found_memory_o", "found_crc_o", "found_last_o"] {
        check.output(output, output);
    }
    match s.loads() {
        true => check.input("load_i", "load_i").input("loaded_i", "loaded"),
        false => check.input("load_i", constant(0, 1)).input("loaded_i", constant(0, 1)),
    };
}

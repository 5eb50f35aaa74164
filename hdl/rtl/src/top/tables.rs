//! The plan's tables as ROMs: an instance each.

use super::check;
use super::describe::Top;
use super::expression::{bits, Expr};
use super::shapes::Shapes;
use crate::design::File;

/// Adds the ROM of a table of the plan, with its part of the memory check: address and word are wires of these names.
pub fn add_rom(top: &mut Top, s: &Shapes, [name, comment]: [&str; 2], address: &str, word: &str) -> Vec<File> {
    let (rom, images) = s.rom(name);
    let instance = top.primitive(&format!("{name}_rom"), comment, rom);
    instance.input("addr_i", address).output("data_o", word);
    check::connect(instance, s, name);
    images
}

/// The low bits of a wire; says that nobody reads the others.
pub fn low_bits(wire: &str, width: usize, wanted: usize, t: &mut Top) -> Expr {
    if wanted == width {
        return wire.into();
    }
    t.leave_unread(bits(wire, width - 1, wanted));
    bits(wire, wanted - 1, 0)
}

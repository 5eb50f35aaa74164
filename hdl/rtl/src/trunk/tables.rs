//! The plan's tables as ROMs: an instance each, its word cut into the table's fields.

use super::check;
use super::describe::Trunk;
use super::shapes::Shapes;
use crate::design::File;
use crate::leaves::rom::Rom;
use systole_plan::words::Table;

/// The ROM of a table, in block RAM or LUTs, and the file that its Verilog reads.
pub fn rom(table: &Table, block: bool) -> (Rom, File) {
    let file = format!("{}.hex", table.name);
    let words = table.words.iter().map(|word| table.limbs(word)).collect();
    let rom = Rom::new(table.width, block, &file, words);
    let image = rom.image();
    (rom, File::text(file, image))
}

/// Adds the ROM of the plan's table `name`, addressed by the wire `address`; its word's fields become wires `<prefix>_<field>`.
pub fn add_table(trunk: &mut Trunk, s: &Shapes, name: &str, address: &str, [prefix, comment]: [&str; 2]) -> File {
    let table = s.table(name);
    let word = format!("{}_word", table.name);
    let image = add_rom(trunk, s, [name, comment], address, &word);
    trunk.fields(prefix, &word, table.fields.iter().map(|f| (f.name, f.width)));
    image
}

/// Adds the ROM of a table of the plan, with its part of the memory check: address and word are wires of these names.
pub fn add_rom(trunk: &mut Trunk, s: &Shapes, [name, comment]: [&str; 2], address: &str, word: &str) -> File {
    let (rom, image) = s.rom(name);
    let instance = trunk.leaf(&format!("{name}_rom"), comment, rom);
    instance.input("addr_i", address).output("data_o", word);
    check::connect(instance, s, name);
    image
}

#[cfg(test)]
mod tests {
    use super::*;
    use systole_plan::words::Field;

    #[test]
    fn the_image_is_the_table_in_hexadecimal() {
        let field = |name, low, width| Field { name, low, width };
        let fields = vec![field("a", 0, 60), field("b", 60, 8), field("c", 68, 64)];
        let table = Table { name: "t", fields, width: 132, words: vec![vec![1, 0xa5, u64::MAX]] };
        assert_eq!(rom(&table, true).1, File::text("t.hex", table.hex()));
    }
}

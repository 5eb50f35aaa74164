//! The plan's tables as ROMs: an instance each, its word cut into the table's fields.

use super::describe::Trunk;
use super::shapes::Shapes;
use crate::design::File;
use crate::leaves::rom::Rom;
use systole_plan::words::Table;

/// Bits of a limb of a word.
const LIMB: usize = 64;

/// The ROM of a table, in block RAM or LUTs, and the file that its Verilog reads.
pub fn rom(table: &Table, block: bool) -> (Rom, File) {
    let file = format!("{}.hex", table.name);
    let words = table.words.iter().map(|word| limbs(table, word)).collect();
    let rom = Rom::new(table.width, block, &file, words);
    let image = rom.image();
    (rom, File::text(file, image))
}

/// A word's fields side by side, least significant limb first.
fn limbs(table: &Table, word: &[u64]) -> Vec<u64> {
    let mut limbs = vec![0; table.width.div_ceil(LIMB)];
    for (field, &value) in table.fields.iter().zip(word) {
        let (at, bit) = (field.low / LIMB, field.low % LIMB);
        limbs[at] |= value << bit;
        if bit + field.width > LIMB {
            limbs[at + 1] |= value >> (LIMB - bit);
        }
    }
    limbs
}

/// Adds the ROM of the plan's table `name`, addressed by the wire `address`; its word's fields become wires `<prefix>_<field>`.
pub fn add_table(trunk: &mut Trunk, s: &Shapes, name: &str, address: &str, [prefix, comment]: [&str; 2]) -> File {
    let (table, (rom, image)) = (s.table(name), s.rom(name));
    let word = format!("{}_word", table.name);
    trunk.leaf(&format!("{}_rom", table.name), comment, rom).input("addr_i", address).output("data_o", &word);
    trunk.fields(prefix, &word, table.fields.iter().map(|f| (f.name, f.width)));
    image
}

#[cfg(test)]
mod tests {
    use super::*;
    use systole_plan::words::Field;

    #[test]
    fn fields_may_cross_limbs() {
        let field = |name, low, width| Field { name, low, width };
        let fields = vec![field("a", 0, 60), field("b", 60, 8), field("c", 68, 64)];
        let table = Table { name: "t", fields, width: 132, words: vec![vec![1, 0xa5, u64::MAX]] };
        assert_eq!(limbs(&table, &table.words[0]), [1 | 5 << 60, 0xa | !0 << 4, 0xf]);
        assert_eq!(rom(&table, true).1, File::text("t.hex", table.hex()));
    }
}

//! A table as a ROM and the file that it is read from.

use crate::design::File;
use crate::primitives::rom::Rom;
use systole_machine::words::Table;

/// The ROM of a table, in block RAM or LUTs, and the file that its Verilog reads.
pub fn rom(table: &Table, block: bool) -> (Rom, File) {
    let file = format!("{}.hex", table.name);
    let words = table.words.iter().map(|word| table.limbs(word)).collect();
    let rom = Rom::new(table.width, block, &file, words);
    let image = rom.image();
    (rom, File::text(file, image))
}

#[cfg(test)]
mod tests {
    use super::*;
    use systole_machine::words::Field;

    #[test]
    fn the_image_is_the_table_in_hexadecimal() {
        let field = |name, low, width| Field { name, low, width };
        let fields = vec![field("a", 0, 60), field("b", 60, 8), field("c", 68, 64)];
        let table = Table { name: "t", fields, width: 132, words: vec![vec![1, 0xa5, u64::MAX]] };
        assert_eq!(rom(&table, true).1, File::text("t.hex", table.hex()));
    }
}

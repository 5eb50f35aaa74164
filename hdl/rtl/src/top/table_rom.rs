//! A table as a ROM and the file that it is read from.

use crate::design::File;
use crate::primitives::rom::Rom;
use systole_machine::words::Table;

/// The ROM of a table, in block RAM or LUTs, and the files that its Verilog reads.
pub fn rom(table: &Table, block: bool) -> (Rom, Vec<File>) {
    let file = format!("{}.hex", table.name);
    let words = table.words.iter().map(|word| table.limbs(word)).collect();
    if block || table.outline().numbered().is_none() {
        let rom = Rom::new(table.width, block, &file, words);
        let image = rom.image();
        return (rom, vec![File::text(file, image)]);
    }
    let numbers = format!("{}_numbers.hex", table.name);
    let rom = Rom::numbered(table.width, [file.clone(), numbers.clone()], words);
    let images = [File::text(file, rom.image()), File::text(numbers, rom.number_image())];
    (rom, images.into())
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
        assert_eq!(rom(&table, true).1, [File::text("t.hex", table.hex())]);
    }

    #[test]
    fn few_different_words_in_luts_are_kept_once() {
        let fields = vec![Field { name: "a", low: 0, width: 24 }];
        let words = (0..64).map(|at| vec![[0xabcdef, 1, 7][at % 3]]).collect();
        let table = Table { name: "t", fields, width: 24, words };
        let numbers: String = (0..64).map(|at| format!("{}\n", at % 3)).collect();
        let words = File::text("t.hex", "abcdef\n000001\n000007\n");
        assert_eq!(rom(&table, false).1, [words, File::text("t_numbers.hex", numbers)]);
        assert_eq!(rom(&table, true).1, [File::text("t.hex", table.hex())]);
    }
}

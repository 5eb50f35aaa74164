//! A table as a ROM and the file that it is read from.

use crate::design::File;
use crate::primitives::rom::Rom;
use systole_machine::words::Table;
use systole_machine::TableMemory;

/// The ROM of a table, and the files that its Verilog reads.
pub fn rom(table: &Table, memory: TableMemory) -> (Rom, Vec<File>) {
    let words = table.words.iter().map(|word| table.limbs(word)).collect();
    let numbered = match memory {
        TableMemory::Block => false,
        TableMemory::Numbers => true,
        TableMemory::Luts => table.outline().numbered().is_some(),
    };
    let block = memory != TableMemory::Luts;
    let rom = Rom { block, latency: table.latency, numbered, ..Rom::new(table.name, table.width, words) };
    let images = rom.images().into_iter().map(|(name, image)| File::text(name, image)).collect();
    (rom, images)
}

#[cfg(test)]
mod tests {
    use super::*;
    use systole_machine::words::Field;

    #[test]
    fn the_image_is_the_table_in_hexadecimal() {
        let field = |name, low, width| Field { name, low, width };
        let fields = vec![field("a", 0, 60), field("b", 60, 8), field("c", 68, 64)];
        let table = Table { name: "t", fields, width: 132, latency: 1, words: vec![vec![1, 0xa5, u64::MAX]] };
        assert_eq!(rom(&table, TableMemory::Block).1, [File::text("t.hex", table.hex())]);
    }

    #[test]
    fn few_different_words_in_luts_are_kept_once() {
        let fields = vec![Field { name: "a", low: 0, width: 24 }];
        let words = (0..64).map(|at| vec![[0xabcdef, 1, 7][at % 3]]).collect();
        let table = Table { name: "t", fields, width: 24, latency: 2, words };
        let numbers: String = (0..64).map(|at| format!("{}\n", at % 3)).collect();
        let words = File::text("t.hex", "abcdef\n000001\n000007\n");
        let few = [words, File::text("t_numbers.hex", numbers)];
        assert_eq!(rom(&table, TableMemory::Luts).1, few);
        assert_eq!(rom(&table, TableMemory::Numbers).1, few);
        assert_eq!(rom(&table, TableMemory::Block).1, [File::text("t.hex", table.hex())]);
    }
}

//! Tables as ROM words: every field's place and width; contents as `$readmemh` text.

use super::{mask, Width, Widths, Word};
use crate::bits::clog2;
use std::collections::HashSet;

/// A field of a ROM word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub low: usize,
    pub width: usize,
}

/// A ROM: fields from the least significant bit on, and one value per field and word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: &'static str,
    pub fields: Vec<Field>,
    pub width: usize,
    /// Cycles from an address to its word: 1, or 2.
    pub latency: usize,
    pub words: Vec<Vec<u64>>,
}

/// A ROM's size, and how much of it synthesis stores: all that its cost depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outline {
    pub name: &'static str,
    pub words: usize,
    /// Bits of a word, and those of them that are not the same in all words.
    pub width: usize,
    pub varying_bits: usize,
    /// Words that differ.
    pub different: usize,
    /// Cycles from an address to its word.
    pub latency: usize,
}

impl Outline {
    /// Bits of a word's number among the different ones.
    pub fn number_bits(&self) -> usize {
        clog2(self.different).max(1)
    }

    /// [`Self::number_bits`], where a table in LUTs is at least a quarter smaller as numbers and the different words: a program
    /// repeats few items thousands of times. Both are looked up one after the other, which takes a cycle each.
    pub fn numbered(&self) -> Option<usize> {
        let number = self.number_bits();
        let bits = self.words * number + self.different * self.varying_bits;
        (self.latency > 1 && 4 * bits <= 3 * self.words * self.varying_bits).then_some(number)
    }
}

/// Bits of a limb of a word.
const LIMB: usize = 64;

impl Table {
    /// A table of words, by their fields' widths.
    pub fn of<W: Word>(words: &[W], widths: &Widths) -> Table {
        let mut low = 0;
        let field = |&(name, width): &(&'static str, Width)| {
            let width = width.bits(widths);
            low += width;
            Field { name, low: low - width, width }
        };
        let fields: Vec<Field> = W::FIELDS.iter().map(field).collect();
        let value = |(field, value): (&Field, u64)| value & mask(field.width);
        let words = words.iter().map(|word| fields.iter().zip(word.values()).map(value).collect()).collect();
        Table { name: W::TABLE, width: low, fields, latency: W::LATENCY, words }
    }

    /// A table of one number a word, in `width` bits, read in a cycle.
    pub fn numbers(name: &'static str, field: &'static str, width: usize, numbers: &[i64]) -> Table {
        let words = numbers.iter().map(|&number| vec![number as u64 & mask(width)]).collect();
        Table { name, fields: vec![Field { name: field, low: 0, width }], width, latency: 1, words }
    }

    /// Bits of a word that are not the same in all words. Synthesis stores no others.
    pub fn varying_bits(&self) -> usize {
        let mut varying = vec![0; self.fields.len()];
        for word in &self.words {
            let first = word.iter().zip(&self.words[0]);
            varying.iter_mut().zip(first).for_each(|(varying, (value, first))| *varying |= value ^ first);
        }
        varying.iter().map(|bits: &u64| bits.count_ones() as usize).sum()
    }

    pub fn outline(&self) -> Outline {
        let Table { name, width, latency, .. } = *self;
        let different = self.words.iter().collect::<HashSet<_>>().len();
        Outline { name, words: self.words.len(), width, varying_bits: self.varying_bits(), different, latency }
    }

    /// A word's fields side by side in 64-bit limbs, the least significant first.
    pub fn limbs(&self, word: &[u64]) -> Vec<u64> {
        let mut limbs = vec![0; self.width.div_ceil(LIMB)];
        for (field, &value) in self.fields.iter().zip(word) {
            let (at, bit) = (field.low / LIMB, field.low % LIMB);
            limbs[at] |= value << bit;
            if bit + field.width > LIMB {
                limbs[at + 1] |= value >> (LIMB - bit);
            }
        }
        limbs
    }

    /// One line of hexadecimal digits per word.
    pub fn hex(&self) -> String {
        let digits = self.width.div_ceil(4);
        let mut text = String::with_capacity(self.words.len() * (digits + 1));
        for word in &self.words {
            let mut bits = vec![false; digits * 4];
            for (f, &v) in self.fields.iter().zip(word) {
                for b in 0..f.width {
                    bits[f.low + b] = v >> b & 1 == 1;
                }
            }
            for d in (0..digits).rev() {
                let nibble = (0..4).map(|b| u32::from(bits[d * 4 + b]) << b).sum();
                text.push(char::from_digit(nibble, 16).unwrap_or('x'));
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{Field, Table};

    #[test]
    fn fields_may_cross_limbs() {
        let field = |name, low, width| Field { name, low, width };
        let fields = vec![field("a", 0, 60), field("b", 60, 8), field("c", 68, 64)];
        let table = Table { name: "t", fields, width: 132, latency: 1, words: vec![vec![1, 0xa5, u64::MAX]] };
        assert_eq!(table.limbs(&table.words[0]), [1 | 5 << 60, 0xa | !0 << 4, 0xf]);
    }
}

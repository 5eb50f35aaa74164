//! The fields of words in Verilog: blocks of wires that a module cuts out of a word, printed into its source.

use crate::tables::{Item, LayerEntry, PoolEntry, TapEntry};
use crate::words::{Width, Word};
use std::collections::BTreeSet;

/// What every block's first line begins with: `// Fields of <bus> as <prefix>_*, a <table> word: printed ...`.
const MARK: &str = "    // Fields of ";
const NOTE: &str = "printed from hdl/machine/src/tables.rs, do not edit.";

type Fields = &'static [(&'static str, Width)];

/// The words that Verilog cuts.
const WORDS: [(&str, Fields); 4] = [
    (Item::TABLE, Item::FIELDS),
    (LayerEntry::TABLE, LayerEntry::FIELDS),
    (TapEntry::TABLE, TapEntry::FIELDS),
    (PoolEntry::TABLE, PoolEntry::FIELDS),
];

/// A block's first line.
struct Head<'a> {
    /// The word, and what its fields' wires begin with.
    bus: &'a str,
    prefix: &'a str,
    table: &'a str,
    fields: Fields,
}

impl Head<'_> {
    fn read(line: &str) -> Option<Head<'_>> {
        let (bus, rest) = line.strip_prefix(MARK)?.split_once(" as ")?;
        let (prefix, rest) = rest.split_once("_*, a ")?;
        let table = rest.split_once(" word")?.0;
        let fields = WORDS.iter().find(|(name, _)| *name == table)?.1;
        Some(Head { bus, prefix, table, fields })
    }

    /// The block for a module that reads these names; with a check of the word's width where it is the module's first of its table.
    fn print(&self, module: &str, names: &BTreeSet<&str>, check: bool) -> String {
        let Head { bus, prefix, table, fields } = self;
        let mut text = format!("{MARK}{bus} as {prefix}_*, a {table} word: {NOTE}\n");
        let bits = format!("{}_BITS", table.to_uppercase());
        if check {
            text += &format!(
                "    generate if ({bits} != {}) begin : g_check_{table}\n        \
                 ERROR_{module}_{bits}_must_be_the_sum_of_its_fields check ();\n    end endgenerate\n",
                sum(fields.iter().map(|field| field.1))
            );
        }
        let read = |field: &str| names.contains(format!("{prefix}_{field}").as_str());
        for (at, (field, width)) in fields.iter().enumerate().filter(|(_, (field, _))| read(field)) {
            let low = sum(fields[..at].iter().map(|field| field.1));
            text += &if *width == Width::Flag {
                format!("    wire {prefix}_{field} = {bus}[{low}];\n")
            } else {
                let width = width.parameter();
                format!("    wire [{width}-1:0] {prefix}_{field} = {bus}[{low} +: {width}];\n")
            };
        }
        if !fields.iter().all(|(field, _)| read(field)) {
            text += &format!("    wire unused_{prefix} = &{{1'b0, {bus}}};\n");
        }
        text
    }
}

/// The bits of so many fields as an expression of Verilog.
fn sum(widths: impl Iterator<Item = Width>) -> String {
    let mut counts: Vec<(Width, usize)> = Vec::new();
    for width in widths {
        match counts.iter_mut().find(|(known, _)| *known == width) {
            Some((_, count)) => *count += 1,
            None => counts.push((width, 1)),
        }
    }
    let term = |&(width, count): &(Width, usize)| match (width, count) {
        (Width::Flag, _) => count.to_string(),
        (_, 1) => width.parameter().to_string(),
        _ => format!("{count}*{}", width.parameter()),
    };
    match counts.is_empty() {
        true => "0".into(),
        false => counts.iter().map(term).collect::<Vec<_>>().join(" + "),
    }
}

fn words_of(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

/// A Verilog source of one module with its blocks printed anew: the wires of the fields that it reads elsewhere.
pub fn with_blocks(source: &str) -> String {
    let mut inside = false;
    let outside = |line: &&str| {
        inside = if inside { !line.is_empty() } else { line.starts_with(MARK) };
        !inside
    };
    let others: Vec<&str> = source.lines().filter(outside).collect();
    let names: BTreeSet<&str> = others.iter().flat_map(|line| words_of(line)).collect();
    let module = others.iter().find_map(|line| words_of(line.strip_prefix("module ")?).next()).unwrap_or_default();
    let (mut text, mut skipping, mut checked) = (String::new(), false, BTreeSet::new());
    for line in source.lines() {
        skipping &= !line.is_empty();
        if skipping {
            continue;
        }
        match Head::read(line) {
            Some(head) => {
                skipping = true;
                text += &head.print(module, &names, checked.insert(head.table));
            }
            None => text += &format!("{line}\n"),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::with_blocks;

    const SOURCE: &str =
        "module m #(\n) (\n);\n    // Fields of tap_i as tap_*, a tap word: old.\n    wire gone;\n\n    \
        assign o = tap_q + tap_y_lo;\nendmodule\n";

    #[test]
    fn a_module_gets_the_fields_that_it_reads() {
        let printed = with_blocks(SOURCE);
        assert!(printed.contains("    wire [SLOT_W-1:0] tap_q = tap_i[ADDR_W +: SLOT_W];\n"), "{printed}");
        assert!(printed.contains("    wire [Y_W-1:0] tap_y_lo = tap_i[ADDR_W + SLOT_W + ROT_W + 2*X_W +: Y_W];\n"));
        assert!(printed.contains("if (TAP_BITS != ADDR_W + SLOT_W + ROT_W + 2*X_W + 2*Y_W)"), "{printed}");
        assert!(printed.contains("unused_tap") && !printed.contains("gone") && !printed.contains("tap_rot"));
        assert_eq!(with_blocks(&printed), printed);
    }
}

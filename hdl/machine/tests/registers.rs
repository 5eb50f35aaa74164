//! The register table is sound, and what is printed from it is what the tree holds.

use std::collections::BTreeSet;
use std::path::Path;

use systole_machine::registers::{self, Access, TABLE, WORD_BITS, WORD_BYTES};

/// The committed text, or the complaint that names how to print it anew.
fn committed(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn registers_ascend_are_aligned_and_do_not_overlap() {
    let mut end = 0;
    for register in TABLE {
        assert!(register.offset >= end, "{} overlaps its predecessor", register.name);
        let alignment = (register.words * WORD_BYTES).next_power_of_two();
        assert_eq!(register.offset % alignment, 0, "{} is not aligned to its size", register.name);
        end = register.end();
    }
    assert!(end <= registers::window_bytes() && registers::window_bytes() == 1 << registers::address_bits());
}

#[test]
fn names_are_unique_and_fields_are_disjoint() {
    let names: BTreeSet<_> = TABLE.iter().map(|register| register.name).collect();
    assert_eq!(names.len(), TABLE.len());
    for register in TABLE {
        let mut seen = 0;
        for field in register.fields {
            assert!(field.width > 0 && field.lsb + field.width <= WORD_BITS, "{}.{}", register.name, field.name);
            assert_eq!(seen & field.mask(), 0, "{}.{} overlaps", register.name, field.name);
            seen |= field.mask();
        }
        let of_one_kind = |access: Access| register.fields.iter().all(|field| field.access == access);
        assert!(register.is_writable() || of_one_kind(register.access), "{}", register.name);
    }
}

#[test]
fn every_address_is_found() {
    for address in (0..registers::window_bytes()).step_by(WORD_BYTES as usize) {
        match registers::at(address) {
            Some((register, index)) => assert_eq!(register.word(index), address),
            None => assert!(TABLE.iter().all(|r| address < r.offset || address >= r.end())),
        }
    }
    assert_eq!(registers::at(registers::window_bytes()), None);
}

#[test]
fn fields_cut_and_place() {
    let cols = registers::COLS;
    assert_eq!((cols.mask(), cols.get(0xabcd_1234), cols.put(0x1_0007)), (0xffff_0000, 0xabcd, 0x0007_0000));
    let kept = [registers::ENABLE, registers::LOAD, registers::CHECK, registers::LOOP_BACK, registers::DUMP]
        .map(|field| field.mask());
    assert_eq!(registers::CONTROL.stored(), kept.iter().sum::<u32>());
    assert_eq!(registers::WATCHDOG_LIMIT.stored(), u32::MAX);
    assert_eq!(registers::STATUS.stored(), 0);
}

#[test]
fn hashes_are_spelled_by_their_words() {
    let hash: [u8; 32] = std::array::from_fn(|i| (i * 37) as u8);
    let by_words: String = registers::hash_words(&hash).iter().map(|word| format!("{word:08x}")).collect();
    let by_bytes: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(by_words, by_bytes);
}

#[test]
fn the_page_is_what_the_table_prints() {
    let page = "docs/registers.md";
    assert_eq!(
        committed(page),
        registers::markdown(),
        "run `cargo run -p systole-machine --example registers markdown > {page}`"
    );
}

#[test]
fn the_verilog_is_what_the_table_prints() {
    let text = committed("hdl/rtl/v/axil_regs.v");
    let expected = registers::verilog();
    let advice = "put what `cargo run -p systole-machine --example registers verilog` prints into axil_regs.v";
    assert!(text.contains(&expected), "{advice}:\n{expected}");
    let first = expected.lines().next().unwrap();
    let names = text.lines().skip_while(|line| *line != first).skip(1).take_while(|line| !line.is_empty());
    assert_eq!(names.count(), expected.lines().count() - 1, "{advice}; nothing else belongs into that block");
}

#[test]
fn the_c_header_compiles_and_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("registers.h"), registers::c_header()).unwrap();
    let mut program = String::from("#include \"registers.h\"\n#include \"registers.h\"\n");
    for register in TABLE {
        let name = register.name.to_uppercase();
        program += &format!("_Static_assert(SYSTOLE_{name}_OFFSET == {}, \"{name}\");\n", register.offset);
        for field in register.fields {
            let field_name = field.name.to_uppercase();
            program += &format!("_Static_assert(SYSTOLE_{name}_{field_name}_MASK == {}u, \"{name}\");\n", field.mask());
            program += &format!("_Static_assert(SYSTOLE_{name}_{field_name}_SHIFT == {}, \"{name}\");\n", field.lsb);
        }
    }
    let source = folder.path().join("check.c");
    std::fs::write(&source, program).unwrap();
    let mut compiler = std::process::Command::new("gcc");
    let output =
        compiler.args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]).arg(&source).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

//! The registers, in the order of their addresses.

use super::fields::{
    BUSY, CHECK, CHECKED, CHECKSUM_LAYER, CLEAR_ERRORS, COLS, DROPPED, DUMP, DUMP_LANE, DUMP_LAYER, ENABLE, ERROR,
    IDLE, LOAD, LOOP_BACK, MEMORY, READY, RESULT_READY, ROWS, SOFT_RESET, TLAST_EARLY, TLAST_LATE, WATCHDOG,
};
use super::{Access, Field, Register, HASH_WORDS};

const fn word(name: &'static str, offset: u32, access: Access, description: &'static str) -> Register {
    Register { name, offset, words: 1, access, reset: 0, fields: &[], description }
}

/// 64 bits. Reading the low word keeps the high half of the same moment for the high word.
const fn counter(name: &'static str, offset: u32, description: &'static str) -> Register {
    Register { words: 2, ..word(name, offset, Access::Counter, description) }
}

const fn hash(name: &'static str, offset: u32, description: &'static str) -> Register {
    Register { words: HASH_WORDS as u32, ..word(name, offset, Access::Constant, description) }
}

const fn parts(register: Register, fields: &'static [Field]) -> Register {
    Register { fields, ..register }
}

const fn reads(register: Register, reset: u32) -> Register {
    Register { reset, ..register }
}

/// The magic number: "SYST" in ASCII.
pub const ID: Register =
    reads(word("id", 0x00, Access::Constant, "\"SYST\": there is a machine here"), u32::from_be_bytes(*b"SYST"));
/// Changes whenever an older host would misunderstand the machine.
pub const ABI_VERSION: Register =
    reads(word("abi_version", 0x04, Access::Constant, "version of this table and of both streams"), 4);
pub const GEOMETRY: Register = parts(word("geometry", 0x08, Access::Constant, "shape of the array"), &[ROWS, COLS]);
pub const CONTROL: Register = parts(
    word("control", 0x0c, Access::ReadWrite, "starts, stops and resets the machine"),
    &[ENABLE, SOFT_RESET, CLEAR_ERRORS, LOAD, CHECK, LOOP_BACK, DUMP],
);
pub const STATUS: Register = parts(
    word("status", 0x10, Access::Status, "what the machine is doing"),
    &[IDLE, BUSY, RESULT_READY, ERROR, CHECKED, READY],
);
pub const ERRORS: Register = parts(
    word("errors", 0x14, Access::Status, "what went wrong; bits stay until cleared"),
    &[TLAST_EARLY, TLAST_LATE, WATCHDOG, DROPPED],
);
pub const WATCHDOG_LIMIT: Register =
    word("watchdog_limit", 0x18, Access::ReadWrite, "cycles without progress that an image may take; 0: no watchdog");
pub const STEP: Register = word("step", 0x1c, Access::Status, "program counter");
pub const LAYER: Register = word("layer", 0x20, Access::Status, "layer of the tile being computed");
pub const IMAGES_DONE: Register = word("images_done", 0x24, Access::Counter, "images whose last result beat was taken");
pub const CHECKSUM_INDEX: Register =
    parts(word("checksum_index", 0x28, Access::ReadWrite, "which layer's checksum to read"), &[CHECKSUM_LAYER]);
pub const CHECKSUM_VALUE: Register = word(
    "checksum_value",
    0x2c,
    Access::Status,
    "the last completed image's checksum of the layer chosen by checksum_index",
);
pub const CYCLES: Register = counter("cycles", 0x30, "clock cycles while enabled");
pub const BUSY_CYCLES: Register = counter("busy_cycles", 0x38, "clock cycles with an image in flight");
pub const IN_BEATS: Register = counter("in_beats", 0x40, "input beats taken");
pub const OUT_BEATS: Register = counter("out_beats", 0x48, "output beats given");
pub const INPUT_STARVED: Register =
    counter("input_starved", 0x50, "clock cycles in which the machine waited for an input beat");
pub const OUTPUT_BLOCKED: Register =
    counter("output_blocked", 0x58, "clock cycles in which a result beat waited to be taken");
pub const DESIGN_HASH: Register = hash("design_hash", 0x60, "SHA-256 of what the design was made from");
pub const WEIGHTS_HASH: Register = hash("weights_hash", 0x80, "SHA-256 of the weights inside; 0 where they are loaded");
pub const LOAD_WORDS: Register = word(
    "load_words",
    0xa0,
    Access::Constant,
    "words that a load takes, 9 bytes each in whole beats; 0: the weights are in the design",
);
pub const LOADED_WORDS: Register = word("loaded_words", 0xa4, Access::Status, "words taken since `load` was set");
pub const LOADED_CRC: Register = word(
    "loaded_crc",
    0xa8,
    Access::Status,
    "CRC-32 (IEEE 802.3) of all weights as they were read back: address after address, column after column",
);
pub const WANTED_CRC: Register =
    word("wanted_crc", 0xac, Access::ReadWrite, "the CRC-32 without which `enable` has no effect");
pub const DUMP_SOURCE: Register =
    parts(word("dump_source", 0xb0, Access::ReadWrite, "whose activations to dump"), &[DUMP_LAYER, DUMP_LANE]);
pub const DUMP_FIRST: Register = word(
    "dump_first",
    0xb4,
    Access::ReadWrite,
    "the first to dump, counted in the order tile, channel; four in a result word, low bytes first, or one of a summed layer",
);
pub const MEMORY_INDEX: Register =
    parts(word("memory_index", 0xb8, Access::ReadWrite, "which memory's CRC to read"), &[MEMORY]);
pub const MEMORY_CRC: Register = word(
    "memory_crc",
    0xbc,
    Access::Status,
    "CRC-32 (IEEE 802.3) of the memory chosen by memory_index as it was read back last; 0 until `checked`, and where there is none",
);

/// All registers, by ascending address, none overlapping.
pub const TABLE: &[&Register] = &[
    &ID,
    &ABI_VERSION,
    &GEOMETRY,
    &CONTROL,
    &STATUS,
    &ERRORS,
    &WATCHDOG_LIMIT,
    &STEP,
    &LAYER,
    &IMAGES_DONE,
    &CHECKSUM_INDEX,
    &CHECKSUM_VALUE,
    &CYCLES,
    &BUSY_CYCLES,
    &IN_BEATS,
    &OUT_BEATS,
    &INPUT_STARVED,
    &OUTPUT_BLOCKED,
    &DESIGN_HASH,
    &WEIGHTS_HASH,
    &LOAD_WORDS,
    &LOADED_WORDS,
    &LOADED_CRC,
    &WANTED_CRC,
    &DUMP_SOURCE,
    &DUMP_FIRST,
    &MEMORY_INDEX,
    &MEMORY_CRC,
];

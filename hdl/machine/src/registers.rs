//! The register table: what the host can read and write, the one place where it is written down.
//!
//! Host and simulators use these constants; the C header, the documentation page and the Verilog's local parameters
//! are printed from them ([`c_header`], [`markdown`], [`verilog`]).

mod fields;
mod print;
mod table;

pub use print::{c_header, markdown, verilog};
pub use table::{
    ABI_VERSION, BUSY_CYCLES, CHECKSUM_INDEX, CHECKSUM_VALUE, CONTROL, CYCLES, DESIGN_HASH, DUMP_FIRST, DUMP_SOURCE,
    ERRORS, GEOMETRY, ID, IMAGES_DONE, INPUT_STARVED, IN_BEATS, LAYER, LOADED_CRC, LOADED_WORDS, LOAD_WORDS,
    MEMORY_CRC, MEMORY_INDEX, OUTPUT_BLOCKED, OUT_BEATS, STATUS, STEP, TABLE, WANTED_CRC, WATCHDOG_LIMIT, WEIGHTS_HASH,
};

pub use fields::{
    BUSY, CHECK, CHECKED, CHECKSUM_LAYER, CLEAR_ERRORS, COLS, DROPPED, DUMP, DUMP_LANE, DUMP_LAYER, ENABLE, ERROR,
    IDLE, LOAD, LOOP_BACK, MEMORY, READY, RESULT_READY, ROWS, SOFT_RESET, TLAST_EARLY, TLAST_LATE, WATCHDOG,
};

/// Bytes of a register word; offsets are multiples of it.
pub const WORD_BYTES: u32 = 4;
/// Bits of a register word.
pub const WORD_BITS: u32 = 8 * WORD_BYTES;
/// Words of a SHA-256.
pub const HASH_WORDS: usize = 8;

/// What the bus may do with a register or field, and what it finds there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads the same always; fixed when the design is made.
    Constant,
    /// Reads what the machine does; written by the machine alone.
    Status,
    /// Counts since the last reset, soft or hard.
    Counter,
    /// Reads what was written last.
    ReadWrite,
    /// Writing 1 acts once; reads 0.
    Pulse,
}

impl Access {
    /// Whether a write is taken; a write to anything else is answered with an error.
    pub const fn is_writable(self) -> bool {
        matches!(self, Access::ReadWrite | Access::Pulse)
    }
}

/// Bits `lsb .. lsb + width` of a register's word. Bits of no field read 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Lower case, unique in its register.
    pub name: &'static str,
    pub lsb: u32,
    pub width: u32,
    pub access: Access,
    pub description: &'static str,
}

impl Field {
    /// The field's bits in the word.
    pub const fn mask(&self) -> u32 {
        (u32::MAX >> (WORD_BITS - self.width)) << self.lsb
    }

    /// The field's value in a register word.
    pub const fn get(&self, word: u32) -> u32 {
        (word & self.mask()) >> self.lsb
    }

    /// A word with `value`, cut to the field's width, in the field and 0 elsewhere.
    pub const fn put(&self, value: u32) -> u32 {
        (value << self.lsb) & self.mask()
    }
}

/// One register: one word, or an array of words, or (64-bit counters) the low word and the high word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    /// Lower case, unique in the table.
    pub name: &'static str,
    /// Byte address of the first word in the window.
    pub offset: u32,
    /// Count of words.
    pub words: u32,
    pub access: Access,
    /// What the first word reads after a hard reset, as far as the table fixes it.
    pub reset: u32,
    /// Empty: the whole word is one value.
    pub fields: &'static [Field],
    pub description: &'static str,
}

impl Register {
    /// Byte address after the last word.
    pub const fn end(&self) -> u32 {
        self.offset + self.words * WORD_BYTES
    }

    /// Byte address of word `index`.
    ///
    /// # Panics
    /// When the register has no such word.
    pub const fn word(&self, index: u32) -> u32 {
        assert!(index < self.words, "word of a register");
        self.offset + index * WORD_BYTES
    }

    /// The bits of a word that keep what is written.
    pub fn stored(&self) -> u32 {
        let writable = |field: &Field| if field.access == Access::ReadWrite { field.mask() } else { 0 };
        match (self.fields, self.access) {
            ([], Access::ReadWrite) => u32::MAX,
            (fields, _) => fields.iter().map(writable).sum(),
        }
    }

    /// Whether a write is taken.
    pub fn is_writable(&self) -> bool {
        self.access.is_writable() || self.fields.iter().any(|field| field.access.is_writable())
    }
}

/// The register that holds byte address `address`, and the index of the word in it.
pub fn at(address: u32) -> Option<(&'static Register, u32)> {
    let register = TABLE.iter().copied().find(|r| (r.offset..r.end()).contains(&address))?;
    Some((register, (address - register.offset) / WORD_BYTES))
}

/// Bytes of the window: the smallest power of two that holds the table.
pub fn window_bytes() -> u32 {
    TABLE.iter().map(|register| register.end()).max().unwrap_or(0).next_power_of_two()
}

/// Address bits of the window.
pub fn address_bits() -> u32 {
    window_bytes().trailing_zeros()
}

/// A hash as it stands in the registers: word 0 holds the first four bytes, the first of them in the top bits, so that
/// the words in hexadecimal, one after another, spell the hash.
pub fn hash_words(hash: &[u8; 32]) -> [u32; HASH_WORDS] {
    std::array::from_fn(|i| u32::from_be_bytes([hash[4 * i], hash[4 * i + 1], hash[4 * i + 2], hash[4 * i + 3]]))
}

//! Instruction words: fields declared once, packed and unpacked in their order; tables of them as `$readmemh` text.

mod table;
mod width;

pub use table::{Field, Outline, Table};
pub use width::{Width, Widths};

/// A word of one of the machine's tables: fields from the least significant bit on.
pub trait Word: Copy + Default {
    /// The table's name.
    const TABLE: &'static str;
    /// Cycles from an address to its word.
    const LATENCY: usize;
    /// Names and widths.
    const FIELDS: &'static [(&'static str, Width)];
    /// One value per field.
    fn values(&self) -> Vec<u64>;
    /// The word with these values, of so many bits each.
    fn of(values: &[(u64, usize)]) -> Self;

    /// Bits of a word.
    fn bits(widths: &Widths) -> usize {
        Self::FIELDS.iter().map(|(_, width)| width.bits(widths)).sum()
    }

    /// The word as 64-bit limbs, the least significant first.
    fn pack(&self, widths: &Widths) -> Vec<u64> {
        let table = Table::of(std::slice::from_ref(self), widths);
        table.limbs(&table.words[0])
    }

    /// The word in 64-bit limbs.
    fn unpack(limbs: &[u64], widths: &Widths) -> Self {
        let mut low = 0;
        let value = |(_, width): &(&str, Width)| {
            let bits = width.bits(widths);
            low += bits;
            (slice(limbs, low - bits, bits), bits)
        };
        Self::of(&Self::FIELDS.iter().map(value).collect::<Vec<_>>())
    }
}

/// Bits `low .. low + width` of a word of 64-bit limbs, the least significant first; `width` up to 64.
pub fn slice(limbs: &[u64], low: usize, width: usize) -> u64 {
    let limb = |at: usize| u128::from(limbs.get(at).copied().unwrap_or(0));
    let pair = limb(low / 64) | limb(low / 64 + 1) << 64;
    (pair >> (low % 64)) as u64 & mask(width)
}

/// The low `width` bits set, `width` up to 64.
pub fn mask(width: usize) -> u64 {
    match width {
        64.. => u64::MAX,
        _ => (1 << width) - 1,
    }
}

/// What a field holds, as bits.
pub trait Raw {
    fn raw(self) -> u64;
    /// Of its low bits.
    fn of(raw: u64, bits: usize) -> Self;
}

impl Raw for usize {
    fn raw(self) -> u64 {
        self as u64
    }

    fn of(raw: u64, _bits: usize) -> Self {
        raw as usize
    }
}

impl Raw for bool {
    fn raw(self) -> u64 {
        self.into()
    }

    fn of(raw: u64, _bits: usize) -> Self {
        raw != 0
    }
}

impl Raw for u32 {
    fn raw(self) -> u64 {
        self.into()
    }

    fn of(raw: u64, _bits: usize) -> Self {
        raw as u32
    }
}

impl Raw for i32 {
    fn raw(self) -> u64 {
        i64::from(self) as u64
    }

    fn of(raw: u64, bits: usize) -> Self {
        let spare = u64::BITS as usize - bits;
        ((raw << spare) as i64 >> spare) as i32
    }
}

/// Declares a word: the struct, its place in the plan's JSON, its table and in how many cycles that is read, and its fields with their
/// widths. The order is that of the bits.
macro_rules! word {
    ($(#[$doc:meta])* $name:ident in $table:literal after $latency:literal { $($(#[$field_doc:meta])* $field:ident: $type:ty as $width:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)* }

        impl $crate::words::Word for $name {
            const TABLE: &'static str = $table;
            const LATENCY: usize = $latency;
            const FIELDS: &'static [(&'static str, $crate::words::Width)] =
                &[$((stringify!($field), $crate::words::Width::$width)),*];

            fn values(&self) -> Vec<u64> {
                vec![$($crate::words::Raw::raw(self.$field)),*]
            }

            fn of(values: &[(u64, usize)]) -> Self {
                let mut values = values.iter().copied();
                let mut next = || values.next().unwrap_or((0, 1));
                $name { $($field: { let (raw, bits) = next(); $crate::words::Raw::of(raw, bits) },)* }
            }
        }
    };
}
pub(crate) use word;

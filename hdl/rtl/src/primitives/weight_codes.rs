//! The store of codes: one weight per column and step out of streams of symbols.

use super::bits::{hex, index_bits};
use super::check_tap::SUBMODULES;
use crate::ports::weight_codes;
use crate::primitive::{Module, Parameter, Primitive};
use crate::weights_image::image_name;
use systole_machine::weights::codes::{stacks, table, Format, LayerStreams, WORD_BITS};
use systole_machine::Geometry;

/// The store behind `weight_codes.v`.
#[derive(Clone, Debug)]
pub struct WeightCodes {
    pub geometry: Geometry,
    pub prefix: String,
    /// Where each layer's streams lie.
    pub streams: Vec<LayerStreams>,
    /// `words[stack][address]`.
    pub words: Vec<Vec<u64>>,
}

impl WeightCodes {
    /// A store of these words. The Verilog reads the images of [`WeightCodes::images`].
    pub fn new(g: &Geometry, prefix: impl Into<String>, streams: &[LayerStreams], words: Vec<Vec<u64>>) -> Self {
        WeightCodes { geometry: g.clone(), prefix: prefix.into(), streams: streams.to_vec(), words }
    }

    /// The memory images, (file name, hex text): of every chunk, and the codebooks. Unused words are 0.
    pub fn images(&self) -> Vec<(String, String)> {
        let codes = &self.geometry.codes;
        let mut images = Vec::new();
        for (stack, words) in self.words.iter().enumerate() {
            let mut rest = words.iter().copied().chain(std::iter::repeat(0));
            for (k, (depth, filled)) in codes.chunks().into_iter().zip(codes.filled(stack)).enumerate() {
                let text = rest.by_ref().take(depth).map(|word| hex(&[word], WORD_BITS) + "\n").collect();
                if filled {
                    images.push((image_name(&self.prefix, stack, k), text));
                }
            }
        }
        images.push(books(&self.geometry, &self.prefix));
        images
    }
}

/// The codebooks as an image: their file's name and hex text.
pub(super) fn books(g: &Geometry, prefix: &str) -> (String, String) {
    let entries = g.codes.books.iter().copied().chain(std::iter::repeat(0)).take(1 << g.codes.book_bits());
    let text = entries.map(|value| hex(&[u64::from(value as u8)], 8) + "\n").collect();
    (format!("{prefix}_books.hex"), text)
}

/// Parameters of both stores of codes.
pub(super) fn parameters(g: &Geometry) -> impl Iterator<Item = Parameter> {
    let codes = &g.codes;
    let divided =
        |bits: usize, (f, format): (usize, &Format)| bits | (format.gap_bits << 4 | format.code_bits) << (8 * f);
    let check_bits = WORD_BITS * stacks(g.cols);
    let integers = [
        ("COLS", g.cols),
        ("GROUPS", stacks(g.cols)),
        ("BLOCKS", codes.blocks()),
        ("MUX", codes.mux_stages()),
        ("ADDR_W", codes.addr_bits()),
        ("WGT_DELAY", g.weight_delay()),
        ("PAIRS", g.pairs()),
        ("PER_LINK", g.per_link.0),
        ("FIFO_W", g.code_fifo_bits()),
        ("BOOK_W", codes.book_bits()),
        ("FORMATS", codes.formats.len()),
        ("FORMAT_BITS", codes.formats.iter().enumerate().fold(0, divided)),
        ("ROW_BITS", table(g, &[]).width),
        ("CHECK_BITS", check_bits),
        ("BYTE_W", index_bits(check_bits.div_ceil(8))),
    ];
    let filled =
        Parameter::Bytes("FILLED", codes.stack_blocks().flat_map(|blocks| (blocks as u16).to_le_bytes()).collect());
    integers.map(|(name, value)| Parameter::Integer(name, value as u64)).into_iter().chain([filled])
}

/// Modules of both stores of codes.
pub(super) const CODE_SUBMODULES: [(&str, &str); 6] = [
    ("code_banks", include_str!("../../v/code_banks.v")),
    ("code_choice", include_str!("../../v/code_choice.v")),
    ("code_ram", include_str!("../../v/code_ram.v")),
    ("code_stack", include_str!("../../v/code_stack.v")),
    ("code_fetch", include_str!("../../v/code_fetch.v")),
    ("code_column", include_str!("../../v/code_column.v")),
];

impl Primitive for WeightCodes {
    fn verilog(&self) -> &'static Module {
        &weight_codes::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        parameters(&self.geometry).chain([Parameter::Text("PREFIX", self.prefix.clone())]).collect()
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        SUBMODULES.into_iter().chain(CODE_SUBMODULES).collect()
    }
}

//! What Yosys makes of the primitives on Xilinx 7, UltraScale+ and GW5A: multipliers and block RAMs, exactly as many as the plan counts on.

use std::fs;
use std::process::Command;

use systole_machine::board::Family;
use systole_machine::geometry::{Geometry, Multiplier, CHUNK_COLUMNS};
use systole_machine::serial;
use systole_machine::weights::codes::{stacks, Codes, Format, LayerStreams};
use systole_machine::words::{Field, Table};
use systole_machine::{TableMemory, WeightMemory as Kind};
use systole_net::MULTIPLIER_FRACTION;
use systole_plan::cost::{self, block_ram, requant_dsp, weight_ram};
use systole_rtl::primitive::{Parameter, Primitive};
use systole_rtl::primitives::act_mem::ActMem;
use systole_rtl::primitives::code_memory::CodeMemory;
use systole_rtl::primitives::pe_array::PeArray;
use systole_rtl::primitives::requant::{Requant, RequantShape};
use systole_rtl::primitives::rom::Rom;
use systole_rtl::primitives::uart_link::UartLink;
use systole_rtl::primitives::weight_codes::WeightCodes;
use systole_rtl::primitives::weight_memory::WeightMemory;
use systole_rtl::primitives::weight_store::WeightStore;

/// In percent.
const TOLERANCE: usize = 10;
/// LUTs of a RAM32M.
const RAM_LUTS: usize = 4;
const YOSYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/yosys");

/// Cells of a synthesised primitive.
#[derive(Debug, PartialEq, Eq)]
struct Cells {
    dsp: usize,
    ramb36: usize,
    ramb18: usize,
}

fn dsp(dsp: usize) -> Cells {
    Cells { dsp, ramb36: 0, ramb18: 0 }
}

fn ram(ramb36: usize, ramb18: usize) -> Cells {
    Cells { dsp: 0, ramb36, ramb18 }
}

/// Synthesises a primitive for Xilinx 7 with its parameters and memory images.
fn synthesise(primitive: &dyn Primitive, images: &[(String, String)]) -> Cells {
    Cells::of(&Counts(report(primitive, images, "xc7")))
}

/// What Yosys reports of a primitive for a family.
fn report(primitive: &dyn Primitive, images: &[(String, String)], family: &str) -> String {
    let folder = tempfile::tempdir().expect("a scratch folder");
    for (name, text) in images {
        fs::write(folder.path().join(name), text).expect("an image");
    }
    let own = [(primitive.module(), primitive.source())];
    for (name, text) in primitive.submodules().into_iter().chain(own) {
        fs::write(folder.path().join(format!("{name}.v")), text).expect("a source");
    }
    let set = |parameter: Parameter| format!(" -set {} {}", parameter.name(), parameter.value());
    let parameters: String = primitive.parameters().into_iter().map(set).collect();
    let module = primitive.module();
    let uram = if family == "xcup" { " -uram" } else { "" };
    let synthesis = match family {
        "gw5a" => format!("synth_gowin -family gw5a -nowidelut -top {module}"),
        "ecp5" => format!("synth_ecp5 -top {module}"),
        _ => format!("synth_xilinx -family {family}{uram} -flatten -top {module}"),
    };
    let script =
        format!("read_verilog -defer *.v; chparam{parameters} {module}; {synthesis}; tee -q -o cells.txt stat");
    let run = Command::new(YOSYS).arg(script).current_dir(folder.path()).output().expect("tools/yosys starts");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    fs::read_to_string(folder.path().join("cells.txt")).expect("the cell counts")
}

/// Lines of a count and a cell type, in either order.
struct Counts(String);

impl Counts {
    fn of(&self, cell: &str) -> usize {
        self.sum(|name| name == cell)
    }

    /// Of all cells whose names fit.
    fn sum(&self, fits: impl Fn(&str) -> bool) -> usize {
        let lines = self.0.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let found = lines.filter(|words| words.iter().any(|word| fits(word)));
        found.filter_map(|words| words.iter().find_map(|word| word.parse::<usize>().ok())).sum()
    }

    /// LUTs, those that are RAM among them.
    fn lut(&self) -> usize {
        self.sum(|name| name.starts_with("LUT") || name.starts_with("SRL")) + RAM_LUTS * self.of("RAM32M")
    }

    fn ff(&self) -> usize {
        self.sum(|name| name.starts_with("FD"))
    }
}

impl Cells {
    fn of(counts: &Counts) -> Self {
        Cells { dsp: counts.of("DSP48E1"), ramb36: counts.of("RAMB36E1"), ramb18: counts.of("RAMB18E1") }
    }
}

#[test]
fn a_rescale_unit_is_one_multiplier_and_another_for_what_is_added() {
    let shape = |residual_bits| RequantShape {
        rows: 4,
        acc_bits: 25,
        mult_bits: 17,
        residual_bits,
        fraction: MULTIPLIER_FRACTION,
        residual_delay: 11,
        wide: None,
    };
    assert_eq!(synthesise(&Requant::new(shape(0)), &[]), dsp(4));
    assert_eq!(synthesise(&Requant::new(shape(21)), &[]), dsp(2 * 4));
}

const ROWS: usize = 4;
const COLS: usize = 8;
const ACC_BITS: usize = 25;

/// DSP slices of an array; LUTs and FFs that Yosys counts beside the plan's estimate.
fn array(multiplier: Multiplier, family: &str) -> usize {
    let part = if family == "xcup" { Family::Xcup } else { Family::Xc7 };
    let per_link = part.columns_per_link();
    let g = Geometry { rows: ROWS, cols: COLS, acc_bits: ACC_BITS, multiplier, per_link, ..Geometry::default() };
    let primitive = PeArray::new(&g, part);
    let counts = Counts(report(&primitive, &[], family));
    let (dsp, estimate) = (counts.of("DSP48E1") + counts.of("DSP48E2"), systole_plan::cost::logic::array(&g));
    let (lut, ff) = (counts.lut(), counts.ff());
    println!("{family} {multiplier:?}: {dsp} DSP, LUT {lut} ~ {}, FF {ff} ~ {}", estimate.lut, estimate.ff);
    // The estimate keeps what falls away at the edges of an array that is not synthesised element by element.
    let near = |found: usize, estimate: usize| found <= estimate && found * 4 >= estimate * 3;
    assert!(near(lut, estimate.lut), "{family} {multiplier:?}: LUT {lut}, estimated {}", estimate.lut);
    assert!(near(ff, estimate.ff), "{family} {multiplier:?}: FF {ff}, estimated {}", estimate.ff);
    assert_eq!(dsp, g.array_dsp(), "{family} {multiplier:?}");
    dsp
}

#[test]
fn a_dsp_slice_holds_one_product_and_its_sum_or_two_products() {
    for family in ["xc7", "xcup"] {
        assert_eq!(array(Multiplier::Single, family), ROWS * COLS);
        assert_eq!(2 * array(Multiplier::Pair { pairs: COLS / 2, fabric: 0 }, family), ROWS * COLS);
        assert_eq!(2 * array(Multiplier::Pair { pairs: COLS / 2, fabric: 6 }, family), ROWS * COLS - 2 * 6);
        assert_eq!(array(Multiplier::Pair { pairs: 2, fabric: 0 }, family), ROWS * (COLS - 2));
    }
}

/// `ceil(depth / 2048)` halves a bank, as whole blocks where even.
#[test]
fn activation_banks_take_the_fewest_halves() {
    assert_eq!(synthesise(&ActMem::new(2, 2000), &[]), ram(0, 2));
    assert_eq!(synthesise(&ActMem::new(2, 2100), &[]), ram(2, 0));
    assert_eq!(synthesise(&ActMem::new(2, 5000), &[]), ram(0, 6));
}

/// An UltraRAM per memory of a group, tails too, or as many as there are; or the same blocks as with initial contents.
#[test]
fn loaded_weights_take_the_memories_that_the_plan_counts() {
    let cases = [
        (Kind::Ultra, 4096 + 100, 9, 0),
        (Kind::Ultra, 500, 3, 0),
        (Kind::Loaded, 4096 + 2000, 9, 0),
        (Kind::UltraAndBlock, 2 * 4096 + 100, 9, 1),
    ];
    for (weights, depth, cols, ultra) in cases {
        let g = Geometry { rows: 4, cols, wgt_depth: depth, in_bytes: 8, weights, ultra, ..Geometry::default() };
        let counts = Counts(report(&WeightMemory::new(&g), &[], "xcup"));
        let wanted = weight_ram(&g, Family::Xcup);
        let found = [counts.of("URAM288"), counts.of("RAMB36E2"), counts.of("RAMB18E2")];
        assert_eq!(found, [wanted.ultra, wanted.full, wanted.half], "{weights:?}, {depth} words of {cols}");
        let estimate = g.store().logic(&g);
        let (lut, ff) = (counts.lut(), counts.ff());
        println!("{weights:?}, {depth} x {cols}: LUT {lut} ~ {}, FF {ff} ~ {}", estimate.lut, estimate.ff);
        // Of a group that is not whole most bits of a word are for nobody.
        if cols >= CHUNK_COLUMNS {
            near("LUT", lut, estimate.lut);
            near("FF", ff, estimate.ff);
        }
    }
}

/// A store of codes of random words; its stacks are as deep as asked for, every other one but half as deep.
fn codes(weights: Kind, cols: usize, depth: usize, formats: &[(usize, usize)]) -> (Geometry, Vec<LayerStreams>) {
    let formats = formats.iter().map(|&(code_bits, gap_bits)| Format { code_bits, gap_bits }).collect();
    let books = (0..64).map(|at| (at * 37 % 127) as i8).collect();
    let depths = (0..stacks(cols)).map(|stack| if stack % 2 == 1 { depth / 2 } else { depth }).collect();
    let codes = Codes { depths, formats, books };
    let g = Geometry { rows: 4, cols, in_bytes: 8, weights, codes, ..Geometry::default() };
    let layer = |format: usize| {
        let first: Vec<usize> = (0..cols).map(|c| (c * 977 + format * 31) % (depth / 2 - 8)).collect();
        LayerStreams { format, book: 0, last: first.iter().map(|first| first + 5).collect(), first }
    };
    (g.clone(), (0..g.codes.formats.len()).map(layer).collect())
}

/// Chunks of both ports' words take the blocks that the plan counts, and nothing else takes one.
#[test]
fn codes_take_the_memories_that_the_plan_counts() {
    type Shape = (Kind, usize, usize, &'static [(usize, usize)]);
    let cases: [Shape; 3] = [
        (Kind::Coded, 8, 7 * 1024 - 40, &[(6, 0), (6, 2), (6, 3)]),
        (Kind::Coded, 11, 4096 + 900, &[(5, 0), (4, 3), (3, 0), (6, 3)]),
        (Kind::CodedLoaded, 8, 3000, &[(6, 0), (6, 3)]),
    ];
    for (kind, cols, depth, formats) in cases {
        let (g, streams) = codes(kind, cols, depth, formats);
        let counts = if kind == Kind::Coded {
            let word = |at: usize| (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 28;
            let of_stack = |(s, &deep): (usize, &usize)| (0..deep).map(|at| word(at + s * depth)).collect();
            let words = g.codes.depths.iter().enumerate().map(of_stack).collect();
            let store = WeightCodes::new(&g, "w", &streams, words);
            let images = store.images();
            Counts(report(&store, &images, "xc7"))
        } else {
            let memory = CodeMemory::new(&g, "w");
            let images = [memory.books()];
            Counts(report(&memory, &images, "xc7"))
        };
        let wanted = weight_ram(&g, Family::Xc7);
        assert_eq!(
            [counts.of("RAMB36E1"), counts.of("RAMB18E1")],
            [wanted.full, wanted.half],
            "{kind:?}, {depth} x {cols}"
        );
        let (estimate, lut, ff) = (g.store().logic(&g), counts.lut(), counts.ff());
        let column = |count: usize| count.div_ceil(cols);
        println!(
            "{kind:?}, {depth} x {cols}: LUT {lut} ~ {}, FF {ff} ~ {}; {} LUT and {} FF a column",
            estimate.lut,
            estimate.ff,
            column(lut),
            column(ff)
        );
        near("LUT", lut, estimate.lut);
        near("FF", ff, estimate.ff);
    }
}

/// Blocks of 18 Kbit and multipliers of 12 x 12 of a primitive on GW5A.
fn gw5a(primitive: &dyn Primitive, images: &[(String, String)]) -> (usize, usize) {
    const BLOCKS: [&str; 6] = ["DPB", "DPX9B", "SDPB", "SDPX9B", "SP", "SPX9"];
    let counts = Counts(report(primitive, images, "gw5a"));
    let ram = BLOCKS.iter().map(|name| counts.of(name)).sum();
    (ram, counts.of("MULT12X12") + 2 * counts.of("MULTALU27X18"))
}

#[test]
fn gw5a_takes_the_blocks_and_multipliers_that_the_plan_counts() {
    const FAMILY: Family = Family::Gw5a;
    let per_link = FAMILY.columns_per_link();
    let shape = Geometry { rows: ROWS, cols: COLS, acc_bits: ACC_BITS, mult_bits: 17, per_link, ..Geometry::default() };
    assert_eq!(gw5a(&PeArray::new(&shape, FAMILY), &[]), (0, shape.array_dsp()));
    // One multiplier for the accumulator, two where it is wide; another for what is added; LUTs where the factor is wide.
    for (acc_bits, mult_bits, residual_bits) in [(25, 17, 0), (28, 17, 0), (25, 17, 21), (25, 18, 21)] {
        let g = Geometry { acc_bits, mult_bits, residual_bits, ..shape.clone() };
        let wide = FAMILY.wide_operand(acc_bits, mult_bits);
        let fraction = MULTIPLIER_FRACTION;
        let shape = RequantShape { rows: ROWS, acc_bits, mult_bits, residual_bits, fraction, residual_delay: 11, wide };
        let wanted = ROWS * requant_dsp(&g, FAMILY);
        assert_eq!(gw5a(&Requant::new(shape), &[]), (0, wanted), "{acc_bits} x {mult_bits}, {residual_bits}");
    }
    for depth in [64, 2048, 2100, 4097, 9000, 12_288] {
        assert_eq!(gw5a(&ActMem::new(1, depth), &[]), (block_ram(depth, 8, FAMILY).halves(), 0), "{depth} words");
    }
    let weight = |i: usize| (i.wrapping_mul(0x9e37_79b9) >> 13) as i8;
    for (depth, cols) in [(4000, 8), (600, 5), (500, 8), (4096 + 2000, 9)] {
        let words = (0..depth).map(|d| (0..cols).map(|c| weight(d * cols + c)).collect()).collect();
        let g = Geometry { rows: 2, cols, wgt_depth: depth, in_bytes: 4, ..Geometry::default() };
        let store = WeightStore::new(&g, "w", words);
        assert_eq!(gw5a(&store, &store.images()), (weight_ram(&g, FAMILY).halves(), 0), "{depth} words of {cols}");
        let g = Geometry { weights: Kind::Loaded, ..g };
        let wanted = (weight_ram(&g, FAMILY).halves(), 0);
        assert_eq!(gw5a(&WeightMemory::new(&g), &[]), wanted, "{depth} loaded words of {cols}");
    }
}

/// Tables whose different words lie in LUTs.
#[test]
fn numbers_of_words_take_the_blocks_that_the_plan_counts() {
    for (words, different) in [(9000, 520), (2100, 60)] {
        let number = |at: usize| at.wrapping_mul(0x9e37_79b9) / 64 % different;
        let word = |at: usize| (0..30).fold(0, |word, bit| word | (number(at) * (2 * bit + 1) / 37 % 2) << bit) as u64;
        let field = Field { name: "field", low: 0, width: 30 };
        let words = (0..words).map(|at| vec![word(at)]).collect();
        let table = Table { name: "t", fields: vec![field], width: 30, latency: 2, words };
        let rom = Rom { block: true, latency: 2, numbered: true, ..Rom::new("t", 30, table.words.clone()) };
        let outline = table.outline();
        let blocks = |family| cost::table(&outline, TableMemory::Numbers, family).0;
        let xilinx = blocks(Family::Xc7);
        assert_eq!(synthesise(&rom, &rom.images()), ram(xilinx.full, xilinx.half), "{outline:?}");
        assert_eq!(gw5a(&rom, &rom.images()), (blocks(Family::Gw5a).halves(), 0), "{outline:?}");
        let ecp5 = Counts(report(&rom, &rom.images(), "ecp5")).of("DP16KD");
        assert_eq!(ecp5, blocks(Family::Ecp5).halves(), "{outline:?}");
    }
}

/// What a plan leaves to the serial link.
#[test]
fn the_serial_link_takes_the_blocks_that_are_left_to_it() {
    let link = UartLink::new(50, 8, 8);
    assert_eq!(synthesise(&link, &[]), ram(0, serial::BRAM18));
    assert_eq!(gw5a(&link, &[]), (serial::BRAM18, 0));
    assert_eq!(Counts(report(&link, &[], "ecp5")).of("DP16KD"), serial::BRAM18);
}

/// Off by as much as the estimates of whole designs may be.
fn near(what: &str, found: usize, estimate: usize) {
    assert!(
        found.abs_diff(estimate) * 100 <= found * TOLERANCE,
        "{what}: Yosys {found}, the plan estimates {estimate}"
    );
}

/// A whole block per column and full chunk; the tail as few halves as its bytes need.
#[test]
fn weight_chunks_keep_their_parity_bits() {
    let store = |depth: usize, cols: usize| {
        let weight = |i: usize| (i.wrapping_mul(0x9e37_79b9) >> 13) as i8;
        let words = (0..depth).map(|d| (0..cols).map(|c| weight(d * cols + c)).collect()).collect();
        let g = Geometry { rows: 2, cols, wgt_depth: depth, ..Geometry::default() };
        let store = WeightStore::new(&g, "w", words);
        let images = store.images();
        synthesise(&store, &images)
    };
    assert_eq!(store(4000, 8), ram(8, 0));
    assert_eq!(store(600, 5), ram(0, 3));
    assert_eq!(store(500, 8), ram(1, 0));
    assert_eq!(store(4096 + 2000, 9), ram(8 + 4 + 1, 1));
}

//! Everything that can keep the command from doing its work: what, where, wanted, found, what to do.

use std::io;
use std::path::{Path, PathBuf};
use systole_net::preprocess::PREPROCESS_NAMES;

#[derive(Debug, thiserror::Error)]
pub enum CliError {
    #[error("cannot {action} {}: {source}", .path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("{} exists and is not an ordinary file; choose another name", .path.display())]
    NotAFile { path: PathBuf },
    #[error("cannot print: {0}")]
    Output(io::Error),
    #[error("cannot watch for interrupts: {0}")]
    Signals(ctrlc::Error),
    #[error("{}: not a readable image ({why}); known: {known}", .path.display())]
    Image { path: PathBuf, why: String, known: String },
    #[error("{}: {found_width} x {found_height} pixels, the network takes {width} x {height}; add --resize (--help has its words) or give an image of that size", .path.display())]
    ImageSize { path: PathBuf, found_width: u32, found_height: u32, width: u32, height: u32 },
    /// What clap says of the words.
    #[error("{why}")]
    Options { why: String },
    #[error("--resize: {why}")]
    ResizeRule { why: String },
    #[error("{}: {why}", .path.display())]
    PreprocessFile { path: PathBuf, why: String },
    #[error("unknown preprocessing '{found}'; known: {known}, or a JSON file")]
    UnknownPreprocess { found: String, known: String },
    #[error("{broken} of {images} images have no answer, the first: {first}")]
    Unanswered { broken: usize, images: usize, first: Box<CliError> },
    #[error("{}: the command line names it twice, and it would be replaced; give each output a name of its own", .path.display())]
    NamedTwice { path: PathBuf },
    #[error("{}: the build {} consists of it, and it would be replaced; give the output another name", .path.display(), .build.display())]
    PartOfABuild { path: PathBuf, build: PathBuf },
    #[error("{source}; answers in doubt: {images}")]
    Doubtful { images: String, source: Box<systole_host::HostError> },
    #[error("no image in the folder {}; known endings: {known}", .folder.display())]
    NoImages { folder: PathBuf, known: String },
    #[error("{}: {source}", .path.display())]
    Json { path: PathBuf, source: serde_json::Error },
    #[error("{}: {count} problem(s), listed above; change the model as they say", .path.display())]
    Problems { path: PathBuf, count: usize },
    #[error("no Python with onnxruntime and NumPy ({tried}); pip install onnxruntime numpy, or name the interpreter that has them with --python")]
    NoOnnxruntime { tried: String },
    #[error("onnxruntime does not run {}: {why}", .path.display())]
    Onnxruntime { path: PathBuf, why: String },
    #[error("{}: onnxruntime runs .onnx files only; leave --against-onnxruntime out", .path.display())]
    OnnxruntimeFormat { path: PathBuf },
    #[error("{node} ({operator}) is left to the host, which cannot be compared with onnxruntime; leave that operator out of the file")]
    OnnxruntimeTail { node: String, operator: String },
    #[error("{option} is for images, and none are given; name them with --images, or leave {option} out")]
    WithoutImages { option: &'static str },
    #[error("{}: has {found} scores, in onnxruntime {wanted}: the file was not read as it is meant; do not use this network, and report it with the file", .path.display())]
    OnnxruntimeCount { path: PathBuf, found: usize, wanted: usize },
    #[error("{}: scores of {image} differ from onnxruntime's by {difference:.2e} of the largest score (at most {tolerance:e}): the file was not read as it is meant; do not use this network, and report it with the file", .path.display())]
    OnnxruntimeDiffers { path: PathBuf, image: String, difference: f32, tolerance: f32 },
    #[error("{} does not say how images are prepared; give --preprocess, one of {known}, or a JSON file", .path.display())]
    NoPreprocess { path: PathBuf, known: String },
    #[error("{}: takes {wanted} image channel(s), the preprocessing makes {found}; give --preprocess {}", .path.display(), preprocess_of(*.wanted))]
    PreprocessChannels { path: PathBuf, found: usize, wanted: usize },
    #[error("{}: {found} names, the network has {wanted} classes", .path.display())]
    LabelCount { path: PathBuf, found: usize, wanted: usize },
    #[error("no network of the name {name} can be fetched; systole fetch --help lists them")]
    UnknownNetwork { name: String },
    #[error("cannot fetch {url}: {why}; check the connection, or give another source with --url")]
    Fetch { url: String, why: String },
    #[error("cannot fetch {url}: the server answered {status}; give another source with --url")]
    FetchStatus { url: String, status: String },
    #[error("{url}: has {found} bytes, the right file has {wanted}; give another source with --url")]
    FetchLength { url: String, found: u64, wanted: u64 },
    #[error("{url}: asked for \"{wanted}\", the server sent \"{found}\"; give another source with --url")]
    FetchRange { url: String, found: String, wanted: String },
    #[error("{url}: cut after {found} of {wanted} bytes ({why}); run the command again to go on from there")]
    FetchCut { url: String, why: String, found: u64, wanted: u64 },
    #[error("{url}: SHA-256 is {found}, the right file has {wanted}; it was removed: fetch again, or from another source with --url")]
    FetchHash { url: String, found: String, wanted: String },
    #[error("{}: another systole is fetching it; wait for that one", .part.display())]
    FetchBusy { part: PathBuf },
    #[error("frame {frame}: {source}")]
    Frames { frame: u64, source: io::Error },
    #[error(
        "frame {frame}: standard input ended after {found} of {wanted} bytes; give whole frames of the network's size"
    )]
    FrameShort { frame: u64, found: usize, wanted: usize },
    #[error("cannot listen at {address}: {source}")]
    Listen { address: String, source: io::Error },
    #[error("{device} failed the self-test; power-cycle it, load the build's bitstream again, and repeat the test")]
    SelftestFailed { device: String },
    #[error("needed and missing: {tools}; the list above says what to do")]
    ToolsMissing { tools: String },
    #[error("no board of the name {name}{hint}; built in: {known}; or give the path of a board file (.toml)")]
    UnknownBoard { name: String, hint: String, known: String },
    #[error("{}: {why}", .path.display())]
    Board { path: PathBuf, why: String },
    #[error("{board}: openFPGALoader does not know this board; {hint}")]
    NoLoader { board: String, hint: String },
    #[error(
        "openFPGALoader is missing; apt-get install openfpgaloader, or see https://trabucayre.github.io/openFPGALoader"
    )]
    LoaderMissing,
    #[error("openFPGALoader failed ({status}) on {}: its message is above; is the board plugged in and yours to use?", .file.display())]
    LoaderFailed { status: String, file: PathBuf },
    #[error("{board}: buffers at {base:#x}, {bytes:#x} bytes each; Linux' contiguous memory takes multiples of {unit:#x} alone, change them in the board's file")]
    BoardBuffers { board: String, base: u64, bytes: u64, unit: u64 },
    #[error("{board}: its link is PCIe, but its file has no [card]")]
    BoardCard { board: String },
    #[error("{board}: {in_bytes} bytes a cycle at {clock} MHz are {found} GT/s on each of {lanes} lanes, the XDMA core knows {known:?}; choose another clock_mhz or in_bytes in the board's file")]
    CardSpeed { board: String, lanes: usize, clock: f64, in_bytes: usize, found: f64, known: [f64; 2] },
    #[error(transparent)]
    Plan(Box<systole_plan::PlanError>),
    #[error("{} is not a folder; choose another name", .path.display())]
    NotAFolder { path: PathBuf },
    #[error("{} is not empty and not an earlier build; choose another folder, or replace it with --force", .path.display())]
    FolderTaken { path: PathBuf },
    #[error("{} holds files that no build wrote: {files}; move them away, or replace everything with --force", .path.display())]
    ForeignFiles { path: PathBuf, files: String },
    #[error("{}: {file} is missing among its Verilog; generate again", .path.display())]
    BuildLacks { path: PathBuf, file: String },
    #[error("{count} of {images} answers are not the golden model's; systole verify names the first difference")]
    DemoDiffers { count: usize, images: usize },
    #[error(transparent)]
    Lockstep(Box<systole_lockstep::LockstepError>),
    #[error("the network breaks rules: {}", .faults.iter().map(|f| f.to_string()).collect::<Vec<_>>().join("; "))]
    Faults { faults: Vec<systole_net::NetError> },
    #[error("waveforms from cycle {from} up to {to} hold none; give a larger --to")]
    EmptyWindow { from: u64, to: u64 },
    #[error("no waveforms: the run ended after {cycles} cycles, before --from {from}")]
    WindowMissed { from: u64, cycles: u64 },
    #[error("{}: {source}", .image.display())]
    Run { image: PathBuf, source: Box<systole_host::HostError> },
    #[error("{}, line {line}: {why}", .path.display())]
    Labels { path: PathBuf, line: u64, why: String },
    #[error("{}: no labels in it", .path.display())]
    NoLabels { path: PathBuf },
    #[error("--validate {}: no classes of its images; add --labels FILE, a CSV table with the columns file and class_index, or lines of an image and a number", .folder.display())]
    ValidateLabels { folder: PathBuf },
    #[error("{} says which class each image has; add --validate with the folder of these images", .path.display())]
    ValidateFolder { path: PathBuf },
    #[error("{} and {} are both {what}; give one", .first.display(), .second.display())]
    LabelsTwice { first: PathBuf, second: PathBuf, what: &'static str },
    #[error("{}: {missing} of the {wanted} images that have a label are not there, the first is {first}", .folder.display())]
    LabelledMissing { folder: PathBuf, missing: usize, wanted: usize, first: String },
    #[error("{}: {why}", .path.display())]
    Reference { path: PathBuf, why: String },
    #[error("{}: {why}", .path.display())]
    Evaluation { path: PathBuf, why: String },
    #[error("{}: this file is of another evaluation, of {network} on {images} images ({what} differs); give another -o, or do without --resume to replace it", .path.display())]
    Resume { path: PathBuf, network: String, images: usize, what: &'static str },
    #[error("{} and {}: not of one evaluation ({what} differs)", .first.display(), .other.display())]
    Merge { first: PathBuf, other: PathBuf, what: &'static str },
    #[error("{}: image {image} is also in an earlier file; give every shard once", .path.display())]
    MergeTwice { path: PathBuf, image: String },
    #[error("{missing} of {wanted} images are in none of the files, the first is image {first} of the labels; give the result of every shard")]
    MergeLacks { missing: usize, wanted: usize, first: usize },
    #[error("{} was made from another network (its hash is {found}, the network's {wanted}); generate again", .build.display())]
    OtherBuild { build: PathBuf, found: String, wanted: String },
    #[error(transparent)]
    Device(#[from] systole_devices::DeviceError),
    #[error(transparent)]
    Host(#[from] systole_host::HostError),
    #[error(transparent)]
    Cycle(#[from] systole_cycle::CycleError),
    #[error(transparent)]
    Report(#[from] systole_report::ReportError),
    #[error(transparent)]
    Rtl(#[from] systole_rtl::RtlError),
    #[error(transparent)]
    Verilator(#[from] systole_verilator::Error),
    #[error(transparent)]
    Model(#[from] systole_model::ModelError),
    #[error("{}: {source}", .path.display())]
    Quantize { path: PathBuf, source: Box<systole_model::QuantizeError> },
    /// What the room says that looked for the layer, and which one may have been meant.
    #[error("{why}{hint}")]
    UnknownLayer { why: String, hint: String },
    #[error("--board {board}: for what? add --fit, or --budget with the bytes that weights may take there; the other forms of weights are planned by systole plan")]
    BoardForNothing { board: String },
    #[error("no form of the weights fits {board}; of the smallest ones tried, {source}")]
    NothingFits { board: String, source: Box<systole_plan::PlanError> },
    #[error("{0}")]
    HeldNowhere(Box<Nowhere>),
    #[error("no board to fit the model on; name one with --board")]
    NoBoards,
    #[error("a budget of {wanted} bytes is too small: on {board} the smallest forms tried take {least} bytes of RAM, whole blocks")]
    StoreBudget { board: String, wanted: usize, least: usize },
    #[error(transparent)]
    Net(#[from] systole_net::NetError),
}

/// A network that no board holds in any form of its weights.
#[derive(Debug, thiserror::Error)]
#[error("no board of those asked holds any form of the weights{}\n{advice}", .boards.iter().map(|(board, why)| format!("\n  {board}: {why}")).collect::<String>())]
pub struct Nowhere {
    /// Boards from large to small, and what each lacks.
    pub boards: Vec<(String, String)>,
    /// What the largest lacks, in numbers.
    pub lacks: Vec<systole_plan::error::Lack>,
    /// What would let the largest hold it, each planned before it is named.
    pub advice: String,
}

impl CliError {
    /// Wraps an `io::Error` with what was being done to which path; for `map_err`.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| CliError::Io { action, path, source }
    }

    /// Whether the reader of standard output has gone away.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, CliError::Output(source) if source.kind() == io::ErrorKind::BrokenPipe)
    }
}

// Boxed, for every result of this crate would be as large as they are.
impl From<systole_lockstep::LockstepError> for CliError {
    fn from(source: systole_lockstep::LockstepError) -> Self {
        CliError::Lockstep(Box::new(source))
    }
}

impl From<systole_plan::PlanError> for CliError {
    fn from(source: systole_plan::PlanError) -> Self {
        CliError::Plan(Box::new(source))
    }
}

/// What makes so many channels of a picture.
fn preprocess_of(channels: usize) -> String {
    match channels {
        1 => "grey, or a JSON file with one entry each in rgb_index, mean and scale".into(),
        3 => format!("{}, or a JSON file", PREPROCESS_NAMES.iter().filter(|name| **name != "grey").copied().collect::<Vec<_>>().join(", ")),
        more => format!("a JSON file with {more} entries each in rgb_index (0, 1 and 2 are R, G and B; a colour may stand there twice, and \"luma\" too), mean and scale"),
    }
}

//! Runs the command; the digits network as a file and as a build folder.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use systole_machine::Board;
use tempfile::TempDir;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_systole");
pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A line that long work writes every few seconds: how fast the machine is decides whether there is one.
fn is_progress(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().take(2).collect();
    matches!(words[..], [seconds, "s"] if line.starts_with(' ') && seconds.parse::<u64>().is_ok())
}

/// What a run left on both streams, without progress, and its exit code.
pub struct Ran {
    pub out: String,
    pub err: String,
    pub code: i32,
}

impl Ran {
    pub fn new(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let err = text(output.stderr).split_inclusive('\n').filter(|line| !is_progress(line)).collect();
        Ran { out: text(output.stdout), err, code: output.status.code().unwrap_or(-1) }
    }

    /// Exit code 0 and nothing on standard error.
    pub fn ok(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    /// Exit code 1 and one error that has all of `parts`.
    pub fn failed(self, parts: &[&str]) -> String {
        assert_eq!(self.code, 1, "{}{}", self.out, self.err);
        assert!(self.err.starts_with("error: "), "{}", self.err);
        for part in parts {
            assert!(self.err.contains(part), "{part:?} is not in {}", self.err);
        }
        self.err
    }
}

pub fn systole<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Ran {
    Ran::new(Command::new(PROGRAM).args(args).current_dir(ROOT).stdin(Stdio::null()).output().unwrap())
}

/// Copies to an executable file, by a process of its own: a file that this one wrote stays open for writing in the children that
/// other tests fork meanwhile, and could not be run.
fn install(from: &str, input: Stdio, file: &Path) -> Child {
    Command::new("install").args(["-m", "755", from]).arg(file).stdin(input).spawn().unwrap()
}

/// A copy of a program.
pub fn copy_program(from: &str, file: &Path) {
    assert!(install(from, Stdio::null(), file).wait().unwrap().success());
}

/// A shell script that can be run.
pub fn script(file: &Path, text: &str) {
    let mut child = install("/dev/stdin", Stdio::piped(), file);
    child.stdin.take().unwrap().write_all(format!("#!/bin/sh\n{text}\n").as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

/// A file or folder of the checkout.
pub fn path(relative: &str) -> String {
    format!("{ROOT}/{relative}")
}

pub fn image(name: &str) -> String {
    path(&format!("host/demo/images/{name}"))
}

/// The paths in a folder, sorted; empty when it is not there.
pub fn entries(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).map(|d| d.map(|e| e.unwrap().file_name().into_string().unwrap()).collect());
    let mut names: Vec<String> = names.unwrap_or_default();
    names.sort();
    names
}

/// A board of the checkout.
pub fn board(name: &str) -> Board {
    Board::parse(&fs::read_to_string(path(&format!("constraints/{name}.toml"))).unwrap()).unwrap()
}

/// Every board of the checkout that has a way to the host.
pub fn linked_boards() -> Vec<Board> {
    let files = entries(Path::new(&path("constraints")));
    let boards = files.iter().filter_map(|file| file.strip_suffix(".toml")).map(board);
    boards.filter(|board| board.link.is_some()).collect()
}

/// Every file below a folder with its bytes.
pub fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for name in entries(folder) {
        let path = folder.join(name);
        if path.is_dir() {
            files.extend(tree(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            files.push((path, bytes));
        }
    }
    files
}

pub fn quantize_digits(output: &Path) -> Ran {
    let (model, images, labels) = (path("host/demo/digits.onnx"), path("host/demo/calibration"), labels());
    let output = output.display().to_string();
    let options = ["--preprocess", "grey", "--labels", &labels, "-o", &output];
    systole(["quantize", &model, "--calibrate", &images].into_iter().chain(options))
}

pub fn labels() -> String {
    path("host/demo/labels.txt")
}

struct Shared {
    folder: TempDir,
}

fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        quantize_digits(&folder.path().join("digits.net")).ok();
        generate(&folder.path().join("digits.net"), &folder.path().join("build"), &[]).ok();
        Shared { folder }
    })
}

/// The digits network, quantised once.
pub fn digits() -> PathBuf {
    shared().folder.path().join("digits.net")
}

/// Its build folder for the tiny board; not to be changed.
pub fn build() -> PathBuf {
    shared().folder.path().join("build")
}

pub fn generate(net: &Path, output: &Path, options: &[&str]) -> Ran {
    let (net, output) = (net.display().to_string(), output.display().to_string());
    systole(["generate", &net, "--board", "tiny", "-o", &output].iter().chain(options))
}

/// The digits network whose model file would have cut its scores at these ends, and its build folder.
pub fn with_score_ends(folder: &Path, ends: [f64; 2]) -> (PathBuf, PathBuf) {
    let (net, build) = (folder.join("cut.net"), folder.join("cut"));
    let digits = systole_net::Net::read(&digits()).unwrap();
    systole_net::Net { score_ends: Some(ends), ..digits }.write(&net).unwrap();
    generate(&net, &build, &[]).ok();
    (net, build)
}

/// A copy of the build folder, to be damaged.
pub fn copy_of_build(into: &Path) -> PathBuf {
    let (from, to) = (build(), into.join("copy"));
    for (file, bytes) in tree(&from) {
        let target = to.join(file.strip_prefix(&from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, bytes).unwrap();
    }
    to
}

/// Whether a run of few images takes the plan's cycles. The plan's are those of images that follow each other for ever; the last one of a
/// run has no successor whose input takes turns with it at the activations' memory, and so is a little earlier.
pub fn as_planned(found: u64, planned: u64) -> bool {
    found <= planned && (planned - found) * 1000 <= planned
}

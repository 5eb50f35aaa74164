//! What the tests of tops share: Verilator, and designs as its input.

use std::path::Path;
use systole_rtl::{Contents, Design};
use systole_verilator::{BuildSpec, Effort, Toolchain};

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const CACHE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../build/verilator");

pub fn tools() -> Toolchain {
    Toolchain::locate(Path::new(WORKSPACE)).expect("Verilator and g++, as `make setup` installs them")
}

pub fn cache() -> &'static Path {
    Path::new(CACHE)
}

pub fn spec(design: &Design) -> BuildSpec {
    let spec = BuildSpec::new(&design.top).effort(Effort::Quick);
    design.verilog.iter().fold(spec, |spec, file| match &file.contents {
        Contents::Text(text) => spec.file(&file.name, text),
        Contents::Bytes(_) => panic!("{} is no text", file.name),
    })
}

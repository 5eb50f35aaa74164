//! The library as C and Python see it: an example of each on the Verilog.

#[path = "cli/common.rs"]
#[allow(dead_code)]
mod common;
#[path = "cli/flipping.rs"]
mod flipping;
#[path = "capi/layout.rs"]
mod layout;
#[path = "capi/library.rs"]
mod library_steps;
#[path = "capi/memories.rs"]
mod memories;
#[path = "capi/misuse.rs"]
mod misuse;
#[path = "capi/scores.rs"]
mod scores;
#[path = "capi/threads.rs"]
mod threads;

use common::{build, path, Ran, ROOT};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tempfile::TempDir;

/// What the images show, the first of them.
const IMAGES: [(&str, &str); 3] = [("000_label_4.png", "4"), ("001_label_9.png", "9"), ("004_label_6.png", "6")];

/// A shared library that was built with this test.
fn built(name: &str) -> PathBuf {
    let library = std::env::current_exe().unwrap().with_file_name(name);
    assert!(library.exists(), "{} was not built", library.display());
    library
}

/// The C interface.
fn library() -> PathBuf {
    built("libsystole_capi.so")
}

/// The folder with the Python package: its modules, and its extension module as it was built with this test.
fn package() -> &'static Path {
    static PACKAGE: OnceLock<TempDir> = OnceLock::new();
    let made = PACKAGE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("systole");
        fs::create_dir(&package).unwrap();
        for name in common::entries(Path::new(&path("host/python/systole"))) {
            symlink(path(&format!("host/python/systole/{name}")), package.join(name)).unwrap();
        }
        symlink(built("libsystole_python.so"), package.join("_native.abi3.so")).unwrap();
        folder
    });
    made.path()
}

/// Python with the package.
fn python() -> Command {
    let mut command = Command::new(path(".tools/venv/bin/python3"));
    command.env("PYTHONPATH", package()).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Raw frames of the images, in a file.
fn frames(folder: &Path) -> PathBuf {
    let frame = |name: &str| image::open(path(&format!("host/demo/images/{name}"))).unwrap().to_rgb8().into_raw();
    let bytes: Vec<u8> = IMAGES.iter().flat_map(|(name, _)| frame(name)).collect();
    let file = folder.join("frames.rgb");
    fs::write(&file, bytes).unwrap();
    file
}

fn run(command: &mut Command) -> Ran {
    Ran::new(command.current_dir(ROOT).output().unwrap())
}

/// A C program over the library.
fn compiled(source: &str, folder: &Path) -> PathBuf {
    let program = folder.join("program");
    let compile = run(Command::new("g++")
        .args(["-x", "c", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-pthread", "-I", &path("host/c")])
        .arg(path(source))
        .args(["-x", "none"])
        .arg(library())
        .arg("-o")
        .arg(&program));
    assert_eq!(compile.code, 0, "{}", compile.err);
    program
}

fn verilator() -> String {
    format!("verilator:{}", build().display())
}

#[test]
fn the_c_example_drives_the_verilog() {
    let folder = tempfile::tempdir().unwrap();
    let (program, library) = (compiled("host/c/classify.c", folder.path()), library());
    let classify = |address: &str| {
        let frames = fs::File::open(frames(folder.path())).unwrap();
        run(Command::new(&program).arg(address).env("LD_LIBRARY_PATH", library.parent().unwrap()).stdin(frames))
    };
    let text = classify(&verilator()).ok();
    let found: Vec<&str> = text.lines().map(|line| line.split(' ').nth(1).unwrap()).collect();
    assert_eq!(found, IMAGES.map(|(_, label)| label));
    let refused = classify("sim:no/such");
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("no/such is not a build folder"), "{}", refused.err);
}

#[test]
fn the_python_example_drives_the_verilog() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(python().arg(path("host/python/examples/classify.py")).arg(verilator()).arg(frames(folder.path())));
    let text = ran.ok();
    let lines: Vec<&str> = text.lines().collect();
    for (line, (_, label)) in lines.iter().zip(IMAGES) {
        assert!(line.starts_with(&format!("{label} ")), "{text}");
    }
    assert!(lines[3].contains("refused") && lines[3].contains("(31, 32, 3)"), "{text}");
}

/// Dumps a layer to a file, twice by names that are wrong.
const DUMP: &str = "
import sys
import numpy as np
import systole
frame = np.fromfile(sys.argv[2], np.uint8)
with systole.Device(sys.argv[1]) as device:
    image = frame[: np.prod(device.shape)].reshape(device.shape)
    for name, shape in device.layers.items():
        print(name, *shape)
    name = next(iter(device.layers))
    np.save(sys.argv[3], device.dump(name, image))
    try:
        device.dump('no_such', image)
    except systole.SystoleError as error:
        print('refused', error)
    print(device.infer(image).argmax())
";

#[test]
fn python_dumps_what_the_command_dumps() {
    let folder = tempfile::tempdir().unwrap();
    let (script, map) = (folder.path().join("dump.py"), folder.path().join("map.npy"));
    fs::write(&script, DUMP).unwrap();
    let ran = run(python().arg(&script).arg(verilator()).args([&frames(folder.path()), &map]));
    let text = ran.ok();
    let lines: Vec<&str> = text.lines().collect();
    let name = lines[0].split(' ').next().unwrap();
    assert!(lines[lines.len() - 2].starts_with("refused") && lines[lines.len() - 2].contains(name), "{text}");
    assert_eq!(lines[lines.len() - 1], IMAGES[0].1, "{text}");
    let theirs = folder.path().join("theirs.npy");
    let image = path(&format!("host/demo/images/{}", IMAGES[0].0));
    common::systole([
        "dump",
        "--device",
        &verilator(),
        "--layer",
        name,
        "--image",
        &image,
        "-o",
        theirs.to_str().unwrap(),
    ])
    .ok();
    let read = |path: &std::path::Path| {
        let bytes = fs::read(path).unwrap();
        let file = npyz::NpyFile::new(bytes.as_slice()).unwrap();
        (file.shape().to_vec(), file.dtype().descr(), file.into_vec::<i32>().unwrap())
    };
    assert_eq!(read(&map), read(&theirs), "NumPy writes the same map");
}

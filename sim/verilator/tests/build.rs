//! Builds that are kept, shared, and refused.

mod common;

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::thread;

use common::{quick, tools, COUNTER};
use systole_verilator::{lint, BuildSpec, Error, Toolchain, Verilated};

/// A cache of its own that holds nothing but the runtime library, which takes seconds to compile.
fn fresh_cache() -> tempfile::TempDir {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR"));
    Verilated::build(&tools(), &quick("counter", COUNTER), kept).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(kept).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with("runtime-") && name.ends_with(".o") {
            fs::copy(entry.path(), folder.path().join(name)).unwrap();
        }
    }
    folder
}

#[test]
fn a_second_build_comes_from_the_cache_even_when_it_has_moved() {
    let folder = tempfile::tempdir().unwrap();
    let (first, moved) = (folder.path().join("first"), folder.path().join("moved"));
    let spec = quick("counter", COUNTER);
    assert!(!Verilated::build(&tools(), &spec, &first).unwrap().from_cache());
    assert!(Verilated::build(&tools(), &spec, &first).unwrap().from_cache());
    fs::rename(&first, &moved).unwrap();
    let found = Verilated::build(&tools(), &spec, &moved).unwrap();
    assert!(found.from_cache() && found.path().starts_with(&moved));
    let with_image = Verilated::build(&tools(), &spec.clone().image("w.hex", "0"), &moved).unwrap();
    assert!(with_image.from_cache(), "images are no part of the build");
    let changed = quick("counter", &COUNTER.replace("+", "-"));
    assert!(!Verilated::build(&tools(), &changed, &moved).unwrap().from_cache());
    assert!(!Verilated::build(&tools(), &spec.param("WIDTH", 9), &moved).unwrap().from_cache());
    let names = fs::read_dir(&moved).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left = names.filter(|name| name.starts_with("build-")).count();
    assert_eq!(left, 0, "scratch folders left behind");
}

#[test]
fn builds_at_once_of_one_design_all_succeed_and_one_of_them_works() {
    let folder = fresh_cache();
    let (tools, spec) = (tools(), quick("counter", COUNTER));
    let built: Vec<_> = thread::scope(|scope| {
        let build = || Verilated::build(&tools, &spec, folder.path()).unwrap();
        let running: Vec<_> = (0..4).map(|_| scope.spawn(build)).collect();
        running.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    assert_eq!(built.iter().filter(|verilated| !verilated.from_cache()).count(), 1);
    built.iter().for_each(|verilated| verilated.model().unwrap().run(1));
}

#[test]
fn a_library_that_is_not_what_its_name_says_is_refused() {
    let folder = fresh_cache();
    let built = Verilated::build(&tools(), &quick("counter", COUNTER), folder.path()).unwrap();
    let other = quick("counter", COUNTER).param("WIDTH", 7);
    let name = Verilated::build(&tools(), &other, folder.path()).unwrap().path().to_path_buf();
    fs::remove_file(&name).unwrap();
    fs::copy(built.path(), &name).unwrap();
    assert!(matches!(Verilated::build(&tools(), &other, folder.path()), Err(Error::Load { .. })));
    fs::remove_file(&name).unwrap();
    fs::write(&name, "half a library").unwrap();
    let text = Verilated::build(&tools(), &other, folder.path()).unwrap_err().to_string();
    assert!(text.contains("delete the file"), "{text}");
}

fn refusal(spec: &BuildSpec) -> Error {
    let folder = fresh_cache();
    let error = Verilated::build(&tools(), spec, folder.path()).unwrap_err();
    let kept = fs::read_dir(folder.path())
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().extension() == Some(OsStr::new("so")));
    assert_eq!(kept.count(), 0);
    error
}

#[test]
fn a_syntax_error_names_file_and_line() {
    let text = refusal(&quick("broken", "module broken;\n  assign = 1;\nendmodule\n")).to_string();
    assert!(text.contains("Verilator refused module broken") && text.contains("broken.v:2:"), "{text}");
}

#[test]
fn a_missing_module_and_a_width_error_are_refused() {
    let missing = quick("outer", "module outer; ERROR_outer_too_small check (); endmodule");
    assert!(refusal(&missing).to_string().contains("ERROR_outer_too_small"));
    let width =
        quick("narrow", "module narrow (input wire [7:0] a_i, output wire [3:0] b_o); assign b_o = a_i; endmodule");
    assert!(refusal(&width).to_string().contains("WIDTH"));
    let parameter = quick("counter", COUNTER).param("DEPTH", 3);
    assert!(refusal(&parameter).to_string().contains("DEPTH"));
}

#[test]
fn a_file_name_outside_the_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = folder.path().join("counter.v");
    for name in ["../counter.v", elsewhere.to_str().unwrap(), ""] {
        assert!(matches!(refusal(&BuildSpec::new("counter").file(name, COUNTER)), Error::FileName { .. }), "{name:?}");
    }
}

#[test]
fn lint_wants_no_warning_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let named = |text: &str| lint(&tools(), &quick("unused", text), folder.path());
    let unused = "module unused (input wire clk_i, output wire b_o); assign b_o = 1'b0; endmodule\n";
    assert!(matches!(named(unused), Err(Error::Verilog { .. })));
    named(&unused.replace("1'b0", "clk_i")).unwrap();
}

#[test]
fn the_version_is_that_of_the_pinned_package_or_of_the_program() {
    let (tools, folder) = (tools(), tempfile::tempdir().unwrap());
    assert!(tools.version().starts_with('5'), "{}", tools.version());
    assert!(tools.verilator().is_file() && tools.compiler().is_file());
    let path = std::env::var_os("PATH");
    if let Ok(system) = Toolchain::locate_in(folder.path(), path.as_deref()) {
        assert!(system.version().starts_with('5') && !system.verilator().starts_with(env!("CARGO_MANIFEST_DIR")));
    }
}

#[test]
fn a_package_is_found_beside_the_programs_of_its_python() {
    let folder = tempfile::tempdir().unwrap();
    let root = tools().include().parent().unwrap().to_path_buf();
    let (bin, packages) = (folder.path().join("bin"), folder.path().join("lib/python3.13/site-packages"));
    for made in [&bin, &packages] {
        std::fs::create_dir_all(made).unwrap();
    }
    std::os::unix::fs::symlink(&root, packages.join("verilator")).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    for first in [bin, root.join("bin")] {
        let path = std::env::join_paths([first, "/usr/bin".into()]).unwrap();
        let found = Toolchain::locate_in(elsewhere.path(), Some(&path)).unwrap();
        assert!(found.verilator().canonicalize().unwrap().starts_with(root.canonicalize().unwrap()), "{found:?}");
        assert!(found.include().join("verilated.h").is_file(), "{found:?}");
    }
}

#[test]
fn no_verilator_says_where_it_looked_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let text = Toolchain::locate_in(folder.path(), Some(OsStr::new("/no/such/bin"))).unwrap_err().to_string();
    for part in ["no Verilator", ".tools/venv", "/no/such/bin/verilator", "make setup"] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
}

#[test]
fn no_compiler_says_what_to_do() {
    let text = Toolchain::locate_in(Path::new(env!("CARGO_MANIFEST_DIR")), None);
    assert!(matches!(text, Err(Error::NoTool { .. } | Error::NoVerilator { .. })), "{text:?}");
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    fs::write(&file, "").unwrap();
    let text = Verilated::build(&tools(), &quick("counter", COUNTER), &file).unwrap_err().to_string();
    assert!(text.contains("cannot create") && text.contains("a file"), "{text}");
}

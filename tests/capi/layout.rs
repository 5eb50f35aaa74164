//! The structures and numbers of the C interface stand in Rust and in the header: both the same.

use crate::common::path;
use crate::run;
use std::fmt::Write;
use std::fs;
use std::mem::{offset_of, size_of};
use std::process::Command;
use systole_capi::{SystoleCounters, SystoleDamage, SYSTOLE_DAMAGED};

/// Lines of a name, the size of all and the names and places of the fields.
fn rust() -> Vec<String> {
    macro_rules! layout {
        ($name:ident: $($field:ident),*) => {
            format!(concat!(stringify!($name), " {}", $(" ", stringify!($field), " {}"),*),
                size_of::<$name>(), $(offset_of!($name, $field)),*)
        };
    }
    vec![
        layout!(SystoleDamage: memories, crc_found, crc_wanted, doubtful_first, doubtful_end, repaired),
        layout!(SystoleCounters: images_done, cycles, busy_cycles, in_beats, out_beats, input_starved, output_blocked),
        format!("DAMAGED {}", SYSTOLE_DAMAGED),
    ]
}

/// The fields of a line of [`rust`], and the fields of the structure in the header.
fn fields(line: &str) -> (String, Vec<String>) {
    let name = line.split(' ').next().unwrap();
    let header = fs::read_to_string(path("host/c/systole.h")).unwrap();
    let body = header.split(&format!("typedef struct {name} {{")).nth(1).unwrap().split('}').next().unwrap();
    let of = |field: &str| field.rsplit([' ', '*']).next().unwrap().to_string();
    (name.to_string(), body.split(';').map(str::trim).filter(|field| !field.is_empty()).map(of).collect())
}

#[test]
fn the_header_lays_out_what_rust_does() {
    let lines = rust();
    let mut program = "#include \"systole.h\"\n#include <stdio.h>\nint main(void) {\n".to_string();
    for (name, fields) in lines[..2].iter().map(|line| fields(line)) {
        let formats: String = fields.iter().map(|field| format!(" {field} %zu")).collect();
        let offsets: String = fields.iter().map(|field| format!(", offsetof({name}, {field})")).collect();
        writeln!(program, "printf(\"{name} %zu{formats}\\n\", sizeof({name}){offsets});").unwrap();
    }
    program += "printf(\"DAMAGED %d\\n\", SYSTOLE_DAMAGED);\nreturn 0; }\n";
    let folder = tempfile::tempdir().unwrap();
    let (source, binary) = (folder.path().join("layout.c"), folder.path().join("layout"));
    fs::write(&source, program).unwrap();
    let compile = run(Command::new("g++")
        .args(["-x", "c", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-I", &path("host/c")])
        .arg(&source)
        .arg("-o")
        .arg(&binary));
    assert_eq!(compile.code, 0, "{}", compile.err);
    assert_eq!(run(&mut Command::new(&binary)).ok().lines().collect::<Vec<_>>(), lines);
}

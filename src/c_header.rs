//! Prints `host/c/systole.h` from the text of `capi.rs`, `capi/dump.rs`, `capi/memories.rs` and `capi/scores.rs`: its structures, its functions, their comments.

use std::fmt::Write;

/// What the header is printed from.
const SOURCE: &str = concat!(
    include_str!("capi.rs"),
    include_str!("capi/dump.rs"),
    include_str!("capi/memories.rs"),
    include_str!("capi/scores.rs")
);
const HEAD: &str = "/* Drives a Systole machine from C. Printed from src/capi.rs; do not edit.
 *
 * Every function may be called from any thread at any time, for the same device, too: a call has the device for itself, those of
 * other threads wait until it has ended (systole_close as well), in no promised order. Threads can submit images to one device and
 * wait for each other's. Buffers must not be written by two calls at once. Functions that return an int return SYSTOLE_DONE
 * when they did what they are for; else systole_message says what went wrong, in the thread that called.
 *
 * A handle is looked up, never followed: NULL, a closed one or any other number is an error. A process that was forked cannot use
 * its parent's devices, which go on working in the parent; it opens its own. */
#ifndef SYSTOLE_H
#define SYSTOLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern \"C\" {
#endif

/* An open device: a handle. */
typedef struct SystoleDevice SystoleDevice;

";
const TAIL: &str = "#ifdef __cplusplus
}
#endif

#endif
";

/// A Rust type as C spells it, with the name of what has it.
fn declared(kind: &str, name: &str) -> String {
    let plain = |kind: &str| match kind {
        "u8" => "uint8_t".to_string(),
        "i32" => "int32_t".to_string(),
        "u32" => "uint32_t".to_string(),
        "i64" => "int64_t".to_string(),
        "u64" => "uint64_t".to_string(),
        "f64" => "double".to_string(),
        "usize" => "size_t".to_string(),
        "c_int" => "int".to_string(),
        "c_char" => "char".to_string(),
        other => other.to_string(),
    };
    match (kind.strip_prefix("*const "), kind.strip_prefix("*mut ")) {
        (Some(to), _) => format!("const {} *{name}", plain(to)),
        (_, Some(to)) => format!("{} *{name}", plain(to)),
        _ => format!("{} {name}", plain(kind)),
    }
}

/// `name: type` pairs between commas.
fn fields(text: &str) -> Vec<String> {
    let fields = text.split(',').filter_map(|field| field.trim().trim_start_matches("pub ").split_once(": "));
    fields.map(|(name, kind)| declared(kind, name)).collect()
}

/// The comment in front of an item, as far as it concerns C.
fn comment(before: &str) -> String {
    let lines: Vec<&str> =
        before.lines().rev().take_while(|line| line.starts_with("///") || line.starts_with("#[")).collect();
    let lines = lines.into_iter().rev().filter_map(|line| line.strip_prefix("///")).map(str::trim);
    let text: Vec<&str> = lines.take_while(|line| *line != "# Safety").filter(|line| !line.is_empty()).collect();
    format!("/* {} */\n", text.join("\n * "))
}

/// The whole header.
pub fn c_header() -> String {
    let mut text = HEAD.to_string();
    for (at, mark) in SOURCE.match_indices("pub const ") {
        let Some((name, rest)) = SOURCE[at + mark.len()..].split_once(": c_int = ") else { continue };
        let value = rest.split(';').next().unwrap_or_default();
        let _ = writeln!(text, "{}#define SYSTOLE_{name} {value}\n", comment(&SOURCE[..at]));
    }
    for (at, mark) in SOURCE.match_indices("#[repr(C)]\npub struct ") {
        let (name, rest) = SOURCE[at + mark.len()..].split_once(" {\n").unwrap_or_default();
        let body = rest.split('}').next().unwrap_or_default();
        let _ = writeln!(text, "{}typedef struct {name} {{", comment(&SOURCE[..at]));
        for field in fields(body) {
            let _ = writeln!(text, "    {field};");
        }
        let _ = writeln!(text, "}} {name};\n");
    }
    for (at, mark) in SOURCE.match_indices("pub unsafe extern \"C\" fn ") {
        let (name, rest) = SOURCE[at + mark.len()..].split_once('(').unwrap_or_default();
        let (arguments, rest) = rest.split_once(')').unwrap_or_default();
        let result = rest.split('{').next().unwrap_or_default().trim().strip_prefix("-> ").unwrap_or("void");
        let list = fields(arguments).join(", ");
        let _ = writeln!(text, "{}{}({list});\n", comment(&SOURCE[..at]), declared(result, name));
    }
    text + TAIL
}

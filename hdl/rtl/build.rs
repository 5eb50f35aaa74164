//! Reads the ports of every primitive in `v/` and writes them down as Rust: a list, and a structure for each direction, see
//! `src/ports.rs`. The rules that the Verilog keeps to are in CONTRIBUTING.md.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

/// Ports that every module has, and that no list holds.
const IMPLIED: [&str; 2] = ["clk_i", "rst_i"];
/// Names of fields that Rust would not take.
const KEYWORDS: [&str; 1] = ["loop"];

/// A port as declared.
struct Port {
    input: bool,
    name: String,
    /// How many equal pieces the bus has, and bits of one, as Rust expressions.
    lanes: String,
    width: String,
    kind: Kind,
    comment: String,
}

/// How a model sees a port.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// One bit.
    Flag,
    /// One lane of at most 64 bits.
    Number,
    /// A `u64` per lane or, of a word of any width, per 64 bits.
    Words,
}

fn main() {
    println!("cargo::rerun-if-changed=v");
    println!("cargo::rerun-if-changed=src/primitives");
    let mut text = String::new();
    for module in primitives() {
        let path = format!("v/{module}.v");
        println!("cargo::rerun-if-changed={path}");
        let verilog = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let ports = ports(&verilog).unwrap_or_else(|error| panic!("{path}: {error}"));
        print(&module, &ports, &mut text);
    }
    let folder = env::var("OUT_DIR").expect("Cargo names a folder");
    fs::write(Path::new(&folder).join("ports.rs"), text).expect("the folder can be written to");
}

/// Files of `src/primitives` beside which there is a Verilog module of the same name.
fn primitives() -> Vec<String> {
    let entries = fs::read_dir("src/primitives").expect("the folder of the primitives");
    let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let mut names: Vec<String> = entries.filter_map(|entry| stem(&entry.expect("an entry").path())).collect();
    names.retain(|name| Path::new(&format!("v/{name}.v")).exists());
    names.sort();
    names
}

/// The ports between `) (` and `);`.
fn ports(verilog: &str) -> Result<Vec<Port>, String> {
    let mut ports = Vec::new();
    for (number, line) in verilog.lines().enumerate().take_while(|(_, line)| *line != ");") {
        let (code, comment) = line.split_once("//").unwrap_or((line, ""));
        let code = code.trim();
        let Some((direction, rest)) = code.split_once(char::is_whitespace) else { continue };
        if direction != "input" && direction != "output" {
            continue;
        }
        let port = port(direction == "input", rest.trim(), comment.trim());
        ports.push(port.ok_or_else(|| format!("line {}: {code} is no port; see CONTRIBUTING.md", number + 1))?);
    }
    ports.retain(|port| !IMPLIED.contains(&port.name.as_str()));
    Ok(ports)
}

/// From `wire [ROWS*8-1:0] data_i,`.
fn port(input: bool, declared: &str, comment: &str) -> Option<Port> {
    let declared = declared.strip_prefix("wire")?.trim().trim_end_matches(',');
    let (range, name) = match declared.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(range, name)| (Some(range), name.trim()))?,
        None => (None, declared),
    };
    if !name.ends_with(if input { "_i" } else { "_o" }) {
        return None;
    }
    let (lanes, width, kind) = match range {
        Some(range) => shape(range.strip_suffix(":0")?)?,
        None => ("1".into(), "1".into(), Kind::Flag),
    };
    Some(Port { input, name: name.into(), lanes, width, kind, comment: comment.into() })
}

/// Lanes and width from the highest bit: `A*B-1` is A lanes of B bits, a count alone that many lanes of one bit.
fn shape(highest: &str) -> Option<(String, String, Kind)> {
    let Some(bits) = highest.strip_suffix("-1") else {
        let more = |value: &str| value.parse::<u32>().ok().map(|n| (n + 1).to_string());
        let width = more(highest).or_else(|| Some(format!("{} + 1", sum(highest)?)))?;
        return Some(("1".into(), width, Kind::Number));
    };
    match bits.split_once('*') {
        Some((lanes, width)) if is_count(lanes) => Some((sum(lanes)?, sum(width)?, Kind::Words)),
        Some(_) => None,
        None if is_count(bits) => Some((sum(bits)?, "1".into(), Kind::Words)),
        None => Some(("1".into(), sum(bits)?, if is_word(bits) { Kind::Words } else { Kind::Number })),
    }
}

/// Parameters that are no widths count lanes.
fn is_count(name: &str) -> bool {
    !name.ends_with("_W") && !is_word(name) && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

/// The width of a word that may have more than 64 bits.
fn is_word(name: &str) -> bool {
    name.ends_with("_BITS") || name == "WIDTH"
}

/// Parameters and numbers added, as Rust.
fn sum(expression: &str) -> Option<String> {
    let term = |term: &str| match term.parse::<u32>() {
        Ok(number) => Some(number.to_string()),
        Err(_) if term.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => Some(format!("of({term:?})")),
        Err(_) => None,
    };
    let terms: Option<Vec<String>> = expression.split('+').map(term).collect();
    Some(terms?.join(" + "))
}

fn print(module: &str, ports: &[Port], text: &mut String) {
    let _ = writeln!(text, "/// The ports of `{module}.v`.\npub mod {module} {{");
    let _ = writeln!(text, "use super::Views;\nuse crate::primitive::{{Module, Port, Values}};");
    let path = format!("concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/v/{module}.v\")");
    let _ = writeln!(
        text,
        "pub static MODULE: Module = Module {{ name: {module:?}, source: include_str!({path}), ports: list }};"
    );
    let _ = writeln!(text, "#[allow(unused_variables)]\nfn list(of: &dyn Fn(&str) -> usize) -> Vec<Port> {{\nvec![");
    for Port { input, name, lanes, width, .. } in ports {
        let direction = if *input { "input" } else { "output" };
        let _ = writeln!(text, "Port::{direction}({name:?}, {lanes}, {width}),");
    }
    let _ = writeln!(text, "]\n}}");
    let (inputs, outputs): (Vec<&Port>, Vec<&Port>) = ports.iter().partition(|port| port.input);
    inputs_view(&inputs, text);
    outputs_view(&outputs, text);
    let of = if borrows(&inputs) { "In<'v>" } else { "In" };
    let _ = writeln!(
        text,
        "/// Both directions.\n#[derive(Debug)]\npub struct Ports;\nimpl Views for Ports {{\ntype In<'v> = {of};\ntype Out<'v> = Out<'v>;\n\
         fn inputs(values: &Values) -> Self::In<'_> {{ In::of(values) }}\n\
         fn outputs(values: &mut Values) -> Self::Out<'_> {{ Out::of(values) }}\n}}\n}}"
    );
}

fn borrows(inputs: &[&Port]) -> bool {
    inputs.iter().any(|port| port.kind == Kind::Words)
}

fn field(port: &Port) -> String {
    let name = port.name.trim_end_matches("_i").trim_end_matches("_o");
    if KEYWORDS.contains(&name) {
        return format!("r#{name}");
    }
    name.into()
}

fn comment(port: &Port) -> String {
    match port.comment.as_str() {
        "" => String::new(),
        text => format!("#[doc = {text:?}]\n"),
    }
}

fn inputs_view(inputs: &[&Port], text: &mut String) {
    let (life, life_v) = if borrows(inputs) { ("<'v>", "'v ") } else { ("", "") };
    let _ = writeln!(text, "/// Inputs of a cycle.\n#[derive(Clone, Copy, Debug, Default)]\npub struct In{life} {{");
    for port in inputs {
        let kind = match port.kind {
            Kind::Flag => "bool",
            Kind::Number => "u64",
            Kind::Words => "&'v [u64]",
        };
        let _ = writeln!(text, "{}pub {}: {kind},", comment(port), field(port));
    }
    let _ = writeln!(text, "}}\nimpl{life} In{life} {{\nfn of(values: &{life_v}Values) -> Self {{\nIn {{");
    for (at, port) in inputs.iter().enumerate() {
        let value = match port.kind {
            Kind::Flag => format!("values[{at}][0] != 0"),
            Kind::Number => format!("values[{at}][0]"),
            Kind::Words => format!("&values[{at}]"),
        };
        let _ = writeln!(text, "{}: {value},", field(port));
    }
    let _ = writeln!(text, "}}\n}}\n}}");
}

fn outputs_view(outputs: &[&Port], text: &mut String) {
    let _ = writeln!(text, "/// Outputs of a cycle, to be driven.\n#[derive(Debug)]\npub struct Out<'v> {{");
    for port in outputs {
        let kind = if port.kind == Kind::Words { "[u64]" } else { "u64" };
        let _ = writeln!(text, "{}pub {}: &'v mut {kind},", comment(port), field(port));
    }
    let names: Vec<String> = outputs.iter().map(|port| field(port)).collect();
    let _ = writeln!(text, "}}\nimpl<'v> Out<'v> {{\nfn of(values: &'v mut Values) -> Self {{");
    let _ = writeln!(
        text,
        "let [{}] = values.as_mut_slice() else {{ panic!(\"{} outputs\") }};\nOut {{",
        names.join(", "),
        names.len()
    );
    for (port, name) in outputs.iter().zip(&names) {
        let value = if port.kind == Kind::Words { String::new() } else { format!(": &mut {name}[0]") };
        let _ = writeln!(text, "{name}{value},");
    }
    let _ = writeln!(text, "}}\n}}\n}}");
}

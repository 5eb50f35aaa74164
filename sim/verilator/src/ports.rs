//! Reads the top module's ports from the header that Verilator writes.

use std::fmt::Write;

/// One port as the header declares it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Declared {
    /// The Verilog name.
    name: String,
    /// The C++ member, which differs where the Verilog name is not a legal one.
    member: String,
    input: bool,
    width: u32,
}

/// All ports of a header, sorted by name. A bidirectional port counts as an output.
pub(crate) fn parse(header: &str) -> Vec<Declared> {
    let mut ports: Vec<_> = header.lines().filter_map(|line| parse_line(line.trim())).collect();
    ports.sort_by(|a, b| a.name.cmp(&b.name));
    ports
}

/// One line of the form `VL_IN8(&name,msb,lsb);`, `VL_OUTW(&name,msb,lsb,words);`.
fn parse_line(line: &str) -> Option<Declared> {
    let (kind, rest) = line.strip_prefix("VL_")?.split_once('(')?;
    if !["IN", "OUT", "INOUT"].contains(&kind.trim_end_matches(|c: char| c.is_ascii_digit() || c == 'W')) {
        return None;
    }
    let mut fields = rest.strip_suffix(");")?.split(',').map(str::trim);
    let member = fields.next()?.trim_start_matches('&').to_string();
    let (msb, lsb): (u32, u32) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let input = kind.starts_with("IN") && !kind.starts_with("INOUT");
    Some(Declared { name: verilog_name(&member), member, input, width: msb.abs_diff(lsb) + 1 })
}

/// Undoes Verilator's renaming: `__SYM__` before C++ keywords, `__0hh` for characters that C++ names lack.
fn verilog_name(member: &str) -> String {
    let mut rest = member.strip_prefix("__SYM__").unwrap_or(member);
    let mut name = String::new();
    while let Some(at) = rest.find("__0") {
        let code = rest.get(at + 3..at + 5).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let Some(code) = code else { break };
        name.push_str(&rest[..at]);
        name.push(code.into());
        rest = &rest[at + 5..];
    }
    name + rest
}

/// The table that the shim includes: one `PORT(...)` per port.
pub(crate) fn table(ports: &[Declared]) -> String {
    let mut text = String::new();
    for Declared { name, member, input, width } in ports {
        let name = name.replace('\\', "\\\\").replace('"', "\\\"");
        let _ = writeln!(text, "PORT(\"{name}\", {}, {width}, {member})", i32::from(*input));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{parse, table};

    #[test]
    fn every_kind_of_declaration_is_read() {
        let header =
            "  VL_IN8(&clk_i,0,0);\n VL_OUTW(&wide_o,99,0,4);\n VL_INOUT16(&pad,11,2);\n VL_UNCOPYABLE(Vdut);\n";
        let expected = "PORT(\"clk_i\", 1, 1, clk_i)\nPORT(\"pad\", 0, 10, pad)\nPORT(\"wide_o\", 0, 100, wide_o)\n";
        assert_eq!(table(&parse(header)), expected);
    }

    #[test]
    fn renamed_ports_get_their_verilog_names_back() {
        let header = "VL_IN(&a___05Fb,31,0);\nVL_OUT64(&__SYM__do,63,0);";
        assert_eq!(table(&parse(header)), "PORT(\"a__b\", 1, 32, a___05Fb)\nPORT(\"do\", 0, 64, __SYM__do)\n");
    }
}

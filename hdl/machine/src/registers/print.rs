//! The table in the other languages: C, Markdown, Verilog.

use std::fmt::Write;

use super::{address_bits, window_bytes, Access, Field, Register, TABLE};

const NOTE: &str = "Printed from the register table in hdl/machine/src/registers; do not edit.";

/// A C header with the offset and the word count of every register, and shift and mask of every field.
pub fn c_header() -> String {
    let mut text = format!("/* The registers of a Systole machine. {NOTE} */\n#ifndef SYSTOLE_REGISTERS_H\n#define SYSTOLE_REGISTERS_H\n\n");
    define(&mut text, "WINDOW_BYTES", &hex(window_bytes()), "size of the register window");
    for register in TABLE {
        let name = register.name.to_uppercase();
        text.push('\n');
        define(&mut text, &format!("{name}_OFFSET"), &hex(register.offset), register.description);
        if register.words > 1 {
            define(&mut text, &format!("{name}_WORDS"), &register.words.to_string(), "words of 32 bits");
        }
        if register.reset != 0 {
            define(&mut text, &format!("{name}_VALUE"), &format!("0x{:08x}u", register.reset), "what it reads");
        }
        for field in register.fields {
            let field_name = format!("{name}_{}", field.name.to_uppercase());
            define(&mut text, &format!("{field_name}_SHIFT"), &field.lsb.to_string(), field.description);
            define(&mut text, &format!("{field_name}_MASK"), &format!("0x{:08x}u", field.mask()), "in the word");
        }
    }
    text + "\n#endif\n"
}

fn define(text: &mut String, name: &str, value: &str, comment: &str) {
    let _ = writeln!(text, "#define SYSTOLE_{name:<32} {value:<12} /* {comment} */");
}

fn hex(address: u32) -> String {
    format!("0x{address:02x}u")
}

/// The documentation page.
pub fn markdown() -> String {
    let mut text = format!(
        "# Registers\n\n{NOTE}\n\nThe window has {} bytes of 32-bit words behind AXI4-Lite. Bytes can be written singly. A read of an address without a \
         register returns 0; that read, and a write to what cannot be written, are answered with SLVERR. A counter of 64 bits is read low word first; \
         that read keeps the high half for the read after it. Hashes are spelled by their words in hexadecimal, first word first.\n\n\
         | offset | register | words | access | after reset | meaning |\n|---|---|---|---|---|---|\n",
        window_bytes()
    );
    for register in TABLE {
        let Register { name, offset, words, access, description, .. } = register;
        let _ = writeln!(
            text,
            "| `0x{offset:02x}` | `{name}` | {words} | {} | {} | {description} |",
            word(*access),
            after_reset(register)
        );
    }
    text.push_str("\n## Fields\n\n| register | bits | field | access | meaning |\n|---|---|---|---|---|\n");
    for register in TABLE {
        for field in register.fields {
            let Field { name, access, description, .. } = field;
            let _ = writeln!(
                text,
                "| `{}` | {} | `{name}` | {} | {description} |",
                register.name,
                bits(field),
                word(*access)
            );
        }
    }
    text
}

fn word(access: Access) -> &'static str {
    match access {
        Access::Constant => "constant",
        Access::Status => "read",
        Access::Counter => "read (counter)",
        Access::ReadWrite => "read, write",
        Access::Pulse => "write 1",
    }
}

fn after_reset(register: &Register) -> String {
    match register.access {
        Access::Constant if register.reset == 0 => "of the design".into(),
        Access::Status => "of the moment".into(),
        Access::Constant | Access::Counter | Access::ReadWrite | Access::Pulse => format!("`0x{:x}`", register.reset),
    }
}

fn bits(field: &Field) -> String {
    match field.width {
        1 => field.lsb.to_string(),
        width => format!("{}:{}", field.lsb + width - 1, field.lsb),
    }
}

/// The local parameters of `axil_regs`: address bits, offsets, fixed values, lowest bit of each field, indented as in a module.
pub fn verilog() -> String {
    let mut text = format!("    // {NOTE}\n    localparam WINDOW_ADDR_W = {};\n", address_bits());
    for register in TABLE {
        let name = register.name.to_uppercase();
        let _ = writeln!(text, "    localparam [31:0] {name}_ADDR = 32'h{:02x};", register.offset);
        if register.reset != 0 {
            let _ = writeln!(text, "    localparam [31:0] {name}_VALUE = 32'h{:08x};", register.reset);
        }
        for field in register.fields {
            let _ = writeln!(text, "    localparam {name}_{}_LSB = {};", field.name.to_uppercase(), field.lsb);
        }
    }
    text
}

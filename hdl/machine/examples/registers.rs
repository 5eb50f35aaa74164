//! Prints the register table: `cargo run -p systole-machine --example registers c|markdown|verilog`.

use systole_machine::registers;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("c") => print!("{}", registers::c_header()),
        Some("markdown") => print!("{}", registers::markdown()),
        Some("verilog") => print!("{}", registers::verilog()),
        _ => {
            eprintln!("registers: say what to print: c, markdown or verilog");
            std::process::exit(2);
        }
    }
}

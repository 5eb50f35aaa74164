//! Prints the fields of instruction words into Verilog sources: `cargo run -p systole-machine --example words FILE.v...`.

use systole_machine::verilog_fields::with_blocks;

fn main() -> std::io::Result<()> {
    for path in std::env::args().skip(1) {
        let source = std::fs::read_to_string(&path)?;
        let printed = with_blocks(&source);
        if printed != source {
            std::fs::write(&path, printed)?;
            println!("{path}");
        }
    }
    Ok(())
}

//! The `systole` command, see lib.rs.

use std::process::ExitCode;

fn main() -> ExitCode {
    systole::main()
}

//! What a design asks of the tools of its part beyond the Verilog: the clock.

use systole_plan::board::{Board, Family};

/// Clock port of the top level.
const CLOCK: &str = "clk_i";

/// Name and text of the file that states the clock, in the language of the part's tools.
pub fn clock(board: &Board) -> (String, String) {
    let (mhz, period) = (board.clock_mhz, 1e3 / board.clock_mhz);
    let (ending, comment, line) = match board.part.family {
        Family::Xc7 | Family::Xcup => {
            ("xdc", "#", format!("create_clock -name {CLOCK} -period {period:.3} [get_ports {CLOCK}]"))
        }
        Family::Ecp5 => ("lpf", "#", format!("FREQUENCY PORT \"{CLOCK}\" {mhz:.3} MHZ;")),
    };
    let title = &board.title;
    (format!("clock.{ending}"), format!("{comment} {title}: the machine's clock, {mhz} MHz.\n{line}\n"))
}

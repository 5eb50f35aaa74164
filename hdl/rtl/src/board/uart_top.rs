//! The top level at a board's pins, for a machine on a serial line: clock, reset, and the machine with its link.

use super::pll::{self, Pll};
use super::BoardTop;
use crate::error::RtlError;
use crate::top::UART_TOP;
use systole_machine::board::{Board, Family};
use systole_machine::wiring::{Held, UART_PORTS};

/// The machine is reset for this many cycles of its clock once that is there.
const RESET_CYCLES: u32 = 255;

/// The top level of a board.
///
/// # Errors
/// [`RtlError::BoardPins`], [`RtlError::BoardClock`].
pub fn top(board: &Board) -> Result<BoardTop, RtlError> {
    let pins = board.pins.as_ref().ok_or_else(|| RtlError::BoardPins { board: board.name.clone() })?;
    let pll = pll::of(board, pins.oscillator_mhz)?;
    let module = format!("{}_top", board.name.replace('-', "_"));
    let [clock, rx, tx] = UART_PORTS;
    let text = format!(
        "// {module}: {title}; the machine at {mhz} MHz on a serial line.
`default_nettype none

module {module} (
    input  wire {clock},  // {oscillator} MHz
    input  wire {rx},
    output wire {tx}{ports}
);
{made}{levels}
    // Begins where the bitstream says: the machine is reset until its clock has run for a while. The PLL says so when it likes.
    (* ASYNC_REG = \"TRUE\" *) reg [1:0] locked_q;
    reg [7:0] wait_q;
    reg rst_q;
    initial begin
        locked_q = 2'b00;
        wait_q   = 8'd0;
        rst_q    = 1'b1;
    end
    always @(posedge clk) begin
        locked_q <= {{locked_q[0], locked}};
        if (!locked_q[1]) wait_q <= 8'd0;
        else if (wait_q != 8'd{RESET_CYCLES}) wait_q <= wait_q + 8'd1;
        rst_q <= wait_q != 8'd{RESET_CYCLES};
    end

    {UART_TOP} linked (
        .clk_i(clk),
        .rst_i(rst_q),
        .rx_i({rx}),
        .tx_o({tx})
    );
endmodule

`default_nettype wire
",
        title = board.title,
        mhz = board.clock_mhz,
        oscillator = pins.oscillator_mhz,
        made = clock_of(board.device.family, pll),
        ports = pins.held.iter().map(|held| format!(",\n    output wire {}  // {}", held.port, held.why)).collect::<String>(),
        levels = pins.held.iter().map(level).collect::<String>(),
    );
    Ok(BoardTop { file: format!("{module}.v"), module, text, cells: cells(board.device.family, pll) })
}

/// Models of the device's own cells in the text, each (module, Verilog).
fn cells(family: Family, pll: Option<Pll>) -> Vec<(&'static str, &'static str)> {
    match (family, pll) {
        (_, None) | (Family::Gw5a, Some(_)) => Vec::new(),
        (Family::Ecp5, Some(_)) => vec![("EHXPLLL", include_str!("../../v/models/EHXPLLL.v"))],
        (Family::Xc7 | Family::Xcup, Some(_)) => vec![
            ("PLLE2_BASE", include_str!("../../v/models/PLLE2_BASE.v")),
            ("BUFG", include_str!("../../v/models/BUFG.v")),
        ],
    }
}

fn level(held: &Held) -> String {
    format!("    assign {} = 1'b{};\n", held.port, u8::from(held.high))
}

/// What drives `clk` and `locked`.
fn clock_of(family: Family, pll: Option<Pll>) -> String {
    let input = UART_PORTS[0];
    match (family, pll) {
        (_, None) | (Family::Gw5a, Some(_)) => format!("    wire clk = {input};\n    wire locked = 1'b1;\n"),
        (Family::Ecp5, Some(pll)) => ecp5(input, &pll),
        (Family::Xc7 | Family::Xcup, Some(pll)) => xilinx(input, &pll),
    }
}

/// EHXPLLL, its feedback from the output itself.
fn ecp5(input: &str, pll: &Pll) -> String {
    let phase = pll.output - 1;
    format!(
        "    // {vco} MHz inside.
    wire clk, locked, unused_feedback;
    (* FREQUENCY_PIN_CLKI = \"{oscillator}\" *)
    (* FREQUENCY_PIN_CLKOP = \"{clock}\" *)
    (* ICP_CURRENT = \"12\" *)
    (* LPF_RESISTOR = \"8\" *)
    (* MFG_ENABLE_FILTEROPAMP = \"1\" *)
    (* MFG_GMCREF_SEL = \"2\" *)
    EHXPLLL #(
        .PLLRST_ENA(\"DISABLED\"),
        .INTFB_WAKE(\"DISABLED\"),
        .STDBY_ENABLE(\"DISABLED\"),
        .DPHASE_SOURCE(\"DISABLED\"),
        .OUTDIVIDER_MUXA(\"DIVA\"),
        .OUTDIVIDER_MUXB(\"DIVB\"),
        .OUTDIVIDER_MUXC(\"DIVC\"),
        .OUTDIVIDER_MUXD(\"DIVD\"),
        .CLKI_DIV({reference}),
        .CLKOP_ENABLE(\"ENABLED\"),
        .CLKOP_DIV({output}),
        .CLKOP_CPHASE({phase}),
        .CLKOP_FPHASE(0),
        .FEEDBK_PATH(\"CLKOP\"),
        .CLKFB_DIV({feedback})
    ) pll (
        .RST(1'b0),
        .STDBY(1'b0),
        .CLKI({input}),
        .CLKOP(clk),
        .CLKFB(clk),
        .CLKINTFB(unused_feedback),
        .PHASESEL0(1'b0),
        .PHASESEL1(1'b0),
        .PHASEDIR(1'b1),
        .PHASESTEP(1'b1),
        .PHASELOADREG(1'b1),
        .PLLWAKESYNC(1'b0),
        .ENCLKOP(1'b0),
        .LOCK(locked)
    );
",
        vco = pll.vco_mhz(),
        oscillator = pll.oscillator_mhz,
        clock = pll.clock_mhz(),
        reference = pll.reference,
        output = pll.output,
        feedback = pll.multiply / pll.output,
    )
}

/// PLLE2_BASE with a global buffer.
fn xilinx(input: &str, pll: &Pll) -> String {
    format!(
        "    // {vco} MHz inside.
    wire feedback, made, clk, locked;
    PLLE2_BASE #(
        .CLKIN1_PERIOD({period:.3}),
        .DIVCLK_DIVIDE({reference}),
        .CLKFBOUT_MULT({multiply}),
        .CLKOUT0_DIVIDE({output})
    ) pll (
        .CLKIN1({input}),
        .RST(1'b0),
        .PWRDWN(1'b0),
        .CLKFBIN(feedback),
        .CLKFBOUT(feedback),
        .CLKOUT0(made),
        .LOCKED(locked)
    );
    BUFG buffer (.I(made), .O(clk));
",
        vco = pll.vco_mhz(),
        period = 1e3 / pll.oscillator_mhz,
        reference = pll.reference,
        multiply = pll.multiply,
        output = pll.output,
    )
}

//! Board tops: the Verilog between a machine and the pins or the block design of its board.

mod axi_top;
mod pll;
mod uart_top;

use crate::error::RtlError;
use crate::top::{compose, with_uart, Machine};
use systole_machine::wiring::Link;
use systole_machine::{serial, Plan};

/// The Verilog above the machine: its top module, and the name of its file.
pub struct BoardTop {
    pub module: String,
    pub file: String,
    pub text: String,
    /// Models of the device's own cells in it, for lint alone, each (module, Verilog).
    pub cells: Vec<(&'static str, &'static str)>,
}

/// The machine of a plan, with the serial link that its board wants.
///
/// # Errors
/// [`RtlError::BoardBaud`], and whatever is wrong with the plan.
pub fn machine(plan: &Plan) -> Result<Machine, RtlError> {
    let machine = compose(plan)?;
    let Some(Link::Uart { baud }) = plan.board.link else { return Ok(machine) };
    let (board, clock) = (plan.board.name.clone(), plan.board.clock_mhz);
    let divider = serial::divider(clock, baud).ok_or(RtlError::BoardBaud { board, clock, baud })?;
    with_uart(machine, plan, divider)
}

/// What lies above the plan's machine, whose top module is `machine`, on its board; `None` where the board has no link.
///
/// # Errors
/// [`RtlError::BoardPins`] for a serial link without its pins, [`RtlError::BoardClock`] for a clock that the board's oscillator
/// does not give.
pub fn top(plan: &Plan, machine: &str) -> Result<Option<BoardTop>, RtlError> {
    match &plan.board.link {
        None => Ok(None),
        Some(Link::AxiDma(_) | Link::Pcie) => Ok(Some(axi_top::top(plan, machine))),
        Some(Link::Uart { .. }) => uart_top::top(&plan.board).map(Some),
    }
}

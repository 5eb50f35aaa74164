//! `systole_uart_top`: the machine behind a serial line, for boards whose link is a UART.

use super::describe::Top;
use super::machine::printed;
use super::system::{compose, system, Machine};
use crate::design::Design;
use crate::error::RtlError;
use crate::primitive::Primitive;
use crate::primitives::uart_link::UartLink;
use systole_machine::registers::address_bits;
use systole_machine::Plan;

pub const UART_TOP: &str = "systole_uart_top";

/// The machine of a plan with the serial link around it, a line of `divider` clock cycles a bit (one of
/// [`systole_machine::serial::DIVIDERS`]). Its pins are `clk_i`, `rst_i`, `rx_i`, `tx_o`; its hash is the machine's.
///
/// # Errors
/// As [`compose`].
pub fn compose_uart(plan: &Plan, divider: u64) -> Result<Machine, RtlError> {
    let design_hash = compose(plan)?.design_hash;
    let (machine, images) = system(plan, design_hash);
    let link = UartLink::new(divider, plan.geometry.in_bytes, address_bits() as usize);
    let line = ["rx_i", "tx_o"];
    let mut t = Top::new(UART_TOP, &printed(plan, format!("{} behind a serial line", plan.network)));
    t.input(line[0], 1, 1, "the line in");
    t.output(line[1], 1, 1, "the line out");
    let ports = link.ports();
    let instance = t.primitive("link", "Frames to registers and streams.", link);
    for port in ports.iter().filter(|port| line.contains(&port.name)) {
        instance.same_name(port.name, port.direction);
    }
    instance.by_name();
    t.top("machine", "The machine and its registers.", machine).also_reset_by("machine_reset").by_name();
    let composed = t.build()?;
    let design = Design::new(&composed, images)?;
    Ok(Machine { composed, design, design_hash })
}

/// The same machine, its design extended by the files of [`UART_TOP`]; the top module stays the machine's.
///
/// # Errors
/// As [`compose`].
pub fn with_uart(mut machine: Machine, plan: &Plan, divider: u64) -> Result<Machine, RtlError> {
    machine.design.verilog = compose_uart(plan, divider)?.design.verilog;
    Ok(machine)
}

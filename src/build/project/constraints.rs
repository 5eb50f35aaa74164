//! Constraint files: the clock, and the pins where the board has some.

use crate::build::boards::Target;
use systole_machine::board::{Board, Family};
use systole_machine::wiring::{Card, Link, Pin, Pins, Pull, UART_PORTS};

/// Clock port of the machine, where it is the top level.
const CLOCK: &str = "clk_i";

/// Ports of a card's top level: the bus of its reference clock, reset, request for that clock.
pub const CARD_PORTS: [&str; 3] = ["pcie_reference", "pcie_reset_n", "pcie_clkreq_n"];

/// Name and text of every constraint file, in the language of the device's tools.
pub fn files(target: &Target) -> Vec<(String, String)> {
    let board = &target.board;
    let made = match (&board.link, &board.pins) {
        (Some(Link::Uart { .. }), Some(pins)) => Some(pinned(board, pins)),
        // The processor's clock is constrained by its own IP core.
        (Some(Link::AxiDma(_)), _) => None,
        (Some(Link::Pcie), _) => board.card.as_ref().map(|card| slot(board, card)),
        _ => Some(clock(board)),
    };
    made.into_iter().chain(target.constraints.clone()).collect()
}

fn is_xilinx(board: &Board) -> bool {
    matches!(board.device.family, Family::Xc7 | Family::Xcup)
}

fn requirement(board: &Board, port: &str, mhz: f64) -> String {
    match is_xilinx(board) {
        true => format!("create_clock -name {port} -period {:.3} [get_ports {port}]\n", 1e3 / mhz),
        false => format!("FREQUENCY PORT \"{port}\" {mhz:.3} MHZ;\n"),
    }
}

fn clock(board: &Board) -> (String, String) {
    let ending = if is_xilinx(board) { "xdc" } else { "lpf" };
    let (title, mhz) = (&board.title, board.clock_mhz);
    let text = format!("# {title}: the machine's clock, {mhz} MHz.\n{}", requirement(board, CLOCK, mhz));
    (format!("clock.{ending}"), text)
}

fn pinned(board: &Board, pins: &Pins) -> (String, String) {
    let ending = if is_xilinx(board) { "xdc" } else { "lpf" };
    let mut text = format!("# {}: pins of {}.\n", board.title, pins.source);
    for (port, pin) in UART_PORTS.into_iter().zip([&pins.clock, &pins.rx, &pins.tx]) {
        text += &match is_xilinx(board) {
            true => xdc(port, pin),
            false => lpf(port, pin),
        };
    }
    for held in &pins.held {
        text += &match is_xilinx(board) {
            true => format!("{}set_false_path -to [get_ports {}]\n", xdc(&held.port, &held.pin), held.port),
            false => lpf(&held.port, &held.pin),
        };
    }
    text += &requirement(board, UART_PORTS[0], pins.oscillator_mhz);
    if is_xilinx(board) {
        // The line has no clock: its input goes through two registers, its output is slow.
        text += &format!(
            "set_false_path -from [get_ports {}]\nset_false_path -to [get_ports {}]\n",
            UART_PORTS[1], UART_PORTS[2]
        );
    }
    for line in &pins.extra {
        text += &format!("{line}\n");
    }
    (format!("{}.{ending}", board.name), text)
}

/// A card's pins; those of its lanes follow from its transceivers.
fn slot(board: &Board, card: &Card) -> (String, String) {
    let [reference, reset, request] = CARD_PORTS;
    let mut text = format!("# {}: pins of {}.\n", board.title, card.source);
    let clock = ["p", "n"].map(|end| format!("{{{reference}_clk_{end}[0]}}"));
    for (site, port) in card.reference.iter().zip(&clock) {
        text += &format!("set_property PACKAGE_PIN {site} [get_ports {port}]\n");
    }
    let period = 1e3 / card.reference_mhz;
    text += &format!("create_clock -name {reference} -period {period:.3} [get_ports {}]\n", clock[0]);
    text += &xdc(reset, &card.reset);
    text += &xdc(request, &card.clock_request);
    // The core takes the reset in by registers of its own; the request never changes.
    text += &format!("set_false_path -from [get_ports {reset}]\nset_false_path -to [get_ports {request}]\n");
    for line in &card.extra {
        text += &format!("{line}\n");
    }
    (format!("{}.xdc", board.name), text)
}

fn xdc(port: &str, pin: &Pin) -> String {
    let mut text =
        format!("set_property -dict {{ PACKAGE_PIN {} IOSTANDARD {} }} [get_ports {port}]\n", pin.site, pin.standard);
    if let Some(pull) = pin.pull {
        let pull = if pull == Pull::Up { "PULLUP" } else { "PULLDOWN" };
        text += &format!("set_property PULLTYPE {pull} [get_ports {port}]\n");
    }
    text
}

fn lpf(port: &str, pin: &Pin) -> String {
    let pull = match pin.pull {
        None => "NONE",
        Some(Pull::Up) => "UP",
        Some(Pull::Down) => "DOWN",
    };
    format!(
        "LOCATE COMP \"{port}\" SITE \"{}\";\nIOBUF PORT \"{port}\" PULLMODE={pull} IO_TYPE={};\n",
        pin.site, pin.standard
    )
}

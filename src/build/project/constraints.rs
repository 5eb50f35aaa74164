//! Constraint files: the clock, and the pins where the board has some.

use crate::build::boards::Target;
use systole_machine::board::{Board, Family};
use systole_machine::wiring::{Card, Link, Pin, Pins, Pull, UART_PORTS};

/// The language of a constraint file, and its files' ending.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    /// Vivado: pins and clocks.
    Xdc,
    /// nextpnr for ECP5: pins and clocks.
    Lpf,
    /// Gowin: pins; clocks are in an `sdc` file.
    Cst,
}

impl Language {
    fn of(board: &Board) -> Self {
        match board.device.family {
            Family::Xc7 | Family::Xcup => Language::Xdc,
            Family::Ecp5 => Language::Lpf,
            Family::Gw5a => Language::Cst,
        }
    }

    /// Of the file with pins.
    fn ending(self) -> &'static str {
        match self {
            Language::Xdc => "xdc",
            Language::Lpf => "lpf",
            Language::Cst => "cst",
        }
    }

    /// Of the file with clocks.
    fn clock_ending(self) -> &'static str {
        match self {
            Language::Xdc | Language::Lpf => self.ending(),
            Language::Cst => "sdc",
        }
    }

    fn requirement(self, port: &str, mhz: f64) -> String {
        match self {
            Language::Xdc | Language::Cst => {
                format!("create_clock -name {port} -period {:.3} [get_ports {port}]\n", 1e3 / mhz)
            }
            Language::Lpf => format!("FREQUENCY PORT \"{port}\" {mhz:.3} MHZ;\n"),
        }
    }

    fn pin(self, port: &str, pin: &Pin) -> String {
        match self {
            Language::Xdc => xdc(port, pin),
            Language::Lpf => lpf(port, pin),
            Language::Cst => cst(port, pin),
        }
    }

    fn comment(self, text: &str) -> String {
        match self {
            Language::Xdc | Language::Lpf => format!("# {text}\n"),
            Language::Cst => format!("// {text}\n"),
        }
    }
}

/// Clock port of the machine, where it is the top level.
const CLOCK: &str = "clk_i";

/// Ports of a card's top level: the bus of its reference clock, reset, request for that clock.
pub const CARD_PORTS: [&str; 3] = ["pcie_reference", "pcie_reset_n", "pcie_clkreq_n"];

/// Name and text of every constraint file, in the language of the device's tools.
pub fn files(target: &Target) -> Vec<(String, String)> {
    let board = &target.board;
    let made = match (&board.link, &board.pins) {
        (Some(Link::Uart { .. }), Some(pins)) => pinned(board, pins),
        // The processor's clock is constrained by its own IP core.
        (Some(Link::AxiDma(_)), _) => Vec::new(),
        (Some(Link::Pcie), _) => board.card.iter().map(|card| slot(board, card)).collect(),
        _ => vec![clock(board)],
    };
    made.into_iter().chain(target.constraints.clone()).collect()
}

fn clock(board: &Board) -> (String, String) {
    let language = Language::of(board);
    let (title, mhz) = (&board.title, board.clock_mhz);
    let text = format!("# {title}: the machine's clock, {mhz} MHz.\n{}", language.requirement(CLOCK, mhz));
    (format!("clock.{}", language.clock_ending()), text)
}

fn pinned(board: &Board, pins: &Pins) -> Vec<(String, String)> {
    let language = Language::of(board);
    let mut text = language.comment(&format!("{}: pins of {}.", board.title, pins.source));
    for (port, pin) in UART_PORTS.into_iter().zip([&pins.clock, &pins.rx, &pins.tx]) {
        text += &language.pin(port, pin);
    }
    for held in &pins.held {
        text += &language.pin(&held.port, &held.pin);
        if language == Language::Xdc {
            text += &format!("set_false_path -to [get_ports {}]\n", held.port);
        }
    }
    let clock = language.requirement(UART_PORTS[0], pins.oscillator_mhz);
    let own = language.clock_ending() == language.ending();
    if own {
        text += &clock;
    }
    if language == Language::Xdc {
        // The line has no clock: its input goes through two registers, its output is slow.
        text += &format!(
            "set_false_path -from [get_ports {}]\nset_false_path -to [get_ports {}]\n",
            UART_PORTS[1], UART_PORTS[2]
        );
    }
    for line in &pins.extra {
        text += &format!("{line}\n");
    }
    let mut files = vec![(format!("{}.{}", board.name, language.ending()), text)];
    if !own {
        let head = format!("# {}: the clock at its pin, {} MHz.\n", board.title, pins.oscillator_mhz);
        files.push((format!("{}.{}", board.name, language.clock_ending()), head + &clock));
    }
    files
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

fn cst(port: &str, pin: &Pin) -> String {
    let pull = match pin.pull {
        None => "NONE",
        Some(Pull::Up) => "UP",
        Some(Pull::Down) => "DOWN",
    };
    format!("IO_LOC \"{port}\" {};\nIO_PORT \"{port}\" IO_TYPE={} PULL_MODE={pull};\n", pin.site, pin.standard)
}

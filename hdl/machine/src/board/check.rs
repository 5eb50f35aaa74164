//! What a board file may hold. Its strings end up in Tcl, Verilog, YAML, device trees and constraint files, its numbers
//! in every formula of the planner: a file of a stranger passes here or goes no further.

use super::{Board, BoardError, Device};
use crate::geometry::{MAX_IN_BYTES, SIDE};
use crate::wiring::{AxiDma, Card, Flash, Held, Link, Pin, Pins, Vivado, UART_PORTS};
use std::ops::RangeInclusive;

/// Characters of a name and of a line of text at most.
const NAME_LENGTH: usize = 64;
const LINE_LENGTH: usize = 240;
/// Frequencies of clocks and oscillators, in MHz.
const MEGAHERTZ: RangeInclusive<f64> = 1.0..=1000.0;
/// Far beyond every device there is; sums and products of such counts stay in 64 bits.
const COUNT: RangeInclusive<usize> = 0..=100_000_000;
const BAUD: RangeInclusive<u64> = 300..=20_000_000;
/// Addresses in bytes: those of a processor with 40 address bits, in pages that user space can map.
const ADDRESS: RangeInclusive<u64> = 0..=(1 << 40) - 1;
const PAGE: u64 = AxiDma::REGISTERS_BYTES;
const LANES: [usize; 4] = [1, 2, 4, 8];
const FLASH_MEGABYTES: RangeInclusive<usize> = 1..=1024;

/// A field's name in the file, and what follows from its value.
type Checked = Result<(), BoardError>;

fn refuse(field: &str, wanted: impl Into<String>, found: impl std::fmt::Debug) -> Checked {
    Err(BoardError::Field { field: field.into(), wanted: wanted.into(), found: format!("{found:?}") })
}

fn within<T: PartialOrd + std::fmt::Debug>(field: &str, value: T, range: &RangeInclusive<T>) -> Checked {
    match range.contains(&value) {
        true => Ok(()),
        false => refuse(field, format!("{:?} to {:?}", range.start(), range.end()), value),
    }
}

/// A word that is the same in every language the project prints: ASCII letters, digits and some of `marks`.
fn word(field: &str, text: &str, marks: &str) -> Checked {
    let plain = |c: char| c.is_ascii_alphanumeric() || marks.contains(c);
    let listed: Vec<String> = marks.chars().map(|c| format!("'{c}'")).collect();
    match !text.is_empty() && text.len() <= NAME_LENGTH && text.chars().all(plain) {
        true => Ok(()),
        false => refuse(field, format!("1 to {NAME_LENGTH} letters, digits, {}", listed.join(", ")), text),
    }
}

/// What stands in a comment or a quoted text: one line, without what ends a comment or means something to Tcl.
fn line(field: &str, text: &str) -> Checked {
    let special = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || "\\{}[]$\"`".contains(c);
    match text.chars().count() <= LINE_LENGTH && !text.contains(special) && !text.contains("*/") {
        true => Ok(()),
        false => {
            refuse(field, format!("one line of at most {LINE_LENGTH} characters without \\ {{ }} [ ] $ \" ` */"), text)
        }
    }
}

/// A line of a constraint file, in its own language.
fn constraint(field: &str, text: &str) -> Checked {
    match text.contains(char::is_control) {
        true => refuse(field, "one line each, without control characters", text),
        false => Ok(()),
    }
}

pub(super) fn board(board: &Board) -> Checked {
    name(&board.name)?;
    line("title", &board.title)?;
    within("clock_mhz", board.clock_mhz, &MEGAHERTZ)?;
    within("in_bytes", board.in_bytes, &(1..=MAX_IN_BYTES))?;
    for (field, side) in [("rows", board.rows), ("cols", board.cols)] {
        side.map_or(Ok(()), |side| within(field, side, &SIDE))?;
    }
    board.max_macs.map_or(Ok(()), |macs| within("max_macs", macs, &(4..=*COUNT.end())))?;
    device(&board.device)?;
    board.constraints.as_ref().map_or(Ok(()), |file| constraint_file(board, file))?;
    board.link.as_ref().map_or(Ok(()), |way| link(board, way))?;
    board.pins.as_ref().map_or(Ok(()), pins)?;
    board.card.as_ref().map_or(Ok(()), card)?;
    vivado(&board.vivado)?;
    board.flash.as_ref().map_or(Ok(()), flash)
}

/// It names a Verilog module, files and a FuseSoC core.
fn name(text: &str) -> Checked {
    match text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        true => word("name", text, "_-"),
        false => refuse("name", "a letter first", text),
    }
}

fn device(device: &Device) -> Checked {
    word("device.name", &device.name, "_-/")?;
    line("device.source", &device.source)?;
    let counts =
        [("bram18", device.bram18), ("uram", device.uram), ("dsp", device.dsp), ("lut", device.lut), ("ff", device.ff)];
    counts.into_iter().try_for_each(|(field, count)| within(&format!("device.{field}"), count, &COUNT))
}

/// A file beside the board's own, that does not take the place of one that is printed.
fn constraint_file(board: &Board, file: &str) -> Checked {
    word("constraints", file, "_-.")?;
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    match file.starts_with('.') || stem == "clock" || stem == board.name {
        true => refuse("constraints", "the name of a file beside the board's, neither clock nor the board's own", file),
        false => Ok(()),
    }
}

fn link(board: &Board, link: &Link) -> Checked {
    match link {
        Link::Uart { baud } => within("link.baud", u64::from(*baud), &BAUD),
        Link::AxiDma(map) => stream(board).and_then(|()| address_map(map)),
        Link::Pcie => stream(board),
    }
}

/// The stream of a DMA is a power of two wide.
fn stream(board: &Board) -> Checked {
    match board.in_bytes.is_power_of_two() {
        true => Ok(()),
        false => refuse("in_bytes", "a power of two, as the DMA's stream is", board.in_bytes),
    }
}

fn address_map(map: &AxiDma) -> Checked {
    let most = (1 << AxiDma::LENGTH_BITS) - PAGE;
    within("link.buffer_bytes", map.buffer_bytes, &(PAGE..=most))?;
    let ranges = [
        ("link.registers", map.registers, AxiDma::REGISTERS_BYTES),
        ("link.dma", map.dma, AxiDma::DMA_BYTES),
        ("link.buffers", map.buffers, 2 * map.buffer_bytes),
    ];
    for (field, base, bytes) in ranges {
        within(field, base, &(0..=*ADDRESS.end() + 1 - bytes))?;
        if base % PAGE != 0 || bytes % PAGE != 0 {
            return refuse(field, format!("whole pages of {PAGE} bytes"), base);
        }
    }
    for (i, &(field, base, bytes)) in ranges.iter().enumerate() {
        if let Some((other, ..)) = ranges[..i].iter().find(|&&(_, at, size)| base < at + size && at < base + bytes) {
            return refuse(field, format!("addresses beside those of {other}"), base);
        }
    }
    Ok(())
}

fn pin(field: &str, pin: &Pin) -> Checked {
    word(&format!("{field}.site"), &pin.site, "_")?;
    word(&format!("{field}.standard"), &pin.standard, "_")
}

fn pins(pins: &Pins) -> Checked {
    within("pins.oscillator_mhz", pins.oscillator_mhz, &MEGAHERTZ)?;
    for (field, at) in [("pins.clock", &pins.clock), ("pins.rx", &pins.rx), ("pins.tx", &pins.tx)] {
        pin(field, at)?;
    }
    pins.held.iter().enumerate().try_for_each(|(at, held)| held_port(&pins.held[..at], held))?;
    pins.extra.iter().try_for_each(|text| constraint("pins.extra", text))?;
    line("pins.source", &pins.source)
}

/// A port of the board's top level, beside those that it has already.
fn held_port(before: &[Held], held: &Held) -> Checked {
    word("pins.held.port", &held.port, "_")?;
    let own = |name: &str| UART_PORTS.contains(&name) || before.iter().any(|other| other.port == name);
    if own(&held.port) || !held.port.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return refuse("pins.held.port", "a name that begins with a letter and is no other port's", &held.port);
    }
    pin("pins.held.pin", &held.pin)?;
    line("pins.held.why", &held.why)
}

fn card(card: &Card) -> Checked {
    within("card.reference_mhz", card.reference_mhz, &MEGAHERTZ)?;
    card.reference.iter().try_for_each(|site| word("card.reference", site, "_"))?;
    pin("card.reset", &card.reset)?;
    pin("card.clock_request", &card.clock_request)?;
    if !LANES.contains(&card.transceivers.len()) {
        return refuse("card.transceivers", format!("as many as lanes, one of {LANES:?}"), card.transceivers.len());
    }
    card.transceivers.iter().try_for_each(|site| word("card.transceivers", site, "_"))?;
    within("card.flash_megabytes", card.flash_megabytes, &FLASH_MEGABYTES)?;
    card.extra.iter().try_for_each(|text| constraint("card.extra", text))?;
    line("card.source", &card.source)
}

fn vivado(vivado: &Vivado) -> Checked {
    vivado.board_part.as_ref().map_or(Ok(()), |pattern| word("vivado.board_part", pattern, "_-.:*"))?;
    vivado.accepted.iter().try_for_each(|id| word("vivado.accepted", id, "_- :"))
}

fn flash(flash: &Flash) -> Checked {
    flash.arguments.iter().try_for_each(|argument| line("flash.arguments", argument))?;
    line("flash.source", &flash.source)
}

#[cfg(test)]
mod tests {
    use crate::board::{Board, BoardError};

    const NEXYS: &str = include_str!("../../../../constraints/nexys-video.toml");
    const PYNQ: &str = include_str!("../../../../constraints/pynq-z2.toml");
    const ULX3S: &str = include_str!("../../../../constraints/ulx3s-85f.toml");
    const HELD: &str = r#"{ port = "a", high = true, pin = { site = "L3", standard = "LVCMOS33" }, why = "" }"#;
    const ACORN: &str = include_str!("../../../../constraints/acorn-cle215.toml");

    /// The field that is refused when `from` becomes `to`.
    fn refused(text: &str, from: &str, to: &str) -> String {
        assert!(text.contains(from), "{from}");
        match Board::parse(&text.replacen(from, to, 1)) {
            Err(BoardError::Field { field, .. }) => field,
            other => panic!("{to}: {other:?}"),
        }
    }

    #[test]
    fn strings_that_mean_something_to_tcl_verilog_or_yaml_are_refused_by_name() {
        for name in ["x} ; exec touch pwned ; set y {z", "my board", "", "7a", "../up", "a\\nb", "ä", "a$b"] {
            assert_eq!(refused(NEXYS, "nexys-video", name), "name", "{name}");
        }
        for title in ["two\\nlines", "end */ here", "{brace", "a [exec b]", "a \\\\ b", "tab\\there", "$env(HOME)"] {
            assert_eq!(refused(NEXYS, "\"Digilent Nexys Video\"", &format!("\"{title}\"")), "title", "{title}");
        }
        assert_eq!(refused(NEXYS, "xc7a200tsbg484-1", "x} ; puts y ; {"), "device.name");
        assert_eq!(refused(NEXYS, "\"R4\"", "\"R4 IOSTANDARD\""), "pins.clock.site");
        assert_eq!(refused(NEXYS, "\"LVCMOS33\"", "\"LVCMOS33}\""), "pins.clock.standard");
        assert_eq!(refused(NEXYS, "set_property CFGBVS", "a\\nb"), "pins.extra");
        assert_eq!(refused(NEXYS, "github.com/Digilent", "{"), "pins.source");
        assert_eq!(refused(NEXYS, "nexysVideo", "a\\u0000b"), "flash.arguments");
        assert_eq!(refused(PYNQ, "tul.com.tw:pynq", "[exec]"), "vivado.board_part");
        assert_eq!(refused(PYNQ, "PSU-1", "PSU-1}"), "vivado.accepted");
        assert_eq!(refused(ULX3S, "\"wifi_gpio0\"", "\"x; endmodule //\""), "pins.held.port");
        assert_eq!(refused(ULX3S, "\"wifi_gpio0\"", "\"tx_o\""), "pins.held.port");
        assert_eq!(refused(ULX3S, "\"wifi_gpio0\"", "\"0wifi\""), "pins.held.port");
        assert_eq!(refused(ULX3S, "held = [", &format!("held = [{HELD}, {HELD}, ")), "pins.held.port");
        assert_eq!(refused(ULX3S, "\"L2\"", "\"L2} ; exec touch pwned ; set y {z\""), "pins.held.pin.site");
        assert_eq!(refused(ULX3S, "the ESP32 loads", "a\\nwire evil;"), "pins.held.why");
        assert_eq!(refused(ACORN, "transceivers = [", "transceivers = [\"}\", "), "card.transceivers");
        for file in ["../pins.xdc", ".hidden", "/etc/passwd", "clock.xdc", "nexys-video.xdc", "a b.xdc"] {
            let text = format!("constraints = \"{file}\"\nclock_mhz");
            assert_eq!(refused(NEXYS, "clock_mhz", &text), "constraints", "{file}");
        }
    }

    #[test]
    fn titles_of_people_are_taken() {
        for title in ["Arty A7: 100T", "Zoé's board, rev. B (2), 5 % & more; #1"] {
            Board::parse(&NEXYS.replacen("Digilent Nexys Video", title, 1)).unwrap();
        }
    }

    #[test]
    fn numbers_without_sense_are_refused_by_name() {
        let refuses = |text: &str, field: &str, from: &str, values: &[&str]| {
            for value in values {
                let to = format!("{} = {value}", from.split(' ').next().unwrap());
                assert_eq!(refused(text, from, &to), field, "{value}");
            }
        };
        refuses(NEXYS, "in_bytes", "in_bytes = 8", &["0", "9", "9223372036854775807"]);
        refuses(NEXYS, "clock_mhz", "clock_mhz = 100.0", &["0.0", "-1.0", "nan", "inf", "1e300"]);
        refuses(NEXYS, "max_macs", "max_macs = 512", &["0", "9223372036854775807"]);
        refuses(NEXYS, "device.bram18", "bram18 = 730", &["9223372036854775807"]);
        refuses(NEXYS, "link.baud", "baud = 2_000_000", &["0", "4294967295"]);
        refuses(NEXYS, "pins.oscillator_mhz", "oscillator_mhz = 100.0", &["0.0", "nan"]);
        for side in ["rows", "cols"] {
            for value in ["0", "1", "9223372036854775807"] {
                assert_eq!(refused(NEXYS, "max_macs", &format!("{side} = {value}\nmax_macs")), side);
            }
        }
        assert_eq!(refused(PYNQ, "in_bytes = 8", "in_bytes = 3"), "in_bytes");
    }

    #[test]
    fn addresses_are_whole_pages_beside_each_other() {
        let board = Board::parse(PYNQ).unwrap();
        let Some(crate::wiring::Link::AxiDma(map)) = board.link else { panic!("{:?}", board.link) };
        let wrong = |change: &dyn Fn(&mut crate::wiring::AxiDma)| {
            let mut map = map;
            change(&mut map);
            Board { link: Some(crate::wiring::Link::AxiDma(map)), ..board.clone() }.check().unwrap_err().to_string()
        };
        assert!(wrong(&|map| map.registers += 4).contains("link.registers"));
        assert!(wrong(&|map| map.dma = map.registers).contains("link.dma"));
        assert!(wrong(&|map| map.buffers = u64::MAX).contains("link.buffers"));
        assert!(wrong(&|map| map.buffer_bytes = 0).contains("link.buffer_bytes"));
        assert!(wrong(&|map| map.buffer_bytes = 1 << 26).contains("link.buffer_bytes"));
    }
}

//! The boards' pages: every command in them is run, with stand-ins for what needs a board or a vendor's tool; every address is the board's.

use crate::common::{image, path, script, Ran, PROGRAM};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use systole_plan::wiring::Link;
use systole_plan::Board;
use tempfile::TempDir;

const BOARDS: [&str; 6] = ["acorn-cle215", "kv260", "nexys-video", "pynq-z2", "ulx3s-85f", "zcu104"];

/// Addresses of devices, and what is said where there is none.
const ABSENT: [(&str, &str); 4] = [
    ("--device uio:", "device-tree overlay"),
    ("--device uart:/dev/ttyUSB0", "/dev/ttyUSB0"),
    ("--device xdma:", "is not there, or no card's"),
    ("--device tcp:127.0.0.1", "cannot connect"),
];

fn page(board: &str) -> String {
    fs::read_to_string(path(&format!("docs/boards/{board}.md"))).unwrap()
}

/// Indented lines are commands.
fn commands(page: &str) -> Vec<&str> {
    page.lines().filter_map(|line| line.strip_prefix("    ")).collect()
}

fn found(tool: &str) -> bool {
    let tried = Command::new(tool).arg("--version").stdin(std::process::Stdio::null()).output();
    if tried.is_err() {
        println!("SKIPPED: {tool} is absent (make setup)");
    }
    tried.is_ok()
}

#[test]
fn every_command_of_every_page_can_be_typed() {
    if !found("tclsh") || !found("dtc") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    fs::create_dir(folder.path().join("tools")).unwrap();
    symlink(PROGRAM, bin.join("systole")).unwrap();
    fs::copy(image("000_label_4.png"), folder.path().join("digit.png")).unwrap();
    let stub = path("tests/cli/vivado/stub.tcl");
    script(
        &bin.join("vivado"),
        &format!("[ \"$1 $2 $3\" = '-mode batch -source' ] && exec tclsh {stub} \"$4\" 0.1 none"),
    );
    script(&bin.join("openFPGALoader"), "for last; do :; done; [ -f \"$last\" ]");
    // Place and route takes minutes; here only what it is given is looked at.
    let bitstream = "[ -f $1/systole.json ] && [ -f $1/constraints/*.lpf ] && mkdir $1/ecp5 && : >$1/ecp5/systole.bit";
    script(&folder.path().join("tools/bitstream.py"), bitstream);
    let search = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    for board in BOARDS {
        let page = page(board);
        let commands = commands(&page);
        assert!(commands.len() >= 2, "{board}");
        for command in commands {
            let run = Command::new("sh").args(["-c", command]).current_dir(folder.path()).env("PATH", &search).output();
            let ran = Ran::new(run.unwrap());
            match ABSENT.iter().find(|(device, _)| command.contains(device)) {
                // As far as it goes without the board: the device is what is missing, and nothing else.
                Some((_, missing)) => drop(ran.failed(&[missing])),
                None => assert_eq!(ran.code, 0, "{board}: {command}\n{}{}", ran.out, ran.err),
            }
        }
        let weights = folder.path().join(format!("build/{board}/weights.bin"));
        let says = page.contains("UltraRAM, which has no initial contents");
        assert_eq!(weights.exists(), says, "{board}: where its page says the weights are");
    }
}

#[test]
fn pages_say_the_boards_addresses_and_sources() {
    for name in BOARDS {
        let page = page(name);
        let text = fs::read_to_string(path(&format!("constraints/{name}.toml"))).unwrap();
        let board = Board::parse(&text).unwrap();
        assert!(page.contains("Not run on silicon yet"), "{name}");
        if let Some(Link::AxiDma(map)) = board.link {
            for address in [map.registers, map.dma, map.buffers] {
                let digits = format!("{address:08x}");
                let spelled = format!("`0x{}_{}`", &digits[..4], &digits[4..]);
                assert!(page.contains(&spelled), "{name}: {spelled}");
            }
        }
        if let Some(Link::Uart { baud }) = board.link {
            assert!(page.contains(&format!("@{baud} ")), "{name}: {baud}");
        }
        if let Some(card) = board.card {
            let sites = card.reference.iter().chain([&card.reset.site, &card.clock_request.site]);
            assert!(sites.clone().all(|site| page.contains(site)), "{name}");
            let places = card.transceivers.iter().filter_map(|site| site.rsplit('_').next());
            assert!(page.contains(&places.collect::<Vec<_>>().join(", ")), "{name}");
        }
        if let Some(pins) = board.pins {
            for pin in [pins.clock, pins.rx, pins.tx] {
                assert!(page.contains(&pin.site), "{name}: {}", pin.site);
            }
        }
        for linked in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(Path::new(&path(&format!("docs/boards/{linked}"))).exists(), "{name}: {linked}");
        }
    }
}

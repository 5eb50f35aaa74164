//! The pages: every command in them is run, with stand-ins for what needs a board or a vendor's tool; every address is the board's.

use crate::common::{entries, image, linked_boards, path, script, Ran, PROGRAM};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use systole_machine::wiring::Link;
use tempfile::TempDir;

/// Pages whose commands leave what those of others take: these first.
const FIRST: [&str; 2] = ["docs/introduction.md", "docs/tutorial.md"];

/// Addresses of devices, and what is said where there is none.
const ABSENT: [(&str, &str); 4] = [
    ("--device uio:", "device-tree overlay"),
    ("--device uart:/dev/ttyUSB", "/dev/ttyUSB"),
    ("--device xdma:", "is not there, or no card's"),
    ("--device tcp:127.0.0.1", "cannot connect"),
];

/// What stands before commands that are not run, with the reason.
const NOT_RUN: &str = "<!-- not run: ";

fn board_page(board: &str) -> String {
    format!("docs/boards/{board}.md")
}

fn read(page: &str) -> String {
    fs::read_to_string(path(page)).unwrap()
}

/// Every page but the boards', those that others need first.
fn other_pages() -> Vec<String> {
    let in_folder = |folder: &str| -> Vec<String> {
        let names = entries(Path::new(&path(folder))).into_iter().filter(|name| name.ends_with(".md"));
        names.map(|name| format!("{folder}/{name}")).collect()
    };
    let mut pages: Vec<String> = FIRST.map(String::from).to_vec();
    let others = ["README.md".to_string()].into_iter().chain(in_folder("docs")).chain(in_folder("docs/devices"));
    pages.extend(others.filter(|page| !FIRST.contains(&page.as_str())));
    pages
}

/// Commands stand in blocks that are marked `sh`; a line that ends with a backslash goes on in the next.
fn commands(page: &str) -> Vec<String> {
    let blocks = page.split("```sh\n").collect::<Vec<_>>();
    let run = blocks.windows(2).filter(|pair| !pair[0].lines().last().unwrap_or_default().starts_with(NOT_RUN));
    let texts = run.map(|pair| pair[1].split("```").next().unwrap().replace("\\\n", " "));
    texts.flat_map(|text| text.lines().map(String::from).collect::<Vec<_>>()).filter(|line| !line.is_empty()).collect()
}

fn found(tool: &str) -> bool {
    let tried = Command::new(tool).arg("--version").stdin(std::process::Stdio::null()).output();
    if tried.is_err() {
        println!("SKIPPED: {tool} is absent (make setup)");
    }
    tried.is_ok()
}

/// A folder with what the pages' commands take, and programs that stand in for those of others.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["bin", "tools", "build"] {
            fs::create_dir(at(name)).unwrap();
        }
        symlink(PROGRAM, at("bin/systole")).unwrap();
        symlink(path("host"), at("host")).unwrap();
        fs::copy(image("000_label_4.png"), at("digit.png")).unwrap();
        let stub = path("tests/cli/vivado/stub.tcl");
        script(
            &at("bin/vivado"),
            &format!("[ \"$1 $2 $3\" = '-mode batch -source' ] && exec tclsh {stub} \"$4\" 0.1 none"),
        );
        script(&at("bin/openFPGALoader"), "for last; do :; done; [ -f \"$last\" ]");
        script(&at("bin/make"), &format!("grep -q \"^$1:\" {}", path("Makefile")));
        // Place and route takes minutes; here only what it is given is looked at.
        let bitstream = "[ -f $1/systole.json ] || exit 1
             [ -f $1/constraints/*.lpf ] && mkdir $1/ecp5 && exec touch $1/ecp5/systole.bit
             [ -f $1/constraints/*.cst ] && mkdir $1/gowin && touch $1/gowin/systole.fs";
        script(&at("tools/bitstream.py"), bitstream);
        trained(&at("build/digits"));
        Desk { folder }
    }

    fn run(&self, command: &str) -> Ran {
        let search = format!("{}:{}", self.at("bin").display(), std::env::var("PATH").unwrap_or_default());
        let mut shell = Command::new("sh");
        Ran::new(shell.args(["-c", command]).current_dir(self.folder.path()).env("PATH", search).output().unwrap())
    }

    /// Every command of a page; those for devices that are not here as far as that.
    fn type_all(&self, page: &str) -> usize {
        let commands = commands(&read(page));
        for command in &commands {
            let ran = self.run(command);
            match ABSENT.iter().find(|(device, _)| command.contains(device)) {
                // As far as it goes without the board: the device is what is missing, and nothing else.
                Some((_, missing)) => drop(ran.failed(&[missing])),
                None => assert_eq!(ran.code, 0, "{page}: {command}\n{}{}", ran.out, ran.err),
            }
        }
        commands.len()
    }

    fn at(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }
}

/// What `examples/train_digits.py` leaves, of the demonstration's network and images.
fn trained(folder: &Path) {
    let images = |from: &str| {
        let names = entries(Path::new(&path(from))).into_iter().filter(|name| name.ends_with(".png"));
        names.collect::<Vec<_>>()
    };
    let copy = |from: &str, to: &str, number: usize| {
        let (from, to) = (path(from), folder.join(to).join(format!("{number:03}.png")));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    };
    for (number, name) in images("host/demo/calibration").iter().enumerate() {
        copy(&format!("host/demo/calibration/{name}"), "calibration", number);
    }
    let mut classes = String::new();
    for (number, name) in images("host/demo/images").iter().enumerate() {
        copy(&format!("host/demo/images/{name}"), "test", number);
        // The names end with the digit that is shown.
        let digit = name.trim_end_matches(".png").chars().last().unwrap();
        classes += &format!("{number:03}.png {digit}\n");
    }
    fs::write(folder.join("test.txt"), classes).unwrap();
    for name in ["digits.onnx", "labels.txt"] {
        fs::copy(path(&format!("host/demo/{name}")), folder.join(name)).unwrap();
    }
}

#[test]
fn every_command_of_every_page_can_be_typed() {
    if !found("tclsh") || !found("dtc") {
        return;
    }
    let desk = Desk::new();
    for board in linked_boards().iter().map(|board| &board.name) {
        let page = board_page(board);
        assert!(desk.type_all(&page) >= 2, "{board}");
        let says = read(&page).contains("UltraRAM, which has no initial contents");
        let weights = desk.at(&format!("build/{board}/weights.bin"));
        assert_eq!(weights.exists(), says, "{board}: where its page says the weights are");
    }
    let typed: usize = other_pages().iter().map(|page| desk.type_all(page)).sum();
    assert!(typed >= 20, "{typed} commands in all other pages");
}

#[test]
fn commands_are_the_lines_of_blocks_that_are_to_be_run() {
    let page = "a\n```sh\nx \\\n  y\nz\n```\n<!-- not run: why -->\n```sh\nnot\n```\n```text\nnor this\n```\n";
    assert_eq!(commands(page), ["x    y", "z"]);
}

#[test]
fn pages_say_the_boards_addresses_and_sources() {
    let list = read("docs/boards.md");
    for board in linked_boards() {
        let name = &board.name;
        let page = read(&board_page(name));
        assert!(list.contains(&format!("[{name}](boards/{name}.md)")), "{name} is not in docs/boards.md");
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
    }
}

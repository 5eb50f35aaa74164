//! The driver over a pseudo-terminal to the Verilog behind its serial line: the real link at both ends, bit by bit.

mod killed;
mod loading;
mod wire;

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::Duration;
use systole_host::{Device, Driver, HostError, Options, SerialPort, UartDevice, UartOptions};
use systole_lockstep::top::spec;
use systole_machine::registers as reg;
use systole_rtl::top::compose_uart;
use systole_suite::case::Case;
use systole_verilator::{Effort, Toolchain, Verilated};
use wire::Board;

/// Clock cycles per bit: as few as the line allows, for there is little else to simulate.
const DIVIDER: u64 = 4;
/// What the driver is told of the machine's clock: slow enough for deadlines that a busy computer's simulation meets, and
/// faster where deadlines are meant to pass.
const PATIENT_MHZ: f64 = 0.2;
const BRISK_MHZ: f64 = 2.0;
/// One byte in so many is damaged.
const RARE: u64 = 800;

type Serial = Driver<UartDevice<SerialPort>>;

fn built(case: &Case) -> Verilated {
    let workspace = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let tools = Toolchain::locate(&workspace).unwrap();
    let machine = compose_uart(&case.plan, DIVIDER).unwrap();
    assert_eq!(machine.design_hash, case.design_hash, "the machine is the same with another link");
    let full = spec(&machine.design, Effort::Full);
    Verilated::build(&tools, &full, &workspace.join("target/verilator")).unwrap()
}

fn options(case: &Case, clock_mhz: f64) -> UartOptions {
    let baud = (clock_mhz * 1e6 / DIVIDER as f64) as u32;
    let latency = Duration::from_millis(2);
    UartOptions { latency, ..UartOptions::new(baud, clock_mhz, case.plan.geometry.in_bytes) }
}

fn open(case: &Case, board: &Board, clock_mhz: f64, take_over: bool) -> Result<Serial, HostError> {
    open_at(case, &board.path, clock_mhz, take_over)
}

fn open_at(case: &Case, path: &Path, clock_mhz: f64, take_over: bool) -> Result<Serial, HostError> {
    let device = UartDevice::open(path, options(case, clock_mhz))?;
    let options = Options { take_over, ..Options::default() };
    Driver::open(device, Arc::clone(&case.plan), case.design_hash, options)
}

#[test]
fn digits_over_a_line_that_loses_repeats_and_flips_bytes() {
    let case = Case::digits();
    let board = Board::start(&built(&case), DIVIDER);
    let mut driver = open(&case, &board, PATIENT_MHZ, false).unwrap();
    let images = case.handwritten();
    assert_eq!(images.len(), 20);
    let (first, rest) = images.split_at(4);
    first.iter().for_each(|image| case.answers(&mut driver, image));
    board.noise(RARE);
    let tickets: Vec<_> = rest.iter().map(|image| driver.submit_tensor(image).unwrap()).collect();
    for (at, (image, ticket)) in rest.iter().zip(tickets).enumerate() {
        let sums = driver.wait(ticket).unwrap_or_else(|error| panic!("image {at}: {error}")).sums;
        assert_eq!(sums, case.sums(image), "image {at}");
    }
    let damaged = board.control.damaged.load(Ordering::Relaxed);
    println!("{damaged} bytes damaged, {} cycles simulated", board.control.cycles.load(Ordering::Relaxed));
    assert!(damaged > 10, "only {damaged} bytes were damaged");
    board.noise(0);
    let counters = driver.counters().unwrap();
    assert_eq!((counters.images_done, counters.errors), (20, 0), "no image was sent twice");
}

#[test]
fn the_machine_is_looked_into_over_a_line() {
    let case = Case::small(0);
    let board = Board::start(&built(&case), DIVIDER);
    case.looks_inside(&mut open(&case, &board, PATIENT_MHZ, false).unwrap());
}

#[test]
fn a_line_that_is_cut_and_comes_back() {
    let case = Case::small(0);
    let board = Board::start(&built(&case), DIVIDER);
    let mut driver = open(&case, &board, BRISK_MHZ, false).unwrap();
    case.answers(&mut driver, &case.image(0));
    let ticket = driver.submit_tensor(&case.image(1)).unwrap();
    board.cut();
    let error = driver.wait(ticket).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("uart:") && (text.contains("registers cannot be read") || text.contains("no answer")),
        "{text}"
    );
    let error = driver.submit_tensor(&case.image(1)).unwrap_err();
    assert!(matches!(error, HostError::Recovery { .. }), "{error}");
    board.noise(0);
    case.answers(&mut driver, &case.image(2));
}

#[test]
fn power_that_is_cut_between_submit_and_wait() {
    let case = Case::small(0);
    let board = Board::start(&built(&case), DIVIDER);
    let mut driver = open(&case, &board, PATIENT_MHZ, false).unwrap();
    let tickets: Vec<_> = (0..3).map(|seed| driver.submit_tensor(&case.image(seed)).unwrap()).collect();
    board.control.power_cycle.store(true, Ordering::Relaxed);
    while board.control.power_cycle.load(Ordering::Relaxed) {
        std::thread::yield_now();
    }
    for (seed, ticket) in (0..).zip(tickets) {
        match driver.wait(ticket) {
            Ok(inference) => assert_eq!(inference.sums, case.sums(&case.image(seed))),
            Err(HostError::LinkRestarted { found: 0, .. }) => assert_eq!(seed, 0, "the image in flight alone is lost"),
            Err(error) => panic!("image {seed}: {error}"),
        }
    }
    case.answers(&mut driver, &case.image(4));
}

#[test]
fn a_port_in_use_is_refused_and_a_process_that_died_leaves_a_usable_device() {
    let case = Case::small(0);
    let board = Board::start(&built(&case), DIVIDER);
    let mut driver = open(&case, &board, PATIENT_MHZ, false).unwrap();
    let error = open(&case, &board, PATIENT_MHZ, true).err().unwrap();
    assert!(matches!(error, HostError::InUse { .. }), "{error}");
    driver.submit_tensor(&case.image(0)).unwrap();
    driver.device_mut().advance(case.plan.timing().latency / 2).unwrap();
    // Gone without a word, as after SIGKILL: the kernel closes the port.
    drop(driver);
    let mut driver = open(&case, &board, PATIENT_MHZ, true).unwrap();
    case.answers(&mut driver, &case.image(1));
    driver.device_mut().write_reg(reg::WATCHDOG_LIMIT.offset, 77, u64::MAX >> 12).unwrap();
    driver.device_mut().reset().unwrap();
    let kept = driver.device_mut().read_reg(reg::WATCHDOG_LIMIT.offset, u64::MAX >> 12).unwrap();
    assert_eq!(kept, reg::WATCHDOG_LIMIT.reset, "the machine's own reset was pulled");
}

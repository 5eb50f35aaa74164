//! Weights over the serial line: damaged on their way, cut off, by a process that is killed, in a power cut.

use crate::killed::Process;
use crate::wire::Board;
use crate::{built, open, options, BRISK_MHZ, DIVIDER, PATIENT_MHZ, RARE};
use std::sync::atomic::Ordering;
use systole_host::{Faulty, HostError, UartDevice};
use systole_machine::WeightMemory;
use systole_suite::case::Case;
use systole_suite::loads::{half_a_load, refuses_to_run, reset_and_loaded_again, taken_exchanged_and_refused};

/// What a process is told that shall load weights.
pub const LOAD: &str = "load";

/// The network whose weights are loaded.
pub fn case() -> Case {
    Case::loaded(0, WeightMemory::Loaded)
}

fn raw(case: &Case, board: &Board, clock_mhz: f64) -> UartDevice<systole_host::SerialPort> {
    UartDevice::open(&board.path, options(case, clock_mhz)).unwrap()
}

#[test]
fn weights_over_a_line_that_damages_bytes() {
    let case = case();
    let board = Board::start(&built(&case), DIVIDER);
    board.noise(RARE);
    let mut driver = open(&case, &board, PATIENT_MHZ, false).unwrap();
    let damaged = board.control.damaged.load(Ordering::Relaxed);
    println!("{damaged} bytes damaged while {} were loaded", case.load_bytes());
    assert!(damaged > 3, "only {damaged} bytes were damaged");
    taken_exchanged_and_refused(&case, &mut driver);
}

#[test]
fn a_load_that_breaks_off_on_the_line_is_begun_anew() {
    let case = case();
    let board = Board::start(&built(&case), DIVIDER);
    half_a_load(&case, raw(&case, &board, BRISK_MHZ));
    refuses_to_run(&mut raw(&case, &board, BRISK_MHZ));
    let mut driver = case.drive(Faulty::new(raw(&case, &board, BRISK_MHZ))).unwrap();
    driver.load_weights(case.reversed().weights()).unwrap();
    reset_and_loaded_again(&case, &mut driver);
}

#[test]
fn a_line_that_is_cut_in_the_middle_of_a_load() {
    let case = case();
    let board = Board::start(&built(&case), DIVIDER);
    board.cut_after(case.load_bytes() / 2);
    let error = open(&case, &board, BRISK_MHZ, false).err().expect("half of the weights do not arrive");
    assert!(matches!(error, HostError::RegisterTimeout { .. }) && error.to_string().contains("uart:"), "{error}");
    board.noise(0);
    refuses_to_run(&mut raw(&case, &board, PATIENT_MHZ));
    let mut driver = open(&case, &board, PATIENT_MHZ, false).unwrap();
    case.answers(&mut driver, &case.image(0));
}

#[test]
fn power_that_is_cut_in_the_middle_of_a_load() {
    let case = case();
    let board = Board::start(&built(&case), DIVIDER);
    board.control.power_cycle_after.store(case.load_bytes() / 2, Ordering::Relaxed);
    let error = open(&case, &board, PATIENT_MHZ, false).err().expect("half of the weights are lost");
    assert!(matches!(error, HostError::LinkRestarted { found: 0, .. }), "{error}");
    refuses_to_run(&mut raw(&case, &board, PATIENT_MHZ));
    let mut driver = open(&case, &board, PATIENT_MHZ, false).unwrap();
    case.answers(&mut driver, &case.image(0));
}

#[test]
fn a_process_killed_while_it_loads_weights() {
    let case = case();
    let board = Board::start(&built(&case), DIVIDER);
    let process = Process::start(&board, LOAD);
    process.kill_when(|| board.control.heard.load(Ordering::Relaxed) > case.load_bytes() / 2);
    refuses_to_run(&mut raw(&case, &board, PATIENT_MHZ));
    let mut driver = open(&case, &board, PATIENT_MHZ, false).unwrap();
    case.answers(&mut driver, &case.image(0));
}

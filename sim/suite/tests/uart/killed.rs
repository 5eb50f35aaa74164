//! A process that is killed with SIGKILL while the machine works for it, and the next process at the same machine.

use crate::loading::{self, LOAD};
use crate::wire::Board;
use crate::{built, open, Serial, DIVIDER, PATIENT_MHZ};
use std::io::{stdin, BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use systole_host::{Device, HostError};
use systole_suite::case::Case;

/// What signal 9 is called by.
const SIGKILL: i32 = 9;
/// What the process says whenever the machine works for it.
const AT_WORK: &str = "the machine works";
/// Words that have the process keep half an image in the machine, or images back to back.
const HALF: &str = "half";
const STREAM: &str = "stream";

/// Another process at the same line. It ends with the test, or when its standard input does.
pub struct Process {
    child: Child,
    says: BufReader<ChildStdout>,
}

impl Process {
    /// This very program, told to be [`the_process_that_is_killed`].
    pub fn start(board: &Board, work: &str) -> Process {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::the_process_that_is_killed", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.as_mut().unwrap(), "{work} {}", board.path.display()).unwrap();
        let says = BufReader::new(child.stdout.take().unwrap());
        Process { child, says }
    }

    /// Kills it when it has said `times` times that the machine works.
    fn kill_at_work(mut self, times: usize) {
        for _ in 0..times {
            let mut line = String::new();
            while !line.contains(AT_WORK) {
                line.clear();
                assert!(self.says.read_line(&mut line).unwrap() > 0, "the other process ended by itself");
            }
        }
        self.kill();
    }

    /// Kills it as soon as that is so.
    pub fn kill_when(mut self, now: impl Fn() -> bool) {
        while !now() {
            assert!(self.child.try_wait().unwrap().is_none(), "the other process ended by itself");
            std::thread::yield_now();
        }
        self.kill();
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        assert_eq!(self.child.wait().unwrap().signal(), Some(SIGKILL));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Killed already, unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Beats of half an image.
fn half(case: &Case) -> usize {
    case.plan.input.beats / 2
}

/// A new driver's images are right, and the machine counts them alone.
fn next_is_right(case: &Case, board: &Board, seed: u64) {
    let mut driver = open(case, board, PATIENT_MHZ, true).unwrap();
    case.answers(&mut driver, &case.image(seed));
    case.answers(&mut driver, &case.image(seed + 1));
    let counters = driver.counters().unwrap();
    assert_eq!((counters.images_done, counters.errors), (2, 0));
}

#[test]
fn a_process_killed_while_the_machine_computes() {
    let case = Case::small(0);
    let board = Board::start(&built(&case), DIVIDER);
    Process::start(&board, HALF).kill_at_work(1);
    let error = open(&case, &board, PATIENT_MHZ, false).err().expect("a machine with half an image is busy");
    let HostError::Busy { images_done, in_beats, .. } = error else { panic!("{error}") };
    assert_eq!((images_done, in_beats as usize), (1, case.plan.input.beats + half(&case)));
    next_is_right(&case, &board, 10);
    for times in 1..4 {
        Process::start(&board, STREAM).kill_at_work(times);
        next_is_right(&case, &board, 20 * times as u64);
    }
}

/// Half an image goes in, and nothing more.
fn keep_half(case: &Case, driver: &mut Serial) {
    case.answers(driver, &case.image(0));
    let bytes = vec![0; half(case) * case.plan.geometry.in_bytes];
    let mut sent = 0;
    while sent < bytes.len() {
        sent += driver.device_mut().send(&bytes[sent..], false).unwrap();
        driver.device_mut().advance(case.plan.timing().latency).unwrap();
    }
    while (driver.counters().unwrap().in_beats as usize) < case.plan.input.beats + half(case) {
        driver.device_mut().advance(case.plan.timing().latency).unwrap();
    }
    println!("{AT_WORK}");
    // Until it is killed, or nobody is left to do so.
    stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// Images back to back, a word after each result while the next images are in flight.
fn stream(case: &Case, driver: &mut Serial) {
    let mut next = driver.submit_tensor(&case.image(0)).unwrap();
    for seed in 1.. {
        let behind = driver.submit_tensor(&case.image(seed)).unwrap();
        assert_eq!(driver.wait(next).unwrap().sums, case.sums(&case.image(seed - 1)));
        println!("{AT_WORK}");
        next = behind;
    }
}

#[test]
#[ignore = "no test: what a_process_killed_while_the_machine_computes starts and kills"]
fn the_process_that_is_killed() {
    let mut told = String::new();
    stdin().read_line(&mut told).unwrap();
    let Some((work, path)) = told.trim().split_once(' ') else { return println!("nobody says where to work") };
    let case = if work == LOAD { loading::case() } else { Case::small(0) };
    let mut driver = crate::open_at(&case, Path::new(path), PATIENT_MHZ, false).unwrap();
    match work {
        HALF => keep_half(&case, &mut driver),
        LOAD => panic!("the weights were loaded before this process was killed"),
        _ => stream(&case, &mut driver),
    }
}

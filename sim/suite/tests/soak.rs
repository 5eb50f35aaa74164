//! Many images in a row, one in twenty with a fault: every answer right or an error, none wrong, none lost, memory flat.

use std::collections::VecDeque;
use std::fs;
use systole_host::{Fault, Stalls};
use systole_suite::case::{Case, Engine};

/// One image in so many meets a fault.
const RARE: u64 = 20;
/// Memory may grow by this much after the first fifth of a run: what allocators keep.
const GROWTH_KIB: u64 = 8 << 10;

/// Knuth's MMIX generator.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

fn fault(case: &Case, random: &mut Random) -> Fault {
    let bytes = random.below(case.plan.input.beats as u64) as usize * case.plan.geometry.in_bytes;
    let beats = 1 + random.below(case.plan.classes as u64 - 1) as usize;
    match random.below(9) {
        0 => Fault::DeadLink,
        1 => Fault::InputCut { bytes },
        2 => Fault::InputBlocked { bytes },
        3 => Fault::InputShort { bytes },
        4 => Fault::InputTlastLost,
        5 => Fault::OutputLost,
        6 => Fault::OutputTlastLost,
        7 => Fault::OutputShort { beats },
        _ => Fault::OutputCut { beats },
    }
}

/// Memory of this process that is in use, in KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn soak(engine: Engine, count: usize) {
    let case = Case::digits();
    let images = case.handwritten();
    let sums: Vec<_> = images.iter().map(|image| case.sums(image)).collect();
    let mut driver = case.open(engine, Stalls::NONE);
    let mut random = Random(0x50a4);
    let (mut right, mut errors, mut faults, mut early) = (0, 0, 0, 0);
    let mut waiting = VecDeque::new();
    for number in 0..count + driver.options().window {
        if number < count {
            if random.below(RARE) == 0 {
                let fault = fault(&case, &mut random);
                driver.device_mut().inject_once(fault);
                faults += 1;
            }
            match driver.submit_tensor(&images[number % images.len()]) {
                Ok(ticket) => waiting.push_back((number, ticket)),
                Err(_) => errors += 1,
            }
        }
        if waiting.len() > driver.options().window || number >= count {
            let Some((number, ticket)) = waiting.pop_front() else { continue };
            match driver.wait(ticket) {
                Ok(inference) => {
                    assert_eq!(inference.sums, sums[number % sums.len()], "image {number}");
                    right += 1;
                }
                Err(_) => errors += 1,
            }
        }
        if number == count / 5 {
            early = resident();
        }
    }
    while let Some((number, ticket)) = waiting.pop_front() {
        match driver.wait(ticket) {
            Ok(inference) => {
                assert_eq!(inference.sums, sums[number % sums.len()], "image {number}");
                right += 1;
            }
            Err(_) => errors += 1,
        }
    }
    let grown = resident().saturating_sub(early);
    println!("{engine:?}: {count} images, {faults} faults: {right} right, {errors} errors, {grown} KiB more memory");
    assert_eq!(right + errors, count, "none lost");
    assert!(errors <= 5 * faults && errors > 0, "{errors} errors for {faults} faults");
    assert!(right > count / 2);
    assert!(grown < GROWTH_KIB, "memory grew by {grown} KiB");
}

#[test]
fn some_hundred_images_on_the_simulator() {
    soak(Engine::Fast, 300);
}

#[test]
fn some_images_on_the_verilog() {
    soak(Engine::Verilog, 40);
}

#[test]
#[ignore = "takes minutes: make soak"]
fn ten_thousand_images_on_the_simulator() {
    soak(Engine::Fast, 10_000);
}

#[test]
#[ignore = "takes minutes: make soak"]
fn a_thousand_images_on_the_verilog() {
    soak(Engine::Verilog, 1_000);
}

//! A check of the memories: every damage found by the next one, with the images in doubt; nothing else disturbed.

mod common;

use common::{Case, Mock, DESIGN};
use std::net::TcpListener;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use systole_cycle::ControlMachine;
use systole_host::{
    serve, BoxError, Damage, Device, Driver, Fault, HostError, Options, PinDevice, Reference, ServeOptions, Stalls,
    TcpDevice,
};
use systole_machine::pins::{TopIn, TopOut, TopPins};
use systole_machine::registers as reg;

const MEMORIES: [&str; 8] = ["weights", "prog", "layer", "tap", "pool", "param", "residual", "offset"];

fn run<D: Device>(case: &Case, driver: &mut Driver<D>, seeds: Range<u64>) {
    let tickets: Vec<_> = seeds.clone().map(|seed| driver.submit_tensor(&case.image(seed)).unwrap()).collect();
    for (seed, ticket) in seeds.zip(tickets) {
        assert_eq!(driver.wait(ticket).unwrap().sums, case.sums(&case.image(seed)));
    }
}

fn flip(driver: &mut Driver<Mock>, memory: usize, bit: usize) {
    driver.device_mut().pins().flip_bit(memory, bit);
}

fn damage<D: Device>(driver: &mut Driver<D>) -> Damage {
    match driver.check_memories() {
        Err(HostError::Damaged(damage)) => *damage,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_flipped_bit_of_any_memory_is_found_by_the_next_check_with_the_images_in_doubt() {
    let case = Case::with_every_memory();
    let memories = case.plan.memories();
    assert_eq!(memories.iter().map(|memory| memory.name).collect::<Vec<_>>(), MEMORIES);
    for (at, memory) in memories.iter().enumerate() {
        for bit in [0, 4 * memory.bytes, 8 * memory.bytes - 1] {
            let mut driver = case.open(Stalls::NONE);
            run(&case, &mut driver, 0..2);
            driver.check_memories().unwrap();
            run(&case, &mut driver, 0..2);
            flip(&mut driver, at, bit);
            run(&case, &mut driver, 0..1);
            let found = damage(&mut driver);
            assert_eq!((found.names().as_str(), found.doubtful.clone(), found.repaired), (memory.name, 2..5, false));
            assert_eq!(found.memories[0].wanted, memory.crc);
            let text = found.to_string();
            let crcs =
                format!("{} is read back with CRC {:08x}, {:08x}", memory.name, found.memories[0].found, memory.crc);
            assert!(text.contains(&crcs) && text.contains("images 2 to 4 are in doubt; load the bitstream"), "{text}");

            // It stays in doubt, and damaged, until it is put right.
            run(&case, &mut driver, 0..1);
            assert_eq!(damage(&mut driver).doubtful, 2..6);
            flip(&mut driver, at, bit);
            driver.check_memories().unwrap();
            run(&case, &mut driver, 0..1);
        }
    }
}

#[test]
fn all_damaged_memories_are_named_and_no_image_is_in_doubt_that_was_not_answered() {
    let case = Case::new(1);
    let mut driver = case.open(Stalls::NONE);
    flip(&mut driver, 0, 3);
    flip(&mut driver, 2, 1);
    let found = damage(&mut driver);
    assert_eq!((found.names().as_str(), found.doubtful.clone()), ("weights, layer", 0..0));
    assert!(found.to_string().contains("no image is in doubt"), "{found}");
}

#[test]
fn a_check_waits_for_the_images_in_flight_and_changes_nothing() {
    let case = Case::new(2);
    let mut driver = case.open(Stalls::NONE);
    let tickets: Vec<_> = (0..3).map(|seed| driver.submit_tensor(&case.image(seed)).unwrap()).collect();
    driver.check_memories().unwrap();
    let (counters, checksums) = (driver.counters().unwrap(), driver.checksums().unwrap());
    assert_eq!(counters.images_done, 3);
    assert_eq!(checksums.iter().map(|(_, sum)| *sum).collect::<Vec<_>>(), {
        systole_machine::checksum::layer_checksums(&case.plan, &case.trace(&case.image(2)))
    });
    for (seed, ticket) in (0..3).zip(tickets) {
        assert_eq!(driver.wait(ticket).unwrap().sums, case.sums(&case.image(seed)));
    }
    let before = driver.device().now();
    driver.check_memories().unwrap();
    let (took, registers) = (driver.device().now() - before, 64 * 20);
    assert!(took < 2 * case.plan.check_cycles() + registers, "{took} cycles");
}

#[test]
fn damaged_weights_that_were_loaded_are_loaded_again() {
    let case = Case::loaded(1);
    let mut driver = case.open(Stalls::NONE);
    run(&case, &mut driver, 0..2);
    flip(&mut driver, 0, 77);
    let found = damage(&mut driver);
    assert_eq!((found.names().as_str(), found.doubtful.clone(), found.repaired), ("weights", 0..2, true));
    assert!(found.to_string().contains("the weights were loaded again, then run these images again"), "{found}");
    driver.check_memories().unwrap();
    run(&case, &mut driver, 0..1);
    // A table cannot be loaded, whatever is damaged beside it.
    flip(&mut driver, 0, 77);
    flip(&mut driver, 1, 0);
    let found = damage(&mut driver);
    assert_eq!((found.names().as_str(), found.repaired), ("weights, prog", false));
    assert_eq!(damage(&mut driver).names(), "prog");
}

#[test]
fn a_check_that_does_not_end_and_a_link_that_is_down_are_told_within_their_time() {
    let case = Case::new(3);
    let mut driver = case.open_faulty();
    run(&case, &mut driver, 5..6);
    let status = Fault::Register { address: reg::STATUS.offset, value: 0 };
    driver.device_mut().inject(status);
    let before = driver.device().now();
    let error = driver.check_memories().unwrap_err();
    assert!(matches!(error, HostError::CheckLate { .. }), "{error}");
    assert!(driver.device().now() - before < 8 * case.plan.check_cycles() + 4096, "{error}");
    driver.device_mut().heal();
    run(&case, &mut driver, 5..6);

    // A dead link reads as a check that ended, with wrong CRCs.
    driver.device_mut().inject(Fault::DeadLink);
    let error = driver.check_memories().unwrap_err();
    assert!(matches!(error, HostError::DeadLink { .. }), "{error}");
    driver.device_mut().heal();
    driver.check_memories().unwrap();
    run(&case, &mut driver, 5..6);
}

/// A machine that is reset when somebody asks for a CRC the first time.
struct Resetting {
    top: ControlMachine,
    armed: bool,
}

impl TopPins for Resetting {
    fn cycle(&mut self, pins: &TopIn) -> Result<TopOut, BoxError> {
        let asked = pins.s_axil_arvalid && pins.s_axil_araddr == reg::MEMORY_CRC.offset;
        if asked && std::mem::take(&mut self.armed) {
            return self.top.cycle(&TopIn { rst: true, ..TopIn::default() });
        }
        self.top.cycle(pins)
    }
}

#[test]
fn a_machine_that_is_reset_in_the_middle_of_a_check_is_not_called_damaged() {
    let case = Case::new(3);
    let top = Resetting { top: case.top(), armed: true };
    let device = PinDevice::new("mock:reset", top, &case.plan, Stalls::NONE).unwrap();
    let mut driver = Driver::open(device, Arc::clone(&case.plan), DESIGN, Options::default()).unwrap();
    run(&case, &mut driver, 0..1);
    let error = driver.check_memories().unwrap_err();
    assert!(matches!(error, HostError::CheckLost { .. }), "{error}");
    run(&case, &mut driver, 0..2);
    driver.check_memories().unwrap();
}

#[test]
fn the_self_test_checks_the_memories_and_runs_all_images() {
    let case = Case::new(4);
    let of = |seed: u64| Reference::new(&case.plan, case.image(seed), case.trace(&case.image(seed)));
    let mut references: Vec<Reference> = (0..3).map(of).collect();
    let mut driver = case.open(Stalls::NONE);
    assert!(driver.selftest(&references).unwrap().passed());
    assert_eq!(driver.counters().unwrap().images_done, 3);
    references[2].sums[0] += 1;
    let found = driver.selftest(&references).unwrap();
    assert_eq!((found.image, found.class.map(|(class, ..)| class)), (Some(2), Some(0)));
    references[2].sums[0] -= 1;
    flip(&mut driver, 3, 0);
    let found = driver.selftest(&references).unwrap();
    assert_eq!((found.passed(), found.image), (false, None), "the mock's answers stay right");
    assert_eq!(found.memories.as_ref().map(Damage::names).as_deref(), Some("tap"));
    assert!(found.to_string().contains("tap is read back with CRC"), "{found}");
}

#[test]
fn a_served_device_is_checked_across_the_network() {
    let case = Case::new(5);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let stop = Arc::new(AtomicBool::new(false));
    let options = ServeOptions { stop: Arc::clone(&stop), ..ServeOptions::default() };
    let mut mock = case.mock(Stalls::NONE);
    mock.pins().flip_bit(5, 9);
    let server = std::thread::spawn(move || serve(listener, &mut mock, &options));
    let device = TcpDevice::connect(&address, "").unwrap();
    let mut driver = Driver::open(device, Arc::clone(&case.plan), DESIGN, Options::default()).unwrap();
    run(&case, &mut driver, 0..1);
    let found = damage(&mut driver);
    assert_eq!((found.names().as_str(), found.doubtful), ("param", 0..1));
    drop(driver);
    stop.store(true, Ordering::SeqCst);
    server.join().unwrap().unwrap();
}

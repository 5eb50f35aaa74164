//! Faults between driver and machine: a clear error within the deadline, and right answers behind it.

use systole_host::{Cause, Device, Fault, HostError, Stall, Stalls};
use systole_machine::registers::{self as reg, Field};
use systole_suite::case::{Bench, Case, Engine};

/// Moments at which an image is interrupted.
const RESETS: u64 = 24;

/// Lets `cycles` cycles pass without the driver.
fn pass(driver: &mut Bench, cycles: u64) {
    let end = driver.device().now() + cycles;
    while driver.device().now() < end {
        let left = end - driver.device().now();
        driver.device_mut().advance(left).unwrap();
    }
}

/// Cycles of the reset pin so far.
fn pin_resets(driver: &mut Bench) -> u64 {
    driver.device_mut().inner().pins().reset_cycles
}

fn stall_of(error: HostError) -> Stall {
    match error {
        HostError::Deadline(stall) | HostError::Fault(stall) => *stall,
        other => panic!("{other}"),
    }
}

/// The error of an image that meets `fault` on a machine that has worked; the images behind it are right, after a soft
/// reset alone.
fn stall(case: &Case, engine: Engine, fault: Fault) -> Stall {
    let mut driver = case.open(engine, Stalls::NONE);
    case.answers(&mut driver, &case.image(1));
    driver.device_mut().inject_once(fault);
    let pin_resets_before = pin_resets(&mut driver);
    let before = driver.device().now();
    let hit = driver.submit_tensor(&case.image(2)).unwrap();
    let behind = driver.submit_tensor(&case.image(3)).unwrap();
    let error = driver.wait(hit).err().unwrap_or_else(|| panic!("{fault:?} was not noticed"));
    let allowed = driver.deadlines().result + 100 * driver.deadlines().register;
    assert!(driver.device().now() - before <= allowed, "{fault:?} took {}", driver.device().now() - before);
    assert_eq!(driver.wait(behind).unwrap().sums, case.sums(&case.image(3)), "{fault:?}: the image behind");
    assert_eq!(driver.counters().unwrap().errors, 0, "{fault:?}");
    case.answers(&mut driver, &case.image(4));
    assert_eq!(pin_resets(&mut driver), pin_resets_before, "{fault:?}: a soft reset was not enough");
    stall_of(error)
}

fn reports(stall: &Stall, field: &Field) -> bool {
    stall.errors().contains(&field.name)
}

fn tlast_faults(case: &Case, engine: Engine) {
    let in_bytes = case.plan.geometry.in_bytes;
    for beats in [1, case.plan.input.beats / 2, case.plan.input.beats - 1] {
        let early = stall(case, engine, Fault::InputShort { bytes: beats * in_bytes });
        assert_eq!((early.cause, early.taken), (Cause::TlastEarly, beats), "{early}");
        assert!(reports(&early, &reg::TLAST_EARLY) && !reports(&early, &reg::TLAST_LATE), "{early}");
    }
    let missing = stall(case, engine, Fault::InputTlastLost);
    assert_eq!(missing.cause, Cause::TlastLate, "{missing}");
    assert!(reports(&missing, &reg::TLAST_LATE) && !reports(&missing, &reg::TLAST_EARLY), "{missing}");
    assert!(reports(&missing, &reg::DROPPED), "{missing}");
}

fn cut_stream(case: &Case, engine: Engine) {
    let plan = &case.plan;
    for beats in [1, plan.input.beats / 2, plan.input.beats - 1] {
        let cut = stall(case, engine, Fault::InputCut { bytes: beats * plan.geometry.in_bytes });
        assert_eq!((cut.cause, cut.taken, cut.in_expected), (Cause::InputLost, beats, plan.input.beats), "{cut}");
        assert_eq!((cut.sent, cut.given, cut.got), (plan.input.beats, 0, 0), "{cut}");
        assert!(cut.waited >= cut.allowed && cut.errors().is_empty(), "{cut}");
        let counters = cut.counters.unwrap();
        assert!((counters.step as usize) < plan.program.len(), "{cut}");
        assert_eq!(cut.layer, plan.bindings[counters.layer as usize].name);
        let text = cut.to_string();
        for part in [format!("at step {} of", counters.step), cut.layer, format!("{beats} taken by the device")] {
            assert!(text.contains(&part), "{part:?} is not in: {text}");
        }
    }
}

#[test]
fn tlast_early_and_missing() {
    for number in 0..3 {
        tlast_faults(&Case::small(number), Engine::Registers);
    }
}

#[test]
fn a_stream_cut_in_the_middle_of_an_image() {
    for number in 0..3 {
        cut_stream(&Case::small(number), Engine::Registers);
    }
}

#[test]
fn the_verilog_survives_a_broken_stream() {
    let case = Case::small(0);
    tlast_faults(&case, Engine::Verilog);
    cut_stream(&case, Engine::Verilog);
    resets(&case, Engine::Verilog);
}

#[test]
fn tlast_a_beat_late() {
    let case = Case::small(2);
    let mut driver = case.open(Engine::Registers, Stalls::NONE);
    let long = vec![0; (case.plan.input.beats + 1) * case.plan.geometry.in_bytes];
    assert_eq!(driver.device_mut().send(&long, true).unwrap(), long.len());
    let ticket = driver.submit_tensor(&case.image(0)).unwrap();
    let late = stall_of(driver.wait(ticket).unwrap_err());
    assert_eq!(late.cause, Cause::TlastLate, "{late}");
    assert!(reports(&late, &reg::TLAST_LATE) && reports(&late, &reg::DROPPED), "{late}");
    case.answers(&mut driver, &case.image(1));
}

#[test]
fn a_result_that_is_never_taken() {
    let case = Case::small(0);
    let mut driver = case.open(Engine::Registers, Stalls::NONE);
    driver.device_mut().inner().set_sink_depth(0);
    let ticket = driver.submit_tensor(&case.image(0)).unwrap();
    let stall = stall_of(driver.wait(ticket).unwrap_err());
    assert_eq!((stall.cause, stall.given, stall.got), (Cause::OutputNotTaken, 0, 0), "{stall}");
    assert_eq!(stall.taken, case.plan.input.beats, "{stall}");
    let before = pin_resets(&mut driver);
    driver.device_mut().inner().set_sink_depth(case.plan.classes);
    case.answers(&mut driver, &case.image(1));
    assert_eq!(pin_resets(&mut driver), before, "a soft reset was not enough");
}

#[test]
fn results_that_are_taken_late() {
    let case = Case::small(0);
    let mut driver = case.open(Engine::Registers, Stalls::NONE);
    driver.device_mut().inner().set_sink_depth(0);
    let tickets: Vec<_> = (0..4).map(|seed| driver.submit_tensor(&case.image(seed)).unwrap()).collect();
    let blocked = driver.deadlines().result - case.plan.timing().interval / 2;
    pass(&mut driver, blocked);
    driver.device_mut().inner().set_sink_depth(case.plan.classes);
    for (seed, ticket) in (0..).zip(tickets) {
        assert_eq!(driver.wait(ticket).unwrap().sums, case.sums(&case.image(seed)), "image {seed}");
    }
    let counters = driver.counters().unwrap();
    assert!(counters.output_blocked > blocked / 4, "{counters:?}");
    assert_eq!(counters.images_done, 4);
}

/// Resets at cycles spread at random over an image and the next, soft and hard by turns.
fn resets(case: &Case, engine: Engine) {
    let mut driver = case.open(engine, Stalls { seed: 7, source_percent: 20, sink_percent: 20 });
    let span = case.plan.timing().latency + case.plan.timing().interval;
    let mut random = 0x5eed_u64;
    for number in 0..RESETS {
        // Knuth's MMIX generator.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let wait = (random >> 33) % span;
        let dropped: Vec<_> = (0..3).map(|seed| driver.submit_tensor(&case.image(seed)).unwrap()).collect();
        pass(&mut driver, wait);
        if number % 2 == 1 {
            driver.device_mut().reset().unwrap();
        }
        let before = pin_resets(&mut driver);
        driver.reset().unwrap();
        assert_eq!(pin_resets(&mut driver), before, "a soft reset after {wait} cycles was not enough");
        case.answers(&mut driver, &case.image(number));
        let counters = driver.counters().unwrap();
        let counted = (counters.images_done, counters.in_beats as usize, counters.out_beats as usize);
        assert_eq!(counted, (1, case.plan.input.beats, case.plan.classes), "reset after {wait} cycles");
        assert!(matches!(driver.wait(dropped[2]).unwrap_err(), HostError::Dropped { .. }));
    }
}

#[test]
fn resets_at_random_cycles() {
    for number in 0..3 {
        resets(&Case::small(number), Engine::Registers);
    }
}

#[test]
fn the_watchdog_reports_a_machine_without_progress() {
    let case = Case::small(1);
    let mut driver = case.open(Engine::Registers, Stalls::NONE);
    let (within, limit) = (driver.deadlines().register, driver.deadlines().look() as u32);
    driver.device_mut().write_reg(reg::WATCHDOG_LIMIT.offset, limit, within).unwrap();
    let beats = case.plan.input.beats / 2;
    driver.device_mut().inject_once(Fault::InputCut { bytes: beats * case.plan.geometry.in_bytes });
    let ticket = driver.submit_tensor(&case.image(0)).unwrap();
    let error = driver.wait(ticket).unwrap_err();
    assert!(matches!(error, HostError::Fault(_)), "{error}");
    let stall = stall_of(error);
    assert_eq!((stall.errors(), stall.taken), (vec![reg::WATCHDOG.name], beats), "{stall}");
    assert!(stall.waited < stall.allowed, "{stall}");
    case.answers(&mut driver, &case.image(1));
    assert_eq!(driver.counters().unwrap().errors, 0);
}

#[test]
fn an_answer_that_comes_too_late_is_nobody_else_s() {
    let case = Case::small(0);
    for pause in [0, 1, 20] {
        let mut device = case.device(Engine::Registers, Stalls::NONE);
        for _ in 0..3 {
            let error = device.read_reg(reg::ID.offset, 1).unwrap_err();
            assert!(matches!(error, HostError::RegisterTimeout { .. }), "{error}");
            (0..pause).for_each(|_| device.advance(1).unwrap());
            assert_eq!(device.read_reg(reg::ABI_VERSION.offset, 50).unwrap(), reg::ABI_VERSION.reset);
        }
        device.write_reg(reg::WATCHDOG_LIMIT.offset, 5, 1).unwrap_err();
        (0..pause).for_each(|_| device.advance(1).unwrap());
        let error = device.write_reg(reg::ID.offset, 6, 50).unwrap_err();
        assert!(matches!(error, HostError::RegisterRefused { .. }), "{error}");
        assert_eq!(device.read_reg(reg::WATCHDOG_LIMIT.offset, 50).unwrap(), 5);
    }
}

//! Everything that goes wrong between driver and machine: a clear error, no hang, the next image right.

mod common;

use common::{Case, Mock, DESIGN};
use std::sync::Arc;
use systole_host::{Cause, Device, Driver, Fault, Faulty, HostError, Options, Registry, Stall, Stalls};
use systole_machine::registers as reg;
use systole_net::Tensor;

type Broken = Driver<Faulty<Mock>>;

/// Opens a device with a fault in it.
fn open_with(case: &Case, fault: Fault) -> Result<Broken, HostError> {
    let mut device = Faulty::new(case.mock(Stalls::NONE));
    device.inject(fault);
    Driver::open(device, Arc::clone(&case.plan), DESIGN, Options::default())
}

fn open_error(case: &Case, fault: Fault) -> HostError {
    open_with(case, fault).err().expect("a faulty device is refused")
}

/// The driver answers for an image, right.
fn answers(driver: &mut Broken, case: &Case, image: &Tensor) {
    let ticket = driver.submit_tensor(image).unwrap();
    assert_eq!(driver.wait(ticket).unwrap().sums, case.sums(image));
}

/// Puts a fault into a driver that has worked; the error of the next image. Fails if waiting takes longer than the
/// deadlines allow, if the image behind is lost or wrong, or if the driver does not work again.
fn image_error(case: &Case, fault: Fault) -> HostError {
    let mut driver = case.open_faulty();
    answers(&mut driver, case, &case.image(1));
    driver.device_mut().inject_once(fault);
    let before = driver.device().now();
    let hit = driver.submit_tensor(&case.image(2)).unwrap();
    let behind = driver.submit_tensor(&case.image(3)).unwrap();
    let error = driver.wait(hit).err().unwrap_or_else(|| panic!("{fault:?} was not noticed"));
    let allowed = driver.deadlines().result + 100 * driver.deadlines().register;
    assert!(driver.device().now() - before <= allowed, "{fault:?} took {}", driver.device().now() - before);
    assert_eq!(driver.wait(behind).unwrap().sums, case.sums(&case.image(3)), "{fault:?}: the image behind");
    answers(&mut driver, case, &case.image(4));
    error
}

fn stall_of(error: HostError) -> Stall {
    match error {
        HostError::Deadline(stall) | HostError::Fault(stall) => *stall,
        other => panic!("{other}"),
    }
}

#[test]
fn another_design_is_refused_with_both_hashes() {
    let case = Case::new(0);
    let plan = Arc::clone(&case.plan);
    let error = Driver::open(case.mock(Stalls::NONE), plan, [0x11; 32], Options::default()).err().unwrap();
    assert!(matches!(&error, HostError::Hash { what: "design", .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(&"5a".repeat(32)) && text.contains(&"11".repeat(32)) && text.contains("load"), "{text}");
}

#[test]
fn a_plan_of_another_network_is_refused() {
    let (case, other) = (Case::new(0), Case::new(1));
    let error =
        Driver::open(case.mock(Stalls::NONE), Arc::clone(&other.plan), DESIGN, Options::default()).err().unwrap();
    assert!(matches!(&error, HostError::Hash { what: "weights", .. }), "{error}");
}

#[test]
fn a_plan_of_another_array_is_refused() {
    let (case, other) = (Case::new(0), Case::shaped(0, 3, 5));
    let error =
        Driver::open(case.mock(Stalls::NONE), Arc::clone(&other.plan), DESIGN, Options::default()).err().unwrap();
    assert!(matches!(error, HostError::Geometry { found: (4, 3), wanted: (3, 5), .. }), "{error}");
}

#[test]
fn every_word_of_both_hashes_counts() {
    let case = Case::new(0);
    for register in [reg::DESIGN_HASH, reg::WEIGHTS_HASH] {
        for index in 0..register.words {
            let error = open_error(&case, Fault::Register { address: register.word(index), value: 1 });
            assert!(matches!(error, HostError::Hash { .. }), "{} word {index}: {error}", register.name);
        }
    }
}

#[test]
fn strangers_are_refused() {
    let case = Case::new(0);
    let reads = |register: reg::Register, value| open_error(&case, Fault::Register { address: register.offset, value });
    assert!(matches!(reads(reg::ID, 0), HostError::NotAMachine { found: 0, .. }));
    assert!(matches!(reads(reg::ABI_VERSION, 7), HostError::Abi { found: 7, .. }));
    assert!(matches!(open_error(&case, Fault::DeadLink), HostError::DeadLink { .. }));
}

#[test]
fn a_busy_device_is_refused_unless_taken_over() {
    let case = Case::new(0);
    let mut driver = case.open(Stalls::NONE);
    driver.submit_tensor(&case.image(0)).unwrap();
    let Ok(()) = driver.device_mut().advance(10) else { panic!("the mock advances") };
    // The first program is gone, its image is not.
    let device = Faulty::new(take(driver));
    let plan = || Arc::clone(&case.plan);
    let error = Driver::open(device, plan(), DESIGN, Options::default()).err().unwrap();
    assert!(matches!(error, HostError::Busy { images_done: 0, .. }), "{error}");
    let mut driver = case.open(Stalls::NONE);
    driver.submit_tensor(&case.image(0)).unwrap();
    let Ok(()) = driver.device_mut().advance(10) else { panic!("the mock advances") };
    let options = Options { take_over: true, ..Options::default() };
    let mut driver = Driver::open(Faulty::new(take(driver)), plan(), DESIGN, options).unwrap();
    answers(&mut driver, &case, &case.image(5));
}

/// The device without closing it, as after a kill.
fn take(driver: Driver<Mock>) -> Mock {
    driver.into_device()
}

#[test]
fn a_stream_cut_in_the_middle_of_an_image_is_explained() {
    let case = Case::new(2);
    let half = case.plan.input.beats / 2;
    let bytes = half * case.plan.geometry.in_bytes;
    let stall = stall_of(image_error(&case, Fault::InputCut { bytes }));
    assert_eq!((stall.cause, stall.taken, stall.in_expected), (Cause::InputLost, half, case.plan.input.beats));
    assert_eq!((stall.sent, stall.given), (case.plan.input.beats, 0));
    assert!(stall.waited >= stall.allowed);
    let text = stall.to_string();
    for part in ["mock:small: no result", "image 1", "layer", "valid is low", "cut in the middle", "error bits: none"] {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
    assert!(case.plan.bindings.iter().any(|binding| text.contains(&binding.name)), "{text}");
}

#[test]
fn a_link_that_takes_no_more_is_explained() {
    let case = Case::new(2);
    let bytes = 3 * case.plan.geometry.in_bytes;
    let stall = stall_of(image_error(&case, Fault::InputBlocked { bytes }));
    assert_eq!((stall.cause, stall.sent, stall.taken), (Cause::InputBlocked, 3, 3));
}

#[test]
fn an_early_tlast_is_reported_by_the_machine() {
    let case = Case::new(2);
    let stall = stall_of(image_error(&case, Fault::InputShort { bytes: 2 * case.plan.geometry.in_bytes }));
    assert_eq!(stall.cause, Cause::TlastEarly);
    assert!(stall.errors().contains(&reg::TLAST_EARLY.name) && stall.waited < stall.allowed);
}

#[test]
fn a_missing_tlast_is_reported_by_the_machine() {
    let stall = stall_of(image_error(&Case::new(2), Fault::InputTlastLost));
    assert_eq!(stall.cause, Cause::TlastLate);
    assert!(stall.errors().contains(&reg::TLAST_LATE.name) && stall.errors().contains(&reg::DROPPED.name));
}

#[test]
fn a_result_that_nobody_takes_is_explained() {
    let case = Case::new(2);
    let mut driver = case.open_faulty();
    driver.device_mut().inner().set_sink_depth(0);
    let ticket = driver.submit_tensor(&case.image(0)).unwrap();
    let stall = stall_of(driver.wait(ticket).unwrap_err());
    assert_eq!((stall.cause, stall.got, stall.given), (Cause::OutputNotTaken, 0, 0));
    let text = stall.to_string();
    assert!(text.contains("result is offered, not taken (ready is low)"), "{text}");
    driver.device_mut().inner().set_sink_depth(case.plan.classes);
    answers(&mut driver, &case, &case.image(4));
}

#[test]
fn lost_results_are_told_from_a_stuck_machine() {
    let case = Case::new(2);
    let stall = stall_of(image_error(&case, Fault::OutputLost));
    assert_eq!((stall.cause, stall.got, stall.given), (Cause::OutputLost, 0, case.plan.classes));
}

#[test]
fn results_of_the_wrong_length_are_refused() {
    let case = Case::new(2);
    let beats = case.plan.classes - 1;
    let error = image_error(&case, Fault::OutputShort { beats });
    assert!(matches!(error, HostError::ResultShort { image: 1, found, .. } if found == beats), "{error}");
    let error = image_error(&case, Fault::OutputTlastLost);
    assert!(matches!(error, HostError::ResultLong { image: 1, .. }), "{error}");
    let mut driver = case.open_faulty();
    driver.device_mut().inject_once(Fault::OutputCut { beats });
    let ticket = driver.submit_tensor(&case.image(0)).unwrap();
    let stall = stall_of(driver.wait(ticket).unwrap_err());
    assert_eq!((stall.cause, stall.got, stall.given), (Cause::OutputLost, beats, beats + 1));
    answers(&mut driver, &case, &case.image(4));
}

#[test]
fn a_link_that_dies_and_comes_back_is_used_again() {
    let case = Case::new(2);
    let mut driver = case.open_faulty();
    let tickets: Vec<_> = (0..3).map(|seed| driver.submit_tensor(&case.image(seed)).unwrap()).collect();
    driver.device_mut().inject(Fault::DeadLink);
    let errors: Vec<HostError> = tickets.into_iter().map(|ticket| driver.wait(ticket).unwrap_err()).collect();
    assert!(matches!(errors[0], HostError::DeadLink { .. }), "{}", errors[0]);
    assert!(matches!(errors[1], HostError::Dropped { image: 1, .. }), "{}", errors[1]);
    let error = driver.submit_tensor(&case.image(0)).unwrap_err();
    assert!(matches!(error, HostError::Recovery { .. }), "{error}");
    driver.device_mut().heal();
    answers(&mut driver, &case, &case.image(4));
}

#[test]
fn a_machine_reset_behind_the_driver_s_back_is_explained() {
    let case = Case::new(2);
    let mut driver = case.open_faulty();
    let ticket = driver.submit_tensor(&case.image(0)).unwrap();
    driver.device_mut().advance(20).unwrap();
    driver.device_mut().inner().reset().unwrap();
    let stall = stall_of(driver.wait(ticket).unwrap_err());
    assert_eq!(stall.cause, Cause::Restarted);
    answers(&mut driver, &case, &case.image(4));
}

#[test]
fn another_design_loaded_meanwhile_is_noticed() {
    let case = Case::new(2);
    let mut driver = case.open_faulty();
    driver.device_mut().inject(Fault::Register { address: reg::DESIGN_HASH.offset, value: 0 });
    let error = driver.reset().unwrap_err();
    assert!(error.to_string().contains("design hash"), "{error}");
    driver.device_mut().heal();
    answers(&mut driver, &case, &case.image(4));
}

#[test]
fn beats_from_nowhere_are_an_error() {
    let case = Case::new(2);
    let mut driver = case.open_faulty();
    let bytes = vec![0; case.plan.input.beats * case.plan.geometry.in_bytes];
    assert_eq!(driver.device_mut().send(&bytes, true).unwrap(), bytes.len());
    driver.device_mut().advance(case.plan.timing().latency + 10).unwrap();
    let error = driver.submit_tensor(&case.image(0)).unwrap_err();
    assert!(matches!(error, HostError::Unexpected { .. }), "{error}");
    answers(&mut driver, &case, &case.image(4));
}

#[test]
fn a_reset_at_any_moment_is_followed_by_right_answers() {
    let case = Case::new(6);
    let mut driver = case.open_faulty();
    for wait in (0..case.plan.timing().latency + case.plan.timing().interval).step_by(7) {
        let dropped: Vec<_> = (0..3).map(|seed| driver.submit_tensor(&case.image(seed)).unwrap()).collect();
        let target = driver.device().now() + wait;
        while driver.device().now() < target {
            let left = target - driver.device().now();
            driver.device_mut().advance(left).unwrap();
        }
        driver.reset().unwrap();
        answers(&mut driver, &case, &case.image(wait));
        let error = driver.wait(dropped[2]).unwrap_err();
        assert!(matches!(error, HostError::Dropped { .. }), "{error}");
    }
}

#[test]
fn wrong_packets_are_refused_by_the_device() {
    let case = Case::new(0);
    let mut device = case.mock(Stalls::NONE);
    let in_bytes = case.plan.geometry.in_bytes;
    let error = device.send(&vec![0; in_bytes + 1], true).unwrap_err();
    assert!(matches!(error, HostError::Beats { found, .. } if found == in_bytes + 1), "{error}");
    let error = device.read_reg(reg::window_bytes(), 100).unwrap_err();
    assert!(matches!(error, HostError::RegisterRefused { response: 2, .. }), "{error}");
    let error = device.write_reg(reg::ID.offset, 0, 100).unwrap_err();
    assert!(error.to_string().contains("write of register id was refused"), "{error}");
    let error = device.read_reg(reg::ID.offset, 1).unwrap_err();
    assert!(matches!(error, HostError::RegisterTimeout { cycles: 1, .. }), "{error}");
}

#[test]
fn addresses_choose_the_device() {
    let case = Arc::new(Case::new(0));
    let mut registry = Registry::default();
    let behind = Arc::clone(&case);
    registry.add("mock", move |_| Ok(Box::new(behind.mock(Stalls::NONE)) as Box<dyn Device>));
    registry.add("broken", |rest| Err(format!("no folder {}", rest.display()).into()));
    let device = registry.open("mock:").unwrap();
    let mut driver = Driver::open(device, Arc::clone(&case.plan), DESIGN, Options::default()).unwrap();
    let ticket = driver.submit_tensor(&case.image(0)).unwrap();
    assert_eq!(driver.wait(ticket).unwrap().sums, case.sums(&case.image(0)));
    let text = |address: &str| registry.open(address).err().unwrap().to_string();
    assert!(text("uart:/dev/ttyUSB0").contains("broken, mock"));
    assert!(text("mock").contains("<scheme>:<rest>"));
    assert_eq!(text("broken:x"), "cannot open broken:x: no folder x");
}

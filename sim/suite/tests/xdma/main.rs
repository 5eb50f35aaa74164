//! The driver to a PCIe card, as through Xilinx' kernel module, to the machine behind a model of its nodes in a folder.

mod loading;
mod model;
use model::Model;
use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};
use systole_host::{Cause, Driver, HostError, Options, Stall, Stalls, XdmaDevice};
use systole_net::Tensor;
use systole_suite::case::{Case, Engine};

/// What the driver is told of the clock: the simulation is slower than a board.
const CLOCK_MHZ: f64 = 0.02;
/// No error takes longer to be told, a busy machine of two cores allowed for.
const LONGEST: Duration = Duration::from_secs(60);

type Card = Driver<XdmaDevice>;

/// The case on a machine whose clock is as slow as a simulation.
fn slow(case: Case) -> Arc<Case> {
    clocked(case, CLOCK_MHZ)
}

fn clocked(mut case: Case, mhz: f64) -> Arc<Case> {
    case.plan = Arc::new((*case.plan).clone().forged(|draft, _| draft.board.clock_mhz = mhz));
    Arc::new(case)
}

fn model(case: &Arc<Case>, engine: Engine) -> Model {
    let made = Arc::clone(case);
    Model::start(move || made.device(engine, Stalls::NONE), &case.plan)
}

fn open(case: &Case, model: &Model) -> Result<Card, HostError> {
    let device = XdmaDevice::open(&case.plan, &model.base, Some(Arc::clone(&model.barrier)))?;
    let options = Options { take_over: true, ..Options::default() };
    Driver::open(device, Arc::clone(&case.plan), case.design_hash, options)
}

/// The error of an image, which must be told in time.
fn fails(driver: &mut Card, image: &Tensor) -> HostError {
    let begun = Instant::now();
    let error = driver.submit_tensor(image).and_then(|ticket| driver.wait(ticket)).unwrap_err();
    assert!(begun.elapsed() < LONGEST, "{:?}: {error}", begun.elapsed());
    error
}

/// An image whose result does not come; the model's own clock may be faster than the host's, then its watchdog says so.
fn stalls(driver: &mut Card, image: &Tensor) -> Stall {
    match fails(driver, image) {
        HostError::Deadline(stall) | HostError::Fault(stall) => *stall,
        other => panic!("{other}"),
    }
}

#[test]
fn digits_to_a_card_with_the_verilog() {
    let case = slow(Case::digits());
    let model = model(&case, Engine::Verilog);
    let mut driver = open(&case, &model).unwrap();
    case.answers_in_a_row(&mut driver, &case.handwritten()[..6]);
}

#[test]
fn the_machine_on_a_card_is_looked_into() {
    let case = slow(Case::small(1));
    let model = model(&case, Engine::Fast);
    case.looks_inside(&mut open(&case, &model).unwrap());
}

#[test]
fn output_that_is_never_drained_is_told_and_its_result_passes_for_no_other() {
    let case = slow(Case::small(0));
    let model = model(&case, Engine::Fast);
    let mut driver = open(&case, &model).unwrap();
    case.answers(&mut driver, &case.image(0));
    model.control.hold_output.store(true, Ordering::SeqCst);
    let stall = stalls(&mut driver, &case.image(1));
    assert_eq!((stall.cause, stall.given, stall.got), (Cause::OutputLost, case.plan.classes, 0), "{stall}");
    // As long as the card keeps the result, no other image is tried.
    let error = fails(&mut driver, &case.image(2));
    let text = error.to_string();
    assert!(text.contains(&format!("{} beats of results are held on the card", case.plan.classes)), "{text}");
    model.control.hold_output.store(false, Ordering::SeqCst);
    case.answers(&mut driver, &case.image(3));
}

#[test]
fn images_that_wait_on_their_way_in_pass_for_no_other() {
    let case = slow(Case::small(0));
    let model = model(&case, Engine::Fast);
    let mut driver = open(&case, &model).unwrap();
    model.control.hold_input.store(true, Ordering::SeqCst);
    let stall = stalls(&mut driver, &case.image(0));
    assert_eq!((stall.cause, stall.taken), (Cause::InputLost, 0), "{stall}");
    // The pipe still has the image: the next program works it off before its own.
    drop(driver);
    model.control.hold_input.store(false, Ordering::SeqCst);
    let begun = Instant::now();
    let mut driver = loop {
        match open(&case, &model) {
            // A read still waits.
            Err(HostError::InUse { .. }) if begun.elapsed() < LONGEST => std::thread::sleep(Duration::from_millis(20)),
            opened => break opened.unwrap(),
        }
    };
    case.answers(&mut driver, &case.image(1));
}

#[test]
fn a_packet_that_the_card_does_not_take_is_told_and_worked_off_later() {
    let case = slow(Case::small(0));
    let model = model(&case, Engine::Fast);
    let mut driver = open(&case, &model).unwrap();
    let clog = model.clog();
    assert_eq!(stalls(&mut driver, &case.image(0)).taken, 0);
    let text = fails(&mut driver, &case.image(1)).to_string();
    assert!(text.contains("a packet is still on its way to the card"), "{text}");
    model.unclog(clog);
    case.answers(&mut driver, &case.image(2));
}

#[test]
fn a_packet_that_is_cut_fails_its_image_alone() {
    let case = slow(Case::small(0));
    let model = model(&case, Engine::Fast);
    let mut driver = open(&case, &model).unwrap();
    case.answers(&mut driver, &case.image(0));
    model.control.lose_input.store(true, Ordering::SeqCst);
    let stall = stalls(&mut driver, &case.image(1));
    assert_eq!(stall.cause, Cause::InputLost, "{stall}");
    case.answers(&mut driver, &case.image(2));
}

#[test]
fn registers_that_read_all_ones_are_a_dead_link() {
    let case = slow(Case::small(0));
    let model = model(&case, Engine::Fast);
    let mut driver = open(&case, &model).unwrap();
    case.answers(&mut driver, &case.image(0));
    model.control.hold_output.store(true, Ordering::SeqCst);
    model.control.dead.store(true, Ordering::SeqCst);
    let error = fails(&mut driver, &case.image(1));
    assert!(matches!(error, HostError::DeadLink { .. }) || error.to_string().contains("cannot be read"), "{error}");
    let error = fails(&mut driver, &case.image(2));
    assert!(error.to_string().contains("the link is down"), "{error}");
    let error = open(&case, &model).err().unwrap();
    assert!(matches!(error, HostError::InUse { .. }), "{error}");
    model.control.dead.store(false, Ordering::SeqCst);
    model.control.hold_output.store(false, Ordering::SeqCst);
    case.answers(&mut driver, &case.image(3));
}

#[test]
fn a_card_that_is_in_use_or_not_there_is_named() {
    let case = slow(Case::small(0));
    let model = model(&case, Engine::Fast);
    let mut driver = open(&case, &model).unwrap();
    case.answers(&mut driver, &case.image(0));
    let error = open(&case, &model).err().unwrap();
    assert!(matches!(error, HostError::InUse { .. }), "{error}");
    drop(driver.close().unwrap());
    let mut driver = open(&case, &model).unwrap();
    case.answers(&mut driver, &case.image(1));
    let error = XdmaDevice::open(&case.plan, &model.base.with_file_name("xdma7"), None).err().unwrap();
    let text = error.to_string();
    assert!(text.contains("xdma7_user") && text.contains("cards there: xdma0"), "{text}");
    drop(driver);
    let node = model.base.with_file_name("xdma0_c2h_0");
    std::fs::remove_file(&node).unwrap();
    let error = XdmaDevice::open(&case.plan, &model.base, None).err().unwrap();
    assert!(matches!(&error, HostError::NoCard { node: named, .. } if *named == node), "{error}");
}

//! The driver through UIO, AXI DMA and u-dma-buf, as on a board with Linux, to the machine behind a model of them in files.

mod kernel;
mod loading;
mod model;
mod waits;

use model::Model;
use std::sync::atomic::Ordering;
use std::sync::Arc;
use systole_host::axi_dma::{DECODE_ERROR, INTERNAL_ERROR, SLAVE_ERROR};
use systole_host::{Cause, Device, Driver, HostError, Options, Stalls, UioDevice};
use systole_machine::registers as reg;
use systole_suite::case::{Case, Engine};

/// Bytes of both buffers.
const BUFFER: usize = 1 << 16;
/// What the driver is told of the clock: slow enough for deadlines that a busy computer's simulation meets.
const CLOCK_MHZ: f64 = 0.002;

type Linux = Driver<UioDevice>;

/// The same for a large machine.
const LARGE_CLOCK_MHZ: f64 = 0.002;
/// Bytes of both buffers for photographs.
const LARGE_BUFFER: usize = 1 << 20;

/// Errors of a DMA, and what a message must say of them.
const ERRORS: [(u32, &str); 3] =
    [(INTERNAL_ERROR, "more bytes came"), (SLAVE_ERROR, "memory refused"), (DECODE_ERROR, "no memory at the address")];

/// The case on a machine whose clock is as slow as a simulation.
fn slow(case: Case) -> Arc<Case> {
    clocked(case, CLOCK_MHZ)
}

fn clocked(mut case: Case, mhz: f64) -> Arc<Case> {
    case.plan = Arc::new((*case.plan).clone().forged(|draft, _| draft.board.clock_mhz = mhz));
    Arc::new(case)
}

fn model(case: &Arc<Case>, engine: Engine, buffer: usize) -> Model {
    let made = Arc::clone(case);
    Model::start(move || made.device(engine, Stalls::NONE), buffer, buffer)
}

fn open(case: &Case, model: &Model, take_over: bool) -> Result<Linux, HostError> {
    let device = UioDevice::open(&case.plan, &model.options)?;
    let options = Options { take_over, ..Options::default() };
    Driver::open(device, Arc::clone(&case.plan), case.design_hash, options)
}

#[test]
fn digits_by_dma_to_the_verilog() {
    let case = slow(Case::digits());
    let model = model(&case, Engine::Verilog, BUFFER);
    let mut driver = open(&case, &model, false).unwrap();
    case.answers_in_a_row(&mut driver, &case.handwritten()[..6]);
}

#[test]
#[ignore = "takes many minutes; `make lockstep` runs it"]
fn three_photographs_through_v1_1_by_dma_to_the_verilog() {
    let Some((case, images)) = Case::squeezenet(3) else { return };
    let case = clocked(case, LARGE_CLOCK_MHZ);
    let model = model(&case, Engine::Verilog, LARGE_BUFFER);
    let mut driver = open(&case, &model, false).unwrap();
    let begun = std::time::Instant::now();
    let tickets: Vec<_> = images.iter().map(|image| driver.submit_tensor(image).unwrap()).collect();
    for (image, ticket) in images.iter().zip(tickets) {
        assert_eq!(driver.wait(ticket).unwrap().sums, case.sums(image));
        println!(
            "v1.1 by DMA: an image after {:.0} s, its {} sums golden's",
            begun.elapsed().as_secs_f64(),
            case.plan.classes
        );
    }
    assert_eq!(driver.checksums().unwrap(), case.checksums(images.last().unwrap()));
    let counters = driver.counters().unwrap();
    assert_eq!(counters.images_done, 3);
    println!("{} cycles busy, {} layer checksums golden's", counters.busy_cycles, case.plan.layers.len());
}

#[test]
fn dma_errors_are_decoded_and_the_next_image_is_right() {
    let case = slow(Case::small(0));
    let model = model(&case, Engine::Registers, BUFFER);
    let mut driver = open(&case, &model, false).unwrap();
    for (bit, words) in ERRORS {
        for (fail, channel) in [(&model.control.fail_input, "input"), (&model.control.fail_output, "output")] {
            case.answers(&mut driver, &case.image(0));
            fail.store(bit as usize, Ordering::SeqCst);
            let ticket = driver.submit_tensor(&case.image(1)).unwrap();
            let error = driver.wait(ticket).unwrap_err();
            assert!(matches!(error, HostError::Dma { .. }), "{error}");
            let text = error.to_string();
            assert!(text.contains(&format!("{channel} transfer failed")) && text.contains(words), "{text}");
            case.answers(&mut driver, &case.image(2));
        }
    }
}

#[test]
fn a_transfer_that_stops_in_the_middle_of_an_image() {
    let case = slow(Case::small(0));
    let model = model(&case, Engine::Registers, BUFFER);
    let mut driver = open(&case, &model, false).unwrap();
    case.answers(&mut driver, &case.image(0));
    // The model's clock is faster than the driver is told: the watchdog would bark before the deadline passes.
    driver.device_mut().write_reg(reg::WATCHDOG_LIMIT.offset, u32::MAX, 1).unwrap();
    let half = case.plan.input.beats / 2;
    model.control.lose_input.store(half * case.plan.geometry.in_bytes, Ordering::SeqCst);
    let ticket = driver.submit_tensor(&case.image(1)).unwrap();
    let HostError::Deadline(stall) = driver.wait(ticket).unwrap_err() else { panic!("a deadline") };
    assert_eq!((stall.cause, stall.taken), (Cause::InputLost, case.plan.input.beats - half), "{stall}");
    case.answers(&mut driver, &case.image(2));
}

#[test]
fn the_machine_is_looked_into_by_dma() {
    let case = slow(Case::small(1));
    let model = model(&case, Engine::Fast, BUFFER);
    case.looks_inside(&mut open(&case, &model, false).unwrap());
}

#[test]
fn buffers_that_were_reserved_with_no_map_end_in_a_kernel_panic() {
    let case = slow(Case::small(0));
    let made = Arc::clone(&case);
    let model = Model::start_in("no-map", move || made.device(Engine::Registers, Stalls::NONE), BUFFER, BUFFER);
    let open = || UioDevice::open(&case.plan, &model.options).map(drop);
    let opened = std::panic::catch_unwind(std::panic::AssertUnwindSafe(open));
    assert!(opened.is_err(), "the model has Linux' rules");
}

#[test]
fn buffers_that_are_too_small_are_refused_with_both_sizes() {
    let case = slow(Case::small(0));
    let model = model(&case, Engine::Registers, 16);
    let error = open(&case, &model, false).err().unwrap();
    assert!(matches!(error, HostError::BufferSmall { found: 16, .. }), "{error}");
}

#[test]
fn a_device_that_is_elsewhere_in_use_or_not_there_is_named() {
    let case = slow(Case::small(0));
    let model = model(&case, Engine::Registers, BUFFER);
    let driver = open(&case, &model, false).unwrap();
    let error = open(&case, &model, true).err().unwrap();
    assert!(matches!(error, HostError::InUse { .. }), "{error}");
    drop(driver);
    let mut driver = open(&case, &model, true).unwrap();
    case.answers(&mut driver, &case.image(0));
    let mut options = model.options.clone();
    options.registers = "nobody".into();
    let error = UioDevice::open(&case.plan, &options).err().unwrap();
    assert!(error.to_string().contains("systole-dma, systole-registers"), "{error}");
}

#[test]
fn registers_that_read_all_ones_are_a_dead_link() {
    let case = slow(Case::small(0));
    let model = model(&case, Engine::Registers, BUFFER);
    let mut driver = open(&case, &model, false).unwrap();
    // The image does not end before the driver looks.
    model.control.lose_input.store(case.plan.geometry.in_bytes, Ordering::SeqCst);
    model.control.dead.store(true, Ordering::SeqCst);
    let ticket = driver.submit_tensor(&case.image(0)).unwrap();
    let error = driver.wait(ticket).unwrap_err();
    assert!(matches!(error, HostError::DeadLink { .. }) || error.to_string().contains("cannot be read"), "{error}");
    model.control.dead.store(false, Ordering::SeqCst);
    // The machine was reset as seen from here; what it was doing is dropped.
    case.answers(&mut driver, &case.image(1));
}

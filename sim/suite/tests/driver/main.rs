//! The driver on the real machine, by its model and by its Verilog: streams, checksums, counters, refusals.

mod faults;
mod inspection;
mod loading;
mod memories;
mod served;

use std::sync::Arc;
use systole_host::{Driver, HostError, Options, Stalls};
use systole_net::Tensor;
use systole_suite::case::{Case, Engine};

/// Percent of cycles in which source and sink pause.
const PAUSES: [(u8, u8); 5] = [(0, 0), (30, 0), (0, 50), (90, 10), (40, 80)];
/// Without pauses a stream is at most this part of its planned cycles early.
const PRECISION: u64 = 50;
/// Percent of pauses that certainly hold up some beat.
const MANY: u8 = 40;

/// Images in a row through one machine; sums, checksums and counters are golden's and the plan's.
fn in_a_row(case: &Case, engine: Engine, stalls: Stalls, images: &[Tensor]) {
    let mut driver = case.open(engine, stalls);
    let tickets: Vec<_> = images.iter().map(|image| driver.submit_tensor(image).unwrap()).collect();
    for (image, ticket) in images.iter().zip(tickets) {
        let result = driver.wait(ticket).unwrap_or_else(|e| panic!("{stalls:?}: {e}"));
        assert_eq!(result.sums, case.sums(image), "{stalls:?}: image {}", result.image);
    }
    assert_eq!(driver.checksums().unwrap(), case.checksums(images.last().unwrap()), "{stalls:?}");
    let counters = driver.counters().unwrap();
    let count = images.len();
    assert_eq!(counters.images_done as usize, count);
    assert_eq!(counters.in_beats as usize, count * case.plan.input.beats);
    assert_eq!(counters.out_beats as usize, count * case.plan.classes);
    assert_eq!(counters.error_names(), [""; 0]);
    assert!(counters.busy_cycles < counters.cycles && counters.input_starved < counters.cycles, "{counters:?}");
    if stalls == Stalls::NONE {
        let planned = case.plan.timing().latency + (images.len() as u64 - 1) * case.plan.timing().interval;
        let early = planned.checked_sub(counters.busy_cycles).expect("no slower than planned");
        assert!(early <= planned / PRECISION && counters.output_blocked == 0, "{planned} planned, {counters:?}");
    }
    assert!(stalls.sink_percent < MANY || counters.output_blocked > 0, "{counters:?}");
}

#[test]
fn images_in_a_row_with_pauses() {
    for number in 0..3 {
        let case = Case::small(number);
        let images: Vec<_> = (0..6).map(|seed| case.image(seed)).collect();
        for (seed, (source_percent, sink_percent)) in (number..).zip(PAUSES) {
            in_a_row(&case, Engine::Registers, Stalls { seed, source_percent, sink_percent }, &images);
        }
    }
}

#[test]
fn digits_on_the_model_and_on_the_verilog() {
    let case = Case::digits();
    let images = case.handwritten();
    let stalls = Stalls { seed: 1, source_percent: 30, sink_percent: 40 };
    in_a_row(&case, Engine::Fast, stalls, &images);
    in_a_row(&case, Engine::Registers, stalls, &images[..3]);
    in_a_row(&case, Engine::Verilog, stalls, &images);
    in_a_row(&case, Engine::Verilog, Stalls::NONE, &images);
}

#[test]
fn every_image_leaves_its_own_checksums() {
    let case = Case::small(1);
    let mut driver = case.open(Engine::Registers, Stalls::NONE);
    for seed in 0..4 {
        case.answers(&mut driver, &case.image(seed));
    }
}

#[test]
fn another_design_is_refused() {
    let case = Case::small(0);
    let mut hash = case.design_hash;
    hash[31] ^= 1;
    let device = case.device(Engine::Registers, Stalls::NONE);
    let error = Driver::open(device, Arc::clone(&case.plan), hash, Options::default()).err().unwrap();
    assert!(matches!(error, HostError::Hash { what: "design", .. }), "{error}");
}

#[test]
fn other_weights_are_refused() {
    let case = Case::small(0);
    let plan = (*case.plan).clone().forged(|draft, _| draft.weights_hash.0[0] ^= 0x80);
    let device = case.device(Engine::Registers, Stalls::NONE);
    let error = Driver::open(device, Arc::new(plan), case.design_hash, Options::default()).err().unwrap();
    assert!(matches!(error, HostError::Hash { what: "weights", .. }), "{error}");
}

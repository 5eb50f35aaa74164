//! Weights to a card, whose DMA has no reset: what a load that breaks off leaves there passes for nothing else.

use crate::{clocked, model, open};
use std::sync::Arc;
use systole_host::{Faulty, XdmaDevice};
use systole_machine::WeightMemory;
use systole_suite::case::{Case, Engine};
use systole_suite::loads::{
    cut_off_and_loaded_again, half_a_load, refuses_to_run, reset_and_loaded_again, taken_exchanged_and_refused,
};

/// Fast enough to wait for what does not come, slow enough for a busy computer to load.
const LOADING_MHZ: f64 = 0.01;

fn loaded() -> Arc<Case> {
    clocked(Case::loaded(0, WeightMemory::Loaded), LOADING_MHZ)
}

#[test]
fn weights_to_a_card_with_the_verilog() {
    let case = loaded();
    let model = model(&case, Engine::Verilog);
    let mut driver = open(&case, &model).unwrap();
    taken_exchanged_and_refused(&case, &mut driver);
}

#[test]
fn a_load_that_breaks_off_leaves_nothing_on_the_card() {
    let case = loaded();
    let model = model(&case, Engine::Verilog);
    let device = || XdmaDevice::open(&case.plan, &model.base, Some(Arc::clone(&model.barrier))).unwrap();
    half_a_load(&case, device());
    refuses_to_run(&mut device());
    let mut driver = case.drive(Faulty::new(device())).unwrap();
    case.answers(&mut driver, &case.image(0));
    cut_off_and_loaded_again(&case, &mut driver);
    reset_and_loaded_again(&case, &mut driver);
}

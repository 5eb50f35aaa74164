//! Weights by DMA: packets of at most a buffer, refused, broken off, begun anew.

use crate::{clocked, model, open, BUFFER};
use std::sync::atomic::Ordering;
use std::sync::Arc;
use systole_host::axi_dma::DECODE_ERROR;
use systole_host::{Faulty, HostError, UioDevice};
use systole_machine::WeightMemory;
use systole_suite::case::{Case, Engine};
use systole_suite::loads::{
    cut_off_and_loaded_again, half_a_load, refuses_to_run, reset_and_loaded_again, taken_exchanged_and_refused,
};

/// Fast enough to wait for what does not come, slow enough for a busy computer to load.
const LOADING_MHZ: f64 = 0.002;

fn loaded() -> Arc<Case> {
    clocked(Case::loaded(0, WeightMemory::Loaded), LOADING_MHZ)
}

#[test]
fn weights_by_dma_to_the_verilog() {
    let case = loaded();
    let model = model(&case, Engine::Verilog, BUFFER);
    let mut driver = open(&case, &model, false).unwrap();
    taken_exchanged_and_refused(&case, &mut driver);
}

#[test]
fn a_load_by_dma_that_breaks_off_is_begun_anew() {
    let case = loaded();
    let model = model(&case, Engine::Verilog, BUFFER);
    let device = || UioDevice::open(&case.plan, &model.options).unwrap();
    half_a_load(&case, device());
    refuses_to_run(&mut device());
    let mut driver = case.drive(Faulty::new(device())).unwrap();
    case.answers(&mut driver, &case.image(0));
    cut_off_and_loaded_again(&case, &mut driver);
    reset_and_loaded_again(&case, &mut driver);
}

#[test]
fn a_dma_error_in_the_middle_of_a_load_is_told_and_the_next_load_is_whole() {
    let case = loaded();
    let model = model(&case, Engine::Verilog, BUFFER);
    model.control.fail_input.store(DECODE_ERROR as usize, Ordering::SeqCst);
    let error = open(&case, &model, false).err().expect("the first packet of weights does not arrive");
    assert!(matches!(error, HostError::Dma { .. }), "{error}");
    refuses_to_run(&mut UioDevice::open(&case.plan, &model.options).unwrap());
    let mut driver = open(&case, &model, false).unwrap();
    case.answers(&mut driver, &case.image(0));
}

//! The mock's weights, where they are loaded.

use super::registers::Registers;
use crate::error::HostError;
use systole_plan::clock::loader::Loader;
use systole_plan::pins::TopIn;
use systole_plan::weights::{load_words, loaded_row, Layout};
use systole_plan::Plan;

/// The loader and the memories that it fills; nothing where the weights are in the design.
pub struct Memory(Option<Loading>);

struct Loading {
    loader: Loader,
    layout: Layout,
    words: Vec<u128>,
    /// The words are the plan's; `None` before they were compared.
    own: Option<bool>,
}

impl Memory {
    pub fn new(plan: &Plan) -> Self {
        let g = &plan.geometry;
        Memory(g.weights.is_loaded().then(|| Loading {
            loader: Loader::new(g),
            layout: Layout::new(g.wgt_depth),
            words: vec![0; g.load_words()],
            own: None,
        }))
    }

    /// Any reset: the weights stay.
    pub fn reset(&mut self) {
        if let Some(loading) = &mut self.0 {
            loading.loader.clock(true, [false; 2], None, Vec::new);
        }
    }

    /// A cycle of a machine that is not enabled; whether it is ready for a beat.
    pub fn clock(&mut self, plan: &Plan, pins: &TopIn, registers: &mut Registers) -> bool {
        let Some(Loading { loader, layout, words, own }) = &mut self.0 else { return false };
        let asked = registers.asked();
        let ready = asked[0] && loader.ready();
        if let Some((at, word)) = loader.write() {
            words[at] = word;
            *own = None;
        }
        registers.note_load(loader.write().is_some(), loader.checked().then(|| loader.crc()));
        let beat = pins.s_axis_tvalid.then_some(pins.s_axis_tdata);
        let address = loader.read().unwrap_or(0);
        loader.clock(false, asked, beat, || loaded_row(layout, plan.geometry.cols, words, address));
        ready
    }

    /// Fails when the memories hold other weights than the answers are made with.
    pub fn expect_own(&mut self, plan: &Plan) -> Result<(), HostError> {
        let Some(loading) = &mut self.0 else { return Ok(()) };
        let words = &loading.words;
        let own = *loading.own.get_or_insert_with(|| *words == load_words(&plan.weight_rows(), plan.geometry.cols));
        own.then_some(()).ok_or(HostError::MockWeights)
    }
}

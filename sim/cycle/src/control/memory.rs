//! Its memories: weights that are loaded, and what reading back finds.

use super::registers::Registers;
use crate::error::CycleError;
use systole_machine::control::check::{Asked, MemoryCheck, Place};
use systole_machine::control::loader::Loader;
use systole_machine::memories::MemoryImage;
use systole_machine::pins::TopIn;
use systole_machine::weights::LoadOrder;
use systole_machine::Plan;

/// The memories, the loader that fills them where weights are loaded, and the check.
pub struct Memory {
    loading: Option<Loading>,
    images: Vec<MemoryImage>,
    check: MemoryCheck,
}

struct Loading {
    order: &'static dyn LoadOrder,
    loader: Loader,
    words: Vec<u128>,
    /// The words are the plan's; `None` before they were compared.
    own: Option<bool>,
    /// The image of the weights is of other words.
    stale: bool,
}

impl Memory {
    pub fn new(plan: &Plan) -> Self {
        let g = &plan.geometry;
        let loading =
            |order| Loading { order, loader: Loader::new(g), words: vec![0; g.load_words()], own: None, stale: true };
        Memory {
            loading: g.store().load_order().map(loading),
            images: plan.memory_images(),
            check: MemoryCheck::of(plan),
        }
    }

    /// Any reset: what the memories hold stays.
    pub fn reset(&mut self) {
        self.check.clock(true, Asked::default(), None);
        if let Some(loading) = &mut self.loading {
            loading.loader.clock(true, false, None);
        }
    }

    /// Turns a bit of a memory over, counted in the order in which it is read back.
    pub fn flip(&mut self, memory: usize, bit: usize) {
        self.images[memory].bytes[bit / 8] ^= 1 << (bit % 8);
    }

    /// A cycle of a machine that is not enabled, with an image in flight or not; whether it is ready for a beat.
    pub fn clock(&mut self, plan: &Plan, pins: &TopIn, registers: &mut Registers, busy: bool) -> bool {
        let [load, check] = registers.asked();
        let loaded = self.loading.as_ref().is_some_and(|loading| loading.loader.loaded());
        let byte = self.check.read().map(|place| self.read(plan, place));
        if let Some(memory) = self.check.found() {
            registers.note_found(memory, self.check.crc(), self.check.done());
        }
        self.check.clock(false, Asked { check, load, loaded, busy }, byte);
        let Some(Loading { loader, words, own, stale, .. }) = &mut self.loading else { return false };
        let ready = load && loader.ready();
        if let Some((at, word)) = loader.write() {
            words[at] = word;
            (*own, *stale) = (None, true);
            registers.note_word();
        }
        loader.clock(false, load, pins.s_axis_tvalid.then_some(pins.s_axis_tdata));
        ready
    }

    fn read(&mut self, plan: &Plan, place: Place) -> u8 {
        let image = &mut self.images[place.memory];
        if let Some(loading) = self.loading.as_mut().filter(|loading| loading.stale && place.memory == 0) {
            image.bytes =
                loading.order.weights(&plan.geometry, &loading.words).iter().map(|&weight| weight as u8).collect();
            loading.stale = false;
        }
        image.bytes[place.word * image.word_bytes + place.byte]
    }

    /// The check notices that nothing is asked of it any more.
    pub fn rest(&mut self) {
        if self.check.holds() {
            self.check.clock(false, Asked::default(), None);
        }
    }

    /// Fails when the memories hold other weights than the answers are made with.
    pub fn expect_own(&mut self, plan: &Plan) -> Result<(), CycleError> {
        let Some(loading) = &mut self.loading else { return Ok(()) };
        let words = &loading.words;
        let own = *loading.own.get_or_insert_with(|| *words == plan.load_words());
        own.then_some(()).ok_or(CycleError::OtherWeights)
    }
}

//! Its memories: weights that are loaded, and what reading back finds.

use crate::error::CycleError;
use std::collections::VecDeque;
use systole_machine::control::check::{Asked, MemoryCheck, Place};
use systole_machine::control::input::Skid;
use systole_machine::control::loader::Loader;
use systole_machine::memories::MemoryImage;
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
    /// The buffer in front of the loader, and the beats in it.
    skid: Skid,
    held: VecDeque<u64>,
    loader: Loader,
    words: Vec<u128>,
    /// The words are the plan's; `None` before they were compared.
    own: Option<bool>,
    /// The image of the weights is of other words.
    stale: bool,
}

impl Loading {
    fn empty(&mut self) {
        self.skid = Skid::default();
        self.held.clear();
    }

    fn clock(&mut self, load: bool, beat: Option<u64>) -> bool {
        let (ready, takes) = (self.skid.ready(), self.loader.ready());
        if let Some((at, word)) = self.loader.write() {
            self.words[at] = word;
            (self.own, self.stale) = (None, true);
        }
        self.loader.clock(false, load, self.held.front().copied().filter(|_| self.skid.valid));
        if !load {
            self.empty();
            return false;
        }
        if self.skid.valid && takes {
            self.held.pop_front();
        }
        self.held.extend(beat.filter(|_| ready));
        self.skid.clock(beat.is_some(), takes);
        ready
    }
}

impl Memory {
    pub fn new(plan: &Plan) -> Self {
        let g = &plan.geometry;
        let loading = |order| Loading {
            order,
            skid: Skid::default(),
            held: VecDeque::new(),
            loader: Loader::new(g),
            words: vec![0; g.load_words()],
            own: None,
            stale: true,
        };
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
            loading.empty();
        }
    }

    /// Turns a bit of a memory over, counted in the order in which it is read back.
    pub fn flip(&mut self, memory: usize, bit: usize) {
        self.images[memory].bytes[bit / 8] ^= 1 << (bit % 8);
    }

    /// A memory whose CRC is there in this cycle, the CRC, and whether it is the last memory's.
    pub fn found(&self) -> Option<(usize, u32, bool)> {
        self.check.found().map(|memory| (memory, self.check.crc(), self.check.done()))
    }

    /// A word of the weights is written in this cycle.
    pub fn takes_word(&self) -> bool {
        self.loading.as_ref().is_some_and(|loading| loading.loader.write().is_some())
    }

    /// A cycle with what is asked of the check, and the beat that is offered while weights are loaded; whether the loader's buffer is ready for it.
    pub fn clock(&mut self, plan: &Plan, asked: Asked, beat: Option<u64>) -> bool {
        let loaded = self.loading.as_ref().is_some_and(|loading| loading.loader.loaded());
        let byte = self.check.read().map(|place| self.read(plan, place));
        self.check.clock(false, Asked { loaded, ..asked }, byte);
        self.loading.as_mut().is_some_and(|loading| loading.clock(asked.load, beat))
    }

    fn read(&mut self, plan: &Plan, place: Place) -> u8 {
        let image = &mut self.images[place.memory];
        if let Some(loading) = self.loading.as_mut().filter(|loading| loading.stale && place.memory == 0) {
            image.bytes = loading.order.contents(&plan.geometry, &loading.words);
            loading.stale = false;
        }
        image.bytes[place.word * image.word_bytes + place.byte]
    }

    /// Tables are being read back.
    pub fn holds(&self) -> bool {
        self.check.holds()
    }

    /// Fails when the memories hold other weights than the answers are made with.
    pub fn expect_own(&mut self, plan: &Plan) -> Result<(), CycleError> {
        let Some(loading) = &mut self.loading else { return Ok(()) };
        let words = &loading.words;
        let own = *loading.own.get_or_insert_with(|| *words == plan.load_words());
        own.then_some(()).ok_or(CycleError::OtherWeights)
    }
}

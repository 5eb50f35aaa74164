//! A host that stalls at random on both streams and reads registers all the time.

use crate::pair::Pair;
use std::collections::VecDeque;
use systole_machine::registers::{CONTROL, ENABLE, TABLE};
use systole_machine::Plan;
use systole_net::random::Rng;

/// More cycles than any case takes.
const LIMIT: u64 = 1_000_000;

/// Streams random images with random gaps, takes results with random pauses.
pub struct Host {
    random: Rng,
    in_bytes: usize,
    image_beats: usize,
    /// Beats to be sent; the first one stays on offer until it is taken.
    beats: VecDeque<(u64, bool)>,
    offered: bool,
    results: usize,
    bus: Bus,
}

impl Host {
    pub fn new(plan: &Plan, seed: u64) -> Self {
        Host::with(plan, seed, ENABLE.mask())
    }

    /// Writes that word to the register `control`.
    pub fn with(plan: &Plan, seed: u64, control: u32) -> Self {
        Host {
            random: Rng::new(seed + 1),
            in_bytes: plan.geometry.in_bytes,
            image_beats: plan.input.beats,
            beats: VecDeque::new(),
            offered: false,
            results: 0,
            bus: Bus { control, ..Bus::default() },
        }
    }

    /// Runs until `count` images are through; returns the results seen.
    pub fn images(&mut self, pair: &mut Pair, count: usize) -> usize {
        for _ in 0..LIMIT {
            if self.results == count {
                break;
            }
            self.cycle(pair);
        }
        self.results
    }

    pub fn cycles(&mut self, pair: &mut Pair, cycles: u64) {
        (0..cycles).for_each(|_| self.cycle(pair));
    }

    fn cycle(&mut self, pair: &mut Pair) {
        if self.beats.is_empty() {
            let mask = u64::MAX >> (64 - 8 * self.in_bytes);
            self.beats = (1..=self.image_beats).map(|b| (self.random.bits() & mask, b == self.image_beats)).collect();
        }
        self.offered |= self.random.below(8) != 0;
        let (data, last) = self.beats[0];
        let ready = self.random.below(4) != 0;
        pair.set("s_axis_tvalid_i", self.offered.into());
        pair.set("s_axis_tdata_i", data);
        pair.set("s_axis_tlast_i", last.into());
        pair.set("m_axis_tready_i", ready.into());
        self.bus.drive(pair, &mut self.random);
        pair.settle();
        if self.offered && pair.get("s_axis_tready_o") == 1 {
            self.beats.pop_front();
            self.offered = false;
        }
        let taken = ready && pair.get("m_axis_tvalid_o") == 1;
        self.results += usize::from(taken && pair.get("m_axis_tlast_o") == 1);
        self.bus.observe(pair);
        pair.tick(false);
    }
}

/// One register access after another: first `control` is written, then registers are read.
#[derive(Default)]
struct Bus {
    control: u32,
    enabled: bool,
    busy: bool,
    aw: bool,
    w: bool,
    ar: bool,
    rready: bool,
}

impl Bus {
    fn drive(&mut self, pair: &mut Pair, random: &mut Rng) {
        if !self.busy {
            self.busy = true;
            (self.aw, self.w, self.ar) = (!self.enabled, !self.enabled, self.enabled);
            let register = TABLE[random.below(TABLE.len())];
            pair.set("s_axil_araddr_i", register.offset.into());
        }
        self.rready = random.one_in(2);
        pair.set("s_axil_awaddr_i", CONTROL.offset.into());
        pair.set("s_axil_wdata_i", self.control.into());
        pair.set("s_axil_wstrb_i", 0xf);
        pair.set("s_axil_awvalid_i", self.aw.into());
        pair.set("s_axil_wvalid_i", self.w.into());
        pair.set("s_axil_arvalid_i", self.ar.into());
        pair.set("s_axil_bready_i", 1);
        pair.set("s_axil_rready_i", self.rready.into());
    }

    /// The handshakes of a settled cycle.
    fn observe(&mut self, pair: &Pair) {
        let up = |name| pair.get(name) == 1;
        self.aw &= !up("s_axil_awready_o");
        self.w &= !up("s_axil_wready_o");
        self.ar &= !up("s_axil_arready_o");
        let written = up("s_axil_bvalid_o");
        self.enabled |= written;
        if written || self.rready && up("s_axil_rvalid_o") {
            self.busy = false;
        }
    }
}

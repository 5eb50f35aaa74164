//! Weights are loaded into the fast machine in the register-level machine's cycles: every pin, in every cycle, under random stalls.

use std::sync::Arc;
use systole_cycle::{FastMachine, RegisterMachine};
use systole_machine::geometry::Multiplier;
use systole_machine::pins::{TopIn, TopOut, TopPins};
use systole_machine::registers::{CHECK, CONTROL, ENABLE, LOAD, TABLE, WANTED_CRC};
use systole_machine::{Board, Plan, WeightMemory};
use systole_net::random::{random_image, random_net, with_codebooks, Limits, Rng};
use systole_net::Net;
use systole_plan::planner::{plan_array, Array};
use systole_plan::Spare;
use systole_rtl::top::compose;

const BOARD: &str = include_str!("../../../constraints/tiny.toml");
const ALL_BYTES: u8 = 0xf;
const IMAGES: usize = 2;
/// More cycles than a run takes.
const PATIENCE: usize = 200_000;

fn planned(seed: u64, weights: WeightMemory) -> (Net, Plan) {
    let array = Array { rows: 3, cols: 4, multiplier: Multiplier::Single, weights, pool_words: 0 };
    let attempt = |seed| {
        let net = random_net(seed, &Limits::default());
        let net = if weights.store().is_coded() { with_codebooks(&net, seed) } else { net };
        let plan = plan_array(&net, &Board::parse(BOARD).unwrap(), array, Spare { slack: 1, overlaid: 2 }).ok()?;
        Some((net, plan))
    };
    (seed..).find_map(attempt).unwrap()
}

/// Both machines, with equal inputs.
struct Pair {
    fast: FastMachine,
    registers: RegisterMachine,
    rng: Rng,
    pins: TopIn,
    cycle: usize,
    sums: Vec<u32>,
}

impl Pair {
    fn new(net: &Net, plan: &Arc<Plan>, seed: u64) -> Self {
        let design_hash = compose(plan).unwrap().design_hash;
        let mut pair = Pair {
            fast: FastMachine::new(Arc::clone(plan), net, design_hash).unwrap(),
            registers: RegisterMachine::new(plan).unwrap(),
            rng: Rng::new(seed),
            pins: TopIn::default(),
            cycle: 0,
            sums: Vec::new(),
        };
        let reset = TopIn { rst: true, ..TopIn::default() };
        for _ in 0..2 {
            pair.fast.cycle(&reset).unwrap();
            pair.registers.cycle(&reset).unwrap();
        }
        pair
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.rng.below(n) == 0
    }

    fn cycle(&mut self) -> TopOut {
        self.pins.m_axis_tready = !self.one_in(3);
        self.pins.s_axil_bready = self.one_in(2);
        self.pins.s_axil_rready = self.one_in(2);
        let (mut fast, mut registers) =
            (self.fast.cycle(&self.pins).unwrap(), self.registers.cycle(&self.pins).unwrap());
        for out in [&mut fast, &mut registers] {
            // Without its valid a word means nothing.
            if !out.m_axis_tvalid {
                (out.m_axis_tdata, out.m_axis_tlast) = (0, false);
            }
        }
        assert_eq!(fast, registers, "cycle {}, address {:#x}", self.cycle, self.pins.s_axil_araddr);
        self.cycle += 1;
        assert!(self.cycle < PATIENCE, "nothing moves any more");
        if self.pins.m_axis_tready && fast.m_axis_tvalid {
            self.sums.push(fast.m_axis_tdata);
        }
        self.pins.s_axil_awvalid &= !fast.s_axil_awready;
        self.pins.s_axil_wvalid &= !fast.s_axil_wready;
        self.pins.s_axil_arvalid &= !fast.s_axil_arready;
        fast
    }

    fn write(&mut self, address: u32, data: u32) {
        (self.pins.s_axil_awvalid, self.pins.s_axil_awaddr) = (true, address);
        (self.pins.s_axil_wvalid, self.pins.s_axil_wdata, self.pins.s_axil_wstrb) = (true, data, ALL_BYTES);
        while !(self.cycle().s_axil_bvalid && self.pins.s_axil_bready) {}
    }

    /// Now and then begins to read a register, whatever is in progress.
    fn look(&mut self) {
        if !self.pins.s_axil_arvalid && self.one_in(3) {
            let register = TABLE[self.rng.below(TABLE.len())];
            (self.pins.s_axil_arvalid, self.pins.s_axil_araddr) = (true, register.word(0));
        }
    }

    fn send(&mut self, beats: &[(u64, bool)]) {
        for &(data, last) in beats {
            while self.one_in(4) {
                self.look();
                self.cycle();
            }
            (self.pins.s_axis_tvalid, self.pins.s_axis_tdata, self.pins.s_axis_tlast) = (true, data, last);
            loop {
                self.look();
                if self.cycle().s_axis_tready {
                    break;
                }
            }
            self.pins.s_axis_tvalid = false;
        }
    }

    fn pass(&mut self, cycles: usize) {
        for _ in 0..cycles {
            self.look();
            self.cycle();
        }
    }
}

/// A register of a machine whose streams rest.
fn read(machine: &mut FastMachine, address: u32) -> u32 {
    let mut pins = TopIn { s_axil_arvalid: true, s_axil_araddr: address, s_axil_rready: true, ..TopIn::default() };
    loop {
        let out = machine.cycle(&pins).unwrap();
        pins.s_axil_arvalid &= !out.s_axil_arready;
        if out.s_axil_rvalid {
            return out.s_axil_rdata;
        }
    }
}

/// All registers after an image, and the cycles that were passed over.
fn registers_after(net: &Net, plan: &Arc<Plan>, rests: bool) -> (Vec<u32>, u64) {
    let mut machine = FastMachine::new(Arc::clone(plan), net, [0; 32]).unwrap();
    machine.cycle(&TopIn { rst: true, ..TopIn::default() }).unwrap();
    let mut pins = TopIn {
        s_axil_awvalid: true,
        s_axil_awaddr: CONTROL.offset,
        s_axil_wvalid: true,
        s_axil_wdata: ENABLE.mask(),
        s_axil_wstrb: ALL_BYTES,
        s_axil_bready: true,
        m_axis_tready: true,
        ..TopIn::default()
    };
    let g = &plan.geometry;
    let bytes: Vec<u8> = random_image(net, 5).data.iter().map(|&v| v as u8).collect();
    let mut beats = beats(&plan.input.pack(g.rows, g.in_bytes, &bytes), g.in_bytes, true).into_iter().peekable();
    let (mut now, mut skipped) = (0, 0);
    while now < 2 * plan.timing().latency + 1000 {
        let beat = beats.peek().copied();
        (pins.s_axis_tdata, pins.s_axis_tlast) = beat.unwrap_or_default();
        pins.s_axis_tvalid = beat.is_some();
        if rests {
            let (passed, _) = machine.rest(&pins, 2 * plan.timing().latency + 999 - now).unwrap();
            (now, skipped) = (now + passed, skipped + passed);
        }
        let out = machine.cycle(&pins).unwrap();
        now += 1;
        pins.s_axil_awvalid &= !out.s_axil_awready;
        pins.s_axil_wvalid &= !out.s_axil_wready;
        if pins.s_axis_tvalid && out.s_axis_tready {
            beats.next();
        }
    }
    let words = TABLE.iter().flat_map(|register| (0..register.words).map(|word| register.word(word)));
    (words.map(|address| read(&mut machine, address)).collect(), skipped)
}

#[test]
fn cycles_that_are_passed_over_are_counted() {
    let (net, plan) = planned(3, WeightMemory::Initialised);
    let plan = Arc::new(plan);
    let ((with, skipped), (without, _)) = (registers_after(&net, &plan, true), registers_after(&net, &plan, false));
    assert!(skipped > 0);
    assert_eq!(with, without);
}

fn beats(bytes: &[u8], width: usize, last: bool) -> Vec<(u64, bool)> {
    let count = bytes.len() / width;
    let beat = |(at, beat): (usize, &[u8])| {
        (beat.iter().rev().fold(0, |bits, &byte| bits << 8 | u64::from(byte)), last && at + 1 == count)
    };
    bytes.chunks(width).enumerate().map(beat).collect()
}

#[test]
fn a_load_begins_and_ends_in_the_machines_cycles() {
    for (seed, kind) in [(3, WeightMemory::Loaded), (11, WeightMemory::Ultra), (7, WeightMemory::CodedLoaded)] {
        let (net, plan) = planned(seed, kind);
        let plan = Arc::new(plan);
        let g = &plan.geometry;
        let mut pair = Pair::new(&net, &plan, seed);
        let words = plan.load_words();
        pair.pass(50);
        pair.write(WANTED_CRC.offset, plan.memories()[0].crc);
        pair.write(CONTROL.offset, LOAD.mask());
        pair.send(&beats(&g.load_stream(&words), g.in_bytes, false));
        pair.pass(plan.check_cycles() as usize + 200);
        pair.write(CONTROL.offset, 0);
        pair.write(CONTROL.offset, CHECK.mask());
        pair.pass(plan.check_cycles() as usize + 200);
        pair.write(CONTROL.offset, ENABLE.mask());
        for image in 0..IMAGES {
            let image = random_image(&net, seed + image as u64);
            let bytes: Vec<u8> = image.data.iter().map(|&v| v as u8).collect();
            pair.send(&beats(&plan.input.pack(g.rows, g.in_bytes, &bytes), g.in_bytes, true));
        }
        while pair.sums.len() < IMAGES * plan.classes {
            pair.pass(1);
        }
        pair.pass(1000);
    }
}

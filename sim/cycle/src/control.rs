//! The machine without a datapath: registers and handshakes with exact timing, answers from any engine.
//!
//! Timing is the plan's clocked model ([`systole_machine::control`]) and, at the registers, the models of the primitives
//! themselves; values come from outside. Weights that are loaded are kept, counted and checked, as all memories are, but not computed
//! with: the machine refuses to answer with others than the plan's.

mod memory;
mod stream;

use crate::model::Clocked;
use crate::primitives::axil_regs::AxilRegsModel;
use crate::primitives::events::EventsModel;
use memory::Memory;
use std::sync::Arc;
use stream::{Images, Results};
use systole_machine::control::check::Asked;
use systole_machine::control::loop_back::LoopBack;
use systole_machine::control::machine::{Machine, Observer, Permit};
use systole_machine::control::pool::PoolRead;
use systole_machine::control::sequencer::Wait;
use systole_machine::pins::{BoxError, TopIn, TopOut, TopPins};
use systole_machine::tracks::Tracks;
use systole_machine::Plan;
use systole_net::{Tensor, Trace};
use systole_rtl::ports::axil_regs::In;
use systole_rtl::ports::events::In as Seen;
use systole_rtl::top;

/// Cycles after which the registers' inputs last as what lasts at the pins.
const INPUTS_LATE: u64 = 4;

/// The engine behind the machine: from the encoded input tensor to what the network leaves behind.
pub type Answer = Box<dyn FnMut(&Tensor) -> Result<Trace, BoxError> + Send>;

/// The top level's pins over a clocked control model. Like the machine, it drops beats after a TLAST error until a soft reset.
pub struct ControlMachine {
    plan: Arc<Plan>,
    answer: Answer,
    machine: Machine,
    loop_back: LoopBack,
    registers: AxilRegsModel,
    events: EventsModel,
    images: Images,
    results: Results,
    memory: Memory,
    /// The array took a step in the cycle before.
    progress: bool,
    /// The checksum that was asked for in the cycle before.
    checksum: u32,
    /// The collector takes a beat in this cycle.
    collected: bool,
    /// Number of the beat that it takes next, in its image.
    beat: usize,
    /// What is written down of what the parts do, if anything.
    tracks: Option<Tracks>,
}

/// Notes whether the array took a step, and what is to be written down.
struct Progress<'a>(bool, Option<&'a mut Tracks>);

impl Observer for Progress<'_> {
    fn pool_read(&mut self, cycle: u64, read: &PoolRead) {
        self.1.iter_mut().for_each(|tracks| tracks.pool_read(cycle, read));
    }

    fn pool_done(&mut self, cycle: u64) {
        self.1.iter_mut().for_each(|tracks| tracks.pool_done(cycle));
    }

    fn idle(&mut self, cycle: u64, cycles: u64, why: Option<Wait>) {
        self.1.iter_mut().for_each(|tracks| tracks.idle(cycle, cycles, why));
    }

    fn steps(&mut self, layer: usize, cycles: u64) {
        self.0 = true;
        self.1.iter_mut().for_each(|tracks| tracks.steps(layer, cycles));
    }
}

impl ControlMachine {
    /// A machine of `plan` in a design of that hash.
    pub fn new(plan: Arc<Plan>, design_hash: [u8; 32], answer: Answer) -> Self {
        ControlMachine {
            machine: Machine::new(&plan),
            loop_back: LoopBack::new(&plan.geometry),
            registers: AxilRegsModel::new(top::registers(&plan, design_hash)),
            events: EventsModel::new(top::events(&plan)),
            images: Images::default(),
            results: Results::default(),
            memory: Memory::new(&plan),
            progress: false,
            checksum: 0,
            collected: false,
            beat: 0,
            tracks: None,
            plan,
            answer,
        }
    }

    /// From now on what every part does is written down.
    pub fn record(&mut self) {
        self.tracks = Some(Tracks::default());
    }

    /// What was written down since [`ControlMachine::record`].
    pub fn recorded(&mut self) -> Tracks {
        self.tracks.take().unwrap_or_default()
    }

    /// Turns a bit of a memory over, as radiation would: a memory of the plan's ([`Plan::memories`]), a bit in the order in which it
    /// is read back. The answers stay those of the engine behind it.
    ///
    /// # Panics
    /// When there is no such memory or bit.
    pub fn flip_bit(&mut self, memory: usize, bit: usize) {
        self.memory.flip(memory, bit);
    }

    /// Everything but the registers.
    fn restart(&mut self) {
        self.machine = Machine::new(&self.plan);
        self.loop_back = LoopBack::new(&self.plan.geometry);
        self.images = Images::default();
        self.results = Results::default();
        self.memory.reset();
        (self.progress, self.checksum, self.collected, self.beat) = (false, 0, false, 0);
        self.tracks.iter_mut().for_each(Tracks::restart);
    }

    fn answer_bus(&self, out: &mut TopOut) {
        let bus = self.registers.bus.outputs();
        (out.s_axil_awready, out.s_axil_wready, out.s_axil_arready) = (bus.awready, bus.wready, bus.arready);
        (out.s_axil_bvalid, out.s_axil_bresp) = (bus.bvalid, bus.bresp);
        (out.s_axil_rvalid, out.s_axil_rdata, out.s_axil_rresp) = (bus.rvalid, bus.rdata, bus.rresp);
    }

    /// The registers' inputs in this cycle.
    fn inputs(&self, pins: &TopIn) -> In {
        let (events, sequencer) = (&self.events, &self.machine.sequencer);
        let (found_memory, found_crc, found_last) = self.memory.found().unwrap_or_default();
        In {
            s_axil_awaddr: pins.s_axil_awaddr.into(),
            s_axil_awvalid: pins.s_axil_awvalid,
            s_axil_wdata: pins.s_axil_wdata.into(),
            s_axil_wstrb: pins.s_axil_wstrb.into(),
            s_axil_wvalid: pins.s_axil_wvalid,
            s_axil_bready: pins.s_axil_bready,
            s_axil_araddr: pins.s_axil_araddr.into(),
            s_axil_arvalid: pins.s_axil_arvalid,
            s_axil_rready: pins.s_axil_rready,
            chk_value: self.checksum.into(),
            step: sequencer.pc as u64,
            layer: sequencer.cur.item.layer as u64,
            busy: events.busy,
            result_ready: events.result_ready,
            progress: self.progress,
            in_beat: events.in_beat,
            out_beat: events.out_beat,
            starved: self.machine.waits() == Some(Wait::Input),
            blocked: events.blocked,
            image_done: events.image_done,
            tlast_early: events.tlast[0],
            tlast_late: events.tlast[1],
            dropped: events.dropped,
            load_word: self.memory.takes_word(),
            found: self.memory.found().is_some(),
            found_memory: found_memory as u64,
            found_crc: found_crc.into(),
            found_last,
        }
    }

    /// The rising edge of the registers.
    fn count(&mut self, pins: &TopIn, out: &TopOut, inputs: In) {
        // Errors are of a beat that is behind the buffer.
        let arrived = !self.machine.holds_beat();
        let seen = Seen {
            s_valid: pins.s_axis_tvalid,
            s_ready: out.s_axis_tready,
            beat_valid: self.collected,
            beat_ready: true,
            beat: self.beat as u64,
            err_early: self.images.early && arrived,
            err_late: self.images.late && arrived,
            r#loop: self.registers.file.loops_back(),
            m_valid: out.m_axis_tvalid,
            m_ready: pins.m_axis_tready,
            m_last: out.m_axis_tlast,
        };
        let soft_reset = self.registers.file.soft_reset();
        self.results.complete(self.machine.completed());
        self.checksum = self.results.checksum(self.registers.file.checksum_layer());
        self.registers.clock(false, inputs);
        self.events.clock(soft_reset, seen);
        if self.collected {
            self.beat = (self.beat + 1) % self.plan.input.beats;
        }
        if soft_reset {
            self.restart();
        }
    }

    /// Both streams for a cycle; fills the stream pins of `out`.
    fn streams(&mut self, pins: &TopIn, out: &mut TopOut) -> Result<(), BoxError> {
        let file = &self.registers.file;
        let (enable, loops_back) = (file.is_enabled(), file.loops_back());
        let asked = Asked { check: file.checks(), load: file.loads(), loaded: false, busy: self.events.busy };
        let permit = Permit { enable, hold: self.memory.holds() };
        let beat = (pins.s_axis_tvalid && !loops_back).then_some(pins.s_axis_tdata);
        let ready = self.memory.clock(&self.plan, asked, beat);
        self.run(permit, pins, !loops_back && !asked.load, out)?;
        match (loops_back, asked.load) {
            (true, _) => self.send_back(pins, out),
            (_, true) => {
                out.s_axis_tready = ready;
                if ready && pins.s_axis_tvalid {
                    self.tracks.iter_mut().for_each(Tracks::load);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The machine's cycle, with the input stream's beats or without.
    fn run(&mut self, permit: Permit, pins: &TopIn, beats: bool, out: &mut TopOut) -> Result<(), BoxError> {
        let failed = self.images.failed();
        let right = self.images.tlast_expected(&self.plan) == pins.s_axis_tlast;
        let valid = beats && pins.s_axis_tvalid && !failed && right;
        let mut progress = Progress(false, self.tracks.as_mut());
        let tick = self.machine.clock_within(permit, valid, pins.m_axis_tready, &mut progress);
        self.progress = progress.0;
        self.tracks.iter_mut().for_each(|tracks| tracks.beats(&tick));
        self.collected = tick.collected || beats && failed && pins.s_axis_tvalid;
        (out.s_axis_tready, out.m_axis_tvalid) = (tick.s_ready || failed && permit.enable, tick.m_valid);
        if tick.m_valid {
            (out.m_axis_tdata, out.m_axis_tlast) = self.results.beat()?;
        }
        if beats && pins.s_axis_tvalid && out.s_axis_tready {
            self.take(pins)?;
        }
        if tick.out_beat {
            self.results.taken();
        }
        Ok(())
    }

    /// The pins take a beat; with an image's last one its answer is made.
    fn take(&mut self, pins: &TopIn) -> Result<(), BoxError> {
        if self.images.failed() {
            return Ok(());
        }
        if let Some(image) = self.images.take(&self.plan, pins.s_axis_tdata, pins.s_axis_tlast) {
            self.memory.expect_own(&self.plan)?;
            let file = &self.registers.file;
            let window = file.dumps().then(|| file.dump_window());
            self.results.push(&self.plan, (self.answer)(&image)?, window)?;
        }
        Ok(())
    }

    /// Both streams for a cycle in which input beats come back.
    fn send_back(&mut self, pins: &TopIn, out: &mut TopOut) {
        (out.s_axis_tready, out.m_axis_tvalid) = (self.loop_back.s_ready(), false);
        if let Some((data, last)) = self.loop_back.beat() {
            (out.m_axis_tvalid, out.m_axis_tdata, out.m_axis_tlast) = (true, data, last);
        }
        self.loop_back.clock(pins.s_axis_tvalid.then_some((pins.s_axis_tdata, pins.s_axis_tlast)), pins.m_axis_tready);
    }

    /// Cycles in which nothing happens at the pins, counted, at most `most`.
    fn pass(&mut self, pins: &TopIn, most: u64) -> u64 {
        let valid = pins.s_axis_tvalid;
        let right = !valid || self.images.tlast_expected(&self.plan) == pins.s_axis_tlast;
        let rests = self.registers.bus.rests(&self.inputs(pins)) && !self.registers.file.soft_reset();
        if pins.rst
            || !self.registers.file.is_enabled()
            || self.images.failed()
            || !right
            || !rests
            || self.memory.holds()
        {
            return 0;
        }
        let cycles = self.machine.quiet(valid, pins.m_axis_tready).min(most);
        if cycles > 0 {
            let mut progress = Progress(false, self.tracks.as_mut());
            self.collected = false;
            let (s_axis_tready, m_axis_tvalid) = (self.machine.s_ready(), self.machine.m_valid());
            let out = TopOut { s_axis_tready, m_axis_tvalid, ..TopOut::default() };
            self.machine.skip(cycles, &mut progress);
            let progressed = progress.0;
            let first = cycles.min(INPUTS_LATE);
            for _ in 0..first {
                self.count(pins, &out, self.inputs(pins));
                self.progress = progressed;
            }
            let lasting = self.inputs(pins);
            self.registers.file.skip(&lasting, cycles - first);
        }
        cycles
    }
}

impl TopPins for ControlMachine {
    fn cycle(&mut self, pins: &TopIn) -> Result<TopOut, BoxError> {
        let mut out = TopOut::default();
        if pins.rst {
            self.restart();
            self.tracks.iter_mut().for_each(Tracks::pass);
            self.tracks.iter_mut().for_each(Tracks::restart);
            self.registers.clock(true, In::default());
            self.events = EventsModel::default();
            return Ok(out);
        }
        self.answer_bus(&mut out);
        let inputs = self.inputs(pins);
        self.streams(pins, &mut out)?;
        self.count(pins, &out, inputs);
        Ok(out)
    }

    fn rest(&mut self, pins: &TopIn, most: u64) -> Result<(u64, TopOut), BoxError> {
        let mut out = TopOut::default();
        let cycles = self.pass(pins, most);
        if cycles > 0 {
            self.answer_bus(&mut out);
            (out.s_axis_tready, out.m_axis_tvalid) = (self.machine.s_ready(), self.machine.m_valid());
            if out.m_axis_tvalid {
                (out.m_axis_tdata, out.m_axis_tlast) = self.results.beat()?;
            }
        }
        Ok((cycles, out))
    }
}

//! The machine without a datapath: registers and handshakes with exact timing, answers from any engine.
//!
//! Timing is the plan's clocked model ([`systole_machine::control`]); values come from outside. Weights that are loaded are kept,
//! counted and checked, as all memories are, but not computed with: the machine refuses to answer with others than the plan's. A
//! load may begin and end a few cycles earlier than the Verilog's.

mod memory;
mod registers;
mod stream;

use memory::Memory;
use registers::{Bus, Registers};
use std::sync::Arc;
use stream::{Images, Results};
use systole_machine::control::loop_back::LoopBack;
use systole_machine::control::machine::{Machine, Observer};
use systole_machine::pins::{BoxError, TopIn, TopOut, TopPins};
use systole_machine::Plan;
use systole_net::{Tensor, Trace};

/// The engine behind the machine: from the encoded input tensor to what the network leaves behind.
pub type Answer = Box<dyn FnMut(&Tensor) -> Result<Trace, BoxError> + Send>;

/// The top level's pins over a clocked control model. Like the machine, it drops beats after a TLAST error until a soft reset.
pub struct ControlMachine {
    plan: Arc<Plan>,
    answer: Answer,
    machine: Machine,
    loop_back: LoopBack,
    registers: Registers,
    bus: Bus,
    images: Images,
    results: Results,
    memory: Memory,
}

/// Notes whether the array took a step.
struct Progress(bool);

impl Observer for Progress {
    fn steps(&mut self, _layer: usize, _cycles: u64) {
        self.0 = true;
    }
}

impl ControlMachine {
    /// A machine of `plan` in a design of that hash.
    pub fn new(plan: Arc<Plan>, design_hash: [u8; 32], answer: Answer) -> Self {
        ControlMachine {
            machine: Machine::new(&plan),
            loop_back: LoopBack::new(&plan.geometry),
            registers: Registers::new(&plan, design_hash),
            bus: Bus::default(),
            images: Images::default(),
            results: Results::default(),
            memory: Memory::new(&plan),
            plan,
            answer,
        }
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
    }

    /// Both streams for a cycle; fills the stream pins of `out`.
    fn streams(&mut self, pins: &TopIn, out: &mut TopOut) -> Result<(), BoxError> {
        if !self.registers.enabled() {
            let busy = self.images.begun() != self.registers.images_done();
            let ready = self.memory.clock(&self.plan, pins, &mut self.registers, busy);
            match self.registers.loops_back() {
                true => self.send_back(pins, out),
                false => out.s_axis_tready = ready,
            }
            return Ok(());
        }
        self.memory.rest();
        let failed = self.images.failed();
        let valid = pins.s_axis_tvalid && !failed;
        let right = self.images.tlast_expected(&self.plan) == pins.s_axis_tlast;
        let mut progress = Progress(false);
        let tick = self.machine.clock(valid && right, pins.m_axis_tready, &mut progress);
        (out.s_axis_tready, out.m_axis_tvalid) = (tick.s_ready || failed, tick.m_valid);
        if tick.m_valid {
            (out.m_axis_tdata, out.m_axis_tlast) = self.results.beat()?;
        }
        let taken = pins.s_axis_tvalid && out.s_axis_tready;
        if taken && valid {
            let image = self.images.take(&self.plan, pins.s_axis_tdata, pins.s_axis_tlast);
            if let Some(image) = image {
                self.memory.expect_own(&self.plan)?;
                self.results.push(&self.plan, (self.answer)(&image)?, self.registers.dump())?;
            }
        }
        let done = tick.out_beat && self.results.taken();
        let counted = registers::Events {
            in_beat: taken,
            dropped: taken && failed,
            starved: out.s_axis_tready && !pins.s_axis_tvalid,
            blocked: tick.m_valid && !pins.m_axis_tready,
            out_beat: tick.out_beat,
            image_done: done,
            progress: progress.0,
            busy: self.images.begun() != self.registers.images_done(),
            result_ready: tick.m_valid,
            tlast_early: self.images.early && !failed,
            tlast_late: self.images.late && !failed,
        };
        self.registers.count(&counted, 1);
        (self.registers.step, self.registers.layer) =
            (self.machine.sequencer.pc as u32, self.machine.sequencer.cur.item.layer as u32);
        Ok(())
    }

    /// Both streams for a cycle in which input beats come back.
    fn send_back(&mut self, pins: &TopIn, out: &mut TopOut) {
        out.s_axis_tready = self.loop_back.s_ready();
        if let Some((data, last)) = self.loop_back.beat() {
            (out.m_axis_tvalid, out.m_axis_tdata, out.m_axis_tlast) = (true, data, last);
        }
        self.loop_back.clock(pins.s_axis_tvalid.then_some((pins.s_axis_tdata, pins.s_axis_tlast)), pins.m_axis_tready);
        let counted = registers::Events {
            in_beat: pins.s_axis_tvalid && out.s_axis_tready,
            out_beat: out.m_axis_tvalid && pins.m_axis_tready,
            blocked: out.m_axis_tvalid && !pins.m_axis_tready,
            result_ready: out.m_axis_tvalid,
            ..registers::Events::default()
        };
        self.registers.count(&counted, 1);
    }

    /// Cycles in which nothing happens at the pins, counted, at most `most`.
    fn pass(&mut self, pins: &TopIn, most: u64) -> u64 {
        let valid = pins.s_axis_tvalid;
        let right = !valid || self.images.tlast_expected(&self.plan) == pins.s_axis_tlast;
        if pins.rst || !self.registers.enabled() || self.images.failed() || !right || !self.bus.rests(pins) {
            return 0;
        }
        let cycles = self.machine.quiet(valid, pins.m_axis_tready).min(most);
        if cycles > 0 {
            let mut progress = Progress(false);
            let counted = registers::Events {
                starved: self.machine.s_ready() && !valid,
                blocked: self.machine.m_valid() && !pins.m_axis_tready,
                busy: self.images.begun() != self.registers.images_done(),
                result_ready: self.machine.m_valid(),
                ..registers::Events::default()
            };
            self.machine.skip(cycles, &mut progress);
            self.registers.count(&registers::Events { progress: progress.0, ..counted }, cycles);
        }
        cycles
    }
}

impl TopPins for ControlMachine {
    fn cycle(&mut self, pins: &TopIn) -> Result<TopOut, BoxError> {
        let mut out = TopOut::default();
        if pins.rst {
            self.restart();
            self.registers.reset();
            self.bus = Bus::default();
            return Ok(out);
        }
        self.bus.outputs(&mut out);
        self.streams(pins, &mut out)?;
        let checksums = self.results.checksums();
        if self.bus.clock(pins, &mut self.registers, checksums) {
            self.restart();
        }
        Ok(out)
    }

    fn rest(&mut self, pins: &TopIn, most: u64) -> Result<(u64, TopOut), BoxError> {
        let mut out = TopOut::default();
        let cycles = self.pass(pins, most);
        if cycles > 0 {
            self.bus.outputs(&mut out);
            (out.s_axis_tready, out.m_axis_tvalid) = (self.machine.s_ready(), self.machine.m_valid());
            if out.m_axis_tvalid {
                (out.m_axis_tdata, out.m_axis_tlast) = self.results.beat()?;
            }
        }
        Ok((cycles, out))
    }
}

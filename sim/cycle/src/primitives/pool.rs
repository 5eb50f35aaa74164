//! Clocked model of `pool.v`: control by the plan's clocked model, maxima by [`PoolData`].

use super::pool_data::{PoolData, Step};
use crate::model::Clocked;
use std::collections::VecDeque;
use systole_machine::control::pool::{PoolEngine, PoolRead};
use systole_machine::control::pool_state::Position;
use systole_machine::control::sequencer::PoolPush;
use systole_machine::geometry::{Geometry, POOL_QUEUE};
use systole_machine::tables::PoolEntry;
use systole_machine::words::{Widths, Word};
use systole_rtl::ports::pool::{In, Out, Ports};
use systole_rtl::primitives::pool::Pool;

/// Its registers. Addresses, masks and data beside a request that is not made are 0 here and anything in the Verilog.
#[derive(Debug)]
pub struct PoolModel {
    geometry: Geometry,
    widths: Widths,
    control: PoolEngine,
    data: PoolData,
    /// The result FIFO.
    words: VecDeque<Vec<u64>>,
    retire: bool,
}

impl PoolModel {
    pub fn new(Pool { geometry, widths, .. }: Pool) -> Self {
        PoolModel {
            control: PoolEngine::new(&geometry, 1 << widths.pool),
            data: PoolData::new(geometry.rows, geometry.pool_kernel),
            words: VecDeque::new(),
            retire: false,
            geometry,
            widths,
        }
    }

    fn reset(&mut self) {
        self.control = PoolEngine::new(&self.geometry, 1 << self.widths.pool);
        self.data = PoolData::new(self.geometry.rows, self.geometry.pool_kernel);
        self.words.clear();
        self.retire = false;
    }

    /// Addresses in the slot at hand and in the next one, and the lane at which they part.
    fn read_place(e: &PoolEntry, r: &PoolRead) -> [u64; 3] {
        if r.merged {
            return Self::write_place(e, r);
        }
        let word = (e.src_base + r.channel * e.src_n + r.src_slot) as u64;
        [word, word, 0]
    }

    fn write_place(e: &PoolEntry, r: &PoolRead) -> [u64; 3] {
        let Position { slot, lane } = r.pass.dst;
        let next = if slot + 1 == e.dst_n { 0 } else { slot + 1 };
        let base = e.dst_base + r.channel * e.dst_n;
        [base + slot, base + next, lane].map(|v| v as u64)
    }
}

impl Clocked for PoolModel {
    type Ports = Ports;
    const REGISTERED: bool = true;

    fn outputs(&self, _inputs: In<'_>, out: Out<'_>) {
        let request = self.control.request();
        let read = request.read.map(|r| Self::read_place(self.control.entry(), &r));
        let head = if request.write { self.data.head() } else { None };
        let write = head.map(|result| result.place);
        *out.full = u64::from(self.control.queue.len() == POOL_QUEUE);
        *out.pool_retire = self.retire.into();
        *out.pool_addr = self.control.pool() as u64;
        *out.read = read.is_some().into();
        [*out.read_addr_a, *out.read_addr_b, *out.read_lane] = read.unwrap_or_default();
        *out.write = request.write.into();
        [*out.write_addr_a, *out.write_addr_b, *out.write_lane] = write.unwrap_or_default();
        out.write_mask.fill(0);
        out.write_data.fill(0);
        if let Some(head) = head {
            out.write_mask.copy_from_slice(&head.mask);
            out.write_data.copy_from_slice(&head.data);
        }
    }

    fn clock(&mut self, reset: bool, inputs: In<'_>) {
        if reset {
            self.reset();
            return;
        }
        self.data.arrive(inputs.read_data);
        let request = self.control.request();
        let word = request.take.and_then(|_| self.words.front().cloned());
        if let Some(read) = request.read.filter(|_| inputs.read_grant).or(request.take) {
            let entry = *self.control.entry();
            let place = Self::write_place(&entry, &read);
            self.data.step(Step { entry, read, place }, word);
        }
        if self.control.pops() {
            self.words.pop_front();
        }
        if inputs.fill {
            self.words.push_back(inputs.fill_data.to_vec());
        }
        if inputs.write_grant {
            self.data.take();
        }
        let push = PoolPush { pool: inputs.push_pool as usize, dep: inputs.push_dep as u16 };
        let push = inputs.push.then_some(push);
        let entry = |_| PoolEntry::unpack(inputs.word, &self.widths);
        self.retire = self.control.clock_with(push, inputs.retire, inputs.read_grant, inputs.write_grant, entry);
        self.control.fill(inputs.fill.into());
    }
}

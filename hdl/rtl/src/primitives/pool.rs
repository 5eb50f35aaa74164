//! The pool engine: control by the plan's clocked model, maxima by [`PoolData`].

use super::pool_data::PoolData;
use crate::primitive::{Parameter, Port, Primitive, Values};
use systole_machine::control::pool::{PoolEngine, PoolRead};
use systole_machine::control::sequencer::PoolPush;
use systole_machine::geometry::{bits_for, Geometry, MAX_POOL_STRIDE, POOL_FIFO, POOL_QUEUE};
use systole_machine::tables::PoolEntry;
use systole_machine::words::{Widths, Word};

/// Bits of an operation's dependency, a program count of tiles.
const DEP_BITS: usize = 16;

/// The engine of `pool.v`. Addresses, masks and data beside a request that is not made are 0 here and anything in the Verilog.
#[derive(Debug)]
pub struct Pool {
    geometry: Geometry,
    widths: Widths,
    control: PoolEngine,
    data: PoolData,
    retire: bool,
}

/// Places of the inputs, in the order of [`input_ports`].
const PUSH: usize = 0;
const PUSH_POOL: usize = 1;
const PUSH_DEP: usize = 2;
const RETIRE: usize = 3;
const WORD: usize = 4;
const READ_DATA: usize = 5;
const READ_GRANT: usize = 6;
const WRITE_GRANT: usize = 7;

impl Pool {
    /// As after reset, for a plan's geometry and widths.
    pub fn new(geometry: &Geometry, widths: &Widths) -> Self {
        Pool {
            control: PoolEngine::new(geometry, 1 << widths.pool),
            data: PoolData::new(geometry.rows),
            retire: false,
            geometry: geometry.clone(),
            widths: widths.clone(),
        }
    }

    /// Addresses in the slot at hand and in the next one, and the lane at which they part.
    fn read_place(e: &PoolEntry, r: &PoolRead) -> [u64; 3] {
        if r.merged {
            return Self::write_place(e, r);
        }
        place(e.src_base + r.channel * e.src_n, r.src.slot, e.src_n, r.src.lane)
    }

    fn write_place(e: &PoolEntry, r: &PoolRead) -> [u64; 3] {
        place(e.dst_base + r.channel * e.dst_n, r.dst.slot, e.dst_n, r.dst.lane)
    }
}

fn place(base: usize, slot: usize, n: usize, lane: usize) -> [u64; 3] {
    let next = if slot + 1 == n { 0 } else { slot + 1 };
    [base + slot, base + next, lane].map(|v| v as u64)
}

fn input_ports(rows: usize, w: &Widths) -> Vec<Port> {
    vec![
        Port::input("push_i", 1, 1),
        Port::input("push_pool_i", 1, w.pool),
        Port::input("push_dep_i", 1, DEP_BITS),
        Port::input("retire_i", 1, 1),
        Port::input("word_i", 1, PoolEntry::bits(w)),
        Port::input("read_data_i", rows, 8),
        Port::input("read_grant_i", 1, 1),
        Port::input("write_grant_i", 1, 1),
    ]
}

fn output_ports(rows: usize, w: &Widths) -> Vec<Port> {
    vec![
        Port::output("full_o", 1, 1),
        Port::output("pool_retire_o", 1, 1),
        Port::output("pool_addr_o", 1, w.pool),
        Port::output("read_o", 1, 1),
        Port::output("read_addr_a_o", 1, w.addr),
        Port::output("read_addr_b_o", 1, w.addr),
        Port::output("read_lane_o", 1, w.lane),
        Port::output("write_o", 1, 1),
        Port::output("write_addr_a_o", 1, w.addr),
        Port::output("write_addr_b_o", 1, w.addr),
        Port::output("write_lane_o", 1, w.lane),
        Port::output("write_mask_o", rows, 1),
        Port::output("write_data_o", rows, 8),
    ]
}

impl Primitive for Pool {
    fn module(&self) -> &'static str {
        "pool"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/pool.v")
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("pool_state", include_str!("../../v/pool_state.v")),
            ("pool_walk", include_str!("../../v/pool_walk.v")),
            ("pool_data", include_str!("../../v/pool_data.v")),
            ("slot_add", include_str!("../../v/slot_add.v")),
            ("lane_add", include_str!("../../v/lane_add.v")),
            ("delay", include_str!("../../v/delay.v")),
            ("rotator", include_str!("../../v/rotator.v")),
            ("rotate_stage", include_str!("../../v/rotate_stage.v")),
        ]
    }

    fn parameters(&self) -> Vec<Parameter> {
        let (g, w) = (&self.geometry, &self.widths);
        [
            ("ROWS", g.rows),
            ("LANE_W", w.lane),
            ("CNT_W", w.lanes),
            ("QUEUE", POOL_QUEUE),
            ("FIFO", POOL_FIFO),
            ("POOL_W", w.pool),
            ("KERNEL", g.pool_kernel),
            ("MERGE", g.pools_merge().into()),
            ("K_W", w.lane),
            ("STRIDE_W", bits_for(MAX_POOL_STRIDE)),
            ("SLOT_W", w.slot),
            ("ADDR_W", w.addr),
            ("CH_W", w.channel),
            ("CHUNK_W", w.coord),
            ("X_W", w.coord),
            ("Y_W", w.coord),
            ("POOL_BITS", PoolEntry::bits(w)),
        ]
        .map(|(name, value)| Parameter::Integer(name, value as u64))
        .to_vec()
    }

    fn ports(&self) -> Vec<Port> {
        let rows = self.geometry.rows;
        [input_ports(rows, &self.widths), output_ports(rows, &self.widths)].concat()
    }

    fn is_registered(&self) -> bool {
        true
    }

    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        let request = self.control.request();
        let read = request.read.map(|r| Self::read_place(self.control.entry(), &r));
        let head = if request.write { self.data.head() } else { None };
        let write = head.map(|result| result.place);
        let ones = [
            u64::from(self.control.queue.len() == POOL_QUEUE),
            self.retire.into(),
            self.control.pool() as u64,
            read.is_some().into(),
        ];
        let places = [read, write].map(Option::unwrap_or_default);
        let scalars = ones.into_iter().chain(places[0]).chain([request.write.into()]).chain(places[1]);
        let mut outputs = outputs.iter_mut();
        for (value, lanes) in scalars.zip(outputs.by_ref().take(ones.len() + 7)) {
            lanes[0] = value;
        }
        for (lanes, values) in outputs.zip([head.map(|h| &h.mask), head.map(|h| &h.data)]) {
            match values {
                Some(values) => lanes.copy_from_slice(values),
                None => lanes.fill(0),
            }
        }
    }

    fn clock(&mut self, reset: bool, inputs: &Values) {
        if reset {
            *self = Pool::new(&self.geometry, &self.widths);
            return;
        }
        let flag = |at: usize| inputs[at][0] != 0;
        self.data.arrive(&inputs[READ_DATA]);
        if let Some(read) = self.control.request().read.filter(|_| flag(READ_GRANT)) {
            let entry = *self.control.entry();
            let place = Self::write_place(&entry, &read);
            self.data.read(entry, read, place);
        }
        if flag(WRITE_GRANT) {
            self.data.take();
        }
        let push = PoolPush { pool: inputs[PUSH_POOL][0] as usize, dep: inputs[PUSH_DEP][0] as u16 };
        let push = flag(PUSH).then_some(push);
        let entry = |_| PoolEntry::unpack(&inputs[WORD], &self.widths);
        self.retire = self.control.clock_with(push, flag(RETIRE), flag(READ_GRANT), flag(WRITE_GRANT), entry);
    }
}

//! The pool engine: control by the plan's clocked model, maxima by [`PoolData`].

use super::pool_data::PoolData;
use crate::leaf::{Leaf, Parameter, Port, Values};
use systole_plan::clock::pool::{PoolEngine, PoolRead};
use systole_plan::clock::sequencer::PoolPush;
use systole_plan::geometry::{bits_for, Geometry, MAX_POOL_STRIDE, POOL_FIFO, POOL_QUEUE};
use systole_plan::tables::PoolEntry;
use systole_plan::words::Widths;

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

/// The inputs of one cycle that have a single lane.
struct Inputs {
    push: Option<PoolPush>,
    retire: bool,
    entry: PoolEntry,
    read_grant: bool,
    write_grant: bool,
}

impl Inputs {
    /// From the input ports, in their order, `read_data_i` left out.
    fn new(values: &Values) -> Self {
        let lanes = values[..READ_DATA].iter().chain(&values[READ_DATA + 1..]);
        let mut values = lanes.map(|lanes| lanes[0]);
        let mut next = move || values.next().unwrap_or_default() as usize;
        let (pushed, push) = (next() != 0, PoolPush { pool: next(), dep: next() as u16 });
        Inputs {
            push: pushed.then_some(push),
            retire: next() != 0,
            entry: PoolEntry {
                src_base: next(),
                src_n: next(),
                row_slots: next(),
                row_lanes: next(),
                step_slots: next(),
                step_lanes: next(),
                chunk_lanes: next(),
                origin_slots: next(),
                origin_lanes: next(),
                src_image: next(),
                dst_base: next(),
                dst_n: next(),
                dst_row_slots: next(),
                dst_row_lanes: next(),
                dst_image: next(),
                ch_last: next(),
                chunk_last: next(),
                out: next(),
                out_final: next(),
                kernel_last: next(),
                group: next(),
                stride: next(),
                pad: next(),
                h_last: next(),
                w_last: next(),
                oh_last: next(),
                signed: next() != 0,
            },
            read_grant: next() != 0,
            write_grant: next() != 0,
        }
    }
}

/// Place of `read_data_i` among the inputs.
const READ_DATA: usize = 32;

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
    let one = [
        ("push_i", 1),
        ("push_pool_i", w.pool),
        ("push_dep_i", DEP_BITS),
        ("retire_i", 1),
        ("pool_src_base_i", w.addr),
        ("pool_src_n_i", w.slot),
        ("pool_row_slots_i", w.slot),
        ("pool_row_lanes_i", w.lane),
        ("pool_step_slots_i", w.slot),
        ("pool_step_lanes_i", w.lane),
        ("pool_chunk_lanes_i", w.lanes),
        ("pool_origin_slots_i", w.slot),
        ("pool_origin_lanes_i", w.lane),
        ("pool_src_image_i", w.slot),
        ("pool_dst_base_i", w.addr),
        ("pool_dst_n_i", w.slot),
        ("pool_dst_row_slots_i", w.slot),
        ("pool_dst_row_lanes_i", w.lane),
        ("pool_dst_image_i", w.slot),
        ("pool_ch_last_i", w.channel),
        ("pool_chunk_last_i", w.coord),
        ("pool_out_i", w.lanes),
        ("pool_out_final_i", w.lanes),
        ("pool_kernel_last_i", w.lane),
        ("pool_group_i", w.lanes),
        ("pool_stride_i", bits_for(MAX_POOL_STRIDE)),
        ("pool_pad_i", w.lane),
        ("pool_h_last_i", w.coord),
        ("pool_w_last_i", w.coord),
        ("pool_oh_last_i", w.coord),
        ("pool_signed_i", 1),
        ("read_grant_i", 1),
        ("write_grant_i", 1),
    ];
    let mut ports: Vec<Port> = one.into_iter().map(|(name, width)| Port::input(name, 1, width)).collect();
    ports.insert(READ_DATA, Port::input("read_data_i", rows, 8));
    ports
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

impl Leaf for Pool {
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
            ("ring_add", include_str!("../../v/ring_add.v")),
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
        let now = Inputs::new(inputs);
        if reset {
            *self = Pool::new(&self.geometry, &self.widths);
            return;
        }
        self.data.arrive(&inputs[READ_DATA]);
        if let Some(read) = self.control.request().read.filter(|_| now.read_grant) {
            let entry = *self.control.entry();
            let place = Self::write_place(&entry, &read);
            self.data.read(entry, read, place);
        }
        if now.write_grant {
            self.data.take();
        }
        self.retire = self.control.clock_with(now.push, now.retire, now.read_grant, now.write_grant, |_| now.entry);
    }
}

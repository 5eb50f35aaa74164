//! A plan in numbers for people and programs: does it fit, where does it lie, how fast is it.

use super::choices::Choices;
use serde::Serialize;
use systole_machine::geometry::{Multiplier, CHUNK_COLUMNS};
use systole_machine::logic::BYTE;
use systole_machine::losses::{self, LayerSlots};
use systole_machine::report::CostLine;
use systole_machine::weights::codes::{stacks, Format, LayerStreams, WORD_BITS};
use systole_machine::{Binding, Cause, Plan, WeightMemory};
use systole_net::Preprocessing;

/// What `plan` prints, draws and gives out as JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sheet {
    pub network: String,
    pub board: String,
    pub device: String,
    pub clock_mhz: f64,
    /// Who says so: no clock of a plan is that of a routed design.
    pub clock_source: &'static str,
    /// What pictures must go through.
    pub preprocessing: Option<Preprocessing>,
    /// Pixel lanes and output channels of the array.
    pub rows: usize,
    pub cols: usize,
    /// How the array multiplies, in words.
    pub multiplier: String,
    /// The device holds it; not so where block RAM is assumed.
    pub fits: bool,
    /// The device lacks block RAM; the plan was asked to assume that it has it.
    pub ram_assumed: bool,
    /// What keeps the weights.
    pub weight_memory: WeightMemory,
    /// Cost by module; block RAMs of 18 and of 36 Kbit apart.
    pub modules: Vec<CostLine>,
    pub total: CostLine,
    pub resources: Vec<Resource>,
    /// Block RAMs of 18 Kbit among those used that are left to the link.
    pub link_bram18: usize,
    pub speed: Speed,
    pub choices: Choices,
    pub layers: Vec<LayerTime>,
    /// An interval, taken apart: these cycles add up to it.
    pub cycles: Vec<Share>,
    pub activations: Memory,
    pub weights: Memory,
}

/// A resource of the device.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Resource {
    pub name: &'static str,
    pub used: usize,
    pub available: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Speed {
    pub macs: u64,
    pub macs_per_cycle: usize,
    /// Cycles from one result to the next, images back to back.
    pub interval_cycles: u64,
    /// Cycles from the first input beat to the last output beat of one image: its latency.
    pub latency_cycles: u64,
    /// `macs / (interval_cycles * macs_per_cycle)`.
    pub utilisation: f64,
    pub images_per_second: f64,
    pub latency_ms: f64,
    /// Input beats of an image.
    pub input_beats: usize,
    /// What the board's link is, and images per second that it carries at most; none of boards without one.
    pub link: Option<LinkSpeed>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LinkSpeed {
    pub name: String,
    pub images_per_second: f64,
}

impl Speed {
    pub fn of(plan: &Plan) -> Speed {
        let (timing, hertz) = (plan.timing(), plan.board.clock_mhz * 1e6);
        Speed {
            macs: timing.macs,
            macs_per_cycle: plan.geometry.macs_per_cycle(),
            interval_cycles: timing.interval,
            latency_cycles: timing.latency,
            utilisation: timing.utilisation,
            images_per_second: hertz / timing.interval as f64,
            latency_ms: timing.latency as f64 / hertz * 1e3,
            input_beats: plan.input.beats,
            link: plan.board.link.as_ref().map(|link| LinkSpeed {
                name: link.title(),
                images_per_second: link.images_per_second(
                    plan.input.beats,
                    plan.geometry.in_bytes,
                    plan.board.clock_mhz,
                ),
            }),
        }
    }

    /// Machine and link side by side, such as `machine 113.2 images/s, serial line of 2000000 baud 1.1 images/s at most`.
    pub fn rates(&self) -> String {
        let machine = format!("machine {:.1} images/s", self.images_per_second);
        match &self.link {
            Some(link) => format!("{machine}, {} {:.1} images/s at most", link.name, link.images_per_second),
            None => machine,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerTime {
    pub name: String,
    pub macs: u64,
    /// Cycles that the multiply-accumulates take when every multiplier works.
    pub ideal_cycles: f64,
    /// Cycles of an interval that go to this layer: ideal ones and lost ones.
    pub cycles: f64,
    /// `ideal_cycles / cycles`.
    pub utilisation: f64,
    pub lost: Vec<Share>,
}

/// Cycles and what they go to; parts of a cycle where only some multipliers are concerned.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    pub what: String,
    pub cycles: f64,
}

/// An address space and what lies in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Memory {
    /// Banks that hold the same addresses side by side, and bytes of a word of one.
    pub banks: usize,
    pub words: usize,
    pub word_bits: usize,
    pub regions: Vec<Region>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Region {
    pub name: String,
    pub base: usize,
    pub words: usize,
    pub contents: String,
}

impl Sheet {
    pub fn new(plan: &Plan) -> Self {
        Sheet {
            network: plan.network.clone(),
            board: plan.board.title.clone(),
            device: plan.board.device.name.clone(),
            clock_mhz: plan.board.clock_mhz,
            clock_source: "the board file's",
            preprocessing: plan.preprocessing.clone(),
            rows: plan.geometry.rows,
            cols: plan.geometry.cols,
            multiplier: multiplier(plan),
            fits: !plan.ram_assumed(),
            ram_assumed: plan.ram_assumed(),
            weight_memory: plan.geometry.weights,
            modules: plan.cost().lines.clone(),
            total: plan.cost().total(),
            resources: resources(plan),
            link_bram18: plan.board.link_bram18(),
            speed: Speed::of(plan),
            choices: Choices::new(plan),
            layers: layers(plan),
            cycles: cycles(plan),
            activations: activations(plan),
            weights: weights(plan),
        }
    }
}

fn multiplier(plan: &Plan) -> String {
    match plan.geometry.multiplier {
        Multiplier::Single => "one product per DSP".into(),
        Multiplier::Pair { pairs, fabric: 0 } => format!("two products per DSP in {} columns", 2 * pairs),
        Multiplier::Pair { pairs, fabric } => {
            format!("two products per DSP in {} columns, {} more in LUTs", 2 * pairs, 2 * fabric)
        }
    }
}

fn resources(plan: &Plan) -> Vec<Resource> {
    let (total, device) = (plan.cost().total(), &plan.board.device);
    let resource = |name, used, available| Resource { name, used, available };
    let link = plan.board.link_bram18();
    let mut list = vec![
        resource("block RAM, 18 Kbit", total.ram18() + link, device.bram18),
        resource("DSP", total.dsp, device.dsp),
    ];
    if total.uram > 0 {
        list.insert(1, resource("UltraRAM", total.uram, device.uram));
    }
    // An estimate that was not made is not shown as none needed.
    let estimates = [("LUT (estimate)", total.lut, device.lut), ("FF (estimate)", total.ff, device.ff)];
    list.extend(estimates.iter().filter(|e| e.1 > 0).map(|&(name, used, available)| resource(name, used, available)));
    list
}

fn layers(plan: &Plan) -> Vec<LayerTime> {
    let per_cycle = plan.geometry.macs_per_cycle() as f64;
    let layer = |(binding, slots): (&Binding, &LayerSlots)| LayerTime {
        name: binding.name.clone(),
        macs: slots.macs,
        ideal_cycles: slots.macs as f64 / per_cycle,
        cycles: slots.total() as f64 / per_cycle,
        utilisation: slots.macs as f64 / slots.total() as f64,
        lost: slots.lost.iter().map(|(cause, &slots)| share(cause.text(), slots, per_cycle)).collect(),
    };
    plan.bindings.iter().zip(&losses::slots(plan)).map(layer).collect()
}

fn share(what: &str, slots: u64, per_cycle: f64) -> Share {
    Share { what: what.to_string(), cycles: slots as f64 / per_cycle }
}

fn cycles(plan: &Plan) -> Vec<Share> {
    let per_cycle = plan.geometry.macs_per_cycle() as f64;
    let layers = losses::slots(plan);
    let lost = |cause| layers.iter().filter_map(|l| l.lost.get(&cause)).sum::<u64>();
    let causes = Cause::ALL.into_iter().map(|cause| (cause.text(), lost(cause))).filter(|(_, slots)| *slots > 0);
    let used = ("multiply-accumulates", plan.timing().macs);
    std::iter::once(used).chain(causes).map(|(what, slots)| share(what, slots, per_cycle)).collect()
}

fn activations(plan: &Plan) -> Memory {
    let regions = plan.line_buffers.iter().filter(|buffer| buffer.slots > 0).map(|buffer| Region {
        name: buffer.name.clone(),
        base: buffer.base,
        words: buffer.channels * buffer.slots,
        contents: format!("{} of {} tiles, {} channels", buffer.slots, buffer.tiles, buffer.channels),
    });
    Memory { banks: plan.geometry.rows, words: plan.geometry.act_depth, word_bits: BYTE, regions: regions.collect() }
}

fn weights(plan: &Plan) -> Memory {
    let g = &plan.geometry;
    if g.store().is_coded() {
        return coded(plan);
    }
    let regions = plan.layers.iter().zip(&plan.bindings).map(|(entry, binding)| Region {
        name: binding.name.clone(),
        base: entry.wgt_base,
        words: binding.channel_tiles * binding.reduction,
        contents: format!("{} x {} steps", binding.channel_tiles, binding.reduction),
    });
    Memory { banks: g.cols, words: g.wgt_depth, word_bits: BYTE, regions: regions.collect() }
}

/// The stacks of a store of codes, by what the first of them holds of each layer.
fn coded(plan: &Plan) -> Memory {
    let g = &plan.geometry;
    let columns = CHUNK_COLUMNS.min(g.cols);
    let region = |(layer, binding): (&LayerStreams, &Binding)| {
        let Format { code_bits, gap_bits } = g.codes.formats[layer.format];
        let book = layer.book;
        Region {
            name: binding.name.clone(),
            base: layer.first[0],
            words: layer.last[columns - 1] + 1 - layer.first[0],
            contents: format!(
                "codes of {code_bits} bits from entry {book} of the codebooks on, gaps of {gap_bits} bits"
            ),
        }
    };
    let regions = plan.streams.iter().zip(&plan.bindings).map(region).collect();
    Memory { banks: stacks(g.cols), words: g.codes.depth(), word_bits: WORD_BITS, regions }
}

impl Memory {
    /// Bytes of all banks.
    pub fn bytes(&self) -> usize {
        self.banks * self.words * self.word_bits / BYTE
    }
}

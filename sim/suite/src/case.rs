//! A network, its machine and golden's word on it.

use image::ImageReader;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use systole_cycle::{FastMachine, RegisterMachine};
use systole_golden::Golden;
use systole_host::{BoxError, Device, Driver, Faulty, HostError, Options, PinDevice, Reference, Stalls, WeightImage};
use systole_lockstep::top::{spec, VerilogTop};
use systole_machine::checksum::layer_checksums;
use systole_machine::geometry::Multiplier;
use systole_machine::pins::{TopIn, TopOut, TopPins};
use systole_machine::{Board, LutTable, Plan, TableMemory, WeightMemory};
use systole_model::{load, quantize::quantize, LoadOptions, Preprocess};
use systole_net::random::{random_image, random_net, with_codebooks, Limits};
use systole_net::{Image, LayerKind, Net, Tensor, Trace};
use systole_plan::planner::{plan_array, plan_shape, Array};
use systole_plan::Spare;
use systole_plan::{plan, Constraints, PlanError};
use systole_rtl::top::compose;
use systole_rtl::Design;
use systole_verilator::{Effort, Toolchain};

/// Any model of the machine, and how many cycles its reset pin was high: a recovery falls back on that pin.
pub struct Pins {
    machine: Box<dyn TopPins>,
    pub reset_cycles: u64,
}

impl TopPins for Pins {
    fn cycle(&mut self, inputs: &TopIn) -> Result<TopOut, BoxError> {
        self.reset_cycles += u64::from(inputs.rst);
        self.machine.cycle(inputs)
    }
}

/// Photographs that calibrate.
const CALIBRATION: usize = 8;

#[derive(Clone, Copy, Debug)]
pub enum Engine {
    Fast,
    Registers,
    Verilog,
}

pub type Machine = PinDevice<Pins>;
pub type Bench = Driver<Faulty<Machine>>;

pub struct Case {
    pub net: Net,
    pub plan: Arc<Plan>,
    pub design_hash: [u8; 32],
}

fn tiny() -> Board {
    Board::parse(include_str!("../../../constraints/tiny.toml")).unwrap()
}

/// A plan for an array of 4 x 4, weights kept in such memories.
fn planned_in(net: &Net, weights: WeightMemory) -> Result<Plan, PlanError> {
    let array = Array { rows: 4, cols: 4, multiplier: Multiplier::Single, weights, pool_words: 0 };
    plan_array(net, &tiny(), array, Spare { slack: 2, overlaid: 8 })
}

impl Case {
    fn new(net: Net, plan: Plan) -> Self {
        let design_hash = compose(&plan).unwrap().design_hash;
        Case { net, plan: Arc::new(plan), design_hash }
    }

    /// On an array of 4 x 4 the first random network from seed `100 * number` on that is long enough to be interrupted.
    pub fn small(number: u64) -> Self {
        let limits = Limits { layers: 4, channels: 10, size: (6, 14), ..Limits::default() };
        let planned = |seed| {
            let net = random_net(seed, &limits);
            match plan_shape(&net, &tiny(), 4, 4, Spare { slack: 2, overlaid: 8 }) {
                Ok(plan) if plan.layers.len() > 1 && plan.input.beats > 8 && plan.classes > 2 => Some((net, plan)),
                Ok(_) | Err(PlanError::Unsupported { .. }) => None,
                Err(error) => panic!("seed {seed}: {error}"),
            }
        };
        let (net, plan) = (100 * number..).find_map(planned).unwrap();
        Case::new(net, plan)
    }

    /// On an array of 4 x 4 the first random network whose machine has every kind of memory.
    pub fn with_every_memory() -> Self {
        let limits = Limits {
            layers: 6,
            channels: 8,
            size: (6, 12),
            residuals: true,
            padded_head: true,
            picks: false,
            ..Limits::default()
        };
        let planned = |seed| {
            let net = random_net(seed, &limits);
            let plan = plan_shape(&net, &tiny(), 4, 4, Spare { slack: 2, overlaid: 8 }).ok()?;
            let all = !plan.pools.is_empty() && !plan.residuals.is_empty() && !plan.offsets.is_empty();
            all.then_some((net, plan))
        };
        let (net, plan) = (0..10_000).find_map(planned).expect("a network that pools, adds and folds its padding");
        Case::new(net, plan)
    }

    /// On an array of 4 x 4 the first random network of whose tables one has its numbers in block RAM and its different words in LUTs.
    pub fn with_numbers_in_block_ram() -> Self {
        let limits = Limits { layers: 6, channels: 40, size: (16, 40), ..Limits::default() };
        let constraints = Constraints { rows: Some(4), cols: Some(4), ..Constraints::default() };
        let planned = |seed| {
            let net = random_net(seed, &limits);
            let most = plan(&net, &tiny(), &constraints).ok()?.ram18() - 1;
            let plan = plan(&net, &tiny(), &Constraints { max_bram18: Some(most), ..constraints.clone() }).ok()?;
            let numbers = |moved: &LutTable| moved.memory == TableMemory::Numbers;
            plan.lut_tables.iter().any(numbers).then_some((net, plan))
        };
        let (net, plan) = (0..1000).find_map(planned).expect("a table of few different words");
        Case::new(net, plan)
    }

    /// The network of [`Case::small`], its weights loaded; where they are codes, the first from that number on that has such weights.
    pub fn loaded(number: u64, weights: WeightMemory) -> Self {
        if !weights.store().is_coded() {
            return Case::kept_in(Case::small(number).net, weights);
        }
        let coded = |number| match planned_in(&with_codebooks(&Case::small(number).net, number), weights) {
            Err(PlanError::Codes { .. }) => None,
            plan => Some((with_codebooks(&Case::small(number).net, number), plan.unwrap())),
        };
        let (net, plan) = (number..).find_map(coded).unwrap();
        Case::new(net, plan)
    }

    /// The network with every output channel's weights in reverse order: the same design, another network.
    pub fn reversed(&self) -> Self {
        let mut net = self.net.clone();
        for layer in &mut net.layers {
            if let LayerKind::Conv(conv) = &mut layer.kind {
                let of_channel = conv.weights.len() / conv.bias.len();
                conv.weights.chunks_mut(of_channel).for_each(<[i8]>::reverse);
            }
        }
        Case::kept_in(net, self.plan.geometry.weights)
    }

    pub fn weights(&self) -> WeightImage {
        WeightImage::of(&self.plan, self.design_hash)
    }

    /// Bytes of a load.
    pub fn load_bytes(&self) -> usize {
        self.plan.geometry.load_stream(&self.weights().words).len()
    }

    /// Bytes of a packet, an image's or of weights.
    pub fn packet(&self) -> usize {
        self.plan.input.beats * self.plan.geometry.in_bytes
    }

    /// A network on an array of 4 x 4, its weights kept in such memories.
    pub fn kept_in(net: Net, weights: WeightMemory) -> Self {
        let plan = planned_in(&net, weights).unwrap();
        Case::new(net, plan)
    }

    /// The demonstration's network on the tiny board.
    pub fn digits() -> Self {
        let graph = load(&demo("digits.onnx"), &LoadOptions::default()).unwrap();
        let preprocess = Preprocess::grey();
        let net = quantize(&graph, &preprocess, &pictures("calibration"), &Default::default(), &mut |_| ()).unwrap().0;
        let plan = plan(&net, &tiny(), &Constraints::default()).unwrap();
        Case::new(net, plan)
    }

    /// SqueezeNet v1.1 as planned for the Nexys Video, and some photographs that did not calibrate it; says loudly when the
    /// test data is not there.
    pub fn squeezenet(photographs: usize) -> Option<(Self, Vec<Tensor>)> {
        let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
        if !data.exists() {
            println!("SKIPPED: ../shared/data is absent");
            return None;
        }
        let read = |i: usize| picture(&data.join(format!("dev/images/dev_{i:03}.png")));
        let calibration: Vec<Image> = (0..CALIBRATION).map(read).collect();
        let graph = load(&data.join("models/v1.1/squeezenet_v1.1.onnx"), &LoadOptions::default()).unwrap();
        let net = quantize(&graph, &Preprocess::caffe(), &calibration, &Default::default(), &mut |_| ()).unwrap().0;
        let board = Board::parse(include_str!("../../../constraints/nexys-video.toml")).unwrap();
        let plan = plan(&net, &board, &Constraints::default()).unwrap();
        let images = (CALIBRATION..CALIBRATION + photographs).map(|i| net.encode(&read(i)).unwrap()).collect();
        Some((Case::new(net, plan), images))
    }

    pub fn image(&self, seed: u64) -> Tensor {
        random_image(&self.net, seed)
    }

    pub fn trace(&self, image: &Tensor) -> Trace {
        Golden::new(&self.net).unwrap().trace(image).unwrap()
    }

    pub fn sums(&self, image: &Tensor) -> Vec<i64> {
        self.trace(image).sums
    }

    /// Golden's checksum per layer, as [`Driver::checksums`] names them.
    pub fn checksums(&self, image: &Tensor) -> Vec<(String, u32)> {
        let names = self.plan.bindings.iter().map(|binding| binding.name.clone());
        names.zip(layer_checksums(&self.plan, &self.trace(image))).collect()
    }

    pub fn device(&self, engine: Engine, stalls: Stalls) -> Faulty<Machine> {
        let machine: Box<dyn TopPins> = match engine {
            Engine::Fast => Box::new(FastMachine::new(Arc::clone(&self.plan), &self.net, self.design_hash).unwrap()),
            Engine::Registers => Box::new(RegisterMachine::new(&self.plan).unwrap()),
            Engine::Verilog => verilog(&compose(&self.plan).unwrap().design),
        };
        let pins = Pins { machine, reset_cycles: 0 };
        Faulty::new(PinDevice::new(format!("{engine:?}"), pins, &self.plan, stalls).unwrap())
    }

    pub fn open(&self, engine: Engine, stalls: Stalls) -> Bench {
        self.drive(self.device(engine, stalls)).unwrap()
    }

    /// A driver of any device, as it is opened unless told otherwise.
    pub fn drive<D: Device>(&self, device: D) -> Result<Driver<D>, HostError> {
        Driver::open(device, Arc::clone(&self.plan), self.design_hash, Options::default())
    }

    /// The driver answers for an image, right, and so does every layer.
    pub fn answers<D: Device>(&self, driver: &mut Driver<D>, image: &Tensor) {
        let ticket = driver.submit_tensor(image).unwrap();
        assert_eq!(driver.wait(ticket).unwrap().sums, self.sums(image));
        assert_eq!(driver.checksums().unwrap(), self.checksums(image));
    }

    /// The driver looks into the machine: streams come back, the self-test passes, a map is golden's; then it answers.
    pub fn looks_inside<D: Device>(&self, driver: &mut Driver<D>) {
        let (image, other) = (self.image(11), self.image(12));
        let reference = Reference::new(&self.plan, image.clone(), self.trace(&image));
        let found = driver.selftest(&[reference]).unwrap();
        assert!(found.passed(), "{found}");
        let layer = (0..self.plan.layers.len()).min_by_key(|&layer| driver.dump_runs(layer)).expect("a layer");
        let map = driver.dump(layer, &other, &mut |_, _| ()).unwrap();
        assert_eq!(map, self.trace(&other).layers[self.plan.bindings[layer].layer]);
        self.answers(driver, &image);
    }

    /// The driver's first images, back to back, are right, and the machine has counted them.
    pub fn answers_in_a_row<D: Device>(&self, driver: &mut Driver<D>, images: &[Tensor]) {
        let tickets: Vec<_> = images.iter().map(|image| driver.submit_tensor(image).unwrap()).collect();
        for (image, ticket) in images.iter().zip(tickets) {
            assert_eq!(driver.wait(ticket).unwrap().sums, self.sums(image), "image {}", ticket.image());
        }
        assert_eq!(driver.checksums().unwrap(), self.checksums(images.last().unwrap()));
        assert_eq!(driver.counters().unwrap().images_done as usize, images.len());
    }

    /// The handwritten digits that did not calibrate it, as its machine takes them.
    pub fn handwritten(&self) -> Vec<Tensor> {
        pictures("images").iter().map(|image| self.net.encode(image).unwrap()).collect()
    }
}

fn demo(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../host/demo")).join(name)
}

/// The images of a folder of the demonstration, in the order of their names.
fn pictures(folder: &str) -> Vec<Image> {
    let entries = fs::read_dir(demo(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|file| file.extension().is_some_and(|end| end == "png")).collect();
    files.sort();
    files.iter().map(|file| picture(file)).collect()
}

fn picture(file: &Path) -> Image {
    let rgb = ImageReader::open(file).unwrap().decode().unwrap().to_rgb8();
    Image { height: rgb.height() as usize, width: rgb.width() as usize, rgb: rgb.into_raw() }
}

/// Bytes of memory images from which on a machine is worth the compiler's full effort.
const LARGE: usize = 1 << 20;

/// The compiled top level of a design.
fn verilog(design: &Design) -> Box<dyn TopPins> {
    let effort = if design.images.iter().map(|image| image.bytes().len()).sum::<usize>() > LARGE {
        Effort::Full
    } else {
        Effort::Quick
    };
    let workspace = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let tools = Toolchain::locate(&workspace).unwrap();
    let cache = workspace.join("target/verilator");
    Box::new(VerilogTop::new(&tools, &spec(design, effort), &cache).unwrap())
}

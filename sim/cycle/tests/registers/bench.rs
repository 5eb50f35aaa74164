//! The Verilog and its clocked model side by side, every output compared in every cycle, with a bus master that stalls.

use std::collections::BTreeMap;
use std::path::Path;

use systole_cycle::model::{Model as Clocked, Modelled};
use systole_net::random::Rng;
use systole_rtl::primitive::{Direction, Primitive, Values};
use systole_rtl::primitives::axil_regs::{AxilRegs, AxilRegsConfig};
use systole_rtl::primitives::Any;
use systole_verilator::{BuildSpec, Effort, Model, Port, Toolchain, Verilated};

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// Cycles that a transaction may take under the heaviest stalls.
const PATIENCE: usize = 1000;
/// Words that a load takes.
pub const LOAD_WORDS: usize = 77;
/// Memories that are read back.
pub const MEMORIES: usize = 7;

pub fn config() -> AxilRegsConfig {
    AxilRegsConfig {
        addr_width: 9,
        rows: 28,
        cols: 8,
        step_width: 11,
        layer_width: 5,
        lane_width: 4,
        first_width: 13,
        memories: MEMORIES,
        load_words: 0,
        design_hash: std::array::from_fn(|i| (i * 73 + 9) as u8),
        weights_hash: std::array::from_fn(|i| 255 - (i * 29) as u8),
    }
}

/// The Verilog of a primitive with its parameters.
pub fn spec(primitive: &dyn Primitive, text: &str) -> BuildSpec {
    let spec = BuildSpec::new(primitive.module()).file(format!("{}.v", primitive.module()), text).effort(Effort::Quick);
    primitive.parameters().iter().fold(spec, |spec, parameter| spec.param(parameter.name(), parameter.value()))
}

pub fn tools() -> Toolchain {
    Toolchain::locate(Path::new(WORKSPACE)).expect("Verilator and g++, as `make setup` installs them")
}

pub fn cache() -> std::path::PathBuf {
    Path::new(WORKSPACE).join("build/verilator")
}

/// Verilog and model, and how willing the bus master is: of eight cycles, in how many it is ready or begins.
pub struct Bench {
    verilog: Model,
    model: Option<Box<dyn Clocked + Send>>,
    inputs: Vec<(String, usize, Port)>,
    outputs: Vec<(String, Port)>,
    reset: Port,
    values: BTreeMap<String, u64>,
    pub random: Rng,
    pub willing: u64,
}

impl Bench {
    /// Both as `axil_regs.v` has it, after reset.
    pub fn new() -> Self {
        Self::of(config())
    }

    /// As [`Bench::new`], of a machine whose weights are loaded.
    pub fn loaded() -> Self {
        Self::of(AxilRegsConfig { load_words: LOAD_WORDS, ..config() })
    }

    fn of(config: AxilRegsConfig) -> Self {
        let primitive = AxilRegs::new(config);
        let text = primitive.source();
        Self::start(primitive.clone(), text, Some(Any::from(primitive).model()))
    }

    /// The Verilog alone, changed, after reset.
    pub fn changed(change: impl FnOnce(&str) -> String) -> Self {
        let primitive = AxilRegs::new(config());
        let text = change(primitive.source());
        assert_ne!(text, primitive.source(), "the change found its place");
        Self::start(primitive, &text, None)
    }

    fn start(primitive: AxilRegs, text: &str, model: Option<Box<dyn Clocked + Send>>) -> Self {
        let built = Verilated::build(&tools(), &spec(&primitive, text), &cache()).expect("it compiles");
        let port = |name: &str| built.port(name).expect("the Verilog has the primitive's ports");
        let ports = primitive.ports();
        let of = |direction| ports.iter().filter(move |p| p.direction == direction);
        let inputs = of(Direction::Input).map(|p| (p.name.to_string(), p.width, port(p.name))).collect();
        let outputs = of(Direction::Output).map(|p| (p.name.to_string(), port(p.name))).collect();
        let (verilog, reset) = (built.model().expect("a model"), port("rst_i"));
        let values = BTreeMap::new();
        let mut bench = Bench { verilog, model, inputs, outputs, reset, values, random: Rng::new(0x5e7), willing: 8 };
        bench.cycle(true);
        bench
    }

    /// Drives an input from now on.
    pub fn set(&mut self, name: &str, value: u64) {
        assert!(self.inputs.iter().any(|(input, ..)| input == name), "{name}");
        self.values.insert(name.into(), value);
    }

    pub fn out(&mut self, name: &str) -> u64 {
        self.verilog.eval();
        self.verilog.peek(name).expect("an output")
    }

    /// Random values on every input.
    pub fn scramble(&mut self) {
        for (name, width, _) in &self.inputs {
            let value = self.random.bits() & (u64::MAX >> (64 - width));
            self.values.insert(name.clone(), value);
        }
    }

    /// One clock cycle.
    pub fn cycle(&mut self, reset: bool) {
        let values: Values =
            self.inputs.iter().map(|(name, ..)| vec![self.values.get(name).copied().unwrap_or(0)]).collect();
        for ((_, _, port), value) in self.inputs.iter().zip(&values) {
            self.verilog.set(*port, value[0]);
        }
        self.verilog.set(self.reset, reset.into());
        self.verilog.eval();
        if let Some(model) = &mut self.model {
            let mut expected = vec![vec![0]; self.outputs.len()];
            model.outputs(&values, &mut expected);
            for ((name, port), value) in self.outputs.iter().zip(&expected) {
                assert_eq!(self.verilog.get(*port), value[0], "{name} in cycle {}", self.verilog.cycles());
            }
            model.clock(reset, &values);
        }
        self.verilog.tick();
    }

    /// Writes bytes of a word; the response. Address and data come in any order.
    pub fn write(&mut self, address: u32, data: u32, strobe: u64) -> u64 {
        let (mut address_left, mut data_left) = (true, true);
        self.set("s_axil_awaddr_i", address.into());
        self.set("s_axil_wdata_i", data.into());
        self.set("s_axil_wstrb_i", strobe);
        for _ in 0..PATIENCE {
            address_left &= !self.offer("s_axil_awvalid_i", "s_axil_awready_o", address_left);
            data_left &= !self.offer("s_axil_wvalid_i", "s_axil_wready_o", data_left);
            if let Some(response) = self.take("s_axil_bready_i", "s_axil_bvalid_o", "s_axil_bresp_o") {
                assert!(!address_left && !data_left, "a response before the request");
                return response;
            }
        }
        panic!("no response to a write");
    }

    /// Reads a word; data and response.
    pub fn read(&mut self, address: u32) -> (u32, u64) {
        let mut left = true;
        self.set("s_axil_araddr_i", address.into());
        for _ in 0..PATIENCE {
            left &= !self.offer("s_axil_arvalid_i", "s_axil_arready_o", left);
            let data = self.out("s_axil_rdata_o") as u32;
            if let Some(response) = self.take("s_axil_rready_i", "s_axil_rvalid_o", "s_axil_rresp_o") {
                return (data, response);
            }
        }
        panic!("no response to a read");
    }

    fn is_willing(&mut self) -> bool {
        (self.random.below(8) as u64) < self.willing
    }

    /// Sets a valid for this cycle, never taking it back; whether the coming edge accepts it.
    fn offer(&mut self, valid: &str, ready: &str, wanted: bool) -> bool {
        let held = self.values.get(valid).copied().unwrap_or(0) != 0;
        let on = wanted && (held || self.is_willing());
        self.set(valid, on.into());
        on && self.out(ready) != 0
    }

    /// One cycle with ready now and then; the payload if it was taken.
    fn take(&mut self, ready: &str, valid: &str, payload: &str) -> Option<u64> {
        let willing = self.is_willing();
        self.set(ready, willing.into());
        let taken = (willing && self.out(valid) != 0).then(|| self.out(payload));
        self.cycle(false);
        if taken.is_some() {
            self.set(ready, 0);
        }
        taken
    }
}

//! What a primitive is: one hand-written Verilog module with its parameters and ports. Its clocked model is in `sim/cycle`.

use std::fmt::{Display, Formatter};

/// Direction seen from the primitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Input,
    Output,
}

/// Bits of one `u64` of a port's value.
const LIMB: usize = 64;

/// Lanes and bits of a lane. Its value is a `u64` per lane, zero-extended; a single lane of more than 64 bits is as many limbs, the
/// least significant first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub lanes: usize,
    pub width: usize,
}

impl Shape {
    /// Whether there is at least a bit, and no value of a lane in several limbs.
    pub fn is_possible(&self) -> bool {
        self.lanes > 0 && self.width > 0 && (self.width <= LIMB || self.lanes == 1)
    }

    /// The value 0.
    pub fn zero(&self) -> Vec<u64> {
        vec![0; self.lanes * self.width.div_ceil(LIMB)]
    }

    /// Where bit `at` of the whole bus lies: in which `u64`, at which of its bits, and how many of the bus' bits that `u64` has from
    /// there on.
    pub fn place(&self, at: usize) -> (usize, usize, usize) {
        match self.width <= LIMB {
            true => (at / self.width, at % self.width, self.width - at % self.width),
            false => (at / LIMB, at % LIMB, (LIMB - at % LIMB).min(self.width - at)),
        }
    }

    /// The bits of the bus that each `u64` of its value stands for: lowest bit and count.
    pub fn parts(&self) -> Vec<(usize, usize)> {
        let (mut at, mut parts) = (0, Vec::new());
        while at < self.lanes * self.width {
            let (_, _, width) = self.place(at);
            parts.push((at, width));
            at += width;
        }
        parts
    }
}

/// A port of `lanes * width` bits; lane 0 is the least significant. Clock `clk_i` and reset `rst_i` are implied, not listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    pub name: &'static str,
    pub direction: Direction,
    pub lanes: usize,
    /// Bits of one lane; more than 64 in a single one alone.
    pub width: usize,
}

impl Port {
    pub fn input(name: &'static str, lanes: usize, width: usize) -> Self {
        Port { name, direction: Direction::Input, lanes, width }
    }

    pub fn output(name: &'static str, lanes: usize, width: usize) -> Self {
        Port { name, direction: Direction::Output, lanes, width }
    }

    pub fn shape(&self) -> Shape {
        Shape { lanes: self.lanes, width: self.width }
    }
}

/// Values of a primitive's ports of one direction, in the order of [`Primitive::ports`], see [`Shape`].
pub type Values = Vec<Vec<u64>>;

/// A Verilog parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parameter {
    Integer(&'static str, u64),
    /// Bytes side by side, the first at the right.
    Bytes(&'static str, Vec<u8>),
    /// Verilog string, used for file names of memory images.
    Text(&'static str, String),
}

impl Parameter {
    pub fn name(&self) -> &'static str {
        match self {
            Parameter::Integer(name, _) | Parameter::Bytes(name, _) | Parameter::Text(name, _) => name,
        }
    }

    /// As Verilog writes it.
    pub fn value(&self) -> String {
        match self {
            Parameter::Integer(_, value) => value.to_string(),
            Parameter::Bytes(_, bytes) => {
                let digits: String = bytes.iter().rev().map(|byte| format!("{byte:02x}")).collect();
                format!("{}'h{digits}", 8 * bytes.len())
            }
            Parameter::Text(_, text) => format!("\"{text}\""),
        }
    }
}

/// As an instance sets it: `.ROWS(28)`.
impl Display for Parameter {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, ".{}({})", self.name(), self.value())
    }
}

/// A module's ports, from the values that its parameters have by their names.
pub type PortList = fn(&dyn Fn(&str) -> usize) -> Vec<Port>;

/// A Verilog module.
#[derive(Debug)]
pub struct Module {
    /// Also the name of its file in `hdl/rtl/v`.
    pub name: &'static str,
    pub source: &'static str,
    pub ports: PortList,
}

/// A hand-written module as an instance of it wants it.
pub trait Primitive {
    fn verilog(&self) -> &'static Module;
    fn parameters(&self) -> Vec<Parameter>;
    /// Modules that the primitive instantiates, each (name, source); a name always stands for the same source.
    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }
    /// Models, for simulation alone, of the vendors' cells that the primitive instantiates, each (name, source).
    fn models(&self) -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }
    /// Verilog module name.
    fn module(&self) -> &'static str {
        self.verilog().name
    }
    /// The Verilog source.
    fn source(&self) -> &'static str {
        self.verilog().source
    }
    /// Ports in the order of the Verilog.
    ///
    /// # Panics
    /// If the width of one depends on a parameter that is not among [`Primitive::parameters`].
    fn ports(&self) -> Vec<Port> {
        let parameters = self.parameters();
        let value = |wanted: &str| {
            let found = parameters.iter().find_map(|parameter| match parameter {
                Parameter::Integer(name, value) if *name == wanted => Some(*value as usize),
                _ => None,
            });
            found.unwrap_or_else(|| panic!("{}: a port's width needs the parameter {wanted}; give it", self.module()))
        };
        (self.verilog().ports)(&value)
    }
}

//! A top, described once: ports, instances, assignments. Printing and simulating both start from here.

use super::expression::Expr;
use crate::primitive::{Direction, Primitive};
use crate::primitives::Any;

/// A port of a top or, resolved, of an instance: `lanes * width` bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    pub name: String,
    pub direction: Direction,
    pub lanes: usize,
    pub width: usize,
    pub comment: String,
}

impl Pin {
    pub fn bits(&self) -> usize {
        self.lanes * self.width
    }
}

/// What an instance is an instance of.
pub enum Body<P = Any> {
    Primitive(P),
    Top(Box<Top<P>>),
}

impl<P: Primitive> Body<P> {
    pub fn module(&self) -> &str {
        match self {
            Body::Primitive(primitive) => primitive.module(),
            Body::Top(top) => &top.name,
        }
    }

    pub fn pins(&self) -> Vec<Pin> {
        match self {
            Body::Top(top) => top.ports.clone(),
            Body::Primitive(primitive) => primitive
                .ports()
                .into_iter()
                .map(|p| Pin {
                    name: p.name.to_string(),
                    direction: p.direction,
                    lanes: p.lanes,
                    width: p.width,
                    comment: String::new(),
                })
                .collect(),
        }
    }
}

/// A named instance with its connections.
pub struct Instance<P = Any> {
    pub(crate) name: String,
    pub(crate) comment: String,
    pub(crate) body: Body<P>,
    pub(crate) inputs: Vec<(String, Expr)>,
    pub(crate) outputs: Vec<(String, String)>,
    pub(crate) reset: Option<Expr>,
}

impl<P: Primitive> Instance<P> {
    /// Drives input `port`.
    pub fn input(&mut self, port: &str, driver: impl Into<Expr>) -> &mut Self {
        self.inputs.push((port.to_string(), driver.into()));
        self
    }

    /// Names the wire (or top output) that output `port` drives. The wire has the port's width.
    pub fn output(&mut self, port: &str, wire: &str) -> &mut Self {
        self.outputs.push((port.to_string(), wire.to_string()));
        self
    }

    /// Connects `port` to the top's port (or wire) of exactly its name.
    pub fn same_name(&mut self, port: &str, direction: Direction) -> &mut Self {
        match direction {
            Direction::Input => self.input(port, port),
            Direction::Output => self.output(port, port),
        }
    }

    /// Leaves output `port` open.
    pub fn open(&mut self, port: &str) -> &mut Self {
        let wire = format!("unused_{}_{}", self.name, port);
        self.output(port, &wire)
    }

    /// Bits of a port; 0 where there is none of this name.
    pub fn width(&self, port: &str) -> usize {
        self.body.pins().iter().find(|pin| pin.name == port).map_or(0, Pin::bits)
    }

    /// Connects every port that is not connected yet to the wire (or top port) of its own name, without `_i` or `_o`.
    pub fn by_name(&mut self) -> &mut Self {
        let known = self.inputs.iter().map(|i| i.0.clone()).chain(self.outputs.iter().map(|o| o.0.clone()));
        let known: Vec<String> = known.collect();
        for pin in self.body.pins().into_iter().filter(|p| !known.contains(&p.name)) {
            match pin.direction {
                Direction::Input => self.input(&pin.name, pin.name.strip_suffix("_i").unwrap_or(&pin.name)),
                Direction::Output => self.output(&pin.name, pin.name.strip_suffix("_o").unwrap_or(&pin.name)),
            };
        }
        self
    }

    /// Resets the instance by this one bit, too, beside the top's `rst_i`; it must be a register's output.
    pub fn also_reset_by(&mut self, driver: impl Into<Expr>) -> &mut Self {
        self.reset = Some(driver.into());
        self
    }

    pub fn inputs<E: Into<Expr>>(&mut self, pairs: impl IntoIterator<Item = (&'static str, E)>) -> &mut Self {
        for (port, driver) in pairs {
            self.input(port, driver);
        }
        self
    }

    pub fn outputs(&mut self, pairs: impl IntoIterator<Item = (&'static str, &'static str)>) -> &mut Self {
        for (port, wire) in pairs {
            self.output(port, wire);
        }
        self
    }
}

pub(crate) struct Assign {
    pub wire: String,
    pub lanes: usize,
    pub width: usize,
    pub driver: Expr,
}

/// A composed module of primitives `P`. `clk_i` and `rst_i` are implied and reach every instance.
pub struct Top<P = Any> {
    pub(crate) name: String,
    pub(crate) comment: String,
    pub(crate) ports: Vec<Pin>,
    pub(crate) instances: Vec<Instance<P>>,
    pub(crate) assigns: Vec<Assign>,
    pub(crate) unread: Vec<Expr>,
}

impl<P: Primitive> Top<P> {
    pub fn new(name: &str, comment: &str) -> Self {
        Top {
            name: name.to_string(),
            comment: comment.to_string(),
            ports: Vec::new(),
            instances: Vec::new(),
            assigns: Vec::new(),
            unread: Vec::new(),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn ports(&self) -> &[Pin] {
        &self.ports
    }

    pub fn input(&mut self, name: &str, lanes: usize, width: usize, comment: &str) {
        self.port(name, Direction::Input, lanes, width, comment);
    }

    /// A top output; drive it with an instance's output of this wire name, or with [`Top::assign`].
    pub fn output(&mut self, name: &str, lanes: usize, width: usize, comment: &str) {
        self.port(name, Direction::Output, lanes, width, comment);
    }

    fn port(&mut self, name: &str, direction: Direction, lanes: usize, width: usize, comment: &str) {
        self.ports.push(Pin { name: name.to_string(), direction, lanes, width, comment: comment.to_string() });
    }

    /// A primitive's instance; connect its ports on what this returns.
    pub fn primitive(&mut self, name: &str, comment: &str, primitive: impl Into<P>) -> &mut Instance<P> {
        self.instance(name, comment, Body::Primitive(primitive.into()))
    }

    /// Another top's instance.
    pub fn top(&mut self, name: &str, comment: &str, top: Top<P>) -> &mut Instance<P> {
        self.instance(name, comment, Body::Top(Box::new(top)))
    }

    fn instance(&mut self, name: &str, comment: &str, body: Body<P>) -> &mut Instance<P> {
        let at = self.instances.len();
        self.instances.push(Instance {
            name: name.to_string(),
            comment: comment.to_string(),
            body,
            inputs: Vec::new(),
            outputs: Vec::new(),
            reset: None,
        });
        &mut self.instances[at]
    }

    /// A new wire of `width` bits, or the top output `wire`, driven by an expression.
    pub fn assign(&mut self, wire: &str, width: usize, driver: impl Into<Expr>) {
        self.assign_lanes(wire, 1, width, driver);
    }

    pub fn assign_lanes(&mut self, wire: &str, lanes: usize, width: usize, driver: impl Into<Expr>) {
        self.assigns.push(Assign { wire: wire.to_string(), lanes, width, driver: driver.into() });
    }

    /// States that nobody reads these bits, which would otherwise be an error.
    pub fn leave_unread(&mut self, what: impl Into<Expr>) {
        self.unread.push(what.into());
    }
}

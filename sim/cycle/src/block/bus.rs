//! rust-hdl's `Atom` for a bus whose lanes and width are known only at run time.

use rust_hdl::constraint::PinConstraint;
use rust_hdl::prelude::{Atom, AtomKind, Probe, TypeDescriptor, TypeKind, VCDValue, VerilogLiteral};
use rust_hdl::signal::get_signal_id;
use systole_rtl::primitive::{Shape, Values};

/// A bus as a probe sees it.
pub struct Bus<'a> {
    pub kind: AtomKind,
    pub shape: Shape,
    pub value: &'a [u64],
    pub changed: bool,
    pub id: usize,
}

impl Atom for Bus<'_> {
    fn bits(&self) -> usize {
        self.shape.lanes * self.shape.width
    }

    /// Composition has checked it.
    fn connected(&self) -> bool {
        true
    }

    fn changed(&self) -> bool {
        self.changed
    }

    fn kind(&self) -> AtomKind {
        self.kind
    }

    fn descriptor(&self) -> TypeDescriptor {
        TypeDescriptor { name: format!("Bits::<{}>", self.bits()), kind: TypeKind::Bits(self.bits()) }
    }

    fn vcd(&self) -> VCDValue {
        let bit = |at: usize| {
            let (lane, bit, _) = self.shape.place(at);
            self.value[lane] >> bit & 1 == 1
        };
        match self.bits() {
            1 => VCDValue::Single(bit(0).into()),
            bits => VCDValue::Vector((0..bits).rev().map(|at| bit(at).into()).collect()),
        }
    }

    fn id(&self) -> usize {
        self.id
    }

    /// Asked for constants only, and a bus is none.
    fn verilog(&self) -> VerilogLiteral {
        self.value[0].into()
    }

    fn constraints(&self) -> Vec<PinConstraint> {
        Vec::new()
    }
}

/// All ports of one direction of a block.
pub struct Side {
    kind: AtomKind,
    pub names: Vec<String>,
    pub shapes: Vec<Shape>,
    pub values: Values,
    /// Changed since the reader last looked, per port and of any port.
    pub fresh: Vec<bool>,
    pub any_fresh: bool,
    ids: Vec<usize>,
}

impl Side {
    pub fn new(kind: AtomKind, ports: Vec<(String, Shape)>) -> Self {
        let (names, shapes): (Vec<String>, Vec<Shape>) = ports.into_iter().unzip();
        let count = names.len();
        Side {
            kind,
            values: shapes.iter().map(Shape::zero).collect(),
            fresh: vec![false; count],
            any_fresh: false,
            ids: (0..count).map(|_| get_signal_id()).collect(),
            names,
            shapes,
        }
    }

    pub fn mark(&mut self, port: usize) {
        self.fresh[port] = true;
        self.any_fresh = true;
    }

    pub fn mark_all(&mut self) {
        self.fresh.fill(true);
        self.any_fresh = true;
    }

    pub fn clear(&mut self) {
        if self.any_fresh {
            self.fresh.fill(false);
            self.any_fresh = false;
        }
    }

    pub fn accept(&self, probe: &mut dyn Probe) {
        for (at, name) in self.names.iter().enumerate() {
            let (shape, value, changed) = (self.shapes[at], self.values[at].as_slice(), self.fresh[at]);
            probe.visit_atom(name, &Bus { kind: self.kind, shape, value, changed, id: self.ids[at] });
        }
    }
}

//! From the description of a top to its tree of blocks.

use super::bus::Side;
use super::primitive::PrimitiveBlock;
use super::route::{routes, Copied, Route};
use super::tree::{Cell, TopBlock, WireView};
use crate::emit::verilog;
use crate::error::RtlError;
use crate::primitive::Direction;
use crate::primitive::Shape;
use crate::top::{of_direction, Body, Instance, Netlist, Origin, Piece, Pin, Top};
use rust_hdl::core::prelude::{AtomKind, Signal};
use rust_hdl::core::signal::get_signal_id;

impl Top {
    /// Checks the description and turns it into the tree that simulates and prints.
    ///
    /// # Errors
    /// Whatever is wrong with the description, by name; [`RtlError::TwoOfOneFile`] if a module has two sources.
    pub fn build(self) -> Result<TopBlock, RtlError> {
        let mut sources = Sources::default();
        let mut tree = build(self, &mut sources)?;
        tree.sources = sources.all;
        tree.models = sources.models;
        Ok(tree)
    }
}

/// Modules printed so far.
#[derive(Default)]
struct Sources {
    all: Vec<(String, String)>,
    /// Those that are models for simulation.
    models: Vec<String>,
}

impl Sources {
    /// Takes a module's text; true if it is new.
    fn add(&mut self, module: &str, text: &str) -> Result<bool, RtlError> {
        match self.all.iter().find(|s| s.0 == module) {
            Some((_, known)) if known == text => Ok(false),
            Some(_) => Err(RtlError::TwoOfOneFile { name: format!("{module}.v") }),
            None => {
                self.all.push((module.to_string(), text.to_string()));
                Ok(true)
            }
        }
    }
}

fn build(top: Top, sources: &mut Sources) -> Result<TopBlock, RtlError> {
    let netlist = top.resolve()?;
    let text = verilog(&top, &netlist);
    let wires = wire_views(&top, &netlist);
    let Top { name: module, ports, instances, .. } = top;
    let cells: Vec<(String, Cell)> = instances.into_iter().map(|i| cell(i, sources)).collect::<Result<_, _>>()?;
    let code = if sources.add(&module, &text)? { text } else { String::new() };
    let from_cells = cells.iter().map(|c| vec![Vec::new(); c.1.outputs().names.len()]).collect();
    let inputs = Side::new(AtomKind::InputParameter, shapes(&ports, Direction::Input));
    let outputs = Side::new(AtomKind::OutputParameter, shapes(&ports, Direction::Output));
    let mut tree = TopBlock {
        clock: Signal::default(),
        reset: Signal::default(),
        from_ports: vec![Vec::new(); inputs.names.len()],
        from_cells,
        resets: netlist.resets.iter().map(|r| r.as_ref().map(|pieces| pieces[0])).collect(),
        inputs,
        outputs,
        module,
        code,
        sources: Vec::new(),
        models: Vec::new(),
        cells,
        wires,
    };
    connect(&mut tree, &netlist);
    Ok(tree)
}

fn shapes(pins: &[Pin], direction: Direction) -> Vec<(String, Shape)> {
    let shape = |p: Pin| (p.name, Shape { lanes: p.lanes, width: p.width });
    of_direction(pins, direction).into_iter().map(shape).collect()
}

/// Wires that are not ports, which the ports show already.
fn wire_views(top: &Top, netlist: &Netlist) -> Vec<WireView> {
    let inner = netlist.wires.iter().filter(|(name, _)| !top.ports.iter().any(|p| p.name == **name));
    let view = |(name, wire): (&String, &crate::top::Wire)| WireView {
        name: name.clone(),
        shape: Shape { lanes: wire.lanes, width: wire.width },
        pieces: wire.pieces.clone(),
        id: get_signal_id(),
    };
    inner.map(view).collect()
}

fn cell(instance: Instance, sources: &mut Sources) -> Result<(String, Cell), RtlError> {
    let cell = match instance.body {
        Body::Top(top) => Cell::Top(Box::new(build(*top, sources)?)),
        Body::Primitive(primitive) => {
            let mut code = String::new();
            for (module, text) in primitive.models() {
                if sources.add(module, text)? {
                    sources.models.push(module.to_string());
                    code.push_str(text);
                }
            }
            for (module, text) in primitive.submodules().into_iter().chain([(primitive.module(), primitive.source())]) {
                if sources.add(module, text)? {
                    code.push_str(text);
                }
            }
            Cell::Primitive(Box::new(PrimitiveBlock::new(primitive, code)?))
        }
    };
    Ok((instance.name, cell))
}

fn connect(tree: &mut TopBlock, netlist: &Netlist) {
    for (cell, inputs) in netlist.inputs.iter().enumerate() {
        for (port, pieces) in inputs.iter().enumerate() {
            let shape = tree.cells[cell].1.inputs().shapes[port];
            let mut initial = shape.zero();
            for (origin, copied) in compile(tree, pieces, shape, &mut initial) {
                add(tree, origin, copied.into_port(Some(cell), port));
            }
            tree.cells[cell].1.inputs().values[port] = initial;
        }
        tree.cells[cell].1.inputs().mark_all();
    }
    for (port, pieces) in netlist.outputs.iter().enumerate() {
        let shape = tree.outputs.shapes[port];
        let mut initial = shape.zero();
        for (origin, copied) in compile(tree, pieces, shape, &mut initial) {
            add(tree, origin, copied.into_port(None, port));
        }
        tree.outputs.values[port] = initial;
    }
}

fn compile(tree: &TopBlock, pieces: &[Piece], sink: Shape, initial: &mut [u64]) -> Vec<(Origin, Copied)> {
    routes(pieces, |origin| tree.shape_of(origin), sink, initial)
}

fn add(tree: &mut TopBlock, origin: Origin, route: Route) {
    match origin {
        Origin::Port(port) => tree.from_ports[port].push(route),
        Origin::Instance { instance, port } => tree.from_cells[instance][port].push(route),
        Origin::Constant(_) => unreachable!("constants are written into the initial value"),
    }
}

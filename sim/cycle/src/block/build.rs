//! From a composed top to its tree of blocks.

use super::bus::Side;
use super::primitive::PrimitiveBlock;
use super::route::{routes, Copied, Route};
use super::tree::{Cell, TopBlock, WireView};
use crate::model::Modelled;
use rust_hdl::prelude::{AtomKind, Signal};
use rust_hdl::signal::get_signal_id;
use systole_rtl::composed::Cell as Part;
use systole_rtl::primitive::{Direction, Primitive, Shape};
use systole_rtl::top::{of_direction, Netlist, Origin, Piece, Pin, Wire};
use systole_rtl::Composed;

impl TopBlock {
    /// The tree that runs a composed top, every primitive by its model.
    pub fn new<P: Primitive + Modelled>(composed: Composed<P>) -> TopBlock {
        let Composed { module, ports, netlist, cells, code, .. } = composed;
        let cells: Vec<(String, Cell)> = cells.into_iter().map(|(name, part)| (name, cell(part))).collect();
        let inputs = Side::new(AtomKind::InputParameter, shapes(&ports, Direction::Input));
        let outputs = Side::new(AtomKind::OutputParameter, shapes(&ports, Direction::Output));
        let mut tree = TopBlock {
            clock: Signal::default(),
            reset: Signal::default(),
            from_ports: vec![Vec::new(); inputs.names.len()],
            from_cells: cells.iter().map(|c| vec![Vec::new(); c.1.outputs().names.len()]).collect(),
            resets: netlist.resets.iter().map(|r| r.as_ref().map(|pieces| pieces[0])).collect(),
            inputs,
            outputs,
            module,
            code,
            wires: wire_views(&ports, &netlist),
            cells,
        };
        connect(&mut tree, &netlist);
        tree
    }
}

fn cell<P: Primitive + Modelled>(part: Part<P>) -> Cell {
    match part {
        Part::Top(top) => Cell::Top(Box::new(TopBlock::new(*top))),
        Part::Primitive(primitive, code) => Cell::Primitive(Box::new(PrimitiveBlock::new(primitive, code))),
    }
}

fn shapes(pins: &[Pin], direction: Direction) -> Vec<(String, Shape)> {
    let shape = |p: Pin| (p.name, Shape { lanes: p.lanes, width: p.width });
    of_direction(pins, direction).into_iter().map(shape).collect()
}

/// Wires that are not ports, which the ports show already.
fn wire_views(ports: &[Pin], netlist: &Netlist) -> Vec<WireView> {
    let inner = netlist.wires.iter().filter(|(name, _)| !ports.iter().any(|p| p.name == **name));
    let view = |(name, wire): (&String, &Wire)| WireView {
        name: name.clone(),
        shape: Shape { lanes: wire.lanes, width: wire.width },
        pieces: wire.pieces.clone(),
        id: get_signal_id(),
    };
    inner.map(view).collect()
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

//! A described top checked and flattened: which bits drive which port. Every input once, widths equal, no unknown name.

use super::describe::{Assign, Instance, Pin, Top};
use super::expression::Expr;
use super::unread::check_unread;
use super::wire::{Origin, Piece, Wire};
use crate::error::RtlError;
use crate::primitive::{Direction, Primitive};
use std::collections::BTreeMap;

/// The result: pieces of every sink.
pub struct Netlist {
    pub wires: BTreeMap<String, Wire>,
    /// Indices of the top's assignments, each after those that it reads.
    pub assign_order: Vec<usize>,
    /// `[instance][input]`
    pub inputs: Vec<Vec<Vec<Piece>>>,
    /// `[instance]`, where something beside `rst_i` resets it.
    pub resets: Vec<Option<Vec<Piece>>>,
    /// `[output of the top]`
    pub outputs: Vec<Vec<Piece>>,
}

/// Pins of one direction.
pub fn of_direction(pins: &[Pin], direction: Direction) -> Vec<Pin> {
    pins.iter().filter(|p| p.direction == direction).cloned().collect()
}

impl<P: Primitive> Top<P> {
    /// Checks the description and flattens it.
    pub fn resolve(&self) -> Result<Netlist, RtlError> {
        let mut resolver = Resolver { top: self, wires: BTreeMap::new(), assign_order: Vec::new() };
        resolver.check_names()?;
        resolver.drive_from_ports()?;
        resolver.drive_from_instances()?;
        resolver.drive_from_assigns()?;
        let inputs = self.instances.iter().map(|i| resolver.instance_inputs(i)).collect::<Result<_, _>>()?;
        let resets = self.instances.iter().map(|i| resolver.instance_reset(i)).collect::<Result<_, _>>()?;
        let outputs = resolver.top_outputs()?;
        check_unread(self, &resolver.wires)?;
        let Resolver { wires, assign_order, .. } = resolver;
        Ok(Netlist { wires, assign_order, inputs, resets, outputs })
    }
}

struct Resolver<'a, P> {
    top: &'a Top<P>,
    wires: BTreeMap<String, Wire>,
    assign_order: Vec<usize>,
}

fn is_identifier(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(legal)
}

impl<P: Primitive> Resolver<'_, P> {
    fn top_name(&self) -> String {
        self.top.name.clone()
    }

    fn check_names(&self) -> Result<(), RtlError> {
        let mut seen: BTreeMap<&str, String> = BTreeMap::new();
        seen.insert("clk_i", "the clock".into());
        seen.insert("rst_i", "the reset".into());
        let ports = self.top.ports.iter().map(|p| (p.name.as_str(), format!("port {}", p.name)));
        let cells = self.top.instances.iter().map(|i| (i.name.as_str(), format!("instance {}", i.name)));
        for (name, role) in ports.chain(cells) {
            if !is_identifier(name) {
                return Err(RtlError::BadName { top: self.top_name(), name: name.into() });
            }
            if let Some(first) = seen.insert(name, role.clone()) {
                return Err(self.two_of_one_name(name, first, role));
            }
        }
        Ok(())
    }

    fn two_of_one_name(&self, name: &str, first: String, second: String) -> RtlError {
        RtlError::TwoOfOneName { top: self.top_name(), name: name.into(), first, second }
    }

    fn add_wire(&mut self, name: &str, wire: Wire) -> Result<(), RtlError> {
        if !is_identifier(name) {
            return Err(RtlError::BadName { top: self.top_name(), name: name.into() });
        }
        if let Some(instance) = self.top.instances.iter().find(|i| i.name == name) {
            return Err(self.two_of_one_name(name, format!("instance {}", instance.name), wire.driver));
        }
        if let Some(port) = self.top.ports.iter().find(|p| p.name == name && p.direction == Direction::Output) {
            self.expect_width(&format!("output {name}"), port.bits(), &wire.driver, wire.bits())?;
        }
        let driver = wire.driver.clone();
        match self.wires.insert(name.to_string(), wire) {
            Some(first) => Err(self.two_of_one_name(name, first.driver, driver)),
            None => Ok(()),
        }
    }

    fn expect_width(&self, sink: &str, wanted: usize, expression: &str, found: usize) -> Result<(), RtlError> {
        if wanted == found {
            return Ok(());
        }
        let (top, sink, expression) = (self.top_name(), sink.to_string(), expression.to_string());
        Err(RtlError::Width { top, sink, wanted, expression, found })
    }

    fn drive_from_ports(&mut self) -> Result<(), RtlError> {
        for (at, pin) in of_direction(&self.top.ports, Direction::Input).iter().enumerate() {
            let pieces = vec![Piece { origin: Origin::Port(at), low: 0, width: pin.bits() }];
            let driver = format!("input {}", pin.name);
            self.add_wire(&pin.name, Wire { lanes: pin.lanes, width: pin.width, pieces, driver })?;
        }
        Ok(())
    }

    fn drive_from_instances(&mut self) -> Result<(), RtlError> {
        for (at, instance) in self.top.instances.iter().enumerate() {
            let pins = of_direction(&instance.body.pins(), Direction::Output);
            self.check_ports(instance, instance.outputs.iter().map(|o| &o.0), &pins, "output")?;
            for (port, pin) in pins.iter().enumerate() {
                let (_, wire) = self.connection(instance, &instance.outputs, pin)?;
                let pieces = vec![Piece { origin: Origin::Instance { instance: at, port }, low: 0, width: pin.bits() }];
                let driver = format!("{}.{}", instance.name, pin.name);
                self.add_wire(wire, Wire { lanes: pin.lanes, width: pin.width, pieces, driver })?;
            }
        }
        Ok(())
    }

    fn check_ports<'n>(
        &self,
        instance: &Instance<P>,
        named: impl Iterator<Item = &'n String>,
        pins: &[Pin],
        wanted: &'static str,
    ) -> Result<(), RtlError> {
        for port in named {
            if !pins.iter().any(|p| p.name == *port) {
                let known: Vec<&str> = pins.iter().map(|p| p.name.as_str()).collect();
                return Err(RtlError::UnknownPort {
                    instance: format!("{}.{}", self.top.name, instance.name),
                    module: instance.body.module().to_string(),
                    wanted,
                    port: port.clone(),
                    known: known.join(", "),
                });
            }
        }
        Ok(())
    }

    fn connection<'c, T>(
        &self,
        instance: &Instance<P>,
        connections: &'c [(String, T)],
        pin: &Pin,
    ) -> Result<&'c (String, T), RtlError> {
        let mut matching = connections.iter().filter(|c| c.0 == pin.name);
        let (top, name, port) = (self.top_name(), instance.name.clone(), pin.name.clone());
        match (matching.next(), matching.next()) {
            (Some(connection), None) => Ok(connection),
            (Some(_), Some(_)) => Err(RtlError::ConnectedTwice { top, instance: name, port }),
            (None, _) => Err(RtlError::NotConnected { top, instance: name, port }),
        }
    }

    fn drive_from_assigns(&mut self) -> Result<(), RtlError> {
        let mut waiting: Vec<usize> = (0..self.top.assigns.len()).collect();
        while !waiting.is_empty() {
            let assigned: Vec<&str> = waiting.iter().map(|&a| self.top.assigns[a].wire.as_str()).collect();
            let is_ready = |a: &&usize| {
                let unread = |wire: &str| self.wires.contains_key(wire) || !assigned.contains(&wire);
                wires_of(&self.top.assigns[**a].driver).into_iter().all(unread)
            };
            let ready: Vec<usize> = waiting.iter().filter(is_ready).copied().collect();
            if ready.is_empty() {
                return Err(RtlError::AssignLoop { top: self.top_name(), wires: assigned.join(", ") });
            }
            for &a in &ready {
                self.drive_from_assign(&self.top.assigns[a])?;
            }
            waiting.retain(|a| !ready.contains(a));
            self.assign_order.extend(ready);
        }
        Ok(())
    }

    fn drive_from_assign(&mut self, assign: &Assign) -> Result<(), RtlError> {
        let Assign { wire, lanes, width, driver } = assign;
        let pieces = self.sink(&format!("wire {wire}"), lanes * width, driver)?;
        self.add_wire(wire, Wire { lanes: *lanes, width: *width, pieces, driver: format!("{wire} = {driver}") })
    }

    fn instance_inputs(&self, instance: &Instance<P>) -> Result<Vec<Vec<Piece>>, RtlError> {
        let pins = of_direction(&instance.body.pins(), Direction::Input);
        self.check_ports(instance, instance.inputs.iter().map(|i| &i.0), &pins, "input")?;
        let input = |pin: &Pin| {
            let (_, driver) = self.connection(instance, &instance.inputs, pin)?;
            self.sink(&format!("{}.{}", instance.name, pin.name), pin.bits(), driver)
        };
        pins.iter().map(input).collect()
    }

    fn instance_reset(&self, instance: &Instance<P>) -> Result<Option<Vec<Piece>>, RtlError> {
        let reset = instance.reset.as_ref();
        reset.map(|driver| self.sink(&format!("{}.rst_i", instance.name), 1, driver)).transpose()
    }

    fn top_outputs(&self) -> Result<Vec<Vec<Piece>>, RtlError> {
        let pins = of_direction(&self.top.ports, Direction::Output);
        pins.iter().map(|p| self.sink(&format!("output {}", p.name), p.bits(), &Expr::Wire(p.name.clone()))).collect()
    }

    fn sink(&self, sink: &str, wanted: usize, driver: &Expr) -> Result<Vec<Piece>, RtlError> {
        let pieces = self.pieces(sink, driver)?;
        self.expect_width(sink, wanted, &driver.to_string(), pieces.iter().map(|p| p.width).sum())?;
        Ok(pieces)
    }

    fn pieces(&self, reader: &str, driver: &Expr) -> Result<Vec<Piece>, RtlError> {
        match driver {
            Expr::Wire(name) => Ok(self.wire(reader, name)?.pieces.clone()),
            Expr::Bits { wire, high, low } => {
                let found = self.wire(reader, wire)?;
                if low > high || *high >= found.bits() {
                    let (top, reader, width) = (self.top_name(), reader.to_string(), found.bits());
                    return Err(RtlError::BadRange { top, reader, wire: wire.clone(), high: *high, low: *low, width });
                }
                Ok(cut(&found.pieces, *low, high + 1 - low))
            }
            Expr::Constant { value, width } => {
                if !(1..=64).contains(width) || (*width < 64 && value >> width != 0) {
                    let (top, reader) = (self.top_name(), reader.to_string());
                    return Err(RtlError::BadConstant { top, reader, value: *value, width: *width });
                }
                Ok(vec![Piece { origin: Origin::Constant(*value), low: 0, width: *width }])
            }
            Expr::Concat(parts) => {
                let pieces: Vec<Vec<Piece>> =
                    parts.iter().rev().map(|p| self.pieces(reader, p)).collect::<Result<_, _>>()?;
                Ok(pieces.concat())
            }
        }
    }

    fn wire(&self, reader: &str, name: &str) -> Result<&Wire, RtlError> {
        let unknown = || RtlError::UnknownWire { top: self.top_name(), reader: reader.into(), wire: name.into() };
        self.wires.get(name).ok_or_else(unknown)
    }
}

/// Names of the wires that an expression reads.
fn wires_of(expression: &Expr) -> Vec<&str> {
    match expression {
        Expr::Wire(wire) | Expr::Bits { wire, .. } => vec![wire],
        Expr::Constant { .. } => Vec::new(),
        Expr::Concat(parts) => parts.iter().flat_map(wires_of).collect(),
    }
}

/// Bits `low .. low + width` of pieces laid end to end.
fn cut(pieces: &[Piece], low: usize, width: usize) -> Vec<Piece> {
    let (mut at, mut out) = (0, Vec::new());
    for piece in pieces {
        let (begin, end) = (low.max(at), (low + width).min(at + piece.width));
        if begin < end {
            out.push(Piece { low: piece.low + begin - at, width: end - begin, ..*piece });
        }
        at += piece.width;
    }
    out
}

//! Bits that nobody reads are an error, unless the top says that they are meant to be left.

use super::describe::Top;
use super::expression::Expr;
use super::wire::Wire;
use crate::error::RtlError;
use crate::primitive::Direction;
use std::collections::BTreeMap;

/// Wires with this in their names are open by intention (Verilator's rule, too).
const OPEN: &str = "unused";

pub fn check_unread<P>(top: &Top<P>, wires: &BTreeMap<String, Wire>) -> Result<(), RtlError> {
    let mut read: BTreeMap<&str, Vec<bool>> = wires.iter().map(|(n, w)| (n.as_str(), vec![false; w.bits()])).collect();
    let inputs = top.instances.iter().flat_map(|i| i.inputs.iter().map(|c| &c.1).chain(&i.reset));
    let assigns = top.assigns.iter().map(|a| &a.driver);
    for expression in inputs.chain(assigns).chain(&top.unread) {
        mark(expression, &mut read);
    }
    for port in top.ports.iter().filter(|p| p.direction == Direction::Output) {
        mark(&Expr::Wire(port.name.clone()), &mut read);
    }
    for (wire, bits) in read.iter().filter(|(name, _)| !name.contains(OPEN)) {
        if let Some(low) = bits.iter().position(|b| !b) {
            let high = low + bits[low..].iter().take_while(|b| !**b).count() - 1;
            return Err(RtlError::Unread { top: top.name.clone(), wire: wire.to_string(), high, low });
        }
    }
    match top.unread.iter().find_map(|e| unknown(e, wires)) {
        Some(wire) => {
            let reader = "the list of unread wires".to_string();
            Err(RtlError::UnknownWire { top: top.name.clone(), reader, wire })
        }
        None => Ok(()),
    }
}

fn mark(expression: &Expr, read: &mut BTreeMap<&str, Vec<bool>>) {
    match expression {
        Expr::Wire(wire) => read.get_mut(wire.as_str()).into_iter().for_each(|bits| bits.fill(true)),
        Expr::Bits { wire, high, low } => {
            if let Some(bits) = read.get_mut(wire.as_str()).and_then(|bits| bits.get_mut(*low..=*high)) {
                bits.fill(true);
            }
        }
        Expr::Constant { .. } => (),
        Expr::Concat(parts) => parts.iter().for_each(|p| mark(p, read)),
    }
}

fn unknown(expression: &Expr, wires: &BTreeMap<String, Wire>) -> Option<String> {
    match expression {
        Expr::Wire(wire) | Expr::Bits { wire, .. } => (!wires.contains_key(wire)).then(|| wire.clone()),
        Expr::Constant { .. } => None,
        Expr::Concat(parts) => parts.iter().find_map(|p| unknown(p, wires)),
    }
}

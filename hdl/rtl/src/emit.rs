//! Prints a top as Verilog: ports with their comments, one group of wires per driver, instances with named connections.

use crate::primitive::{Direction, Primitive};
use crate::top::{join, Body, Expr, Instance, Netlist, Pin, Top};
use std::fmt::Write;

const INDENT: &str = "    ";

/// The module's whole file.
pub fn verilog<P: Primitive>(top: &Top<P>, netlist: &Netlist) -> String {
    let mut text = format!("// {}: {}\n`default_nettype none\n\n", top.name, one_line(&top.comment));
    header(top, &mut text);
    instance_wires(top, &mut text);
    assigns(top, netlist, &mut text);
    for instance in &top.instances {
        print_instance(instance, netlist, &mut text);
    }
    unread(top, &mut text);
    text + "endmodule\n\n`default_nettype wire\n"
}

fn range(bits: usize) -> String {
    match bits {
        1 => String::new(),
        _ => format!("[{}:0]", bits - 1),
    }
}

/// A comment ends with its line, and some tools read ASCII alone: names in comments come from model files.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if (' '..='~').contains(&c) { c } else { '?' }).collect()
}

/// `width` as a comment where a bus has lanes.
fn lanes(pin: &Pin) -> String {
    match pin.lanes {
        1 => String::new(),
        lanes => format!("{lanes} lanes of {}", pin.width),
    }
}

fn comment(parts: &[&str]) -> String {
    let text: Vec<&str> = parts.iter().copied().filter(|p| !p.is_empty()).collect();
    match text.is_empty() {
        true => String::new(),
        false => format!("  // {}", one_line(&text.join("; "))),
    }
}

fn header<P: Primitive>(top: &Top<P>, text: &mut String) {
    let columns = top.ports.iter().map(|p| range(p.bits()).len()).max().unwrap_or(0);
    let pad = |r: String| if columns == 0 { r } else { format!("{r:<columns$} ") };
    let mut lines =
        vec![("input ", String::new(), "clk_i", String::new()), ("input ", String::new(), "rst_i", String::new())];
    for port in &top.ports {
        let direction = if port.direction == Direction::Input { "input " } else { "output" };
        lines.push((direction, range(port.bits()), &port.name, comment(&[&port.comment, &lanes(port)])));
    }
    let last = lines.len() - 1;
    let _ = writeln!(text, "module {} (", top.name);
    for (at, (direction, range, name, comment)) in lines.into_iter().enumerate() {
        let comma = if at < last { "," } else { "" };
        let _ = writeln!(text, "{INDENT}{direction} wire {}{name}{comma}{comment}", pad(range));
    }
    text.push_str(");\n");
}

fn is_top_port<P: Primitive>(top: &Top<P>, wire: &str) -> bool {
    top.ports.iter().any(|p| p.name == wire)
}

fn declaration(pin: &Pin, wire: &str) -> String {
    match range(pin.bits()) {
        r if r.is_empty() => format!("{INDENT}wire {wire};"),
        r => format!("{INDENT}wire {r} {wire};{}", comment(&[&lanes(pin)])),
    }
}

fn instance_wires<P: Primitive>(top: &Top<P>, text: &mut String) {
    for instance in &top.instances {
        let pins = instance.body.pins();
        let find = |port: &str| pins.iter().find(|p| p.name == port);
        let wires = instance.outputs.iter().filter(|(_, wire)| !is_top_port(top, wire));
        let lines: Vec<String> =
            wires.filter_map(|(port, wire)| find(port).map(|pin| declaration(pin, wire))).collect();
        if !lines.is_empty() {
            let _ = writeln!(text, "{INDENT}// From {}.\n{}\n", instance.name, lines.join("\n"));
        }
    }
}

fn assigns<P: Primitive>(top: &Top<P>, netlist: &Netlist, text: &mut String) {
    for &at in &netlist.assign_order {
        let assign = &top.assigns[at];
        let driver = expression(&assign.driver, netlist);
        let _ = match (is_top_port(top, &assign.wire), range(assign.lanes * assign.width)) {
            (true, _) => writeln!(text, "{INDENT}assign {} = {driver};", assign.wire),
            (false, r) if r.is_empty() => writeln!(text, "{INDENT}wire {} = {driver};", assign.wire),
            (false, r) => writeln!(text, "{INDENT}wire {r} {} = {driver};", assign.wire),
        };
    }
    if !top.assigns.is_empty() {
        text.push('\n');
    }
}

/// Verilog does not index a wire of one bit.
fn expression(driver: &Expr, netlist: &Netlist) -> String {
    match driver {
        Expr::Bits { wire, .. } if netlist.wires.get(wire).is_some_and(|w| w.bits() == 1) => wire.clone(),
        Expr::Concat(parts) => {
            let texts: Vec<String> = parts.iter().map(|p| expression(p, netlist)).collect();
            join(&texts)
        }
        other => other.to_string(),
    }
}

fn print_instance<P: Primitive>(instance: &Instance<P>, netlist: &Netlist, text: &mut String) {
    if !instance.comment.is_empty() {
        let _ = writeln!(text, "{INDENT}// {}", one_line(&instance.comment));
    }
    let parameters = match &instance.body {
        Body::Primitive(primitive) => primitive.parameters(),
        Body::Top(_) => Vec::new(),
    };
    let _ = write!(text, "{INDENT}{} ", instance.body.module());
    if !parameters.is_empty() {
        let lines: Vec<String> = parameters.iter().map(|p| format!("{INDENT}{INDENT}{p}")).collect();
        let _ = write!(text, "#(\n{}\n{INDENT}) ", lines.join(",\n"));
    }
    let reset = instance.reset.as_ref().map_or("rst_i".to_string(), |r| format!("rst_i | {}", expression(r, netlist)));
    let mut pins = vec![("clk_i".to_string(), "clk_i".to_string()), ("rst_i".to_string(), reset)];
    pins.extend(instance.inputs.iter().map(|(port, driver)| (port.clone(), expression(driver, netlist))));
    pins.extend(instance.outputs.iter().cloned());
    let columns = pins.iter().map(|p| p.0.len()).max().unwrap_or(0);
    let lines: Vec<String> =
        pins.iter().map(|(port, driver)| format!("{INDENT}{INDENT}.{port:<columns$} ({driver})")).collect();
    let _ = writeln!(text, "{} (\n{}\n{INDENT});\n", instance.name, lines.join(",\n"));
}

fn unread<P: Primitive>(top: &Top<P>, text: &mut String) {
    if top.unread.is_empty() {
        return;
    }
    let list: Vec<String> = top.unread.iter().map(Expr::to_string).collect();
    let _ = writeln!(text, "{INDENT}wire unused_bits = &{{1'b0, {}}};", list.join(", "));
}

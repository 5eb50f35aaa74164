//! What can go wrong between plan, trunk and design.

/// Errors name the trunk, the instance and the port, what was wanted and what was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RtlError {
    #[error("{trunk}: {name:?} is no Verilog name; use letters, digits and _")]
    BadName { trunk: String, name: String },
    #[error("{trunk}: the name {name} is given to {first} and to {second}")]
    TwoOfOneName { trunk: String, name: String, first: String, second: String },
    #[error("{trunk}: {reader} reads {wire}, which nothing drives")]
    UnknownWire { trunk: String, reader: String, wire: String },
    #[error("{instance}: module {module} has no {wanted} port {port}; it has {known}")]
    UnknownPort { instance: String, module: String, wanted: &'static str, port: String, known: String },
    #[error("{trunk}.{instance}: port {port} is connected twice")]
    ConnectedTwice { trunk: String, instance: String, port: String },
    #[error("{trunk}.{instance}: port {port} is not connected")]
    NotConnected { trunk: String, instance: String, port: String },
    #[error("{trunk}: {sink} is {wanted} bits wide, {expression} is {found}")]
    Width { trunk: String, sink: String, wanted: usize, expression: String, found: usize },
    #[error("{trunk}: {reader} reads bits {high}:{low} of {wire}, which has {width}")]
    BadRange { trunk: String, reader: String, wire: String, high: usize, low: usize, width: usize },
    #[error("{trunk}: the constant {value} of {reader} does not fit {width} bits")]
    BadConstant { trunk: String, reader: String, value: u64, width: usize },
    #[error("{trunk}: the assignments of {wires} depend on each other")]
    AssignLoop { trunk: String, wires: String },
    #[error("{trunk}: nothing reads {wire}[{high}:{low}]; connect it or leave it unread by name")]
    Unread { trunk: String, wire: String, high: usize, low: usize },
    #[error("module {module}: port {port} has {lanes} lanes of {width} bits; at least one lane and one bit, and more than 64 bits in a single lane alone, are possible")]
    BadPort { module: String, port: String, lanes: usize, width: usize },
    #[error("two different sources for the file {name}")]
    TwoOfOneFile { name: String },
    #[error("{instance} names the memory image {file}, which the design lacks; it has {known}")]
    MissingImage { instance: String, file: String, known: String },
    #[error("{trunk}: no rest after {passes} passes over combinational paths; still changing: {changing}")]
    CombinationalLoop { trunk: String, passes: usize, changing: String },
}

//! What can go wrong between plan, top, design and board.

/// Errors name the top, the instance and the port, what was wanted and what was found.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RtlError {
    #[error("{top}: {name:?} is no Verilog name; use letters, digits and _")]
    BadName { top: String, name: String },
    #[error("{top}: the name {name} is given to {first} and to {second}")]
    TwoOfOneName { top: String, name: String, first: String, second: String },
    #[error("{top}: {reader} reads {wire}, which nothing drives")]
    UnknownWire { top: String, reader: String, wire: String },
    #[error("{instance}: module {module} has no {wanted} port {port}; it has {known}")]
    UnknownPort { instance: String, module: String, wanted: &'static str, port: String, known: String },
    #[error("{top}.{instance}: port {port} is connected twice")]
    ConnectedTwice { top: String, instance: String, port: String },
    #[error("{top}.{instance}: port {port} is not connected")]
    NotConnected { top: String, instance: String, port: String },
    #[error("{top}: {sink} is {wanted} bits wide, {expression} is {found}")]
    Width { top: String, sink: String, wanted: usize, expression: String, found: usize },
    #[error("{top}: {reader} reads bits {high}:{low} of {wire}, which has {width}")]
    BadRange { top: String, reader: String, wire: String, high: usize, low: usize, width: usize },
    #[error("{top}: the constant {value} of {reader} does not fit {width} bits")]
    BadConstant { top: String, reader: String, value: u64, width: usize },
    #[error("{top}: the assignments of {wires} depend on each other")]
    AssignLoop { top: String, wires: String },
    #[error("{top}: nothing reads {wire}[{high}:{low}]; connect it or leave it unread by name")]
    Unread { top: String, wire: String, high: usize, low: usize },
    #[error("module {module}: port {port} has {lanes} lanes of {width} bits; at least one lane and one bit, and more than 64 bits in a single lane alone, are possible")]
    BadPort { module: String, port: String, lanes: usize, width: usize },
    #[error("two different sources for the file {name}")]
    TwoOfOneFile { name: String },
    #[error("{instance} names the memory image {file}, which the design lacks; it has {known}")]
    MissingImage { instance: String, file: String, known: String },
    #[error(
        "{board}: no PLL makes {wanted} MHz out of {oscillator} MHz; choose another clock_mhz in the board's file"
    )]
    BoardClock { board: String, oscillator: f64, wanted: f64 },
    #[error("{board}: no whole number of clock cycles at {clock} MHz comes near {baud} bit/s; choose another baud or clock_mhz in the board's file")]
    BoardBaud { board: String, clock: f64, baud: u32 },
    #[error("{board}: its link is a serial line, but its file has no [pins]")]
    BoardPins { board: String },
}

//! Plan to Design: the Verilog files as values. Leaves are hand-written Verilog with a clocked model; the trunk is composed.

pub mod leaf;
pub mod leaves;

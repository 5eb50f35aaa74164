//! Whole networks, small, on every engine: golden = simulator = Verilog.

mod bypass;
mod engines;
mod exports;
mod sizes;

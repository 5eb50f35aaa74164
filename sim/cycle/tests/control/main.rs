//! Every control primitive against its Verilog, cycle by cycle, in surroundings that stall it at random.

mod collecting;
#[path = "../datapath/cosim.rs"]
mod cosim;
mod linting;
mod pooling;
mod port;
mod sequencing;
mod shape;

/// Rows and columns of the arrays that are tried.
pub const SHAPES: [(usize, usize); 5] = [(2, 2), (3, 5), (4, 4), (5, 3), (28, 16)];

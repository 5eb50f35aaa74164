//! Every datapath primitive against its Verilog, cycle by cycle, over shapes, random stimuli and corner values.

mod array;
mod check;
mod codes;
mod cosim;
mod input_path;
mod inspection;
mod memory;
mod output_stage;
mod products;

/// Rows and columns of the arrays that are tried.
pub const SHAPES: [(usize, usize); 5] = [(2, 2), (3, 5), (4, 4), (5, 3), (28, 16)];

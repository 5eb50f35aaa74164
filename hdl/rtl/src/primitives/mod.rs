//! The primitives, one file each, named like their Verilog module.

pub mod act_mem;
pub mod axil_regs;
pub mod bits;
mod check_tap;
pub mod collector;
pub mod delay_line;
pub mod deskew;
pub mod drain;
pub mod events;
pub mod feed;
pub mod lane_sum;
pub mod loop_back;
pub mod memory_check;
pub mod pe_array;
pub mod pool;
mod pool_data;
pub mod port_b;
pub mod requant;
pub mod results;
pub mod rom;
pub mod rotator;
pub mod sequencer;
pub mod skid;
mod step_pipe;
pub mod uart_link;
pub mod weight_memory;
pub mod weight_store;

//! The leaves, one file each, named like their Verilog module.

pub mod axil_regs;

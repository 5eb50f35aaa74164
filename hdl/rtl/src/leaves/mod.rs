//! The leaves, one file each, named like their Verilog module.

//! systole-verilator

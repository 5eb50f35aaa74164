//! What tests and benchmarks of the whole machine share: cases on every engine, photographs, loads, Yosys' counts, mapped registers.

pub mod case;
pub mod loads;
pub mod photographs;
pub mod window;
pub mod yosys;

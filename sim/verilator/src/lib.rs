//! systole-verilator: any set of Verilog files, compiled by Verilator and driven in process.
//!
//! ```no_run
//! # fn main() -> Result<(), systole_verilator::Error> {
//! use std::path::Path;
//! use systole_verilator::{BuildSpec, Toolchain, Verilated};
//!
//! let workspace = Path::new(".");
//! let tools = Toolchain::locate(workspace)?;
//! let spec = BuildSpec::new("counter").file("counter.v", "module counter ... endmodule").param("WIDTH", 8);
//! let counter = Verilated::build(&tools, &spec, &workspace.join("build/verilator"))?;
//!
//! let (enable, count) = (counter.port("enable_i")?, counter.port("count_o")?);
//! let mut model = counter.model()?;
//! model.set(enable, 1);
//! model.run(3);
//! assert_eq!(model.get(count), 3);
//! # Ok(())
//! # }
//! ```
//!
//! * A **build** ([`BuildSpec`], [`Verilated::build`]) is a folder-less value: texts in, library out. It is cached by the
//!   SHA-256 of texts, parameters, tools and flags, so the second run of a test compiles nothing.
//! * **Memory images** ([`BuildSpec::image`]) are given as bytes under the name that `$readmemh` opens. They are no part
//!   of the build: new weights of the same shape need no compiler. A name that was not given is an error, and no file
//!   of the disk is ever read in its place.
//! * **Ports** are found by themselves ([`Verilated::ports`]); resolve them once ([`Verilated::port`]) and use the handle
//!   in the loop. Up to 64 bits: [`Model::set`], [`Model::get`] and their signed forms. Any width, by lane:
//!   [`Model::set_bits`], [`Model::get_bits`]. Wider than 64, whole: [`Model::set_words`], [`Model::words`].
//! * The **clock** rests low. [`Model::tick`] is one cycle; set inputs before it, [`Model::eval`] to see outputs that
//!   depend on them combinationally. A **reset** of everything is a new model.
//! * A **VCD** needs a build of its own ([`BuildSpec::trace`]); open and close it around the cycles of interest.
//!
//! A model runs on one thread; any number of models, of one library or several, run side by side.

mod cache;
mod compile;
mod error;
mod library;
mod model;
mod ports;
mod shared;
mod spec;
mod toolchain;

use std::path::Path;

pub use error::{Error, Result};
pub use library::Verilated;
pub use model::Model;
pub use shared::{Direction, Port, PortInfo};
pub use spec::{BuildSpec, Effort};
pub use toolchain::Toolchain;

/// Checks `spec` with `verilator --lint-only -Wall`; every warning is an error, [`Error::Verilog`].
///
/// `cache` is where the scratch folder is made (and removed).
pub fn lint(tools: &Toolchain, spec: &BuildSpec, cache: &Path) -> Result<()> {
    spec.check()?;
    compile::lint(tools, spec, cache::scratch(cache)?.path())
}

//! What to build: the Verilog, its parameters, its images, and how hard to optimise.

use std::path::{Component, Path};

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// How much compile time to spend on simulation speed. Both give the same results, cycle for cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effort {
    /// For the many small models of a random test: the quickest compile.
    Quick,
    /// For millions of cycles.
    #[default]
    Full,
}

/// Everything that determines a model.
///
/// The build depends on all of it but `clock` and `images`: images are read when a model starts, so the same
/// library serves every set of weights of a shape.
#[derive(Debug, Clone, Default)]
pub struct BuildSpec {
    /// The top module.
    pub top: String,
    /// Verilog files, as (relative name, text); compiled in this order.
    pub files: Vec<(String, String)>,
    /// Memory images for `$readmemh` and `$readmemb`, as (the very name that the Verilog opens, contents).
    /// They never touch the disk.
    pub images: Vec<(String, Vec<u8>)>,
    /// Parameters of the top module, as (name, Verilog literal): `("ROWS", "4")`, `("INIT", "\"w0.hex\"")`.
    pub params: Vec<(String, String)>,
    /// The port that `tick` toggles; `clk_i` unless told.
    pub clock: Option<String>,
    /// Compile time against speed.
    pub effort: Effort,
    /// Whether models can write a VCD. Costs speed even while no trace is open.
    pub trace: bool,
    /// Without the Verilog's own assertions: `ASSERT` is not defined. For measurements of speed.
    pub unchecked: bool,
    /// Threads of a model; 0 means one. Two are slower than one on most designs.
    pub threads: usize,
}

/// The clock's name where the specification gives none.
pub(crate) const DEFAULT_CLOCK: &str = "clk_i";

impl BuildSpec {
    /// A specification of module `top` with nothing in it yet.
    pub fn new(top: impl Into<String>) -> Self {
        Self { top: top.into(), ..Self::default() }
    }

    /// Adds a Verilog file.
    pub fn file(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.files.push((name.into(), text.into()));
        self
    }

    /// Adds a memory image under the name that the Verilog opens.
    pub fn image(mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.images.push((name.into(), bytes.into()));
        self
    }

    /// Sets a parameter of the top module.
    pub fn param(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.params.push((name.into(), value.to_string()));
        self
    }

    /// Names the clock.
    pub fn clock(mut self, name: impl Into<String>) -> Self {
        self.clock = Some(name.into());
        self
    }

    /// Chooses compile time against speed.
    pub fn effort(mut self, effort: Effort) -> Self {
        self.effort = effort;
        self
    }

    /// Builds with VCD support.
    pub fn trace(mut self, on: bool) -> Self {
        self.trace = on;
        self
    }

    /// Leaves the Verilog's assertions out.
    pub fn unchecked(mut self) -> Self {
        self.unchecked = true;
        self
    }

    /// Sets the threads of a model.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Refuses file names that would be written outside the build folder.
    pub(crate) fn check(&self) -> Result<()> {
        let stays = |name: &str| Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        match self.files.iter().find(|(name, _)| name.is_empty() || !stays(name)) {
            Some((name, _)) => Err(Error::FileName { top: self.top.clone(), name: name.clone() }),
            None => Ok(()),
        }
    }

    /// SHA-256 of all that determines the build, `recipe` (tools, flags, binding) included; lower-case hex.
    pub(crate) fn key(&self, recipe: &[&str]) -> String {
        let mut hash = Fields::default();
        recipe.iter().for_each(|text| hash.add(text));
        hash.add(&self.top);
        hash.add_pairs(&self.files);
        hash.add_pairs(&self.params);
        hash.add(if self.trace { "trace" } else { "plain" });
        hash.add(if self.unchecked { "unchecked" } else { "checked" });
        if self.threads > 1 {
            hash.add(&format!("{} threads", self.threads));
        }
        hash.finish()
    }
}

/// A hash over fields, each preceded by its length so that no two lists of fields collide.
#[derive(Default)]
pub(crate) struct Fields(Sha256);

impl Fields {
    pub(crate) fn add(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    fn add_pairs(&mut self, pairs: &[(String, String)]) {
        self.0.update((pairs.len() as u64).to_le_bytes());
        for (name, value) in pairs {
            self.add(name);
            self.add(value);
        }
    }

    pub(crate) fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

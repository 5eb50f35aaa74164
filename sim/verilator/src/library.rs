//! A compiled design: its ports, and as many models of it as wanted.

use std::path::Path;
use std::sync::Arc;

use crate::cache;
use crate::error::Result;
use crate::model::Model;
use crate::shared::{c_images, Port, PortInfo, Shared};
use crate::spec::BuildSpec;
use crate::toolchain::Toolchain;

/// A design built by Verilator and loaded into this process. Cheap to clone; models may live on any thread.
#[derive(Debug, Clone)]
pub struct Verilated {
    shared: Arc<Shared>,
}

impl Verilated {
    /// Builds `spec` unless `cache` (a folder, made when missing) has it already, and loads it.
    ///
    /// Safe to call from several threads and processes at once on the same `cache`. The folder may be moved, shared
    /// and deleted at any time while no build runs.
    pub fn build(tools: &Toolchain, spec: &BuildSpec, cache: &Path) -> Result<Self> {
        let entry = cache::fetch(tools, spec, cache)?;
        Shared::load(spec, entry).map(|shared| Self { shared: Arc::new(shared) })
    }

    /// A new model: all registers at their initial values, images loaded, inputs zero, cycle count zero.
    ///
    /// Errors: [`Error::Start`] when a memory image is missing or malformed.
    pub fn model(&self) -> Result<Model> {
        Model::new(Arc::clone(&self.shared))
    }

    /// The same design with other memory images.
    pub fn with_images(&self, images: &[(String, Vec<u8>)]) -> Result<Model> {
        Model::start(Arc::clone(&self.shared), &c_images(&self.shared.top, images)?)
    }

    /// All ports, sorted by name.
    pub fn ports(&self) -> &[PortInfo] {
        &self.shared.ports
    }

    /// Resolves a port by its Verilog name. Errors: [`Error::NoPort`], which lists the ports that there are.
    pub fn port(&self, name: &str) -> Result<Port> {
        self.shared.port(name)
    }

    /// Whether the library came from the cache.
    pub fn from_cache(&self) -> bool {
        self.shared.hit
    }

    /// The file of the library; its name is the hash of all that determined it.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }
}

//! The engine: a network packed for the best instructions of this processor, images on all cores.

use crate::isa::portable::Portable;
#[cfg(target_arch = "x86_64")]
use crate::isa::{avx2::Avx2, avx512::Avx512Vnni};
use crate::path::{Kind, Path};
use crate::program::{Order, Program, Run};
use rayon::prelude::*;
use systole_net::{Engine, Net, NetError, Tensor, Trace};

/// A checked network, packed. Holds a copy of all it needs; may be shared between threads.
pub struct Fast {
    net: Net,
    path: Path,
    program: Box<dyn Run>,
}

impl Fast {
    /// With the fastest instructions there are. Fails with every fault when the network is unsound.
    pub fn new(net: &Net) -> Result<Self, Vec<NetError>> {
        Self::with_path(net, Path::available()[0])
    }

    /// With the instructions of `path`. Fails as [`Fast::new`].
    pub fn with_path(net: &Net, path: Path) -> Result<Self, Vec<NetError>> {
        net.check()?;
        let program: Box<dyn Run> = match path.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512Vnni => Box::new(Program::<Avx512Vnni>::new(net)),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => Box::new(Program::<Avx2>::new(net)),
            Kind::Portable => Box::new(Program::<Portable>::new(net)),
        };
        Ok(Fast { net: net.clone(), path, program })
    }

    pub fn path(&self) -> Path {
        self.path
    }

    /// Per class the sum over all pixels of the last layer, of one encoded image ([`Net::encode`]), on all cores.
    /// Fails when the image's shape or range is not the network's input.
    pub fn sums(&self, image: &Tensor) -> Result<Vec<i64>, NetError> {
        Ok(self.run_with(image, Order { parts: rayon::current_num_threads(), trace: false })?.sums)
    }

    /// [`Fast::sums`] on the calling thread alone: for callers that are parallel themselves.
    pub fn sums_here(&self, image: &Tensor) -> Result<Vec<i64>, NetError> {
        Ok(self.run_with(image, Order { parts: 1, trace: false })?.sums)
    }

    /// [`Fast::sums`] of many images, one core an image; in their order.
    pub fn sums_of(&self, images: &[Tensor]) -> Result<Vec<Vec<i64>>, NetError> {
        images.par_iter().map(|image| self.sums_here(image)).collect()
    }

    /// Every layer's values and the sums, on all cores. Fails as [`Fast::sums`].
    pub fn trace(&self, image: &Tensor) -> Result<Trace, NetError> {
        self.run_with(image, Order { parts: rayon::current_num_threads(), trace: true })
    }

    /// [`Fast::trace`] on the calling thread alone.
    pub fn trace_here(&self, image: &Tensor) -> Result<Trace, NetError> {
        self.run_with(image, Order { parts: 1, trace: true })
    }

    fn run_with(&self, image: &Tensor, order: Order) -> Result<Trace, NetError> {
        self.net.check_input(image)?;
        Ok(self.program.run(image, order))
    }
}

impl Engine for Fast {
    fn name(&self) -> &str {
        "fast"
    }

    fn run(&mut self, image: &Tensor) -> Result<Trace, NetError> {
        self.trace(image)
    }
}

//! Whole feature maps out of the machine: one image again and again, each time another window of a layer's activations.

use super::Driver;
use crate::device::Device;
use crate::difference::Difference;
use crate::error::HostError;
use systole_machine::dump::DumpWindow;
use systole_machine::registers as reg;
use systole_net::Tensor;

/// Told how many runs of the image are done, and how many there will be at most.
pub type Told<'a> = &'a mut dyn FnMut(usize, usize);

/// What becomes of a window's activations (channel, row, column, value); whether to go on.
type Each<'a> = &'a mut dyn FnMut(&[([usize; 3], i32)]) -> bool;

impl<D: Device> Driver<D> {
    /// The entry of the plan's layer table with that name.
    ///
    /// # Errors
    /// [`HostError::NoSuchLayer`] with all names.
    pub fn layer(&self, name: &str) -> Result<usize, HostError> {
        let bindings = &self.plan.bindings;
        bindings.iter().position(|binding| binding.name == name).ok_or_else(|| HostError::NoSuchLayer {
            found: name.to_string(),
            known: bindings.iter().map(|binding| binding.name.as_str()).collect::<Vec<_>>().join(", "),
        })
    }

    /// The output map of a layer as the machine computes it from an encoded input tensor: channels, height, width. The image
    /// runs once for every window, see [`Driver::dump_runs`]; results of other images are kept, after which the machine is
    /// as it was. `layer` is an entry of the plan's layer table, see [`Driver::layer`].
    ///
    /// # Errors
    /// Those of an inference; dumping has then ended.
    pub fn dump(&mut self, layer: usize, image: &Tensor, told: Told) -> Result<Tensor, HostError> {
        let [channels, height, width] = self.layer_shape(layer);
        let mut map = Tensor::zeros(channels, height, width);
        self.windows(layer, image, told, &mut |activations| {
            for &([channel, row, column], value) in activations {
                *map.at_mut(channel, row, column) = value;
            }
            true
        })?;
        Ok(map)
    }

    /// Channels, height, width of a layer's map.
    pub fn layer_shape(&self, layer: usize) -> [usize; 3] {
        let entry = &self.plan.layers[layer];
        [entry.channels(self.plan.geometry.cols), entry.oh_last + 1, entry.ow_last + 1]
    }

    /// How many times the image runs for a dump of that layer.
    pub fn dump_runs(&self, layer: usize) -> usize {
        DumpWindow::all(&self.plan, layer).len()
    }

    /// The first activation of a layer, in the order in which the machine computes them, that is not `wanted`'s.
    ///
    /// # Errors
    /// As [`Driver::dump`].
    pub fn first_difference(
        &mut self,
        layer: usize,
        image: &Tensor,
        wanted: &Tensor,
        told: Told,
    ) -> Result<Option<Difference>, HostError> {
        let (rows, pitch) = (self.plan.geometry.rows, self.plan.layers[layer].x_last + 1);
        let name = self.plan.bindings[layer].name.clone();
        let mut first: Option<([usize; 3], Difference)> = None;
        let mut number = 0;
        self.windows(layer, image, told, &mut |activations| {
            for &([channel, row, column], found) in activations {
                let wanted = wanted.at(channel, row, column);
                let pixel = row * pitch + column;
                let order = [pixel / rows, channel, pixel % rows];
                if found != wanted && first.as_ref().is_none_or(|(earlier, _)| order < *earlier) {
                    let difference = Difference { layer: name.clone(), channel, row, column, found, wanted };
                    first = Some((order, difference));
                }
            }
            number += 1;
            // The windows of all lanes are about the same tiles.
            first.is_none() || number % rows != 0
        })?;
        Ok(first.map(|(_, difference)| difference))
    }

    /// Runs the image for window after window, until `each` has seen enough.
    fn windows(&mut self, layer: usize, image: &Tensor, told: Told, each: Each) -> Result<(), HostError> {
        self.drain();
        let seen = self.run_windows(layer, image, told, each);
        let ended = self.write(&reg::CONTROL, reg::ENABLE.mask());
        // Nobody may take a dump for class sums.
        self.broken |= ended.is_err();
        seen.and(ended)
    }

    fn run_windows(&mut self, layer: usize, image: &Tensor, told: Told, each: Each) -> Result<(), HostError> {
        let plan = std::sync::Arc::clone(&self.plan);
        let windows = DumpWindow::all(&plan, layer);
        for (done, window) in windows.iter().enumerate() {
            told(done, windows.len());
            self.make_ready()?;
            self.choose(window)?;
            let ticket = self.submit_tensor(image)?;
            let beats: Vec<u32> = self.wait(ticket)?.sums.iter().map(|&word| word as u32).collect();
            if !each(&window.unpack(&plan, &beats)) {
                break;
            }
        }
        Ok(())
    }

    /// Has the next image's result be this window.
    fn choose(&mut self, window: &DumpWindow) -> Result<(), HostError> {
        let source = reg::DUMP_LAYER.put(window.layer as u32) | reg::DUMP_LANE.put(window.lane as u32);
        self.write(&reg::DUMP_SOURCE, source)?;
        self.write(&reg::DUMP_FIRST, window.first as u32)?;
        self.write(&reg::CONTROL, reg::ENABLE.mask() | reg::DUMP.mask())
    }
}

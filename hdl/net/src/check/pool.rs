//! Rules for one pooling layer.

use super::Checker;
use crate::limits::MAX_WINDOW;
use crate::{Layer, NetError, Pool};

impl Checker<'_> {
    pub(super) fn pool(&mut self, layer: &Layer, pool: &Pool) {
        let (at, before) = (&layer.name, self.faults.len());
        self.within(at, "kernel", pool.kernel, 1, MAX_WINDOW);
        self.within(at, "stride", pool.stride, 1, MAX_WINDOW);
        self.within(at, "padding", pool.pad, 0, pool.kernel.saturating_sub(1));
        let input = self.tensor(at, "input", layer.input).cloned();
        let output = self.tensor(at, "output", pool.output).cloned();
        let (Some(input), Some(output)) = (input, output) else { return };
        if self.faults.len() > before {
            return;
        }
        self.shape(at, "output", [input.channels, output.height, output.width], output.shape());
        self.pooled_size(at, "output height", pool, input.height, output.height);
        self.pooled_size(at, "output width", pool, input.width, output.width);
        if input.signed != output.signed {
            self.faults.push(NetError::PoolFormat { layer: at.clone(), what: "format" });
        }
        if input.scale != output.scale {
            self.faults.push(NetError::PoolFormat { layer: at.clone(), what: "scale" });
        }
    }

    fn pooled_size(&mut self, at: &str, what: &'static str, pool: &Pool, size: usize, found: usize) {
        let wanted = [false, true].map(|ceil| pool.out_size(size, ceil));
        if !wanted.contains(&found) || found == 0 {
            let wanted = format!("{} (rounded down) or {} (rounded up), not 0", wanted[0], wanted[1]);
            self.value(at, what, found.to_string(), wanted);
        }
    }
}

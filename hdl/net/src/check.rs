//! Validation: every rule a network must keep before anything is planned or computed from it.

mod conv;
mod flow;
mod pool;

use crate::codebook;
use crate::limits::{MAX_DIM, MAX_VALUES};
use crate::{LayerKind, Net, NetError, TensorInfo};
use std::collections::HashSet;

/// A network under examination and what was found so far.
struct Checker<'a> {
    net: &'a Net,
    faults: Vec<NetError>,
}

impl Net {
    /// All faults of the network at once, in a fixed order. After `Ok` every engine may index without looking.
    ///
    /// Rules: names unique; shapes agree; layers in topological order; every channel of every tensor written by exactly
    /// one layer and read by some layer; numbers within [`crate::limits`]; weights in their layer's codebook; accumulators proven to fit; the last layer,
    /// and only that, is a convolution that sums.
    pub fn check(&self) -> Result<(), Vec<NetError>> {
        let mut checker = Checker { net: self, faults: Vec::new() };
        checker.tensors();
        // Shapes beyond the limits would overflow the arithmetic of the later rules.
        if checker.faults.is_empty() {
            checker.all();
        }
        if checker.faults.is_empty() {
            Ok(())
        } else {
            Err(checker.faults)
        }
    }
}

impl Checker<'_> {
    fn all(&mut self) {
        self.names("tensor", self.net.tensors.iter().map(|t| &t.name));
        self.names("layer", self.net.layers.iter().map(|l| &l.name));
        self.encoding();
        self.preprocessing();
        self.faults.extend(codebook::faults(&self.net.codebooks));
        for layer in &self.net.layers {
            match &layer.kind {
                LayerKind::Conv(conv) => self.conv(layer, conv),
                LayerKind::Pool(pool) => self.pool(layer, pool),
            }
        }
        self.sums();
        self.flow();
        self.labels();
        self.score_ends();
    }

    fn tensors(&mut self) {
        if self.net.layers.is_empty() || self.net.tensors.is_empty() {
            self.faults.push(NetError::Empty);
        }
        for tensor in &self.net.tensors {
            for (what, found) in [("channels", tensor.channels), ("height", tensor.height), ("width", tensor.width)] {
                self.within(&tensor.name, what, found, 1, MAX_DIM);
            }
            if product(&tensor.shape()).is_none_or(|n| n > MAX_VALUES) {
                self.value(
                    &tensor.name,
                    "size",
                    format!("{:?}", tensor.shape()),
                    format!("at most {MAX_VALUES} values"),
                );
            }
            self.scale(&tensor.name, "scale", tensor.scale);
        }
    }

    fn names<'n>(&mut self, what: &'static str, names: impl Iterator<Item = &'n String>) {
        let mut seen = HashSet::new();
        for name in names {
            if name.is_empty() || !seen.insert(name) {
                self.faults.push(NetError::Name { what, name: name.clone() });
            }
        }
    }

    fn encoding(&mut self) {
        let (input, encoding) = (&self.net.tensors[Net::INPUT], &self.net.input);
        self.length("input", "colours", encoding.colours.len(), input.channels);
        match &encoding.lut {
            Some(lut) => {
                self.length("input", "lut", lut.len(), input.channels);
                for table in lut {
                    self.length("input", "lut table", table.len(), crate::input::LEVELS);
                }
            }
            None if input.signed => {
                self.value("input", "format", "signed".into(), "unsigned unless there is a lut".into());
            }
            None => {}
        }
    }

    fn preprocessing(&mut self) {
        let Some(preprocessing) = &self.net.preprocessing else { return };
        if let Err(fault) = preprocessing.check(self.net.tensors[Net::INPUT].shape()) {
            self.faults.push(fault);
        } else if preprocessing.preprocess.colours != self.net.input.colours {
            let (found, wanted) = (&preprocessing.preprocess.colours, &self.net.input.colours);
            self.value("preprocessing", "colours", format!("{found:?}"), format!("{wanted:?}, as the input's"));
        }
    }

    fn labels(&mut self) {
        let labels = self.net.labels.len();
        if labels != 0 {
            self.length("network", "labels", labels, self.net.classes());
        }
    }

    fn score_ends(&mut self) {
        let Some(ends @ [least, most]) = self.net.score_ends else { return };
        if !(least <= most && least.is_finite() && most.is_finite()) {
            self.value("network", "ends of scores", format!("{ends:?}"), "finite, the lower one first".into());
        }
    }

    /// The tensor, or a fault when there is none of that number.
    fn tensor(&mut self, at: &str, what: &'static str, id: usize) -> Option<&TensorInfo> {
        let (tensors, at) = (&self.net.tensors, at.to_string());
        if id >= tensors.len() {
            self.faults.push(NetError::NoSuchTensor { at, what, id, count: tensors.len() });
        }
        self.net.tensors.get(id)
    }

    fn within(&mut self, at: &str, what: &'static str, found: usize, low: usize, high: usize) {
        if !(low..=high).contains(&found) {
            self.value(at, what, found.to_string(), format!("{low}..={high}"));
        }
    }

    fn scale(&mut self, at: &str, what: &'static str, found: f64) {
        if !(found.is_finite() && found > 0.0) {
            self.value(at, what, found.to_string(), "positive and finite".into());
        }
    }

    fn value(&mut self, at: &str, what: &'static str, found: String, wanted: String) {
        self.faults.push(NetError::Value { at: at.to_string(), what, found, wanted });
    }

    fn length(&mut self, at: &str, what: &'static str, found: usize, wanted: usize) {
        if found != wanted {
            self.faults.push(NetError::Length { at: at.to_string(), what, found, wanted });
        }
    }

    fn shape(&mut self, at: &str, what: &'static str, found: [usize; 3], wanted: [usize; 3]) {
        if found != wanted {
            self.faults.push(NetError::Shape { at: at.to_string(), what, found, wanted });
        }
    }
}

fn product(sizes: &[usize]) -> Option<usize> {
    sizes.iter().try_fold(1usize, |n, &d| n.checked_mul(d))
}

//! The SqueezeNet family as the paper spans it (Iandola et al. 2016, section 5): sizes from five numbers, random weights.

mod build;
mod weights;

use crate::error::ModelError;

/// Which of the two released networks the layers around the fire modules are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// First layer 7x7/2 of 96 channels, pools behind it and fire 4 and 8, last layer padded by 1 (as in Caffe).
    V1_0,
    /// First layer 3x3/2 of 64 channels, pools behind it and fire 3 and 5.
    V1_1,
}

/// Additions around fire modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bypass {
    None,
    /// Around every module with as many channels at its input as at its output: 3, 5, 7 and 9 in the paper.
    Simple,
    /// Those, and a 1x1 convolution (without ReLU) around the others: 2, 4, 6 and 8 in the paper's figure. These add
    /// 341,248 parameters to the 1,248,424 there are: 6.06 MB (of 2^20 bytes, four a parameter), where the paper's table
    /// says 7.7 MB. 2,020,520 parameters, 7.71 MB, come from convolutions around modules 5 to 9, 5, 7 and 9 included.
    Complex,
}

/// One network of the family.
#[derive(Clone, Debug, PartialEq)]
pub struct DesignSpace {
    pub version: Version,
    /// Expand filters of fire 2.
    pub base: usize,
    /// Expand filters that are added after every `freq` modules.
    pub incr: usize,
    pub freq: usize,
    /// Filters of a squeeze layer per filter of its expand layer, above 0 and up to 1.
    pub squeeze_ratio: f64,
    /// Share of 3x3 filters among the expand filters, 0..=1.
    pub pct3x3: f64,
    pub bypass: Bypass,
    /// Modules of a [`Bypass::Complex`] network whose bypass has a convolution, in place of those that need one; modules that
    /// need one and are not named have no bypass.
    pub bypass_convolutions: Option<Vec<usize>>,
    pub classes: usize,
    /// Height and width of the image.
    pub input: usize,
}

/// Filters of one fire module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fire {
    /// 2..=9.
    pub number: usize,
    pub squeeze: usize,
    pub expand1x1: usize,
    pub expand3x3: usize,
}

/// Fire modules are numbered like the layers of the paper.
const FIRES: std::ops::RangeInclusive<usize> = 2..=9;
const LEAST_INPUT: usize = 32;
const MOST_INPUT: usize = 512;
const MOST_CLASSES: usize = 100_000;
const MOST_FILTERS: usize = 4096;

impl DesignSpace {
    /// The released network: 128 filters more after every two modules, squeeze ratio 1/8, half the expand filters 3x3.
    pub fn released(version: Version) -> Self {
        DesignSpace {
            version,
            base: 128,
            incr: 128,
            freq: 2,
            squeeze_ratio: 0.125,
            pct3x3: 0.5,
            bypass: Bypass::None,
            bypass_convolutions: None,
            classes: 1000,
            input: 227,
        }
    }

    /// Filters of fire `number`: `e = base + incr * floor((number - 2) / freq)`, of which `pct3x3` are 3x3; `squeeze_ratio * e`
    /// squeeze them, at least one. Halves are rounded up.
    pub(crate) fn fire(&self, number: usize) -> Fire {
        let expand = self.base + self.incr * ((number - FIRES.start()) / self.freq);
        let share = |ratio: f64| (ratio * expand as f64).round() as usize;
        let expand3x3 = share(self.pct3x3);
        Fire { number, squeeze: share(self.squeeze_ratio).max(1), expand1x1: expand - expand3x3, expand3x3 }
    }

    /// # Errors
    /// [`ModelError::DesignSpace`] for the first number that is out of range.
    fn check(&self) -> Result<(), ModelError> {
        let inside = |what, found: usize, low: usize, high: usize| match (low..=high).contains(&found) {
            true => Ok(()),
            false => Err(fault(what, found, format!("{low} to {high}"))),
        };
        inside("the number of expand filters at the start", self.base, 1, MOST_FILTERS)?;
        inside("the increment of expand filters", self.incr, 0, MOST_FILTERS)?;
        inside("the number of modules between increments", self.freq, 1, MOST_FILTERS)?;
        inside("the number of classes", self.classes, 1, MOST_CLASSES)?;
        inside("the image size", self.input, LEAST_INPUT, MOST_INPUT)?;
        if !(self.squeeze_ratio > 0.0 && self.squeeze_ratio <= 1.0) {
            return Err(fault("the squeeze ratio", self.squeeze_ratio, "above 0, up to 1"));
        }
        if !(0.0..=1.0).contains(&self.pct3x3) {
            return Err(fault("the share of 3x3 filters", self.pct3x3, "0 to 1"));
        }
        let named = self.bypass_convolutions.iter().flatten();
        match named.copied().find(|number| !FIRES.contains(number)) {
            Some(number) => Err(fault("the module of a bypass convolution", number, "2 to 9")),
            None if self.bypass_convolutions.is_some() && self.bypass != Bypass::Complex => {
                Err(fault("the bypass", "not complex", "a complex bypass where its convolutions are named"))
            }
            None => Ok(()),
        }
    }
}

impl Fire {
    pub fn expand(&self) -> usize {
        self.expand1x1 + self.expand3x3
    }
}

fn fault(what: &'static str, found: impl ToString, wanted: impl Into<String>) -> ModelError {
    ModelError::DesignSpace { what, found: found.to_string(), wanted: wanted.into() }
}

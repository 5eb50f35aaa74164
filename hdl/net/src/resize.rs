//! How pictures of any size become the network's: the rule as data. The pixels are the caller's.

use crate::NetError;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};

/// Words that [`Resize::parse`] knows.
pub const RESIZE_WORDS: &str = "stretch, stretch:SIZE, crop, crop:SIZE, torchvision, caffe or fit";
/// What Caffe's tools scale pictures to before they cut out the network's size, and the smallest network that is so fed.
const CAFFE: usize = 256;
const CAFFE_LEAST: usize = 192;
/// How much larger than the network's size a picture may become.
const MOST_TIMES: usize = 16;

/// What becomes of a picture's aspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scaling {
    /// It is not kept: both sides are scaled to `scaled`.
    Stretch,
    /// It is kept: the smallest that covers `scaled`.
    Crop,
    /// It is kept: the largest within `scaled`, black around it.
    Fit,
}

/// Bilinear scaling, smoothed where it shrinks, and then the centre of it. Sizes are `[height, width]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resize {
    pub scaling: Scaling,
    /// What the whole picture is scaled to.
    pub scaled: [usize; 2],
    /// What is cut out: the network's size.
    pub size: [usize; 2],
}

impl Resize {
    /// A rule by its words, for networks of `size`: see [`RESIZE_WORDS`].
    ///
    /// # Errors
    /// What is wrong with the words.
    pub fn parse(text: &str, size: [usize; 2]) -> Result<Self, String> {
        let rule = |scaling, scaled| Ok(Resize { scaling, scaled, size });
        let (word, side) = text.split_once(':').map_or((text, None), |(word, side)| (word, Some(side)));
        let side = side.map(|side| side_of(side, size)).transpose()?;
        match (word, side) {
            ("stretch", side) => rule(Scaling::Stretch, side.unwrap_or(size)),
            ("crop", side) => rule(Scaling::Crop, side.unwrap_or(size)),
            // Of 224 pixels it is 256, as in torchvision's own transforms.
            ("torchvision", None) => rule(Scaling::Crop, size.map(|side| side * 8 / 7)),
            ("caffe", None) if size.iter().all(|side| (CAFFE_LEAST..=CAFFE).contains(side)) => {
                rule(Scaling::Stretch, [CAFFE; 2])
            }
            ("caffe", None) => rule(Scaling::Stretch, size),
            ("fit", None) => rule(Scaling::Fit, size),
            _ => Err(format!("{text:?} is no way to scale pictures; give {RESIZE_WORDS}")),
        }
    }

    /// How pictures for models of that preprocessing are usually scaled; stretched where it has no habit.
    pub fn of_preprocess(name: &str, size: [usize; 2]) -> Self {
        let habit = Self::parse(name, size).ok().filter(|_| ["torchvision", "caffe"].contains(&name));
        habit.unwrap_or(Resize { scaling: Scaling::Stretch, scaled: size, size })
    }

    /// Fails unless it gives images of `size`.
    ///
    /// # Errors
    /// [`NetError::Value`].
    pub fn check(&self, size: [usize; 2]) -> Result<(), NetError> {
        let fits = (0..2).all(|axis| (size[axis]..=size[axis] * MOST_TIMES).contains(&self.scaled[axis]));
        let whole = self.scaling != Scaling::Fit || self.scaled == self.size;
        match self.size == size && fits && whole {
            true => Ok(()),
            false => Err(NetError::Value {
                at: "preprocessing".into(),
                what: "resize",
                found: format!("{self}"),
                wanted: format!("to {}, by way of at most {MOST_TIMES} times that", by(size)),
            }),
        }
    }
}

fn side_of(text: &str, size: [usize; 2]) -> Result<[usize; 2], String> {
    let (least, most) = (size[0].max(size[1]), size[0].min(size[1]) * MOST_TIMES);
    match text.parse() {
        Ok(side) if (least..=most).contains(&side) => Ok([side; 2]),
        _ => Err(format!("scaling to {text:?} pixels; wanted {least}, the network's size, to {most}")),
    }
}

fn by([height, width]: [usize; 2]) -> String {
    format!("{height}x{width}")
}

impl Display for Resize {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Resize { scaling, scaled, size } = *self;
        match scaling {
            Scaling::Stretch => write!(f, "stretched to {}", by(scaled))?,
            Scaling::Crop if scaled[0] == scaled[1] => write!(f, "scaled to {} on the shorter side", scaled[0])?,
            Scaling::Crop => write!(f, "scaled to cover {}", by(scaled))?,
            Scaling::Fit => write!(f, "scaled to fit into {}, black around them", by(scaled))?,
        }
        match scaling == Scaling::Crop || scaled != size {
            true => write!(f, ", centre {} cut out", by(size)),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, size: [usize; 2]) -> String {
        Resize::parse(text, size).map_or_else(|why| why, |rule| rule.to_string())
    }

    #[test]
    fn rules_are_said_in_words() {
        let size = [224; 2];
        assert_eq!(words("torchvision", size), "scaled to 256 on the shorter side, centre 224x224 cut out");
        assert_eq!(words("crop", size), "scaled to 224 on the shorter side, centre 224x224 cut out");
        assert_eq!(words("crop:300", [224, 320]), "scaling to \"300\" pixels; wanted 320, the network's size, to 3584");
        assert_eq!(words("caffe", [227; 2]), "stretched to 256x256, centre 227x227 cut out");
        assert_eq!(words("caffe", [32; 2]), "stretched to 32x32");
        assert_eq!(words("stretch:240", size), "stretched to 240x240, centre 224x224 cut out");
        assert_eq!(words("fit", [32, 48]), "scaled to fit into 32x48, black around them");
        assert_eq!(words("crop", [32, 48]), "scaled to cover 32x48, centre 32x48 cut out");
        for wrong in ["", "Stretch", "fit:3", "torchvision:2", "stretch:", "crop:-1"] {
            assert!(Resize::parse(wrong, size).is_err(), "{wrong}");
        }
    }

    #[test]
    fn each_preprocessing_has_its_habit() {
        let habit = |name| Resize::of_preprocess(name, [224; 2]).to_string();
        assert_eq!(habit("torchvision"), words("torchvision", [224; 2]));
        assert_eq!(habit("caffe"), words("caffe", [224; 2]));
        assert_eq!(habit("grey"), "stretched to 224x224");
        assert_eq!(habit("crop:256"), "stretched to 224x224");
    }

    #[test]
    fn rules_that_miss_the_size_are_refused() {
        let rule = Resize::parse("torchvision", [224; 2]).unwrap();
        assert!(rule.check([224; 2]).is_ok());
        let wrong = [
            Resize { size: [225, 224], ..rule },
            Resize { scaled: [224, 223], ..rule },
            Resize { scaled: [224 * 17; 2], ..rule },
            Resize { scaling: Scaling::Fit, ..rule },
        ];
        assert!(wrong.iter().all(|rule| rule.check([224; 2]).is_err()));
    }
}

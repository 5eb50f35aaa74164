//! How the bytes of a picture become the values that a network was trained on: recorded with the network, said wherever it
//! is used.

use crate::{Image, NetError, Resize};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};

/// Largest value of an image byte.
const BYTE_MAX: f32 = 255.0;
/// Longest name, in bytes.
const MAX_NAME: usize = 256;

/// Names that [`Preprocess::by_name`] knows.
pub const PREPROCESS_NAMES: [&str; 6] = ["caffe", "torchvision", "unit", "tf", "bytes", "grey"];

/// What a channel takes from a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    Red,
    Green,
    Blue,
    /// Brightness by the weights of ITU-R BT.601, to the bit what Pillow's `convert("L")` gives; grey pixels keep theirs.
    Luma,
}

impl Colour {
    /// The value of a pixel R, G, B.
    pub fn of(self, [red, green, blue]: [u8; 3]) -> u8 {
        match self {
            Colour::Red => red,
            Colour::Green => green,
            Colour::Blue => blue,
            Colour::Luma => {
                // 0.299, 0.587 and 0.114 in units of 2^-16, rounded.
                let sum = u32::from(red) * 19595 + u32::from(green) * 38470 + u32::from(blue) * 7471;
                ((sum + (1 << 15)) >> 16) as u8
            }
        }
    }
}

impl Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Colour::Red => "R",
            Colour::Green => "G",
            Colour::Blue => "B",
            Colour::Luma => "luma",
        })
    }
}

/// How image bytes become a model's input: `x[c] = (colours[c] of the pixel - mean[c]) * scale[c]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preprocess {
    /// One of [`PREPROCESS_NAMES`], or where it comes from.
    pub name: String,
    pub colours: Vec<Colour>,
    /// In counts of a byte, 0 to 255.
    pub mean: Vec<f32>,
    /// Per count of a byte; not zero.
    pub scale: Vec<f32>,
}

/// `y = x * factor[c] + offset[c]`: what a model file does to its own input before anything else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Affine {
    pub factor: Vec<f32>,
    pub offset: Vec<f32>,
}

/// Everything between a picture and the input tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preprocessing {
    /// From bytes to what the model file calls its input.
    pub preprocess: Preprocess,
    /// What the model file itself does to that first.
    pub inside: Option<Affine>,
    /// For pictures of another size than the network's; `None`: they are refused.
    pub resize: Option<Resize>,
}

const RGB: [Colour; 3] = [Colour::Red, Colour::Green, Colour::Blue];

impl Preprocess {
    fn named(name: &str, colours: &[Colour], mean: &[f32], scale: &[f32]) -> Self {
        Preprocess { name: name.into(), colours: colours.into(), mean: mean.into(), scale: scale.into() }
    }

    /// Caffe's ImageNet models: B, G, R, the dataset's mean subtracted, no scaling.
    pub fn caffe() -> Self {
        let colours = [Colour::Blue, Colour::Green, Colour::Red];
        Self::named("caffe", &colours, &[104.0, 117.0, 123.0], &[1.0; 3])
    }

    /// torchvision's ImageNet models: R, G, B in 0..1, then mean and standard deviation per channel.
    pub fn torchvision() -> Self {
        let (mean, deviation) = ([0.485f32, 0.456, 0.406], [0.229f32, 0.224, 0.225]);
        Self::named("torchvision", &RGB, &mean.map(|m| m * BYTE_MAX), &deviation.map(|d| 1.0 / (d * BYTE_MAX)))
    }

    /// R, G, B in 0..1.
    pub fn unit() -> Self {
        Self::named("unit", &RGB, &[0.0; 3], &[1.0 / BYTE_MAX; 3])
    }

    /// TensorFlow's and Keras's mode "tf": R, G, B in -1..1.
    pub fn tf() -> Self {
        Self::named("tf", &RGB, &[BYTE_MAX / 2.0; 3], &[2.0 / BYTE_MAX; 3])
    }

    /// R, G, B in 0..255, for models that normalise inside.
    pub fn bytes() -> Self {
        Self::named("bytes", &RGB, &[0.0; 3], &[1.0; 3])
    }

    /// One channel in 0..1, the luma of the pixel, for networks that take grey images.
    pub fn grey() -> Self {
        Self::named("grey", &[Colour::Luma], &[0.0], &[1.0 / BYTE_MAX])
    }

    /// One of [`PREPROCESS_NAMES`].
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "caffe" => Some(Self::caffe()),
            "torchvision" => Some(Self::torchvision()),
            "unit" => Some(Self::unit()),
            "tf" => Some(Self::tf()),
            "bytes" => Some(Self::bytes()),
            "grey" => Some(Self::grey()),
            _ => None,
        }
    }

    /// Whether both make the same values of every picture, whatever they are called.
    pub fn same_values(&self, other: &Self) -> bool {
        (&self.colours, &self.mean, &self.scale) == (&other.colours, &other.mean, &other.scale)
    }

    /// This, and then the affine map of the model file; `affine` has as many channels and no factor of zero.
    pub fn then(&self, affine: &Affine) -> Self {
        let mut composed = self.clone();
        let channels = composed.mean.iter_mut().zip(&mut composed.scale);
        for ((mean, scale), (&factor, &offset)) in channels.zip(affine.factor.iter().zip(&affine.offset)) {
            let both = f64::from(*scale) * f64::from(factor);
            *mean = (f64::from(*mean) - f64::from(offset) / both) as f32;
            *scale = both as f32;
        }
        composed
    }

    /// `[height][width][rgb]` bytes to `[channels][height][width]` normalised values.
    ///
    /// # Errors
    /// [`NetError::Length`] when the image's buffer does not hold its pixels.
    pub fn apply(&self, image: &Image) -> Result<Vec<f32>, NetError> {
        let (found, wanted) = (image.rgb.len(), image.height * image.width * 3);
        if found != wanted {
            return Err(NetError::Length { at: "image".into(), what: "pixel buffer", found, wanted });
        }
        let channels = self.colours.iter().zip(self.mean.iter().zip(&self.scale));
        let values = channels
            .flat_map(|(&colour, (mean, scale))| image.pixels().map(move |p| (f32::from(colour.of(p)) - mean) * scale));
        Ok(values.collect())
    }

    /// Fails unless it is for `channels` channels and makes finite values that depend on the picture.
    ///
    /// # Errors
    /// [`NetError::Length`], [`NetError::Value`].
    pub fn check(&self, channels: usize) -> Result<(), NetError> {
        let at = || "preprocessing".to_string();
        let lengths = [("colours", self.colours.len()), ("mean", self.mean.len()), ("scale", self.scale.len())];
        if let Some(&(what, found)) = lengths.iter().find(|(_, found)| *found != channels) {
            return Err(NetError::Length { at: at(), what, found, wanted: channels });
        }
        let value = |what, found: String, wanted: &str| {
            Err(NetError::Value { at: at(), what, found, wanted: wanted.to_string() })
        };
        if let Some(mean) = self.mean.iter().find(|mean| !mean.is_finite()) {
            return value("mean", mean.to_string(), "finite");
        }
        if let Some(scale) = self.scale.iter().find(|scale| !scale.is_finite() || **scale == 0.0) {
            return value("scale", scale.to_string(), "finite and not 0");
        }
        match self.name.len() > MAX_NAME || self.name.chars().any(char::is_control) {
            true => value("name", format!("{:?}", self.name), "a line of at most 256 bytes"),
            false => Ok(()),
        }
    }
}

impl Affine {
    /// Values `[channels][height][width]` through it.
    pub fn apply(&self, values: &[f32]) -> Vec<f32> {
        let pixels = values.len() / self.factor.len().max(1);
        let channels = values.chunks(pixels.max(1)).zip(self.factor.iter().zip(&self.offset));
        channels.flat_map(|(channel, (factor, offset))| channel.iter().map(move |x| x * factor + offset)).collect()
    }
}

impl Preprocessing {
    /// From bytes to the input tensor's real values, in one step.
    pub fn composed(&self) -> Preprocess {
        self.inside.as_ref().map_or_else(|| self.preprocess.clone(), |inside| self.preprocess.then(inside))
    }

    /// Fails unless it is for images of `[channels, height, width]`.
    ///
    /// # Errors
    /// See [`Preprocess::check`]; [`NetError::Value`] for a resize to another size.
    pub fn check(&self, [channels, height, width]: [usize; 3]) -> Result<(), NetError> {
        self.preprocess.check(channels)?;
        if let Some(Affine { factor, offset }) = &self.inside {
            for (what, found) in [("factor", factor.len()), ("offset", offset.len())] {
                if found != channels {
                    return Err(NetError::Length { at: "preprocessing".into(), what, found, wanted: channels });
                }
            }
            self.composed().check(channels)?;
        }
        self.resize.as_ref().map_or(Ok(()), |resize| resize.check([height, width]))
    }
}

impl Display for Preprocess {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let colours: Vec<String> = self.colours.iter().map(Colour::to_string).collect();
        write!(f, "{} ({}", self.name, colours.join(", "))?;
        if self.mean.iter().any(|&mean| mean != 0.0) {
            write!(f, "; minus {}", numbers(&self.mean))?;
        }
        if self.scale.iter().any(|&scale| scale != 1.0) {
            write!(f, "; times {}", numbers(&self.scale))?;
        }
        write!(f, ")")
    }
}

impl Display for Affine {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "times {} plus {}", numbers(&self.factor), numbers(&self.offset))
    }
}

impl Display for Preprocessing {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.preprocess)?;
        if let Some(inside) = &self.inside {
            write!(f, ", then the model's own: {inside}")?;
        }
        match &self.resize {
            Some(resize) => write!(f, "; other sizes {resize}"),
            None => write!(f, "; other sizes refused"),
        }
    }
}

/// One number where all are the same, at most six digits of each.
fn numbers(values: &[f32]) -> String {
    let same = values.iter().all(|value| *value == values[0]);
    let shown = if same { &values[..values.len().min(1)] } else { values };
    shown.iter().map(|&value| digits(value)).collect::<Vec<_>>().join(", ")
}

fn digits(value: f32) -> String {
    let decimals = if value == 0.0 { 0 } else { (5 - value.abs().log10().floor() as i32).clamp(0, 12) as usize };
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text,
    }
}

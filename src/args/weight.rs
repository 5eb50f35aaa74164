//! In what form weights are kept: for all layers, for single ones, or as a budget decides.

use super::bytes::bytes;
use systole_model::{WeightFormat, WeightFormats};

#[derive(Debug, clap::Args)]
pub struct WeightArgs {
    /// Evenly spaced weights of so many bits, 2 to 8
    #[arg(long, value_name = "BITS", default_value_t = WeightFormat::default(), conflicts_with = "codebook")]
    bits: WeightFormat,
    /// Weights from codebooks that layers share, codes of so many bits, 3 to 6
    #[arg(long, value_name = "BITS", value_parser = codebook)]
    codebook: Option<WeightFormat>,
    /// The form of one layer's weights, such as conv1=8 or fire3/expand3x3=codebook:5; may be repeated
    #[arg(long = "layer", value_name = "LAYER=FORM", value_parser = layer)]
    layers: Vec<(String, WeightFormat)>,
    /// Choose every layer's form so that all weights take at most so many bytes and least is lost: codebooks of 3 to 6 bits
    /// and plain bytes are measured in each layer on the calibration images
    #[arg(long, value_name = "BYTES", value_parser = bytes, conflicts_with_all = ["bits", "codebook", "layers"])]
    pub budget: Option<usize>,
}

impl WeightArgs {
    pub fn formats(&self) -> WeightFormats {
        WeightFormats { all: self.codebook.unwrap_or(self.bits), layers: self.layers.iter().cloned().collect() }
    }
}

fn codebook(bits: &str) -> Result<WeightFormat, String> {
    format!("codebook:{bits}").parse()
}

/// `LAYER=FORM`.
fn layer(text: &str) -> Result<(String, WeightFormat), String> {
    let (name, form) = text.rsplit_once('=').ok_or("give LAYER=FORM, such as conv1=8")?;
    Ok((name.to_string(), form.parse()?))
}

//! In what form weights are kept: for all layers, for single ones, or as a budget decides.

use crate::args::bytes::bytes;
use crate::args::limits::LimitArgs;
use crate::build::boards;
use crate::error::CliError;
use crate::preparation::fitting::Fitting;
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
    /// and plain bytes are measured in each layer on the calibration images. With --board, bytes of the RAM that the weights
    /// take there, and the network has to fit
    #[arg(long, value_name = "BYTES", value_parser = bytes, conflicts_with_all = ["bits", "codebook", "layers"])]
    pub budget: Option<usize>,
    /// Choose every layer's form so that the network fits --board, by its plan, and least is lost; of the forms whose plan takes at
    /// most twice the cycles of codes of 3 bits, unless --target-fps asks for a speed
    #[arg(long, requires = "board", conflicts_with_all = ["bits", "codebook", "layers", "budget"])]
    pub fit: bool,
    #[arg(long, value_name = "NAME|FILE", help = format!("The board that --fit, or a --budget, is for: {}", boards::help()))]
    board: Option<String>,
    #[command(flatten)]
    limits: LimitArgs,
}

impl WeightArgs {
    pub fn formats(&self) -> WeightFormats {
        WeightFormats { all: self.codebook.unwrap_or(self.bits), layers: self.layers.iter().cloned().collect() }
    }

    /// The board that the network has to fit, where one is given.
    ///
    /// # Errors
    /// What is wrong with the board; [`CliError::BoardForNothing`].
    pub fn fitting(&self) -> Result<Option<Fitting>, CliError> {
        let Some(name) = &self.board else { return Ok(None) };
        if !self.fit && self.budget.is_none() {
            return Err(CliError::BoardForNothing { board: name.clone() });
        }
        let board = self.limits.target(name)?.board;
        let constraints = self.limits.constraints(&board);
        Ok(Some(Fitting::new(board, constraints, self.budget)))
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

//! Which model file, and what it does not say itself.

use std::path::PathBuf;
use systole_model::{Graph, LoadOptions, ModelError};

#[derive(Debug, clap::Args)]
pub struct ModelArgs {
    /// The trained network: .onnx, .caffemodel, .safetensors, or Deep Compression's .net
    pub model: PathBuf,
    /// Network description of a caffemodel or a Deep Compression file
    #[arg(long, value_name = "FILE")]
    pub prototxt: Option<PathBuf>,
    /// Image size in place of the file's, as 227 or HEIGHTxWIDTH
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub input_size: Option<[usize; 2]>,
}

impl ModelArgs {
    /// Reads the model file.
    ///
    /// # Errors
    /// See [`systole_model::load()`].
    pub fn load(&self) -> Result<Graph, ModelError> {
        let options = LoadOptions { prototxt: self.prototxt.clone(), input_size: self.input_size };
        systole_model::load(&self.model, &options)
    }
}

fn parse_size(text: &str) -> Result<[usize; 2], String> {
    let number = |part: &str| match part.parse() {
        Ok(0) | Err(_) => Err("wanted pixels such as 227 or 224x320".to_string()),
        Ok(pixels) => Ok(pixels),
    };
    match text.split_once('x') {
        Some((height, width)) => Ok([number(height)?, number(width)?]),
        None => number(text).map(|side| [side; 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_size;

    #[test]
    fn sizes_are_square_or_height_by_width() {
        assert_eq!(parse_size("227"), Ok([227, 227]));
        assert_eq!(parse_size("224x320"), Ok([224, 320]));
        assert!(["", "0", "x", "2x", "3x0", "-1", "axb"].iter().all(|text| parse_size(text).is_err()));
    }
}

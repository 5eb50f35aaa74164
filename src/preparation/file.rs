//! A preprocessing as a JSON file says it: what each channel takes, its mean and scale, and how pictures get their size.

use crate::error::CliError;
use serde::Deserialize;
use std::path::Path;
use systole_net::{regular_file, Colour, Preprocess};

/// What is read; anything else is an error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    rgb_index: Vec<Taken>,
    mean: Vec<f32>,
    scale: Vec<f32>,
    resize: Option<String>,
}

/// A channel of an RGB image, or the word luma.
#[derive(Deserialize)]
#[serde(untagged)]
enum Taken {
    Index(u64),
    Word(String),
}

impl Taken {
    fn colour(&self) -> Result<Colour, String> {
        match self {
            Taken::Index(0) => Ok(Colour::Red),
            Taken::Index(1) => Ok(Colour::Green),
            Taken::Index(2) => Ok(Colour::Blue),
            Taken::Word(word) if word == "luma" => Ok(Colour::Luma),
            Taken::Index(found) => Err(format!("rgb_index is {found}; wanted 0 (R), 1 (G), 2 (B) or \"luma\"")),
            Taken::Word(found) => Err(format!("rgb_index is {found:?}; wanted 0 (R), 1 (G), 2 (B) or \"luma\"")),
        }
    }
}

/// Reads the file; the words of its resize come along.
///
/// # Errors
/// [`CliError::PreprocessFile`] for unknown fields, and for numbers that cannot be of bytes.
pub fn read(path: &Path) -> Result<(Preprocess, Option<String>), CliError> {
    let text = regular_file::read_text(path).map_err(CliError::io("read", path))?;
    let wrong = |why: String| CliError::PreprocessFile { path: path.into(), why };
    let written: Written = serde_json::from_str(&text).map_err(|error| wrong(explained(&error.to_string())))?;
    let colours = written.rgb_index.iter().map(Taken::colour).collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let preprocess = Preprocess { name, colours, mean: written.mean, scale: written.scale };
    preprocess.check(preprocess.colours.len()).map_err(|fault| wrong(fault.to_string()))?;
    of_bytes(&preprocess).map_err(wrong)?;
    Ok((preprocess, written.resize))
}

/// Fails where numbers are of values from 0 to 1, as most tools have them.
fn of_bytes(preprocess: &Preprocess) -> Result<(), String> {
    let Preprocess { mean, scale, .. } = preprocess;
    if mean.iter().any(|mean| *mean != 0.0 && mean.abs() <= 1.0) {
        return Err(format!(
            "mean is {mean:?}: means are of bytes, 0 to 255; multiply them by 255, and let scale be 1 / (255 * deviation)"
        ));
    }
    match scale.iter().any(|scale| scale.abs() > 1.0) {
        true => Err(format!(
            "scale is {scale:?}: scales are per count of a byte, 0 to 255; divide them by 255 (scale is 1 / (255 * deviation))"
        )),
        false => Ok(()),
    }
}

fn explained(error: &str) -> String {
    let deviation = error.contains("unknown field `std`") || error.contains("unknown field `deviation`");
    let hint = if deviation { "; scale is 1 / (255 * deviation)" } else { "" };
    format!("{error}{hint}")
}

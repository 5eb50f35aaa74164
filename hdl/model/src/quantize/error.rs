//! Why a graph could not be quantised.

use crate::error::{bullets, ModelError, Problem};
use systole_net::limits::{MAX_CODEBOOKS, MAX_LARGE_CODEBOOKS};
use systole_net::NetError;

/// Errors of [`crate::quantize`].
#[derive(Debug, thiserror::Error)]
pub enum QuantizeError {
    #[error("no calibration images; give a folder with some dozens of typical ones")]
    NoImages,
    #[error("calibration image {index}: {source}")]
    Image { index: usize, source: NetError },
    #[error("the machine has no step for {} structure(s):{}", .0.len(), bullets(.0))]
    Unsupported(Vec<Problem>),
    #[error("{node}: a value is not finite on calibration image {index}; check the model's weights")]
    NotFinite { node: String, index: usize },
    #[error(transparent)]
    Preprocess(NetError),
    #[error("{node} is clipped, and its largest weights are {above:.2} times too large for results whose largest integer is that limit; {advice}", above = rounded_up(.times), advice = clip_advice(*.quantised, .times))]
    Clip { node: String, times: f64, quantised: bool },
    #[error("{cut}; the machine cannot, and without it the scores move by {moved:.1} %. An exact form takes a 1x1 layer of as many weights as the map has channels squared, which is done for up to {most} channels behind a layer: quantise the model with ranges that hold the values of '{node}' (onnxruntime: CalibrationMethod.MinMax), or give the float model")]
    Saturation { node: String, cut: String, moved: f64, most: usize },
    #[error("a budget of {wanted} bytes is too small: the smallest forms tried take {least}")]
    Budget { wanted: usize, least: usize },
    #[error("the weights find no room, not even in the smallest forms tried")]
    NoRoom,
    #[error("{} forms with codes are asked for ({}), but a network may have {most} codebooks, {large} of them with more than 32 values; give fewer forms", .forms.len(), .forms.join(", "), most = MAX_CODEBOOKS, large = MAX_LARGE_CODEBOOKS)]
    Codebooks { forms: Vec<String> },
    #[error("the engine that measures could not run: {0}")]
    Engine(NetError),
    #[error("no convolution is called {name}; there are: {known}")]
    NoSuchLayer { name: String, known: String },
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("the quantised network breaks rules: {}", .0.iter().map(|f| f.to_string()).collect::<Vec<_>>().join("; "))]
    Unsound(Vec<NetError>),
}

/// In hundredths.
fn rounded_up(times: &f64) -> f64 {
    (times * 100.0).ceil() / 100.0
}

/// What helps where a clip is too low: in a quantised file it is the end of what its scale can hold.
fn clip_advice(quantised: bool, times: &f64) -> String {
    let times = rounded_up(times);
    match quantised {
        true => format!(
            "give the float model, or quantise it with a scale of this map that is {times:.2} times as large or larger"
        ),
        false => format!("clip at {times:.2} times that limit or higher, or use ReLU"),
    }
}

//! The input tensor: raw bytes where the first layer can absorb the normalisation, else a table per channel.

use crate::graph::{Graph, Node, Op};
use crate::quantize::QuantizeError;
use systole_net::{input::LEVELS, Colour, InputEncoding, Preprocess};

/// How image bytes become input integers, and what the readers of the input must absorb.
#[derive(Clone)]
pub(in crate::quantize) struct Encoding {
    pub input: InputEncoding,
    pub signed: bool,
    /// Real value of one count, before `gain`.
    pub scale: f64,
    /// Factor per channel that every reading convolution takes into its weights.
    pub gain: Vec<f64>,
    /// What the integers of each channel are too high by: the mean of raw bytes, which biases absorb.
    pub offset: Vec<f64>,
}

impl Encoding {
    /// Raw bytes when only convolutions read the input, either none of them pads or zero pixels are zero values (the mean
    /// then goes into their biases), and no scale is negative; a table otherwise.
    pub fn new(graph: &Graph, preprocess: &Preprocess) -> Result<Self, QuantizeError> {
        let channels = graph.nodes[0].shape[0];
        preprocess.check(channels).map_err(QuantizeError::Preprocess)?;
        let readers = || graph.nodes.iter().filter(|n| n.inputs.contains(&0));
        let no_mean = preprocess.mean.iter().all(|&m| m == 0.0);
        let rising = preprocess.scale.iter().all(|&s| s > 0.0);
        let raw = rising && readers().all(is_conv) && (no_mean || readers().all(is_unpadded));
        let colours = preprocess.colours.clone();
        Ok(if raw {
            let gain = preprocess.scale.iter().map(|&s| s.into()).collect();
            let offset = preprocess.mean.iter().map(|&m| m.into()).collect();
            Encoding { input: InputEncoding { colours, lut: None }, signed: false, scale: 1.0, gain, offset }
        } else {
            Self::table(preprocess, colours, input_ends(graph))
        })
    }

    /// `ends` are those that the file's storage of the image has, if it cuts something.
    fn table(preprocess: &Preprocess, colours: Vec<Colour>, ends: Option<(&[f32], &[f32])>) -> Self {
        let real = |channel: usize, byte: usize| {
            let real = (byte as f64 - f64::from(preprocess.mean[channel])) * f64::from(preprocess.scale[channel]);
            match ends {
                Some((least, most)) => real.max(least[channel].into()).min(most[channel].into()),
                None => real,
            }
        };
        let all = || (0..colours.len()).flat_map(|c| (0..LEVELS).map(move |b| real(c, b)));
        let (low, high) = all().fold((0f64, 0f64), |(l, h), x| (l.min(x), h.max(x)));
        // What unsigned integers round to zero needs no sign: -0.00000001 where 1 - 255 / 255 was meant.
        let signed = low < -0.5 * high / f64::from(u8::MAX);
        let (least, most) = if signed { (i8::MIN.into(), i8::MAX.into()) } else { (0.0, f64::from(u8::MAX)) };
        let scale = if signed { (high / most).max(low / least) } else { high / most };
        let entry = |c, b| (real(c, b) / scale).round().clamp(least, most) as i32 as u8;
        let tables = (0..colours.len()).map(|c| (0..LEVELS).map(|b| entry(c, b)).collect()).collect();
        let (gain, offset) = (vec![1.0; colours.len()], vec![0.0; colours.len()]);
        Encoding { input: InputEncoding { colours, lut: Some(tables) }, signed, scale, gain, offset }
    }
}

/// Where the image saturates before anything else reads it.
fn input_ends(graph: &Graph) -> Option<(&[f32], &[f32])> {
    let mut readers = graph.nodes.iter().filter(|node| node.inputs.contains(&0));
    match (&readers.next()?.op, readers.next()) {
        (Op::Saturate { least, most }, None) => Some((least, most)),
        _ => None,
    }
}

fn is_conv(node: &Node) -> bool {
    matches!(node.op, Op::Conv { .. })
}

fn is_unpadded(node: &Node) -> bool {
    matches!(node.op, Op::Conv { pad, .. } if pad == crate::graph::Padding::default())
}

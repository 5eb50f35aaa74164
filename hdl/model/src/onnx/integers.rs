//! Maps of integers: each is written with a type, a scale and a zero point, and must be read with the same.

use super::message::data_type;
use super::network::{Importer, Operand};
use super::node::Call;
use std::fmt;

/// Operators whose results are values of their input, at other places or fewer.
const MOVING: [&str; 11] = [
    "MaxPool",
    "GlobalMaxPool",
    "Slice",
    "Split",
    "Gather",
    "Reshape",
    "Transpose",
    "Flatten",
    "Squeeze",
    "Unsqueeze",
    "Identity",
];

/// How the integers of a map stand for real numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Counts {
    pub scale: f32,
    pub zero_point: i64,
    pub data_type: i32,
}

/// What a map of the file holds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Content {
    #[default]
    Reals,
    Integers(Counts),
    /// Behind a problem.
    Unknown,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.data_type {
            data_type::INT8 => f.write_str("int8"),
            data_type::UINT8 => f.write_str("uint8"),
            data_type::INT16 => f.write_str("int16"),
            data_type::UINT16 => f.write_str("uint16"),
            other => write!(f, "data type {other}"),
        }?;
        write!(f, " of scale {} and zero point {}", self.scale, self.zero_point)
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::Integers(counts) => counts.fmt(f),
            _ => f.write_str("real numbers"),
        }
    }
}

/// Places of the maps that an operator reads with the scale and zero point of the two inputs behind each.
fn reads(call: &Call) -> Option<Vec<usize>> {
    Some(match call.site.operator {
        "DequantizeLinear" | "QLinearConv" | "QLinearMatMul" | "com.microsoft::QGemm" => vec![0],
        "com.microsoft::QLinearAveragePool" | "com.microsoft::QLinearGlobalAveragePool" => vec![0],
        "com.microsoft::QLinearAdd" => vec![0, 3],
        "com.microsoft::QLinearConcat" => (2..call.inputs.len()).step_by(3).collect(),
        _ => return None,
    })
}

impl Importer<'_> {
    /// What input `place` holds.
    pub fn content(&self, call: &Call, place: usize) -> Content {
        let name = call.node.input.get(place).and_then(|name| self.contents.get(name.as_str()));
        name.copied().unwrap_or_default()
    }

    /// Whether integers are read as they were written; what is not, is reported. What an operator passes on is noted as
    /// written.
    pub fn read_integers(&mut self, call: &Call) -> Option<()> {
        if let Some(places) = reads(call) {
            return places.into_iter().try_for_each(|place| self.read_as_written(call, place));
        }
        let contents: Vec<Content> = (0..call.inputs.len()).map(|place| self.content(call, place)).collect();
        let Some(&first) = contents.iter().find(|content| **content != Content::Reals) else { return Some(()) };
        self.written = first;
        match call.site.operator {
            operator if MOVING.contains(&operator) => {}
            // Pads are compared where they are read.
            "Pad" => {}
            "Concat" => self.joined(call, &contents),
            "Relu" => self.cut_at_zero(call, first),
            // An index, of the same place for integers and for what they stand for.
            "ArgMax" => self.written = Content::Reals,
            _ => return self.refuse_integers(call, first),
        }
        Some(())
    }

    fn read_as_written(&mut self, call: &Call, place: usize) -> Option<()> {
        let Some(Operand::Value(_) | Operand::Sliced(_)) = call.input(place) else { return Some(()) };
        let attribute = format!("input {place} '{}'", call.node.input[place]);
        let written = match self.content(call, place) {
            Content::Integers(written) => written,
            Content::Unknown => return Some(()),
            Content::Reals => {
                let nearest = "a map of integers, as QuantizeLinear writes it";
                self.builder.report(call.site, &attribute, "is a map of real numbers", nearest);
                return Some(());
            }
        };
        let read = self.counts(call, [place + 1, place + 2], written.data_type)?;
        if read != written {
            let why = format!("is written as {written}, and read as {read}");
            let nearest = "write and read it with the same type, scale and zero point";
            self.builder.report(call.site, &attribute, why, nearest);
        }
        Some(())
    }

    fn joined(&mut self, call: &Call, contents: &[Content]) {
        if contents.contains(&Content::Unknown) {
            self.written = Content::Unknown;
        } else if let Some(other) = contents.iter().find(|content| **content != contents[0]) {
            let nearest = "parts of one type, scale and zero point, or com.microsoft::QLinearConcat";
            self.builder.report(call.site, "inputs", format!("joins {} and {other}", contents[0]), nearest);
        }
    }

    fn cut_at_zero(&mut self, call: &Call, content: Content) {
        let Content::Integers(counts) = content else { return };
        if counts.zero_point != 0 {
            let why = format!("cuts {counts} at integer 0, which is not zero");
            self.builder.report(call.site, "input 0", why, "zero point 0, or Relu before QuantizeLinear");
        }
    }

    fn refuse_integers(&mut self, call: &Call, content: Content) -> Option<()> {
        let Content::Integers(counts) = content else {
            self.written = Content::Reals;
            return Some(());
        };
        let why = format!("works on integers, {counts}, and is not told their scale");
        self.builder.report(call.site, "", why, "DequantizeLinear before it, with the same scale and zero point");
        None
    }

    /// Type of a result whose zero point is left out: what the node asks for, or that of the integers it reads.
    pub fn type_without_zero_point(&self, call: &Call) -> i32 {
        let asked = call.node.attribute.iter().find(|a| a.name == "output_dtype" && a.i != 0);
        let first = reads(call).and_then(|places| places.first().map(|&place| self.content(call, place)));
        match (asked, first) {
            (Some(asked), _) => i32::try_from(asked.i).unwrap_or(0),
            (None, Some(Content::Integers(counts))) => counts.data_type,
            (None, _) => data_type::UINT8,
        }
    }

    /// Inputs `[scale, zero]` of a feature map; `default` is its type where the zero point is left out.
    pub fn counts(&mut self, call: &Call, [scale, zero]: [usize; 2], default: i32) -> Option<Counts> {
        let scales = self.floats(call, scale)?;
        let (zeros, data_type) = match call.lacks(zero) {
            true => (vec![0], default),
            false => (self.integers(call, zero)?, self.tensor(call, zero)?.data_type),
        };
        let (&[scale], &[zero_point]) = (scales.as_slice(), zeros.as_slice()) else {
            let why = format!("{} scales and {} zero points of a feature map", scales.len(), zeros.len());
            self.builder.report(call.site, "scale", why, "one scale and zero point per feature map");
            return None;
        };
        Some(Counts { scale, zero_point, data_type })
    }
}

//! Which preprocessing a model gets: what is asked for, what its file says, or what is usual for its format; and what speaks
//! against it.

use super::file;
use crate::error::CliError;
use std::path::Path;
use systole_model::{Format, Graph};
use systole_net::preprocess::PREPROCESS_NAMES;
use systole_net::Preprocess;

/// Larger values of an input than any network is trained with.
const LARGEST: f32 = 300.0;

/// A preprocessing, and what came with it.
#[derive(Debug)]
pub struct Chosen {
    pub preprocess: Preprocess,
    /// Words of a file's resize.
    pub resize: Option<String>,
    /// What should be looked at, a line each.
    pub warnings: Vec<String>,
}

/// The preprocessing of `model`: `asked` by name or as a JSON file, or as `recorded` with the network made from it, or as the
/// model file says, or as is usual for its format.
///
/// # Errors
/// A name that is not known, what is wrong with a file, [`CliError::NoPreprocess`], [`CliError::PreprocessChannels`].
pub fn choose(
    asked: Option<&str>,
    model: &Path,
    graph: &Graph,
    recorded: Option<&Preprocess>,
) -> Result<Chosen, CliError> {
    let known = || PREPROCESS_NAMES.join(", ");
    let stated = graph.image.preprocess.as_ref();
    let (preprocess, resize) = match asked {
        Some(asked) => named(asked)?,
        None => {
            let usual = Format::of_file(model)?.default_preprocess();
            let found = recorded.or(stated).cloned().or(usual);
            (found.ok_or_else(|| CliError::NoPreprocess { path: model.into(), known: known() })?, None)
        }
    };
    let (found, wanted) = (preprocess.colours.len(), graph.nodes[0].shape[0]);
    if found != wanted {
        return Err(CliError::PreprocessChannels { path: model.into(), found, wanted });
    }
    let mut warnings = Vec::new();
    let others = [("the network was quantised with", recorded), ("the model file says", stated)];
    for (who, other) in others {
        if let Some(other) = other.filter(|other| !other.same_values(&preprocess)) {
            warnings.push(format!("preprocessing is {preprocess}, {who} {other}"));
        }
    }
    warnings.extend(doubts(&preprocess, graph));
    Ok(Chosen { preprocess, resize, warnings })
}

fn named(asked: &str) -> Result<(Preprocess, Option<String>), CliError> {
    match Preprocess::by_name(asked) {
        Some(preprocess) => Ok((preprocess, None)),
        None if Path::new(asked).is_file() => file::read(Path::new(asked)),
        None => Err(CliError::UnknownPreprocess { found: asked.into(), known: PREPROCESS_NAMES.join(", ") }),
    }
}

/// A model that normalises its image itself, and a preprocessing that does so before it or leaves it other values than it is
/// made for.
fn doubts(preprocess: &Preprocess, graph: &Graph) -> Option<String> {
    let inside = graph.image.inside.as_ref()?;
    if preprocess.mean.iter().any(|&mean| mean != 0.0) {
        return Some(format!(
            "the model normalises its image itself ({inside}), and {preprocess} does so before that; unit or bytes leave it to the model"
        ));
    }
    let composed = graph.image.composed(preprocess);
    let ends = |c: usize| [0.0, 255.0].map(|byte: f32| (byte - composed.mean[c]) * composed.scale[c]);
    let all: Vec<[f32; 2]> = (0..composed.mean.len()).map(ends).collect();
    let largest = all.iter().flatten().fold(0.0f32, |most, value| most.max(value.abs()));
    // Behind its mean and deviation an image has values on both sides of zero.
    let one_sided = inside.offset.iter().any(|&o| o != 0.0) && all.iter().all(|[a, b]| a * b > 0.0);
    (largest > LARGEST || one_sided).then(|| {
        let [low, high] = [f32::min, f32::max].map(|end| all.iter().flatten().copied().reduce(end).unwrap_or(0.0));
        format!("the model's own normalisation ({inside}) makes {low} to {high} of {preprocess}; it is made for another range: unit is 0 to 1, bytes 0 to 255, tf -1 to 1")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use systole_model::{FileImage, Node, Op};
    use systole_net::{Affine, Colour};

    /// A model file of that ending whose image has `channels`, and which says `image` of it.
    fn chosen(ending: &str, asked: Option<&str>, channels: usize, image: FileImage) -> Result<Chosen, String> {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join(format!("m.{ending}"));
        std::fs::write(&model, "x").unwrap();
        let (inputs, given) = (Vec::new(), Default::default());
        let node = Node { name: "x".into(), op: Op::Input, inputs, shape: [channels, 4, 4], given };
        let graph = Graph { nodes: vec![node], image, ..Graph::default() };
        choose(asked, &model, &graph, None).map_err(|error| error.to_string())
    }

    fn stated(preprocess: Preprocess) -> FileImage {
        FileImage { preprocess: Some(preprocess), inside: None }
    }

    fn inside(factor: f32, offset: f32) -> FileImage {
        FileImage { inside: Some(Affine { factor: vec![factor; 3], offset: vec![offset; 3] }), preprocess: None }
    }

    #[test]
    fn what_is_asked_for_comes_before_the_file_and_the_file_before_its_format() {
        let name = |ending, asked, image| chosen(ending, asked, 3, image).map(|chosen| chosen.preprocess.name);
        let other = || Preprocess { name: "transform_param".into(), ..Preprocess::tf() };
        assert_eq!(name("caffemodel", None, FileImage::default()).as_deref(), Ok("caffe"));
        assert_eq!(name("safetensors", None, FileImage::default()).as_deref(), Ok("torchvision"));
        assert!(name("onnx", None, FileImage::default()).unwrap_err().contains("give --preprocess, one of caffe"));
        assert_eq!(name("caffemodel", None, stated(other())).as_deref(), Ok("transform_param"));
        assert_eq!(name("caffemodel", Some("unit"), stated(other())).as_deref(), Ok("unit"));
        assert!(name("onnx", Some("grey"), FileImage::default()).unwrap_err().contains("makes 1"));
        assert!(name("onnx", Some("no/such.json"), FileImage::default()).unwrap_err().contains("or a JSON file"));
    }

    #[test]
    fn what_makes_as_many_channels_as_a_model_takes_is_said() {
        let refused = |channels, asked| chosen("onnx", Some(asked), channels, FileImage::default()).unwrap_err();
        assert!(refused(1, "unit")
            .ends_with("give --preprocess grey, or a JSON file with one entry each in rgb_index, mean and scale"));
        let three = refused(3, "grey");
        let named: Vec<&str> = three.rsplit_once("--preprocess ").unwrap().1.split(", ").collect();
        assert!(named.len() == 6 && named.last() == Some(&"or a JSON file"), "{three}");
        for name in &named[..named.len() - 1] {
            chosen("onnx", Some(name), 3, FileImage::default()).unwrap();
        }
        assert!(refused(4, "unit").contains("makes 3; give --preprocess a JSON file with 4 entries each"));
        let (file, zeros, scales) = (tempfile::NamedTempFile::new().unwrap(), [0; 4], [0.01; 4]);
        let text = format!("{{\"rgb_index\": [2, 0, 0, \"luma\"], \"mean\": {zeros:?}, \"scale\": {scales:?}}}");
        std::fs::write(file.path(), text).unwrap();
        let advised = chosen("onnx", Some(file.path().to_str().unwrap()), 4, FileImage::default()).unwrap();
        assert_eq!(advised.preprocess.colours, [Colour::Blue, Colour::Red, Colour::Red, Colour::Luma]);
    }

    #[test]
    fn the_file_is_held_against_what_is_asked_for() {
        let warnings = |image| chosen("caffemodel", Some("caffe"), 3, image).unwrap().warnings;
        assert!(warnings(stated(Preprocess::caffe())).is_empty());
        let text = warnings(stated(Preprocess::tf())).concat();
        assert!(
            text.starts_with("preprocessing is caffe (B, G, R; minus 104, 117, 123), the model file says tf ("),
            "{text}"
        );
    }

    #[test]
    fn a_model_that_normalises_itself_wants_the_values_that_it_is_made_for() {
        let warned = |asked, image| chosen("onnx", Some(asked), 3, image).unwrap().warnings.concat();
        let (unit, bytes) = (inside(1.0 / 0.225, -0.45 / 0.225), inside(1.0 / 58.0, -116.0 / 58.0));
        assert_eq!(warned("unit", unit.clone()), "");
        assert_eq!(warned("bytes", bytes.clone()), "");
        assert!(warned("torchvision", unit.clone()).contains("normalises its image itself"));
        assert!(warned("bytes", unit).contains("made for another range"));
        assert!(warned("unit", bytes).contains("made for another range"));
    }
}

//! Whether pictures reach a network as it was trained: how many classes it sees in them, and, with labels, how often it is
//! right with the usual preprocessings.

use crate::error::CliError;
use crate::evaluation::result::Row;
use rayon::prelude::*;
use std::collections::BTreeSet;
use systole_model::{float, host, Graph};
use systole_net::{Colour, Image, Preprocess};
use systole_report::alternatives::{Alternatives, Tried};

/// Labelled images that the alternatives are tried on, at most: each takes a run in floating point per alternative.
pub const TRIED: usize = 40;
/// Expected classes below which nothing can be said.
const FEW_CLASSES: f64 = 8.0;
/// Of these the share that is suspicious.
const SUSPICIOUS: f64 = 0.25;
/// What to look at where the best classes of many images are few; `labels` are their classes, where they are known.
///
/// As many images drawn evenly from all classes show `classes * (1 - (1 - 1 / classes)^images)` of them; labelled images
/// show what their labels say.
pub fn collapsed(best: &[usize], classes: usize, labels: Option<&[usize]>) -> Option<String> {
    let distinct = |all: &[usize]| all.iter().collect::<BTreeSet<_>>().len();
    let (seen, all) = (distinct(best), classes as f64);
    let drawn = all * (1.0 - (1.0 - 1.0 / all).powf(best.len() as f64));
    let expected = labels.map_or(drawn, |labels| distinct(labels) as f64);
    let suspicious = expected >= FEW_CLASSES && (seen as f64) < SUSPICIOUS * expected;
    suspicious.then(|| {
        let wanted = match labels {
            Some(_) => format!("their labels are {expected}"),
            None => format!("{expected:.0} if they were of all kinds"),
        };
        format!(
            "the best class of {} images is one of {seen} ({wanted}; the network knows {classes}): is the preprocessing that of its training?",
            best.len()
        )
    })
}

/// As [`collapsed`], for images with labels that were evaluated.
pub fn seen(rows: &[Row], classes: usize) -> Option<String> {
    let best: Vec<usize> = rows.iter().filter_map(|row| row.best.first().copied()).collect();
    let labels: Vec<usize> = rows.iter().map(|row| row.class).collect();
    collapsed(&best, classes, Some(&labels))
}

/// Runs the float graph on `images` of the classes `labels` with the preprocessing `used` and with others.
///
/// # Errors
/// Images of another size.
pub fn alternatives(
    graph: &Graph,
    used: &Preprocess,
    images: &[Image],
    labels: &[usize],
) -> Result<Alternatives, CliError> {
    let all = std::iter::once(used.clone()).chain(others(used));
    let tried = all.map(|preprocess| tried(graph, preprocess, images, labels)).collect::<Result<_, _>>()?;
    Ok(Alternatives { images: images.len(), tried })
}

fn tried(graph: &Graph, preprocess: Preprocess, images: &[Image], labels: &[usize]) -> Result<Tried, CliError> {
    let best = |image: &Image| -> Result<usize, CliError> {
        let scores = host::cut(graph, float::run(graph, &preprocess.apply(image)?)?.pop().unwrap_or_default());
        Ok((0..scores.len()).reduce(|best, i| if scores[i] > scores[best] { i } else { best }).unwrap_or(0))
    };
    let best: Vec<usize> = images.par_iter().map(best).collect::<Result<_, _>>()?;
    let hits: Vec<bool> = best.iter().zip(labels).map(|(best, label)| best == label).collect();
    let right = hits.iter().filter(|hit| **hit).count();
    let classes = best.iter().collect::<BTreeSet<_>>().len();
    Ok(Tried { preprocess, right, classes, best, hits })
}

/// What else is usual for as many channels.
fn others(used: &Preprocess) -> Vec<Preprocess> {
    let mut all = match used.colours.len() {
        1 => grey(),
        3 => vec![
            swapped(used),
            Preprocess::torchvision(),
            Preprocess::caffe(),
            Preprocess::unit(),
            Preprocess::tf(),
            Preprocess::bytes(),
        ],
        _ => Vec::new(),
    };
    all.retain(|other| !other.same_values(used));
    all
}

fn swapped(used: &Preprocess) -> Preprocess {
    let swap = |colour: &Colour| match colour {
        Colour::Red => Colour::Blue,
        Colour::Blue => Colour::Red,
        other => *other,
    };
    Preprocess {
        name: format!("{}, R and B swapped", used.name),
        colours: used.colours.iter().map(swap).collect(),
        ..used.clone()
    }
}

/// Luma in 0..1, in -1..1, in 0..255, black for white, and with MNIST's mean and deviation.
fn grey() -> Vec<Preprocess> {
    let of = |name: &str, mean: f32, scale: f32| Preprocess {
        name: name.into(),
        colours: vec![Colour::Luma],
        mean: vec![mean],
        scale: vec![scale],
    };
    vec![
        Preprocess::grey(),
        of("-1 to 1", 127.5, 1.0 / 127.5),
        of("bytes", 0.0, 1.0),
        of("black for white", 255.0, -1.0 / 255.0),
        of("MNIST's", 0.1307 * 255.0, 1.0 / (0.3081 * 255.0)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::labels;
    use crate::images::Size;
    use std::path::Path;
    use systole_model::LoadOptions;

    #[test]
    fn few_classes_among_many_are_suspicious() {
        let cycle = |images: usize, of: usize| (0..images).map(|i| i % of).collect::<Vec<_>>();
        // What was seen of a network of 1000 classes with a preprocessing that was not its own, and with its own.
        assert!(collapsed(&cycle(100, 2), 1000, None).is_some());
        assert!(collapsed(&cycle(100, 7), 1000, None).is_some());
        assert_eq!(collapsed(&cycle(100, 92), 1000, None), None);
        // Few images, or few classes, say nothing.
        assert_eq!(collapsed(&cycle(7, 1), 1000, None), None);
        assert_eq!(collapsed(&cycle(1000, 1), 2, None), None);
        assert_eq!(collapsed(&cycle(64, 1), 5, None), None);
        assert!(collapsed(&cycle(64, 1), 10, None).is_some());
        // Labels know better.
        assert_eq!(collapsed(&cycle(100, 2), 1000, Some(&cycle(100, 3))), None);
        assert!(collapsed(&cycle(100, 2), 1000, Some(&cycle(100, 50))).is_some());
        assert_eq!(collapsed(&[], 1000, None), None);
    }

    const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data");

    /// Photographs on the released network, with every preprocessing in turn taken for the one in use.
    #[test]
    fn photographs_tell_a_wrong_preprocessing_from_the_right_one() {
        if !Path::new(DATA).is_dir() {
            println!("SKIPPED: ../shared/data is absent");
            return;
        }
        let options =
            LoadOptions { prototxt: Some(format!("{DATA}/models/v1.1/deploy.prototxt").into()), input_size: None };
        let model = format!("{DATA}/models/v1.1/squeezenet_v1.1.fp16src.rebuilt.caffemodel");
        let graph = systole_model::load(Path::new(&model), &options).unwrap();
        let all = labels::read(Path::new(&format!("{DATA}/dev/labels.csv")), 1000).unwrap();
        let folder = format!("{DATA}/dev/images");
        let size = Size { height: 227, width: 227, resize: None };
        let (images, classes) = labels::sample(Path::new(&folder), &all, TRIED, size).unwrap();
        let mut seen = alternatives(&graph, &Preprocess::caffe(), &images, &classes).unwrap();
        assert_eq!(seen.warning(), None, "{}", seen.text());
        let speaks_up = |tried: &Tried| {
            let unlabelled = collapsed(&tried.best, 1000, None).is_some();
            let labelled = collapsed(&tried.best, 1000, Some(&classes)).is_some();
            [unlabelled, labelled]
        };
        assert_eq!(speaks_up(&seen.tried[0]), [false; 2]);
        for wrong in ["torchvision", "unit", "tf"] {
            let at = seen.tried.iter().position(|tried| tried.preprocess.name == wrong).unwrap();
            seen.tried.swap(0, at);
            let warning = seen.warning().unwrap_or_else(|| panic!("{wrong}: {}", seen.text()));
            assert!(warning.contains("right with caffe (B, G, R; minus 104, 117, 123), "), "{warning}");
            assert_eq!(speaks_up(&seen.tried[0]), [true; 2], "{wrong}: {}", seen.text());
            seen.tried.swap(0, at);
        }
        // Swapped channels cost few of so many: that is listed, and is no more than chance may do.
        let at = seen.tried.iter().position(|tried| tried.preprocess.name == "caffe, R and B swapped").unwrap();
        seen.tried.swap(0, at);
        assert!(
            seen.tried[0].right < seen.tried[at].right && seen.text().ends_with(" best: caffe\n"),
            "{}",
            seen.text()
        );
    }

    #[test]
    fn what_is_in_use_is_not_tried_twice() {
        let names = |used: &Preprocess| others(used).into_iter().map(|p| p.name).collect::<Vec<_>>();
        assert_eq!(names(&Preprocess::caffe()), ["caffe, R and B swapped", "torchvision", "unit", "tf", "bytes"]);
        assert_eq!(names(&Preprocess::grey()), ["-1 to 1", "bytes", "black for white", "MNIST's"]);
    }
}

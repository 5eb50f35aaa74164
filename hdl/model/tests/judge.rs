//! Networks against onnxruntime, with images and scores by `tools/judge`: what the importer takes computes what onnxruntime computes.

mod common;

use common::{data, npy};
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use systole_model::host::{self, HostOperation};
use systole_model::{float, load, Graph, LoadOptions, ModelError};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// Random networks of a run of all tests; `make judge` has thousands.
const FLOATS: usize = 250;
const QUANTISED: usize = 120;
/// Share of the random networks that must be taken.
const TAKEN: f64 = 0.6;
/// Largest difference of a score, over the largest score of its image.
const TOLERANCE: f32 = 1e-3;
/// Scores of an image are held against at least this: ReLUs may leave next to nothing.
const SMALLEST: f32 = 1e-2;
/// Longest line of a refusal, and what only programmers write.
const LONGEST: usize = 420;
const DEBUG: [&str; 7] = ["Some(", "Ok(", "Err(", "None", " { ", "Padding", "View::"];

/// How an import ended.
enum Verdict {
    Right,
    Wrong(String),
    Refused(Vec<String>),
}

/// Whether larger scores are nowhere smaller in what the host made of them.
fn keeps_order(scores: &[f32], made: &[f32]) -> bool {
    let slack = TOLERANCE * scores.iter().map(|s| s.abs()).fold(SMALLEST, f32::max);
    let pairs = || (0..scores.len()).flat_map(|i| (0..scores.len()).map(move |j| (i, j)));
    scores.len() == made.len() && pairs().all(|(i, j)| scores[i] + slack >= scores[j] || made[i] <= made[j])
}

/// Largest difference of an image's scores, over the largest score.
fn difference(ours: &[f32], theirs: &[f32]) -> f32 {
    let size = theirs.iter().map(|s| s.abs()).fold(SMALLEST, f32::max);
    let each = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs() / size);
    each.fold(0.0, |most, d| if d > most || d.is_nan() { d } else { most })
}

fn compare(ours: &[f32], theirs: &[f32]) -> Result<(), String> {
    if ours.len() != theirs.len() {
        return Err(format!("{} scores; onnxruntime has {}", ours.len(), theirs.len()));
    }
    let found = difference(ours, theirs);
    match found <= TOLERANCE {
        true => Ok(()),
        false => Err(format!("off by {found}: {ours:?}; onnxruntime: {theirs:?}")),
    }
}

fn judge(model: &Path) -> Verdict {
    match load(model, &LoadOptions::default()) {
        Ok(graph) => judge_graph(&graph, model).map_or_else(Verdict::Wrong, |()| Verdict::Right),
        Err(ModelError::Problems(problems)) => Verdict::Refused(problems.iter().map(ToString::to_string).collect()),
        Err(error) => Verdict::Refused(vec![error.to_string()]),
    }
}

fn judge_graph(graph: &Graph, model: &Path) -> Result<(), String> {
    let run = |image: Vec<f32>| float::run(graph, &image).unwrap().pop().unwrap();
    let ours: Vec<Vec<f32>> = images(graph, model).into_iter().map(run).collect();
    // Roundings of a quantised network add up to any difference; the script holds each against what it leaves out.
    let [scores, exact] = ["scores", "exact"].map(|name| model.with_extension(format!("{name}.npy")));
    let wanted = npy(if exact.is_file() { &exact } else { &scores });
    let hosts = host::operations(graph);
    match hosts.first() {
        Some(first) => behind(&ours, &before(model, first.node)?, &hosts, &wanted),
        None => compare(&ours.concat(), &wanted),
    }
}

/// The images of a model as the graph takes them, whose channels may be last in the file.
fn images(graph: &Graph, model: &Path) -> Vec<Vec<f32>> {
    let file = npyz::NpyFile::new(std::fs::File::open(model.with_extension("images.npy")).unwrap()).unwrap();
    let sizes: Vec<usize> = file.shape()[1..].iter().map(|&size| size as usize).collect();
    let values: Vec<f32> = file.into_vec().unwrap();
    let images = values.chunks_exact(sizes.iter().product());
    let [channels, height, width] = graph.nodes[0].shape;
    if sizes == [channels, height, width] {
        return images.map(<[f32]>::to_vec).collect();
    }
    assert_eq!(sizes, [height, width, channels]);
    let plane = |image: &[f32], c: usize| image[c..].iter().step_by(channels).copied().collect::<Vec<f32>>();
    images.map(|image| (0..channels).flat_map(|c| plane(image, c)).collect()).collect()
}

/// What goes into one of the last nodes, by onnxruntime.
fn before(model: &Path, node: &str) -> Result<Vec<f32>, String> {
    let text = std::fs::read_to_string(model.with_extension("before.json")).unwrap();
    let all: BTreeMap<String, Vec<f32>> = serde_json::from_str(&text).unwrap();
    all.get(node).cloned().ok_or_else(|| format!("{node} is left to the host, which cannot do it"))
}

/// Scores are what goes into the first operation of the host, and the last one makes what the file says.
fn behind(ours: &[Vec<f32>], before: &[f32], hosts: &[HostOperation], last: &[f32]) -> Result<(), String> {
    compare(&ours.concat(), before)?;
    for (scores, last) in ours.iter().zip(last.chunks_exact(last.len() / ours.len())) {
        let made = hosts.iter().try_fold(scores.clone(), |made, operation| operation.apply(&made));
        match made {
            Some(made) => compare(&made, last)?,
            None if keeps_order(scores, last) => {}
            None => return Err(format!("{hosts:?} change the order of {scores:?}: {last:?}")),
        }
    }
    Ok(())
}

/// Judges every model of a folder that the script filled and whose name begins so; share that was taken.
fn judge_folder(folder: &Path, kind: &str) -> f64 {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(kind));
    let mut models: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|e| e == "onnx") && named(path)).collect();
    models.sort();
    let start = Instant::now();
    let verdicts: Vec<Verdict> = models.par_iter().map(|model| judge(model)).collect();
    let (mut right, mut faults) = (0, Vec::new());
    for (model, verdict) in models.iter().zip(verdicts) {
        let name = model.file_stem().unwrap().to_string_lossy();
        let nodes = std::fs::read_to_string(model.with_extension("txt")).unwrap();
        match verdict {
            Verdict::Right => right += 1,
            Verdict::Wrong(why) => faults.push(format!("{name} is WRONG, {why}\n{nodes}")),
            Verdict::Refused(lines) => {
                let bad = lines.iter().find(|l| l.len() > LONGEST || DEBUG.iter().any(|word| l.contains(word)));
                faults.extend(bad.map(|line| format!("{name} is refused in words for programmers: {line}\n{nodes}")));
                println!("{name} refused: {}", lines.join(" | "));
            }
        }
    }
    faults.iter().for_each(|fault| println!("{fault}"));
    println!("{right} of {} {kind} taken and right, judged in {:.1?}", models.len(), start.elapsed());
    assert!(!models.is_empty(), "no models {kind} in {}", folder.display());
    assert!(faults.is_empty(), "{} of {}, the first: {}", faults.len(), models.len(), faults[0]);
    right as f64 / models.len() as f64
}

/// What the script writes; nothing and a loud note where its tools are absent.
fn written(models: &[PathBuf]) -> Option<tempfile::TempDir> {
    let (folder, start) = (tempfile::tempdir().unwrap(), Instant::now());
    let mut command = Command::new(Path::new(ROOT).join(".tools/venv/bin/python3"));
    command.arg(Path::new(ROOT).join("tools/judge")).arg(folder.path());
    command.args(["--floats", &FLOATS.to_string(), "--quantised", &QUANTISED.to_string(), "--models"]).args(models);
    let said = command.output().map(|ran| (ran.status.success(), String::from_utf8_lossy(&ran.stderr).into_owned()));
    match said {
        Ok((true, _)) => println!("networks and scores by onnxruntime in {:.1?}", start.elapsed()),
        Ok((false, why)) if !why.contains("ModuleNotFoundError") => panic!("{why}"),
        _ => {
            eprintln!("SKIPPED: onnx and onnxruntime are absent (make setup)");
            return None;
        }
    }
    Some(folder)
}

/// An integer convolution with unsigned weights per channel. Without VNNI onnxruntime adds its products in 16 bits and is no judge;
/// `tests/quantised.rs` has the scores of a processor that adds them right.
const BEYOND_JUDGEMENT: &str = "qoperator_uint8_channels.onnx";

/// The ONNX files of other tests, and the released ones.
fn models() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from("tests/exports"), PathBuf::from("tests/data")];
    if let Some(data) = data() {
        folders.extend(std::fs::read_dir(data.join("models")).unwrap().map(|entry| entry.unwrap().path()));
    }
    let files = folders.iter().filter(|f| f.is_dir()).flat_map(|f| std::fs::read_dir(f).unwrap());
    let judged = |path: &PathBuf| path.extension().is_some_and(|e| e == "onnx") && !path.ends_with(BEYOND_JUDGEMENT);
    files.map(|e| e.unwrap().path()).filter(judged).collect()
}

fn judge_random(folder: &Path) {
    for kind in ["float_", "quantised_"] {
        let taken = judge_folder(folder, kind);
        assert!(taken > TAKEN, "only {taken} of {kind} are taken");
    }
}

#[test]
fn networks_compute_what_onnxruntime_does() {
    // One run of the script for all: it takes seconds to begin.
    let Some(folder) = written(&models()) else { return };
    judge_random(folder.path());
    assert!(judge_folder(folder.path(), "model_") == 1.0);
}

#[test]
#[ignore = "judges the networks that make judge leaves in build/judge"]
fn networks_of_the_folder_compute_what_onnxruntime_does() {
    judge_random(&Path::new(ROOT).join("build/judge"));
}

//! Networks against onnxruntime, with images and scores by `tools/judge`: what the importer takes computes what onnxruntime computes.

mod common;

use common::{data, npy};
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use systole_model::host::{self, HostOperation};
use systole_model::{float, load, Graph, LoadOptions, ModelError};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// Random networks of a run of all tests.
const FLOATS: usize = 500;
const QUANTISED: usize = 150;
/// Share of the random networks that must be taken.
const TAKEN: f64 = 0.6;
/// Largest difference of a score, over the largest score of its image.
const TOLERANCE: f32 = 1e-3;
/// The same against scores of maps that are rounded to 8 bits; the float graph only cuts off what they cannot hold.
const ROUNDING: f32 = 0.25;
/// Scores of an image are held against at least this: ReLUs may leave next to nothing.
const SMALLEST: f32 = 1e-2;
const SMALLEST_ROUNDED: f32 = 0.1;
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
fn difference(ours: &[f32], theirs: &[f32], smallest: f32) -> f32 {
    let size = theirs.iter().map(|s| s.abs()).fold(smallest, f32::max);
    let each = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs() / size);
    each.fold(0.0, |most, d| if d > most || d.is_nan() { d } else { most })
}

fn compare(ours: &[f32], theirs: &[f32], [smallest, tolerance]: [f32; 2]) -> Result<(), String> {
    if ours.len() != theirs.len() {
        return Err(format!("{} scores; onnxruntime has {}", ours.len(), theirs.len()));
    }
    let found = difference(ours, theirs, smallest);
    match found <= tolerance {
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
    let [scores, exact] = ["scores", "exact"].map(|name| model.with_extension(format!("{name}.npy")));
    let wanted = if exact.is_file() { &exact } else { &scores };
    let hosts = host::operations(graph);
    if let Some(first) = hosts.first() {
        behind(&ours, &before(model, first.node)?, &hosts, &npy(wanted))?;
    } else {
        compare(&ours.concat(), &npy(wanted), [SMALLEST, TOLERANCE])?;
    }
    match exact.is_file() && hosts.is_empty() {
        true => compare(&ours.concat(), &npy(&scores), [SMALLEST_ROUNDED, ROUNDING]),
        false => Ok(()),
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
    compare(&ours.concat(), before, [SMALLEST, TOLERANCE])?;
    for (scores, last) in ours.iter().zip(last.chunks_exact(last.len() / ours.len())) {
        let made = hosts.iter().try_fold(scores.clone(), |made, operation| operation.apply(&made));
        match made {
            Some(made) => compare(&made, last, [SMALLEST, TOLERANCE])?,
            None if keeps_order(scores, last) => {}
            None => return Err(format!("{hosts:?} change the order of {scores:?}: {last:?}")),
        }
    }
    Ok(())
}

/// Judges every model of a folder that the script filled; share that was taken.
fn judge_folder(folder: &Path) -> f64 {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut models: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|e| e == "onnx")).collect();
    models.sort();
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
    println!("{right} of {} taken and right", models.len());
    assert!(!models.is_empty(), "no models in {}", folder.display());
    assert!(faults.is_empty(), "{} of {}, the first: {}", faults.len(), models.len(), faults[0]);
    right as f64 / models.len() as f64
}

/// Runs the script; nothing and a loud note where its tools are absent.
fn written(arguments: &[&str], models: &[PathBuf]) -> Option<tempfile::TempDir> {
    let python = Path::new(ROOT).join(".tools/venv/bin/python3");
    let tools = Command::new(&python).args(["-c", "import onnx, onnxruntime"]).output();
    if !tools.is_ok_and(|o| o.status.success()) {
        eprintln!("SKIPPED: onnx and onnxruntime are absent (make setup)");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(&python);
    command.arg(Path::new(ROOT).join("tools/judge")).arg(folder.path()).args(arguments);
    if !models.is_empty() {
        command.arg("--models").args(models);
    }
    let ran = command.output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    Some(folder)
}

#[test]
fn random_networks_compute_what_onnxruntime_does() {
    let Some(folder) = written(&["--floats", &FLOATS.to_string()], &[]) else { return };
    let taken = judge_folder(folder.path());
    assert!(taken > TAKEN, "only {taken} are taken");
}

#[test]
#[ignore = "one in twenty saturates elsewhere than onnxruntime does; make judge names them"]
fn quantised_networks_compute_what_onnxruntime_does() {
    let Some(folder) = written(&["--quantised", &QUANTISED.to_string()], &[]) else { return };
    let taken = judge_folder(folder.path());
    assert!(taken > TAKEN, "only {taken} are taken");
}

#[test]
fn models_of_other_tests_compute_what_onnxruntime_does() {
    let mut folders = vec![PathBuf::from("tests/exports"), PathBuf::from("tests/data")];
    if let Some(data) = data() {
        folders.extend(std::fs::read_dir(data.join("models")).unwrap().map(|entry| entry.unwrap().path()));
    }
    let files = folders.iter().filter(|f| f.is_dir()).flat_map(|f| std::fs::read_dir(f).unwrap());
    let models: Vec<PathBuf> =
        files.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "onnx")).collect();
    let Some(folder) = written(&[], &models) else { return };
    assert!(judge_folder(folder.path()) == 1.0);
}

#[test]
#[ignore = "judges the networks that make judge leaves in build/judge"]
fn networks_of_the_folder_compute_what_onnxruntime_does() {
    judge_folder(&Path::new(ROOT).join("build/judge"));
}

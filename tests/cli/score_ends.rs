//! Scores that the model file cuts: every command prints them as the file has them.

use crate::common::{build, image, path, systole, with_score_ends};
use serde_json::Value;
use std::fs;

/// Between the scores of a picture: some classes lie beyond.
const ENDS: [f64; 2] = [3.5, 9.0];

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&systole(args).ok()).unwrap()
}

/// Scores by class of the first image.
fn scores(answers: &Value) -> Vec<f64> {
    let mut of: Vec<(u64, f64)> = answers["images"][0]["top"]
        .as_array()
        .unwrap()
        .iter()
        .map(|top| (top["class"].as_u64().unwrap(), top["score"].as_f64().unwrap()))
        .collect();
    of.sort_by_key(|(class, _)| *class);
    of.into_iter().map(|(_, score)| score).collect()
}

#[test]
fn all_commands_cut_scores_where_the_file_does() {
    let folder = tempfile::tempdir().unwrap();
    let (net, cut) = with_score_ends(folder.path(), ENDS);
    let (net, cut, four) = (net.display().to_string(), cut.display().to_string(), image("000_label_4.png"));
    let simulated = |build: &str| json(&["simulate", build, "--image", &four, "--top", "10", "--json"]);
    let plain = scores(&simulated(&build().display().to_string()));
    let wanted: Vec<f64> = plain.iter().map(|score| score.clamp(ENDS[0], ENDS[1])).collect();
    assert!(wanted.iter().filter(|score| **score == ENDS[0]).count() > 1 && wanted.contains(&ENDS[1]), "{plain:?}");
    let answers = simulated(&cut);
    assert_eq!(scores(&answers), wanted);
    // Of equals the lower class comes first.
    let top = answers["images"][0]["top"].as_array().unwrap();
    assert!(top
        .windows(2)
        .all(|two| two[0]["score"] != two[1]["score"] || two[0]["class"].as_u64() < two[1]["class"].as_u64()));
    for device in ["sim", "registers", "mock"] {
        let device = format!("{device}:{cut}");
        assert_eq!(scores(&json(&["run", "--device", &device, "--image", &four, "--top", "10", "--json"])), wanted);
    }

    let (list, result) = (folder.path().join("list.txt"), folder.path().join("result.json"));
    fs::write(&list, "000_label_4.png 4\n").unwrap();
    let (list, result) = (list.display().to_string(), result.display().to_string());
    systole(["eval", &net, "--images", &path("host/demo/images"), "--labels", &list, "-o", &result]).ok();
    let row: Value = serde_json::from_str(&fs::read_to_string(&result).unwrap()).unwrap();
    let best: Vec<&Value> = top.iter().take(5).map(|top| &top["class"]).collect();
    assert_eq!(row["rows"][0]["best"].as_array().unwrap().iter().collect::<Vec<_>>(), best);
}

//! `systole explore`.

use crate::common::{digits, systole, Ran};
use serde_json::Value;
use std::fs;

fn explore(options: &[&str]) -> Ran {
    let net = digits().display().to_string();
    systole(["explore", &net].iter().chain(options))
}

#[test]
fn the_front_is_a_table_json_csv_and_a_picture_of_the_same_plans() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let boards = ["--board", "tiny", "ulx3s-85f", "--max-dsp", "80"];
    let text = explore(&[&boards[..], &["--csv", &file("a.csv"), "--html", &file("a.html")]].concat()).ok();
    let value: Value = serde_json::from_str(&explore(&[&boards[..], &["--json"]].concat()).ok()).unwrap();
    let points = value.as_array().unwrap();
    for board in ["tiny", "ulx3s-85f"] {
        let of: Vec<_> = points.iter().filter(|p| p["board"] == board).collect();
        assert!(of.len() > 2, "{board}: {value}");
        assert!(of.windows(2).all(|w| w[0]["cycles"].as_u64() <= w[1]["cycles"].as_u64()), "{value}");
        assert!(of.iter().all(|p| p["dsp"].as_u64().unwrap() <= 80), "{value}");
    }
    let (csv, html) = (fs::read_to_string(file("a.csv")).unwrap(), fs::read_to_string(file("a.html")).unwrap());
    assert_eq!(csv.lines().count(), points.len() + 1);
    assert_eq!(html.matches("<title>").count(), points.len() + 1);
    assert!(!html.contains("NaN"), "{html}");
    for (point, line) in points.iter().zip(csv.lines().skip(1)) {
        let array = format!("{} x {}", point["rows"], point["cols"]);
        assert!(text.contains(&array) && html.contains(&array), "{array}");
        assert!(line.contains(&point["cycles"].to_string()), "{line}");
    }
}

#[test]
fn what_fits_no_board_is_refused_with_the_numbers() {
    explore(&["--board", "tiny", "--max-bram18", "4"]).failed(&["does not fit", "4 are there"]);
    explore(&["--board", "moon"]).failed(&["moon", "tiny"]);
}

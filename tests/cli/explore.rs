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
    let points = value["plans"].as_array().unwrap();
    for board in ["tiny", "ulx3s-85f"] {
        let of: Vec<_> = points.iter().filter(|p| p["board"] == board).collect();
        assert!(of.len() > 2, "{board}: {value}");
        assert!(of.windows(2).all(|w| w[0]["cycles"].as_u64() <= w[1]["cycles"].as_u64()), "{value}");
        assert!(of.iter().all(|p| p["dsp"].as_u64().unwrap() <= 80), "{value}");
    }
    let (csv, html) = (fs::read_to_string(file("a.csv")).unwrap(), fs::read_to_string(file("a.html")).unwrap());
    assert_eq!(csv.lines().count(), points.len() + 1);
    assert_eq!(html.matches("<title>").count(), points.len() + 1);
    for part in ["UltraRAM</th>", ">knee<", "class=\"s0\"", "DSP blocks</text>", "images per second</text>"] {
        assert!(html.contains(part), "{part}");
    }
    assert!(!html.contains("NaN"), "{html}");
    for (point, line) in points.iter().zip(csv.lines().skip(1)) {
        let array = format!("{} x {}", point["rows"], point["cols"]);
        assert!(text.contains(&array) && html.contains(&array), "{array}");
        assert!(line.contains(&point["cycles"].to_string()), "{line}");
    }
}

/// The same limits as those of `plan`, and UltraRAM beside block RAM.
#[test]
fn limits_are_those_of_plan() {
    let limits = [
        "--board",
        "kv260",
        "--clock",
        "100",
        "--max-bram",
        "20",
        "--max-macs",
        "64",
        "--target-fps",
        "50",
        "--weights",
        "loaded",
    ];
    let value: Value = serde_json::from_str(&explore(&[&limits[..], &["--json"]].concat()).ok()).unwrap();
    let plans = value["plans"].as_array().unwrap();
    assert!(!plans.is_empty());
    for plan in plans {
        let [bram18, uram] = ["bram18", "uram"].map(|name| plan[name].as_u64().unwrap());
        assert!(bram18 <= 40 && uram > 0 && plan["clock_mhz"] == 100.0, "{plan}");
        let [rows, cols] = ["rows", "cols"].map(|name| plan[name].as_u64().unwrap());
        assert!(rows * cols <= 64, "{plan}");
    }
    let text = explore(&limits).ok();
    assert!(text.contains("UltraRAM") && text.contains("link"), "{text}");
}

#[test]
fn what_fits_no_board_is_refused_with_the_numbers() {
    explore(&["--board", "tiny", "--max-bram18", "4"]).failed(&["does not fit", "4 are there"]);
    explore(&["--board", "moon"]).failed(&["moon", "tiny"]);
}

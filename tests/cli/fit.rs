//! `systole fit`: every board's best form, its plan as `plan` has it, and advice that holds when it is followed.

use crate::common::{entries, path, systole, Ran};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The digits network, with more options.
fn digits(options: &[&str]) -> Ran {
    let (model, calibration) = (path("host/demo/digits.onnx"), path("host/demo/calibration"));
    let fixed = ["fit", &model, "--calibrate", &calibration, "--preprocess", "grey", "--limit", "8"];
    systole(fixed.into_iter().chain(options.iter().copied()))
}

fn json(ran: Ran) -> Value {
    let text = ran.ok();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// `plan` of a network file on a board, and more options.
fn plan(net: &Path, board: &str, options: &[&str]) -> Value {
    let net = net.display().to_string();
    json(systole(["plan", &net, "--board", board, "--json"].into_iter().chain(options.iter().copied())))
}

/// Whether a board's part of `fit` is what `plan` says of the network that it wrote.
fn is_as_planned(fitted: &Value, options: &[&str]) {
    for board in fitted["boards"].as_array().unwrap().iter().filter(|board| board["fits"] == true) {
        let placed = &board["placed"];
        let plan = plan(Path::new(placed["output"].as_str().unwrap()), board["board"].as_str().unwrap(), options);
        let speed = &plan["speed"];
        for name in ["rows", "cols", "clock_mhz", "clock_source", "resources"] {
            assert_eq!(placed[name], plan[name], "{name} of {board}");
        }
        for name in ["interval_cycles", "utilisation", "images_per_second", "link"] {
            assert_eq!(placed[name], speed[name], "{name} of {board}");
        }
    }
}

#[test]
fn every_board_is_as_plan_says_and_as_accurate_as_eval_says() {
    let folder = tempfile::tempdir().unwrap();
    let (nets, page) = (folder.path().join("nets"), folder.path().join("page.html"));
    let (nets_given, page_given) = (nets.display().to_string(), page.display().to_string());
    let (images, labels) = (path("host/demo/images"), folder.path().join("labels.txt"));
    let label = |name: String| {
        let class = name.trim_end_matches(".png").rsplit('_').next().unwrap().to_string();
        format!("{name} {class}\n")
    };
    fs::write(&labels, entries(Path::new(&images)).into_iter().map(label).collect::<String>()).unwrap();
    let labels = labels.display().to_string();
    let given = ["--board", "tiny", "kv260", "ulx3s-85f", "--images", &images, "--labels", &labels];
    let text = digits(&given).ok();
    let fitted = json(digits(&[&given[..], &["--output", &nets_given, "--html", &page_given, "--json"]].concat()));
    assert_eq!(entries(&nets), ["kv260.net", "tiny.net", "ulx3s-85f.net"]);
    is_as_planned(&fitted, &[]);
    let boards = fitted["boards"].as_array().unwrap();
    let order: Vec<&str> = boards.iter().map(|board| board["board"].as_str().unwrap()).collect();
    assert_eq!((order.len(), order[0], order[2]), (3, "tiny", "kv260"), "small ones come first");
    let page = fs::read_to_string(&page).unwrap();
    for board in boards {
        let cycles = board["placed"]["interval_cycles"].as_u64().unwrap();
        let cycles = systole_report::table::grouped(cycles);
        assert!(text.contains(&cycles) && page.contains(&cycles), "{cycles} in {text}");
    }
    let net = nets.join("tiny.net").display().to_string();
    let model = path("host/demo/digits.onnx");
    let eval = ["eval", &net, "--images", &images, "--labels", &labels, "--model", &model, "--json"];
    let figures = json(systole(eval))["figures"].clone();
    let accuracy = &fitted["forms"][0]["accuracy"];
    assert_eq!(accuracy["images"], figures["evaluated"]);
    assert_eq!((&accuracy["top1"], &accuracy["float_top1"]), (&figures["top1"], &figures["float"]["top1"]));
    assert_eq!(accuracy["same_best_class"], figures["float"]["same"]);
    assert_eq!(accuracy["score_error"], figures["float"]["score_error"]);
}

#[test]
fn a_form_is_what_quantize_makes_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let nets = folder.path().join("nets").display().to_string();
    let limits = ["--board", "tiny", "--max-bram18", "22"];
    let fitted = json(digits(&[&limits[..], &["--output", &nets, "--json"]].concat()));
    let form = fitted["boards"][0]["placed"]["form"].as_str().unwrap();
    let bits = form.strip_prefix("codebook:").unwrap_or_else(|| panic!("bytes have no room: {fitted}"));
    is_as_planned(&fitted, &limits[2..]);
    let (model, calibration) = (path("host/demo/digits.onnx"), path("host/demo/calibration"));
    let net = folder.path().join("x.net");
    let output = net.display().to_string();
    let fixed = ["quantize", &model, "--calibrate", &calibration, "--preprocess", "grey", "--limit", "8"];
    systole(fixed.into_iter().chain(["--codebook", bits, "-o", &output])).ok();
    assert_eq!(fs::read(net).unwrap(), fs::read(folder.path().join("nets/tiny.net")).unwrap());
    assert_eq!(fitted["forms"].as_array().unwrap().len(), 1, "of those that are used alone is told");
}

#[test]
fn what_no_board_holds_is_refused_with_the_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let nets = folder.path().join("nets").display().to_string();
    let limits = ["--board", "tiny", "ulx3s-85f", "--max-bram18", "9", "--output", &nets];
    let error = digits(&limits).failed(&["no board of those asked holds", "18 Kbit, 9 are there", "\n  tiny: "]);
    assert!(error.contains("ulx3s-85f"), "{error}");
    let refused: Value = serde_json::from_str(&digits(&[&limits[..], &["--json"]].concat()).out).unwrap();
    assert_eq!((&refused["schema"], &refused["fits"]), (&1.into(), &false.into()));
    assert!(refused["lacks"][0]["needs"].as_u64() > refused["lacks"][0]["has"].as_u64(), "{refused}");
    assert!(entries(folder.path()).is_empty(), "nothing is left behind");
    let ran = digits(&["--max-dsp", "20"]);
    assert!(ran.code == 2 && ran.err.contains("--board"), "limits are of boards that are named: {}", ran.err);
    digits(&["--board", "pynqz2"]).failed(&["did you mean pynq-z2?"]);
}

/// A SqueezeNet of many classes in a file, quantised for the small board; and the small board, which lacks block RAM.
struct Small {
    folder: tempfile::TempDir,
    board: String,
}

const BLOCKS: usize = 20;

impl Small {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = fs::read_to_string(path("constraints/tiny.toml")).unwrap();
        let fewer = |line: &str| match line.trim_start().starts_with("bram18") {
            true => format!("bram18 = {BLOCKS}\n"),
            false => format!("{line}\n").replace("name = \"tiny\"", "name = \"small\""),
        };
        let board = folder.path().join("small.toml");
        fs::write(&board, text.lines().map(fewer).collect::<String>()).unwrap();
        Small { board: board.display().to_string(), folder }
    }

    /// For images of so many pixels.
    fn model(&self, classes: &str, pixels: &str) -> String {
        let file = self.folder.path().join(format!("{classes}-{pixels}.onnx")).display().to_string();
        let shape = ["--base", "16", "--incr", "16", "--classes", classes, "--input", pixels, "-o", &file];
        systole(["model", "squeezenet"].into_iter().chain(shape)).ok();
        file
    }

    /// A command on a model with calibration images.
    fn calibrated(&self, command: &str, model: &str, options: &[&str]) -> Ran {
        let images = path("host/demo/images");
        let fixed = [command, model, "--calibrate", &images, "--preprocess", "caffe", "--limit", "2"];
        systole(fixed.into_iter().chain(["--resize", "stretch"]).chain(options.iter().copied()))
    }

    /// Quantises as a change says and plans that on the small board.
    fn follow(&self, change: &Value, (model, pixels): (&str, &str)) -> Value {
        let what = change["change"].as_str().unwrap().trim_end_matches(',');
        let form = change["form"].as_str().unwrap();
        let form: Vec<&str> =
            form.strip_prefix("codebook:").map_or(vec!["--bits", form], |bits| vec!["--codebook", bits]);
        let words: Vec<&str> = what.split(' ').collect();
        let (model, image, limits) = match words[..] {
            [classes, "classes"] => (self.model(classes, pixels), vec![], vec![]),
            ["--input-size", size] => (model.into(), vec!["--input-size", size], vec![]),
            [dsp, all_dsp, lut, all_lut, ..] => {
                (model.into(), vec![], vec![dsp, all_dsp, lut, all_lut.trim_end_matches(',')])
            }
            _ => panic!("{change}"),
        };
        let net = self.folder.path().join("followed.net");
        let output = net.display().to_string();
        let options = [&form[..], &image, &["-o", &output]].concat();
        let ran = self.calibrated("quantize", &model, &options);
        assert_eq!(ran.code, 0, "{}", ran.err);
        plan(&net, &self.board, &limits)
    }
}

#[test]
fn advice_for_the_next_smaller_board_fits_when_it_is_followed() {
    let small = Small::new();
    let (model, pixels) = (small.model("1000", "64"), "64");
    let nets = small.folder.path().join("nets").display().to_string();
    let boards = ["--board", &small.board, "pynq-z2", "--output", &nets, "--json"];
    let ran = small.calibrated("fit", &model, &boards);
    let fitted: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.err));
    is_as_planned(&fitted, &[]);
    let [refused, held] = [0, 1].map(|at| &fitted["boards"][at]);
    assert_eq!((&refused["board"], &refused["fits"], &held["fits"]), (&"small".into(), &false.into(), &true.into()));
    assert!(refused["lacks"].as_str().unwrap().contains(" are there"), "{refused}");
    let next = &fitted["next_smaller"];
    assert_eq!(next["board"], "small");
    let changes = next["changes"].as_array().unwrap();
    assert!(changes.iter().any(|change| change["change"].as_str().unwrap().ends_with(" classes")), "{next}");
    for change in changes {
        assert_eq!(small.follow(change, (&model, pixels))["fits"], true, "{change}");
    }
}

/// Where the maps of a large image take the memory, fewer classes do not help; a smaller image does, and is planned.
#[test]
fn a_smaller_image_is_advised_where_it_helps() {
    let small = Small::new();
    let (model, pixels) = (small.model("10", "448"), "448");
    let ran = small.calibrated("fit", &model, &["--board", &small.board, "kv260", "--json"]);
    let fitted: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.err));
    let changes = fitted["next_smaller"]["changes"].as_array().unwrap();
    let is_smaller_image = |change: &&Value| change["change"].as_str().unwrap().starts_with("--input-size ");
    let change = changes.iter().find(is_smaller_image).unwrap_or_else(|| panic!("{fitted}"));
    let plan = small.follow(change, (&model, pixels));
    assert_eq!(plan["fits"], true, "{change}");
    assert_eq!(plan["speed"]["interval_cycles"], change["interval_cycles"], "planned as it is then");
}

//! `systole run` and `systole simulate`.

use crate::common::{as_planned, build, copy_of_build, digits, entries, generate, image, path, systole, Ran};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn run(device: &str, folder: &Path, options: &[&str]) -> Ran {
    let device = format!("{device}:{}", folder.display());
    systole(["run", "--device", &device].iter().chain(options))
}

/// A figure of the plan, as text shows it without its separators.
fn planned(figure: &str) -> u64 {
    let net = digits().display().to_string();
    let plan: Value = serde_json::from_str(&systole(["plan", &net, "--board", "tiny", "--json"]).ok()).unwrap();
    plan["speed"][figure].as_f64().unwrap() as u64
}

/// The cycles that a text says behind some words.
fn cycles(text: &str, behind: &str) -> u64 {
    let text = text.replace(',', "");
    let said = text.split(behind).nth(1).and_then(|rest| rest.split(' ').next());
    said.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{behind} is not in {text}"))
}

#[test]
fn every_device_gives_the_same_answers_in_the_same_cycles() {
    let (four, nine) = (image("000_label_4.png"), image("001_label_9.png"));
    let answers = ["sim", "registers", "mock", "verilator"].map(|scheme| {
        let text = run(scheme, &build(), &["--image", &four, &nine, "--top", "3", "--json"]).ok();
        let mut value: Value = serde_json::from_str(&text).unwrap();
        assert!(value["device"].as_str().unwrap().starts_with(scheme));
        value["device"].take();
        assert!(value["speed"]["images_per_second"].as_f64().unwrap() > 0.0);
        value["speed"].take();
        value
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let images = answers[0]["images"].as_array().unwrap();
    let best: Vec<_> = images.iter().map(|i| i["top"][0]["label"].as_str().unwrap()).collect();
    assert_eq!(best, ["4", "9"]);
    assert!(images.iter().all(|i| i["top"].as_array().unwrap().len() == 3));
}

#[test]
fn a_folder_of_images_is_run_in_the_order_of_names() {
    let text = run("mock", &build(), &["--image", &path("host/demo/images"), "--top", "1"]).ok();
    let shown: Vec<&str> = text.lines().filter(|line| line.ends_with(".png")).collect();
    assert_eq!(shown.len(), 20);
    assert!(shown.is_sorted());
    let interval = planned("interval_cycles");
    assert!(as_planned(cycles(&text, "then one every "), interval), "{text}");
}

#[test]
fn the_simulator_writes_waveforms_of_a_window() {
    let folder = tempfile::tempdir().unwrap();
    let vcd = folder.path().join("w.vcd");
    let build = build().display().to_string();
    let window = ["--vcd", vcd.to_str().unwrap(), "--from", "100", "--to", "200"];
    let four = image("000_label_4.png");
    let text = systole(["simulate", &build, "--image", &four, "--top", "1"].iter().chain(&window)).ok();
    let latency = planned("latency_cycles");
    assert!(as_planned(cycles(&text, "result after "), latency), "{text}");
    let waves = fs::read_to_string(&vcd).unwrap();
    assert!(waves.contains("$enddefinitions") && waves.contains("s_axis_tvalid_i"));
    layers_have_names(&waves);
    let saved = fs::read_to_string(folder.path().join("w.gtkw")).unwrap();
    for part in ["[dumpfile] \"w.vcd\"", "s_axis_tvalid_i\n", "m_axis_tdata_o[", "layer_o["] {
        assert!(saved.contains(part), "{part} not in {saved}");
    }
    assert!(saved.contains("\n@820\nsystole_top.core.layer_name\n"), "as text, not as a heading: {saved}");
    // A hundred cycles of ten nanoseconds from the thousandth on: two to that power is 200 * 1000 / 800.
    assert!(saved.contains("\n[timestart] 1000\n*-7.965784 1000\n"), "{saved}");
    shown_signals_are_there(&saved, &waves);
    fs::write(folder.path().join("w.gtkw"), "own").unwrap();
    for (window, why) in [(["7", "7"], "from cycle 7 up to 7"), (["9999999", "99999999"], "before --from 9999999")] {
        let args = ["--vcd", vcd.to_str().unwrap(), "--from", window[0], "--to", window[1]];
        systole(["simulate", &build, "--image", &four].iter().chain(&args)).failed(&[why]);
    }
    for (file, why) in [("/proc/w.vcd", "cannot create a folder in /proc"), ("/dev/full", "not an ordinary file")] {
        systole(["simulate", &build, "--image", &four].iter().chain(&["--vcd", file])).failed(&[why]);
    }
    assert_eq!(fs::read_to_string(&vcd).unwrap(), waves, "a failure leaves the old file");
    systole(["simulate", &build, "--image", &four, "--top", "1"].iter().chain(&window)).ok();
    assert_eq!(fs::read_to_string(folder.path().join("w.gtkw")).unwrap(), "own", "an arrangement of the user's stays");
    assert_eq!(entries(folder.path()), ["w.gtkw", "w.vcd"]);
}

/// The layer of the array is there by number and by name.
fn layers_have_names(waves: &str) {
    let of = |variable: &str| {
        let line =
            waves.lines().find(|line| line.starts_with("$var") && line.contains(&format!(" {variable} "))).unwrap();
        line.split(' ').nth(3).unwrap().to_string()
    };
    let (number, name) = (of("layer_o"), of("layer_name"));
    let net = systole_net::Net::read(&crate::common::digits()).unwrap();
    let texts = waves.lines().filter_map(|line| line.strip_prefix('s')?.strip_suffix(&format!(" {name}")));
    let texts: Vec<&str> = texts.collect();
    assert!(
        !texts.is_empty() && texts.iter().all(|text| net.layers.iter().any(|layer| layer.name == *text)),
        "{texts:?}"
    );
    let numbers = waves.lines().filter(|line| line.starts_with('b') && line.ends_with(&format!(" {number}"))).count();
    assert_eq!(texts.len(), numbers, "a name for each number");
}

/// Every signal of a save file is one of the waveform.
fn shown_signals_are_there(saved: &str, waves: &str) {
    let shown = saved.lines().filter(|line| !line.starts_with(['[', '@', '-', '*']));
    let names: Vec<&str> = shown.map(|line| line.split('[').next().unwrap().rsplit('.').next().unwrap()).collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        assert!(waves.contains(&format!(" {name} $end")), "{name}");
    }
}

#[test]
fn an_unknown_device_lists_the_known_ones() {
    let four = image("000_label_4.png");
    systole(["run", "--device", "board7", "--image", &four])
        .failed(&["board7", "mock, registers, sim, tcp, uart, uio, verilator"]);
    systole(["run", "--device", "tin:b", "--image", &four])
        .failed(&["tin:b", "mock, registers, sim, tcp, uart, uio, verilator"]);
    systole(["run", "--device", "sim:no/such", "--image", &four]).failed(&["no/such is not a build folder"]);
    systole(["simulate", "no/such", "--image", &four]).failed(&["no/such is not a build folder"]);
}

#[test]
fn images_that_do_not_fit_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let large = folder.path().join("large.png");
    image::GrayImage::new(64, 32).save(&large).unwrap();
    let large = large.to_str().unwrap();
    run("mock", &build(), &["--image", large]).failed(&["large.png", "64 x 32 pixels", "--resize"]);
    run("mock", &build(), &["--image", large, "--resize"]).ok();
    run("mock", &build(), &["--image", &path("README.md")]).failed(&["README.md", "not a readable image"]);
    run("mock", &build(), &["--image", "no/such.png"]).failed(&["no/such.png"]);
}

#[test]
fn a_device_of_another_plan_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other");
    generate(&digits(), &other, &["--rows", "4", "--cols", "4"]).ok();
    let expected = other.display().to_string();
    let options = ["--build", &expected, "--image", &image("000_label_4.png")];
    for scheme in ["mock", "sim"] {
        run(scheme, &build(), &options).failed(&["8 rows and 8 columns, the plan has 4 and 4"]);
    }
}

#[test]
fn a_build_folder_with_files_of_another_plan_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other");
    generate(&digits(), &other, &["--rows", "4", "--cols", "4"]).ok();
    let (copy, four) = (copy_of_build(folder.path()), image("000_label_4.png"));
    fs::copy(other.join("plan.json"), copy.join("plan.json")).unwrap();
    run("mock", &copy, &["--image", &four]).failed(&["not as generated: plan.json", "generate again"]);
    fs::copy(build().join("plan.json"), copy.join("plan.json")).unwrap();
    fs::copy(other.join("rtl/systole_top.v"), copy.join("rtl/systole_top.v")).unwrap();
    run("verilator", &copy, &["--image", &four]).failed(&["not as generated: rtl/systole_top.v"]);
}

#[test]
fn a_build_folder_with_another_network_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (copy, other) = (copy_of_build(folder.path()), folder.path().join("other.net"));
    let calibration = path("host/demo/calibration/000_label_0.png");
    let model = path("host/demo/digits.onnx");
    let options = ["--preprocess", "grey", "-o", other.to_str().unwrap()];
    systole(["quantize", &model, "--calibrate", &calibration].iter().chain(&options)).ok();
    fs::copy(&other, copy.join("network.net")).unwrap();
    run("sim", &copy, &["--image", &image("000_label_4.png")]).failed(&["made for another network", "generate again"]);
}

#[test]
fn a_damaged_build_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (copy, four) = (copy_of_build(folder.path()), image("000_label_4.png"));
    let manifest = fs::read_to_string(copy.join("systole.json")).unwrap();
    fs::write(copy.join("systole.json"), manifest.replace("\"format\": 2", "\"format\": 99")).unwrap();
    run("mock", &copy, &["--image", &four]).failed(&["build format 99", "generate again"]);
    fs::write(copy.join("systole.json"), &manifest[..100]).unwrap();
    run("mock", &copy, &["--image", &four]).failed(&["systole.json"]);
    fs::write(copy.join("systole.json"), manifest).unwrap();
    fs::remove_file(copy.join("rtl/pe.v")).unwrap();
    run("mock", &copy, &["--image", &four]).failed(&["not as generated: rtl/pe.v"]);
}

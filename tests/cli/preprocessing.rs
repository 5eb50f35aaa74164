//! The preprocessing as part of the network: JSON files, luma, sizes, and where it is said.

use crate::common::{build, digits, generate, image, labels, path, systole, Ran};
use image::{GrayImage, RgbImage};
use serde_json::Value;
use std::fs;
use std::path::Path;
use systole_net::{Colour, Net};

fn quantize(calibrate: &str, options: &[&str]) -> Ran {
    let model = path("host/demo/digits.onnx");
    systole(["quantize", &model, "--calibrate", calibrate].iter().chain(options))
}

/// A preprocessing file with this text, and what quantising with it gives.
fn with_file(text: &str) -> (Ran, Option<Net>) {
    let folder = tempfile::tempdir().unwrap();
    let (file, output) = (folder.path().join("p.json"), folder.path().join("p.net"));
    fs::write(&file, text).unwrap();
    let options = ["--preprocess", file.to_str().unwrap(), "--limit", "4", "-o", output.to_str().unwrap()];
    let ran = quantize(&path("host/demo/calibration"), &options);
    (ran, Net::read(&output).ok())
}

#[test]
fn a_file_says_luma_and_how_pictures_get_their_size() {
    let (ran, net) = with_file(r#"{"rgb_index": ["luma"], "mean": [0], "scale": [0.0039215686], "resize": "crop:40"}"#);
    let text = ran.ok();
    assert!(
        text.contains("preprocessing: p.json (luma; times 0.00392157); other sizes scaled to 40 on the shorter side"),
        "{text}"
    );
    let recorded = net.unwrap().preprocessing.unwrap();
    assert_eq!((recorded.preprocess.colours, recorded.resize.unwrap().scaled), (vec![Colour::Luma], [40, 40]));
    let (ran, net) = with_file(r#"{"rgb_index": [2], "mean": [255], "scale": [-0.0039215686]}"#);
    ran.ok();
    let net = net.unwrap();
    assert_eq!(net.input.colours, [Colour::Blue]);
    assert_eq!(net.input.lut.unwrap()[0][..3], [255, 254, 253], "black for white");
}

#[test]
fn files_that_mean_something_else_are_refused() {
    let cases: [(&str, &[&str]); 10] = [
        (
            r#"{"rgb_index": [0], "mean": [0], "scale": [0.01], "std": [0.2]}"#,
            &["unknown field `std`", "`rgb_index`, `mean`, `scale`, `resize`", "1 / (255 * deviation)"],
        ),
        (r#"{"rgb_index": [0], "mean": [0], "scale": [0.01], "crop": 3}"#, &["unknown field `crop`", "`resize`"]),
        (r#"{"rgb_index": [0], "mean": [0.485], "scale": [4.37]}"#, &["mean is [0.485]", "multiply them by 255"]),
        (r#"{"rgb_index": [0], "mean": [0.485], "scale": [0.017]}"#, &["mean is [0.485]", "multiply them by 255"]),
        (r#"{"rgb_index": [0], "mean": [0], "scale": [4.37]}"#, &["scale is [4.37]", "divide them by 255"]),
        (r#"{"rgb_index": [3], "mean": [0], "scale": [1]}"#, &["rgb_index is 3", "\"luma\""]),
        (r#"{"rgb_index": ["grey"], "mean": [0], "scale": [1]}"#, &["rgb_index is \"grey\"", "\"luma\""]),
        (r#"{"rgb_index": [0], "mean": [0], "scale": [0]}"#, &["scale is 0", "not 0"]),
        (r#"{"rgb_index": [0], "mean": [0, 0], "scale": [1]}"#, &["mean has 2 entries"]),
        (
            r#"{"rgb_index": [0], "mean": [0], "scale": [1], "resize": "zoom"}"#,
            &["--resize", "zoom", "stretch, stretch:SIZE"],
        ),
    ];
    for (text, parts) in cases {
        let (ran, net) = with_file(text);
        ran.failed(parts);
        assert_eq!(net, None, "{text}");
    }
}

#[test]
fn eval_takes_the_same_file_and_says_where_it_differs() {
    let folder = tempfile::tempdir().unwrap();
    let (list, file) = (folder.path().join("labels.txt"), folder.path().join("p.json"));
    fs::write(&list, "000_label_4.png 4\n001_label_9.png 9\n").unwrap();
    fs::write(&file, r#"{"rgb_index": ["luma"], "mean": [0], "scale": [0.003921568859368563]}"#).unwrap();
    let (net, images, model) =
        (digits().display().to_string(), path("host/demo/images"), path("host/demo/digits.onnx"));
    let eval = |options: &[&str]| {
        let fixed = ["eval", &net, "--images", &images, "--labels", list.to_str().unwrap(), "--model", &model];
        systole(fixed.iter().chain(options))
    };
    let text = eval(&[]).ok();
    assert!(text.contains("preprocessing: grey (luma; times 0.00392157); other sizes refused"), "{text}");
    assert!(text.contains("grey (luma; times 0.00392157), in use") && text.contains("best: grey"), "{text}");
    assert!(text.contains("black for white"), "{text}");
    eval(&["--preprocess", file.to_str().unwrap()]).ok();
    fs::write(&file, r#"{"rgb_index": ["luma"], "mean": [127.5], "scale": [0.0078]}"#).unwrap();
    let ran = eval(&["--preprocess", file.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let warned =
        "warning: preprocessing is p.json (luma; minus 127.5; times 0.0078), the network was quantised with grey (luma";
    assert!(ran.err.starts_with(warned), "{}", ran.err);
    eval(&["--preprocess", "torchvision"]).failed(&["takes 1 image channel(s)", "makes 3"]);
    eval(&["--preprocess", "sepia"]).failed(&["'sepia'", "grey, or a JSON file"]);
}

/// Sums of pictures on the mock of a build.
fn sums(build: &Path, images: &[&str]) -> Vec<Value> {
    let device = format!("mock:{}", build.display());
    let text = systole(["run", "--device", &device, "--json", "--image"].iter().chain(images)).ok();
    let value: Value = serde_json::from_str(&text).unwrap();
    value["images"].as_array().unwrap().iter().map(|image| image["sums"].clone()).collect()
}

#[test]
fn a_colour_picture_for_a_grey_network_is_its_luma() {
    let folder = tempfile::tempdir().unwrap();
    let four = image::open(image("000_label_4.png")).unwrap().to_luma8();
    let coloured = RgbImage::from_fn(32, 32, |x, y| {
        let [grey] = four.get_pixel(x, y).0;
        image::Rgb([grey, grey / 2, 255 - grey])
    });
    let luma = GrayImage::from_fn(32, 32, |x, y| {
        let [r, g, b] = coloured.get_pixel(x, y).0.map(u32::from);
        image::Luma([((r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16) as u8])
    });
    let (colour, grey) = (folder.path().join("colour.png"), folder.path().join("grey.png"));
    coloured.save(&colour).unwrap();
    luma.save(&grey).unwrap();
    let answers = sums(&build(), &[colour.to_str().unwrap(), grey.to_str().unwrap()]);
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn the_resize_of_quantize_goes_with_the_network() {
    let folder = tempfile::tempdir().unwrap();
    let (picture, net, built) = (folder.path().join("wide.png"), folder.path().join("x.net"), folder.path().join("b"));
    GrayImage::from_fn(80, 50, |x, y| image::Luma([(x * 3 + y) as u8])).save(&picture).unwrap();
    let (picture, net) = (picture.to_str().unwrap(), net.to_str().unwrap());
    let rule = "scaled to 36 on the shorter side, centre 32x32 cut out";
    let text = quantize(picture, &["--preprocess", "grey", "--resize", "torchvision", "-o", net]).ok();
    assert!(text.contains(rule), "{text}");
    let text = systole(["plan", net, "--board", "tiny"]).ok();
    assert!(text.contains(rule), "{text}");
    let text = generate(Path::new(net), &built, &[]).ok();
    assert!(text.contains(rule), "{text}");
    let manifest: Value = serde_json::from_slice(&fs::read(built.join("systole.json")).unwrap()).unwrap();
    assert_eq!(manifest["preprocessing"]["resize"]["scaled"], serde_json::json!([36, 36]));
    let plan: Value = serde_json::from_slice(&fs::read(built.join("plan.json")).unwrap()).unwrap();
    assert_eq!(plan["preprocessing"], manifest["preprocessing"]);
    let device = format!("mock:{}", built.display());
    let run = |options: &[&str]| systole(["run", "--device", &device, "--image", picture].iter().chain(options));
    let text = run(&[]).ok();
    assert!(text.contains(rule), "{text}");
    assert!(run(&["--resize"]).ok().contains(rule));
    let ran = run(&["--resize", "stretch"]);
    assert!(ran.err.starts_with("warning: images are stretched to 32x32;") && ran.err.contains(rule), "{}", ran.err);
    run(&["--resize", "zoom"]).failed(&["\"zoom\" is no way to scale pictures", "torchvision, caffe or fit"]);
    let built = built.display().to_string();
    assert!(systole(["simulate", &built, "--image", picture]).ok().contains(rule));
    let top = systole(["top", "--device", &device, "--once", "--interval", "0.1"]).ok();
    assert!(top.contains(rule), "{top}");
}

#[test]
fn pages_say_it_too() {
    let folder = tempfile::tempdir().unwrap();
    let (net, page) = (folder.path().join("x.net"), folder.path().join("x.html"));
    let (net, page) = (net.to_str().unwrap(), page.to_str().unwrap());
    let options = ["--preprocess", "grey", "--limit", "4", "--labels", &labels(), "--report", page, "-o", net];
    quantize(&path("host/demo/calibration"), &options).ok();
    let said = "preprocessing: grey (luma; times 0.00392157); other sizes refused";
    assert!(fs::read_to_string(page).unwrap().contains(said));
    systole(["plan", net, "--board", "tiny", "--html", page]).ok();
    assert!(fs::read_to_string(page).unwrap().contains(said));
}

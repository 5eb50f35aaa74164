//! `systole quantize`.

use crate::common::{digits, entries, image, labels, path, quantize_digits, systole, Ran, PROGRAM, ROOT};
use image::{ImageFormat, RgbImage};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use systole_net::Net;

fn quantize(calibrate: &str, options: &[&str]) -> Ran {
    let model = path("host/demo/digits.onnx");
    systole(["quantize", &model, "--calibrate", calibrate].iter().chain(options))
}

#[test]
fn the_network_is_written_with_labels_and_reported_per_layer() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new/folder/digits.net");
    let text = quantize_digits(&file).ok();
    let net = Net::read(&file).unwrap();
    assert_eq!((net.classes(), net.labels.len(), net.labels[3].as_str()), (10, 10, "3"));
    assert!(net.layers.iter().all(|layer| text.contains(&layer.name)), "{text}");
    assert!(text.contains("measured on 6 image(s) that did not calibrate (26 did)"), "{text}");
    assert!(text.contains("same best class on 6"), "{text}");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("again.net");
    quantize_digits(&file).ok();
    assert_eq!(fs::read(file).unwrap(), fs::read(digits()).unwrap());
}

#[test]
fn json_reports_every_layer() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("d.net");
    let calibration = path("host/demo/calibration");
    let options = ["--preprocess", "grey", "--limit", "5", "--json", "--name", "five", "-o", file.to_str().unwrap()];
    let value: Value = serde_json::from_str(&quantize(&calibration, &options).ok()).unwrap();
    let net = Net::read(&file).unwrap();
    assert_eq!(net.name, "five");
    assert_eq!(value["hash"], net.hash().to_string());
    let counts = ["calibrated", "images", "held_back"].map(|key| value["report"][key].to_string());
    assert_eq!(counts, ["4", "1", "true"]);
    assert_eq!(value["report"]["layers"].as_array().unwrap().len(), net.layers.len());
}

#[test]
fn preprocessing_can_come_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (file, output) = (folder.path().join("p.json"), folder.path().join("p.net"));
    fs::write(&file, format!("{{\"rgb_index\":[\"luma\"],\"mean\":[0.0],\"scale\":[{}]}}", 1.0f32 / 255.0)).unwrap();
    let options = ["--preprocess", file.to_str().unwrap(), "--labels", &labels(), "-o", output.to_str().unwrap()];
    quantize(&path("host/demo/calibration"), &options).ok();
    assert_eq!(Net::read(&output).unwrap().hash(), Net::read(&digits()).unwrap().hash());
}

#[test]
fn what_is_missing_or_does_not_fit_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("x.net");
    let output = output.to_str().unwrap();
    let calibration = path("host/demo/calibration");
    quantize(&calibration, &["-o", output]).failed(&["--preprocess", "caffe, torchvision, unit, tf, bytes, grey"]);
    quantize(&calibration, &["--preprocess", "sepia", "-o", output]).failed(&["'sepia'", "grey"]);
    quantize(&calibration, &["--preprocess", "caffe", "-o", output]).failed(&["takes 1 image channel(s)", "makes 3"]);
    let readme = path("host/demo/README.md");
    quantize(&calibration, &["--preprocess", "grey", "--labels", &readme, "-o", output])
        .failed(&["README.md", "names, the network has 10 classes"]);
    quantize(&path("host/demo/training"), &["--preprocess", "grey", "-o", output]).failed(&["no image in the folder"]);
    quantize("no/such.png", &["--preprocess", "grey", "-o", output]).failed(&["no/such.png"]);
    assert!(entries(folder.path()).is_empty(), "nothing is left behind");
}

#[test]
fn a_layer_that_is_nearly_one_is_asked_after() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("x.net").display().to_string();
    let given = ["--preprocess", "grey", "--limit", "2", "-o", &output];
    let named = |layer: &str| quantize(&path("host/demo/calibration"), &[&given[..], &["--layer", layer]].concat());
    named("fire4_expand3x=4")
        .failed(&["no convolution is called fire4_expand3x; there are: ", "; did you mean fire4_expand3x3?"]);
    assert!(!named("zzz=4").failed(&["there are: "]).contains("did you mean"));
    assert!(entries(folder.path()).is_empty());
}

#[test]
fn images_of_another_size_are_refused_or_resized() {
    let folder = tempfile::tempdir().unwrap();
    let (picture, output) = (folder.path().join("large.jpg"), folder.path().join("x.net"));
    RgbImage::from_fn(50, 40, |x, y| image::Rgb([x as u8 * 5; 3].map(|v| v ^ y as u8))).save(&picture).unwrap();
    let (picture, output) = (picture.to_str().unwrap(), output.to_str().unwrap());
    quantize(picture, &["--preprocess", "grey", "-o", output]).failed(&[
        "large.jpg",
        "50 x 40 pixels",
        "takes 32 x 32",
        "--resize",
    ]);
    quantize(picture, &["--preprocess", "grey", "--resize", "-o", output]).ok();
}

#[test]
fn every_known_image_format_gives_the_same_network() {
    let folder = tempfile::tempdir().unwrap();
    let pixels = image::open(image("000_label_4.png")).unwrap().to_rgb8();
    let formats = [("a.png", ImageFormat::Png), ("b.bmp", ImageFormat::Bmp), ("c.ppm", ImageFormat::Pnm)];
    let nets = formats.map(|(name, format)| {
        let file = folder.path().join(name);
        pixels.save_with_format(&file, format).unwrap();
        let output = file.with_extension("net");
        let options = ["--preprocess", "grey", "-o", output.to_str().unwrap()];
        quantize(file.to_str().unwrap(), &options).ok();
        fs::read(output).unwrap()
    });
    assert!(nets.iter().all(|net| *net == nets[0]));
}

#[test]
fn a_file_that_is_no_image_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (fake, output) = (folder.path().join("fake.png"), folder.path().join("x.net"));
    fs::write(&fake, "not an image").unwrap();
    let options = ["--preprocess", "grey", "-o", output.to_str().unwrap()];
    quantize(fake.to_str().unwrap(), &options).failed(&["fake.png", "not a readable image", "png, jpg"]);
    let whole = fs::read(image("000_label_4.png")).unwrap();
    fs::write(&fake, &whole[..whole.len() / 2]).unwrap();
    quantize(fake.to_str().unwrap(), &options).failed(&["fake.png", "not a readable image"]);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("taken");
    fs::write(&taken, "a file").unwrap();
    quantize_digits(&taken.join("x.net")).failed(&["cannot create the folder", "taken"]);
    quantize_digits(folder.path()).failed(&["not an ordinary file"]);
    quantize_digits(Path::new("/dev/full")).failed(&["/dev/full", "not an ordinary file"]);
    // Not even root can make files there.
    quantize_digits(Path::new("/proc/x.net")).failed(&["cannot create a file in /proc"]);
    assert_eq!(entries(folder.path()), ["taken"]);
}

#[test]
fn a_full_disk_leaves_the_old_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("old.net");
    fs::write(&output, "old").unwrap();
    // A limit on the file size stands for the full disk: writing stops in the middle, in the same way.
    let limited = "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"";
    let (model, calibration) = (path("host/demo/digits.onnx"), path("host/demo/calibration"));
    let options = ["--preprocess", "grey", "-o", output.to_str().unwrap()];
    let args = ["-c", limited, PROGRAM, "quantize", &model, "--calibrate", &calibration];
    let ran = Command::new("sh").args(args).args(options).current_dir(ROOT).stdin(Stdio::null()).output().unwrap();
    Ran::new(ran).failed(&["cannot write", "old.net"]);
    assert_eq!(fs::read(&output).unwrap(), b"old");
    assert_eq!(entries(folder.path()), ["old.net"]);
}

#[test]
fn scores_that_the_file_cuts_are_cut_and_need_no_warning() {
    let folder = tempfile::tempdir().unwrap();
    let (model, out) = (path("hdl/model/tests/data/qdq_int8.onnx"), folder.path().join("x.net"));
    let (images, out) = (path("host/demo/calibration"), out.to_str().unwrap());
    let fixed =
        ["quantize", &model, "--preprocess", "unit", "--calibrate", &images, "--limit", "4", "--resize", "-o", out];
    let ran = systole(fixed);
    assert!(!ran.err.contains("scores are those before"), "{}", ran.err);
    assert_eq!(ran.code, 0);
    let [least, most] = systole_net::Net::read(out.as_ref()).unwrap().score_ends.unwrap();
    assert!(least < most, "{least} {most}");
}

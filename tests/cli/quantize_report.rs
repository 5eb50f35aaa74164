//! `systole quantize`: forms of weights, budgets, the page, figures on images of their own.

use crate::common::{entries, path, systole, Ran};
use serde_json::Value;
use std::fs;
use std::path::Path;
use systole_net::Net;

/// The digits network into `output`, with more options.
fn quantize(output: &Path, options: &[&str]) -> Ran {
    let (model, calibration) = (path("host/demo/digits.onnx"), path("host/demo/calibration"));
    let (output, fixed) = (output.display().to_string(), ["--preprocess", "grey", "-o"]);
    let args = ["quantize", &model, "--calibrate", &calibration].into_iter().chain(fixed).chain([output.as_str()]);
    systole(args.chain(options.iter().copied()))
}

/// Per convolution its name, bits of a weight and bytes as stored, from what `--json` prints.
fn stores(report: &str) -> Vec<(String, u64, u64)> {
    let value: Value = serde_json::from_str(report).unwrap();
    let number = |layer: &Value, what: &str| layer[what].as_u64().unwrap();
    let of = |layer: &Value| (layer["name"].as_str().unwrap().into(), number(layer, "bits"), number(layer, "stored"));
    let layers = value["report"]["layers"].as_array().unwrap();
    layers.iter().filter(|layer| layer["weight_bytes"] != 0).map(of).collect()
}

fn bytes(report: &str) -> u64 {
    stores(report).iter().map(|(_, _, bytes)| bytes).sum()
}

#[test]
fn fewer_bits_take_fewer_bytes_for_all_layers_or_for_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.net");
    let plain = bytes(&quantize(&file, &["--json"]).ok());
    let half = bytes(&quantize(&file, &["--json", "--bits", "4"]).ok());
    assert!((plain * 45 / 100..=plain * 50 / 100).contains(&half), "{half} of {plain}");
    let mixed = ["--json", "--codebook", "3", "--layer", "conv10=8", "--layer", "conv1=codebook:6"];
    let stores = stores(&quantize(&file, &mixed).ok());
    let of = |name: &str| stores.iter().find(|(layer, ..)| layer == name).map(|(_, bits, _)| *bits);
    assert_eq!((of("conv10"), of("fire5_expand3x3"), of("conv1")), (Some(8), Some(3), Some(6)), "{stores:?}");
    assert!(stores[0].2 <= 216 * 6 / 8, "{stores:?}");
}

#[test]
fn a_budget_is_kept_and_what_it_rests_on_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let (file, page) = (folder.path().join("x.net"), folder.path().join("x.html"));
    let options = ["--limit", "8", "--budget", "20000", "--json", "--report", page.to_str().unwrap()];
    let report = quantize(&file, &options).ok();
    let value: Value = serde_json::from_str(&report).unwrap();
    assert!((18_000..=20_000).contains(&bytes(&report)), "{}", bytes(&report));
    let choices = value["choices"].as_array().unwrap();
    assert_eq!(choices.len(), stores(&report).len());
    let error = |layer: &Value, form: &str| {
        let tried = layer["choices"].as_array().unwrap();
        tried.iter().find(|c| c["form"] == form).unwrap()["error"].as_f64().unwrap()
    };
    assert!(choices.iter().all(|layer| error(layer, "8") == 0.0 && error(layer, "codebook:6") > 0.0), "{value}");
    // A small layer alone may lose less by chance.
    let all = |form: &str| choices.iter().map(|layer| error(layer, form)).sum::<f64>();
    assert!(all("codebook:3") > all("codebook:6"), "{value}");
    assert!(fs::read_to_string(page).unwrap().contains(">What each form of weights costs</h2>"));
}

#[test]
fn forms_and_budgets_that_cannot_be_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.net");
    let usage: [&[&str]; 9] = [
        &["--bits", "9"],
        &["--bits", "1"],
        &["--bits", "codebook:7"],
        &["--codebook", "7"],
        &["--codebook", "4", "--bits", "4"],
        &["--layer", "conv1"],
        &["--layer", "conv1=nine"],
        &["--budget", "-1"],
        &["--budget", "30000", "--codebook", "4"],
    ];
    for options in usage {
        let ran = quantize(&file, options);
        assert!(ran.code == 2 && ran.err.contains("--help"), "{options:?}: {} {}", ran.code, ran.err);
    }
    quantize(&file, &["--layer", "conv2=8"]).failed(&["no convolution is called conv2", "conv1", "conv10"]);
    quantize(&file, &["--limit", "2", "--budget", "1000"]).failed(&["budget of 1000 bytes is too small", "take 1"]);
    assert!(entries(folder.path()).is_empty(), "nothing is left behind");
}

/// The demonstration's pictures end with the digit that they show.
fn labels(folder: &Path) -> String {
    let names = entries(Path::new(&path("host/demo/images")));
    let pictures = names.iter().filter_map(|name| name.strip_suffix(".png"));
    let lines: String = pictures.map(|name| format!("{name}.png {}\n", &name[name.len() - 1..])).collect();
    let file = folder.join("val.txt");
    fs::write(&file, lines).unwrap();
    file.display().to_string()
}

#[test]
fn the_page_and_the_figures_on_other_images_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let (labels, names) = (labels(folder.path()), path("host/demo/labels.txt"));
    let (file, page, images) = (folder.path().join("x.net"), folder.path().join("x.html"), path("host/demo/images"));
    let page_option = ["--report", page.to_str().unwrap()];
    let validate = ["--validate", &images, "--labels", &labels, "--labels", &names];
    let text = quantize(&file, &[&page_option[..], &validate].concat()).ok();
    assert!(text.contains("validation  20          100.0 %"), "{text}");
    assert_eq!(Net::read(&file).unwrap().labels.len(), 10);
    let html = fs::read_to_string(&page).unwrap();
    let layers = Net::read(&file).unwrap().layers;
    assert!(layers.iter().all(|layer| html.contains(&format!("<h3>{}</h3>", layer.name))));
    assert!(layers.iter().all(|layer| html.matches(&format!("class=\"name\">{}</span>", layer.name)).count() >= 1));
    assert!(html.contains("<td>validation</td><td>20</td><td>100.0 %</td>") && html.ends_with("</html>\n"));
    assert_eq!(html.matches("<svg").count(), html.matches("</svg>").count());
    quantize(&file, &[&page_option[..], &validate].concat()).ok();
    assert_eq!(fs::read_to_string(page).unwrap(), html, "the same input gives the same bytes");
}

#[test]
fn json_has_ranges_and_the_figures_of_other_images() {
    let folder = tempfile::tempdir().unwrap();
    let (labels, images, file) = (labels(folder.path()), path("host/demo/images"), folder.path().join("x.net"));
    // Two of the images that calibrate are among those of the validation.
    let two = ["000_label_4.png", "001_label_9.png"].map(|name| format!("{images}/{name}"));
    let options = ["--calibrate", &two[0], &two[1], "--validate", &images, "--labels", &labels, "--json"];
    let value: Value = serde_json::from_str(&quantize(&file, &options).ok()).unwrap();
    let validation = &value["validation"];
    assert_eq!((&validation["calibrated"], &validation["figures"]["evaluated"]), (&2.into(), &20.into()));
    assert_eq!(validation["figures"]["float"]["same"], 20);
    for layer in value["report"]["layers"].as_array().unwrap() {
        let [channels, height, width] = [0, 1, 2].map(|at| layer["output"][at].as_u64().unwrap());
        let sum = |list: &Value| list.as_array().unwrap().iter().map(|c| c.as_u64().unwrap()).sum::<u64>();
        let counted = layer["results"]["zeros"].as_u64().unwrap() + sum(&layer["results"]["counts"]);
        assert_eq!(counted, channels * height * width * value["report"]["images"].as_u64().unwrap());
        assert_eq!(sum(&layer["weight_counts"]), layer["weight_bytes"].as_u64().unwrap());
    }
}

#[test]
fn labels_without_images_and_images_without_labels_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (labels, images, file) = (labels(folder.path()), path("host/demo/images"), folder.path().join("x.net"));
    let names = path("host/demo/labels.txt");
    quantize(&file, &["--validate", &images]).failed(&["--validate", "--labels FILE"]);
    quantize(&file, &["--validate", &images, "--labels", &names]).failed(&["no classes of its images"]);
    quantize(&file, &["--labels", &labels]).failed(&["val.txt", "add --validate"]);
    quantize(&file, &["--labels", &names, "--labels", &names]).failed(&["are both names of classes"]);
    let elsewhere = path("host/demo/calibration");
    quantize(&file, &["--validate", &elsewhere, "--labels", &labels])
        .failed(&["of the 20 images that have a label are not there"]);
    assert_eq!(entries(folder.path()), ["val.txt"]);
}

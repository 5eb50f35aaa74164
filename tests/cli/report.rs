//! One page of a build: it has what the build has, and its figures are the terminal's.

use crate::common::{build, digits, entries, image, labels, path, systole};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The demonstration's images as the labels of a file.
fn classes(file: &Path) {
    let names = entries(Path::new(&path("host/demo/images"))).into_iter().filter(|name| name.ends_with(".png"));
    let line = |name: String| format!("{name} {}\n", name.trim_end_matches(".png").chars().last().unwrap());
    fs::write(file, names.map(line).collect::<String>()).unwrap();
}

#[test]
fn the_page_has_every_layer_and_the_same_input_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (build, four) = (build().display().to_string(), image("000_label_4.png"));
    let pages = ["a.html", "b.html"].map(|name| {
        let file = folder.path().join(name);
        let text = systole(["report", &build, "--image", &four, "-o", file.to_str().unwrap()]).ok();
        assert_eq!(text, format!("report: {}\n", file.display()));
        fs::read_to_string(file).unwrap()
    });
    assert_eq!(pages[0], pages[1]);
    let page = &pages[0];
    let net = systole_net::Net::read(&digits()).unwrap();
    for (at, layer) in net.layers.iter().enumerate() {
        assert!(page.contains(&format!("href=\"#layer-{at}\"")) && page.contains(&format!("id=\"layer-{at}\"")));
        assert!(page.contains(&format!("<summary>{}: ", layer.name)), "{}", layer.name);
    }
    for heading in
        ["Network", "Roofline", "Cycles", "Timeline", "Memory over time", "RAM of the chip", "Sizes", "Feature maps"]
    {
        assert!(page.contains(&format!(">{heading}</h2>")), "{heading}");
    }
    for absent in ["Confusion", "Signal to noise", "NaN", "http:", "https:"] {
        assert!(!page.contains(absent), "{absent}");
    }
    assert_eq!(page.matches("<svg").count(), page.matches("role=\"img\" aria-label").count() - strips(page));
    let plan: Value = serde_json::from_str(&fs::read_to_string(Path::new(&build).join("plan.json")).unwrap()).unwrap();
    let shown = systole(["plan", digits().to_str().unwrap(), "--board", "tiny"]).ok();
    let interval = plan["timing"]["interval"].as_u64().unwrap();
    let grouped = format!("{},{:03}", interval / 1000, interval % 1000);
    assert!(page.contains(&grouped) && shown.contains(&grouped), "{grouped}");
}

/// Names of what is no drawing.
fn strips(page: &str) -> usize {
    page.matches("aria-label=\"black to white\"").count()
}

#[test]
fn labelled_images_are_judged_as_eval_judges_them() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    classes(Path::new(&at("classes.txt")));
    let (build, images, model) =
        (build().display().to_string(), path("host/demo/images"), path("host/demo/digits.onnx"));
    let given = ["--images", &images, "--labels", &at("classes.txt"), "--model", &model];
    systole(["report", &build, "-o", &at("r.html"), "--worst", "3"].iter().chain(&given)).ok();
    let page = fs::read_to_string(at("r.html")).unwrap();
    let told = systole(["eval", digits().to_str().unwrap()].iter().chain(&given)).ok();
    let top1 = told.split("top-1 ").nth(1).unwrap().split(',').next().unwrap();
    assert!(page.contains(&format!("<th scope=\"row\">integers</th><td>{top1}</td>")), "{top1} not in the page");
    assert_eq!(page.matches("<article>").count(), 3);
    assert_eq!(page.matches("<p class=\"quiet\">floating point</p>").count(), 3);
    assert!(page.contains(">Confusion</h2>") && page.contains(">Feature maps</h2>"));
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let build = build().display().to_string();
    let alone = systole(["report", &build, "-o", &at("r.html"), "--images", &path("host/demo/images")]);
    assert_eq!(alone.code, 2, "{}", alone.err);
    systole(["report", "no/such", "-o", &at("r.html")]).failed(&["no/such is not a build folder"]);
    fs::write(at("q.json"), "{}").unwrap();
    systole(["report", &build, "-o", &at("r.html"), "--quantised", &at("q.json")]).failed(&["q.json", "hash"]);
    let quantize =
        ["quantize", &path("host/demo/digits.onnx"), "--calibrate", &path("host/demo/calibration"), "--bits", "4"]
            .map(String::from);
    let rest = ["--preprocess", "grey", "--labels", &labels(), "-o", &at("x.net"), "--json"].map(String::from);
    fs::write(at("q.json"), systole(quantize.into_iter().chain(rest)).ok()).unwrap();
    systole(["report", &build, "-o", &at("r.html"), "--quantised", &at("q.json")]).failed(&["is of another network"]);
    systole(["report", &build, "-o", &format!("{build}/plan.json")]).failed(&["plan.json"]);
    assert!(!Path::new(&at("r.html")).exists());
}

//! The pages in a browser: readable at every width, light and dark, by keys too, and without an error.

mod chromium;

use crate::common::{build, digits, image, labels, path, systole, PROGRAM};
use chromium::{Browser, Look};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Widths of a phone, a tablet and a desk.
const WIDTHS: [u32; 3] = [400, 800, 1280];
/// What a page says of itself, see the script.
const AUDIT: &str = include_str!("browser/audit.js");
/// Where screenshots are left for people.
const SHOTS: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/pages");

/// A browser, unless there is none.
fn browser() -> Option<Browser> {
    let browser = Browser::open();
    if browser.is_none() {
        println!("SKIPPED: chromium is absent (make setup)");
    }
    browser
}

/// Every page that the command writes.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let at = |name: &str| folder.join(name).display().to_string();
    let (net, build, four, classes) = (digits(), build(), image("000_label_4.png"), at("classes.txt"));
    let (net, build) = (net.display().to_string(), build.display().to_string());
    let (images, model, calibration) =
        (path("host/demo/images"), path("host/demo/digits.onnx"), path("host/demo/calibration"));
    let names = crate::common::entries(Path::new(&images)).into_iter().filter(|name| name.ends_with(".png"));
    // Two labels are wrong, so that there is confusion.
    let digit = |name: &str| name.trim_end_matches(".png").chars().last().unwrap_or('0').to_digit(10).unwrap_or(0);
    let line =
        |(at, name): (usize, String)| format!("{name} {}\n", if at < 2 { 9 - digit(&name) } else { digit(&name) });
    fs::write(&classes, names.enumerate().map(line).collect::<String>()).unwrap();
    let quantised = ["quantize", &model, "--calibrate", &calibration, "--preprocess", "grey", "--labels", &labels()]
        .map(String::from)
        .to_vec();
    let report =
        [quantised, ["--report", &at("quantize.html"), "-o", &at("x.net"), "--json"].map(String::from).to_vec()];
    fs::write(at("quantised.json"), systole(report.concat()).ok()).unwrap();
    systole(["plan", &net, "--board", "tiny", "--html", &at("plan.html")]).ok();
    systole(["explore", &net, "--board", "tiny", "ulx3s-85f", "--max-dsp", "80", "--html", &at("explore.html")]).ok();
    let device = format!("mock:{build}");
    let dump = ["dump", "--device", &device, "--layer", "conv1", "--image", &four, "-o", &at("map.npy")];
    systole(dump.into_iter().chain(["--html", &at("dump.html")])).ok();
    let judged = ["--images", &images, "--labels", &classes, "--model", &model, "--quantised", &at("quantised.json")];
    systole(["report", &build, "-o", &at("report.html")].into_iter().chain(judged)).ok();
    systole(["demo", "--engine", "sim", "-o", &at("demo")]).ok();
    ["plan", "quantize", "explore", "dump", "report", "demo"].map(|name| folder.join(format!("{name}.html"))).into()
}

/// Looks at what the browser shows in every width, light and dark.
fn audit(browser: &mut Browser, name: &str) {
    for dark in [false, true] {
        for width in WIDTHS {
            browser.show(Look { width, dark });
            let found = browser.evaluate(AUDIT);
            let at = format!("{name} at {width} pixels, {}", if dark { "dark" } else { "light" });
            for what in ["small", "faint", "unnamed", "wide"] {
                assert_eq!(found[what], Value::Array(Vec::new()), "{at}: {what}");
            }
            assert!(found["texts"].as_u64().unwrap() > 10, "{at}: {found}");
            let shot = format!("{SHOTS}/{name}-{width}-{}.png", if dark { "dark" } else { "light" });
            fs::write(shot, browser.screenshot()).unwrap();
        }
    }
    assert_eq!(browser.errors(), Vec::<String>::new(), "{name}");
}

#[test]
fn every_page_is_readable_at_every_width_light_and_dark() {
    let Some(mut browser) = browser() else { return };
    let folder = TempDir::new().unwrap();
    fs::create_dir_all(SHOTS).unwrap();
    for page in pages(folder.path()) {
        browser.go(&format!("file://{}", page.display()));
        audit(&mut browser, page.file_stem().unwrap().to_str().unwrap());
    }
    browser.go(&format!("file://{}", folder.path().join("report.html").display()));
    keys_move_the_timeline(&mut browser);
    enter_chooses_a_layer(&mut browser);
    assert_eq!(browser.errors(), Vec::<String>::new());
}

fn keys_move_the_timeline(browser: &mut Browser) {
    let part = "document.querySelector('.timeline .part').textContent";
    let before = browser.evaluate(part);
    browser.evaluate("document.querySelector('.timeline .wide').focus()");
    browser.press("+", 0);
    let after = browser.evaluate(part);
    assert_ne!(before, after, "+ enlarges");
    browser.press("Home", 36);
    let all = browser.evaluate(part);
    assert!(all.as_str().unwrap().starts_with("Cycles 0 to "), "{all}");
    browser.press(".", 0);
    let said = browser.evaluate("document.querySelector('.timeline .said').textContent");
    assert!(said.as_str().unwrap().starts_with("Cycle 0: "), "{said}");
    // Its bars are all of the interval: as wide together as the drawing of time.
    let widths = "[...document.querySelectorAll('.timeline svg rect:not(.frame)')].length > 0";
    assert_eq!(browser.evaluate(widths), Value::Bool(true));
}

fn enter_chooses_a_layer(browser: &mut Browser) {
    let shown = "[...document.querySelectorAll('.layer')].filter(l => l.checkVisibility()).map(l => l.id).join()";
    assert_eq!(browser.evaluate(shown), "");
    // The first is a convolution, the second a pooling, the third a convolution.
    browser.evaluate("document.querySelectorAll('.node')[2].focus()");
    browser.press("Enter", 13);
    assert_eq!(browser.evaluate(shown), "layer-2");
    let says = browser.evaluate("document.querySelector('#layer-2').textContent");
    for part in ["cycles", "busy", "weights", "line buffer read"] {
        assert!(says.as_str().unwrap().contains(part), "{part} not in {says}");
    }
}

#[test]
fn a_picture_that_is_given_is_answered() {
    let Some(mut browser) = browser() else { return };
    fs::create_dir_all(SHOTS).unwrap();
    let mut view = Command::new(PROGRAM)
        .arg("view")
        .arg(build())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let line = BufReader::new(view.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let address = line.split(' ').next().unwrap().to_string();
    assert!(address.starts_with("http://127.0.0.1:"), "{line}");
    browser.go(&address);
    browser.give("#file", &image("000_label_4.png"));
    browser.until("document.querySelector('#answer h2') !== null");
    let first = browser.evaluate("document.querySelector('#answer .name').textContent");
    assert_eq!(first, "4");
    let says = browser.evaluate("document.querySelector('#answer').textContent");
    assert!(says.as_str().unwrap().contains("checksum of every layer are those"), "{says}");
    assert!(browser.evaluate("document.querySelectorAll('#answer figure img').length").as_u64().unwrap() > 10);
    audit(&mut browser, "view");
    browser.give("#file", &path("README.md"));
    browser.until("document.querySelector('#state.failed') !== null");
    let refused = browser.evaluate("document.querySelector('#state').textContent");
    assert!(refused.as_str().unwrap().contains("not a readable image"), "{refused}");
    // The refusal is an error of the network to the browser, and that is all.
    assert!(browser.errors().iter().all(|error| error.contains("422")), "{:?}", browser.errors());
    assert!(Command::new("kill").args(["-INT", &view.id().to_string()]).status().unwrap().success());
    assert_eq!(view.wait().unwrap().code(), Some(130));
}

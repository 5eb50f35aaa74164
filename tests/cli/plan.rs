//! `systole plan`.

use crate::common::{board, digits, entries, path, systole, Ran, PROGRAM, ROOT};
use serde_json::Value;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};

fn plan(options: &[&str]) -> Ran {
    let net = digits().display().to_string();
    systole(["plan", &net].iter().chain(options))
}

fn json(options: &[&str]) -> Value {
    serde_json::from_str(&plan(&[options, &["--json"]].concat()).ok()).unwrap()
}

#[test]
fn the_page_says_whether_it_fits_where_and_how_fast() {
    let text = plan(&["--board", "tiny"]).ok();
    for part in ["fits", "array of 8 x 8, 64 MAC per cycle", "block RAM, 18 Kbit", "fire4_expand3x3", "images/s"] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert!(text.contains("utilisation breakdown") && text.contains("activations: 8 banks"), "{text}");
}

#[test]
fn the_cycles_add_up() {
    for board in ["tiny", "nexys-video", "zcu104", "ulx3s-85f", "tang-mega-138k", "pynq-z2"] {
        let value = json(&["--board", board]);
        let speed = &value["speed"];
        let parts: f64 = value["cycles"].as_array().unwrap().iter().map(|c| c["cycles"].as_f64().unwrap()).sum();
        let interval = speed["interval_cycles"].as_f64().unwrap();
        assert!((parts - interval).abs() < 1e-6, "{board}: {parts} of {interval}");
        let busy = speed["macs"].as_f64().unwrap() / (interval * speed["macs_per_cycle"].as_f64().unwrap());
        assert!((busy - speed["utilisation"].as_f64().unwrap()).abs() < 1e-9, "{board}");
        for resource in value["resources"].as_array().unwrap() {
            assert!(resource["used"].as_u64() <= resource["available"].as_u64(), "{board}: {resource}");
        }
    }
}

/// Room to route: 90 % of DSP blocks that hand operands on, 70 % of the LUTs.
#[test]
fn a_plan_leaves_headroom_on_every_board_and_says_so() {
    for name in entries(Path::new(&path("constraints"))).iter().filter_map(|file| file.strip_suffix(".toml")) {
        let (value, device) = (json(&["--board", name]), board(name).device);
        let used = |resource: &str| {
            let found = value["resources"]
                .as_array()
                .unwrap()
                .iter()
                .find(|r| r["name"].as_str().unwrap().starts_with(resource));
            found.map_or(0, |found| found["used"].as_u64().unwrap() as usize)
        };
        let dsp = if device.family.cascade() == 1 { device.dsp } else { device.dsp * 90 / 100 };
        let lut = device.lut * 70 / 100;
        assert!(used("DSP") <= dsp && used("LUT") <= lut, "{name}: {} of {dsp}, {} of {lut}", used("DSP"), used("LUT"));
        let headroom = &value["choices"]["headroom"];
        assert_eq!(headroom, &serde_json::json!({ "dsp": [dsp, device.dsp], "lut": [lut, device.lut] }), "{name}");
    }
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("plan.html").display().to_string();
    let text = plan(&["--board", "pynq-z2", "--html", &page]).ok();
    let sentence =
        "headroom: a plan takes at most 198 of 220 DSP (90.0 %) and 37,240 of 53,200 LUTs by the estimate (70.0 %)";
    assert!(text.contains(sentence) && fs::read_to_string(&page).unwrap().contains(sentence), "{text}");
    let asked = plan(&["--board", "pynq-z2", "--max-dsp", "100%", "--max-lut", "40000"]).ok();
    assert!(asked.contains("220 of 220 DSP (100.0 %) and 40,000 of 53,200 LUTs"), "{asked}");
}

#[test]
fn arrays_that_the_part_cannot_have_are_refused_with_one_that_it_can() {
    for options in [
        ["--board", "kv260", "--cols", "1000"],
        ["--board", "ulx3s-85f", "--rows", "1000"],
        ["--board", "tang-mega-138k", "--rows", "1000"],
    ] {
        let refused = plan(&options).failed(&["no array of 1000 ", "DSP blocks", "what fits: --rows "]);
        let advised = refused.split("what fits: ").nth(1).unwrap();
        let words: Vec<&str> = advised.split([' ', ';', '\n']).take(4).collect();
        assert_eq!((words[0], words[2]), ("--rows", "--cols"), "{refused}");
        plan(&[&options[..2], &words].concat()).ok();
    }
}

#[test]
fn constraints_are_followed() {
    let value = json(&["--board", "tiny", "--rows", "4", "--cols", "6"]);
    assert_eq!((value["rows"].as_u64(), value["cols"].as_u64()), (Some(4), Some(6)));
    let few = json(&["--board", "nexys-video", "--max-macs", "64"]);
    assert!(few["speed"]["macs_per_cycle"].as_u64().unwrap() <= 64);
    let slow = json(&["--board", "nexys-video", "--target-fps", "500", "--clock", "50"]);
    assert_eq!(slow["clock_mhz"].as_f64(), Some(50.0));
    let (fps, macs) = (&slow["speed"]["images_per_second"], &slow["speed"]["macs_per_cycle"]);
    assert!(fps.as_f64().unwrap() >= 500.0 && macs.as_u64().unwrap() < 64, "{}", slow["speed"]);
    let fast = plan(&["--board", "tiny", "--target-fps", "1000000"]).failed(&["is wanted", "8 x 8"]);
    let possible = fast.split("that is ").nth(1).and_then(|rest| rest.split(" images per second: ask").next()).unwrap();
    json(&["--board", "tiny", "--target-fps", possible]);
    plan(&["--board", "tiny", "--max-bram", "2"]).failed(&["does not fit", "4 are there"]);
}

#[test]
fn the_picture_is_the_same_for_the_same_plan() {
    let folder = tempfile::tempdir().unwrap();
    let pages = ["a.html", "b.html"].map(|name| {
        let file = folder.path().join(name);
        plan(&["--board", "tiny", "--html", file.to_str().unwrap()]).ok();
        fs::read_to_string(file).unwrap()
    });
    assert_eq!(pages[0], pages[1]);
    assert!(pages[0].starts_with("<!DOCTYPE html>") && pages[0].ends_with("</html>\n"));
    assert_eq!(pages[0].matches("<svg").count(), pages[0].matches("</svg>").count());
    assert!(pages[0].contains("fire4_expand3x3") && !pages[0].contains("NaN"), "{}", pages[0]);
}

#[test]
fn boards_can_come_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let text = fs::read_to_string(path("constraints/tiny.toml")).unwrap();
    fs::write(&file, text.replace("Tiny machine for tests", "My own board")).unwrap();
    assert!(plan(&["--board", file.to_str().unwrap()]).ok().contains("My own board"));
    fs::write(&file, text.replace("clock_mhz", "clock_ghz")).unwrap();
    plan(&["--board", file.to_str().unwrap()]).failed(&["mine.toml", "clock_ghz"]);
    plan(&["--board", "no/such.toml"]).failed(&["cannot read the board no/such.toml"]);
    plan(&["--board", "nexysvideo"]).failed(&["no board of the name nexysvideo; did you mean nexys-video?"]);
    plan(&["--board", "moon"]).failed(&["moon", "nexys-video, pynq-z2, tang-mega-138k, tiny"]);
}

#[test]
fn what_does_not_fit_is_refused_with_the_numbers() {
    plan(&["--board", "tiny", "--max-bram18", "4"]).failed(&["does not fit", "block RAMs of 18 Kbit, 4 are there"]);
    plan(&["--board", "tiny", "--max-dsp", "3"]).failed(&["3 DSP blocks"]);
}

/// The numbers of a refusal, and what would fit, for programs; one object, with the same version as every other.
#[test]
fn a_refusal_is_json_too() {
    let ran = plan(&["--board", "tiny", "--max-bram18", "4", "--json"]);
    let value: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((value["schema"].as_u64(), value["fits"].as_bool()), (Some(1), Some(false)));
    let lack = &value["lacks"][0];
    assert_eq!((lack["what"].as_str(), lack["has"].as_u64()), (Some("block RAMs of 18 Kbit"), Some(4)));
    assert!(
        lack["needs"].as_u64().unwrap() > 4 && value["advice"].as_str().unwrap().starts_with("what fits: "),
        "{value}"
    );
    ran.failed(&["does not fit"]);
    let ran = systole(["plan", "none.net", "--board", "tiny", "--json"]);
    let value: Value = serde_json::from_str(&ran.out).unwrap();
    assert!(value["error"].as_str().unwrap().contains("none.net") && value.get("fits").is_none(), "{value}");
    let fits = json(&["--board", "tiny"]);
    assert_eq!((fits["schema"].as_u64(), fits["fits"].as_bool()), (Some(1), Some(true)));
}

/// What a slow link leaves of a fast machine.
#[test]
fn the_link_is_named_beside_the_machine() {
    let value = json(&["--board", "nexys-video"]);
    let speed = &value["speed"];
    let bits = 10.0 * speed["input_beats"].as_f64().unwrap() * 8.0;
    let link = speed["link"]["images_per_second"].as_f64().unwrap();
    assert!((link * bits / 2e6 - 1.0).abs() < 1e-9, "{speed}");
    let text = plan(&["--board", "nexys-video"]).ok();
    assert!(text.contains(&format!("serial line of 2000000 baud {link:.1} images/s at most")), "{text}");
    let text = plan(&["--board", "pynq-z2"]).ok();
    assert!(text.contains("DMA ") && text.contains("machine "), "{text}");
}

#[test]
fn files_that_are_no_network_are_refused() {
    systole(["plan", &path("host/demo/digits.onnx"), "--board", "tiny"]).failed(&["not a .net file"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("half.net");
    let whole = fs::read(digits()).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    systole(["plan", file.to_str().unwrap(), "--board", "tiny"]).failed(&["half.net", "copy it again"]);
}

#[test]
fn a_full_standard_output_is_an_error_and_a_closed_one_is_not() {
    let net = digits();
    let mut command = Command::new(PROGRAM);
    command.args(["plan", net.to_str().unwrap(), "--board", "tiny"]).current_dir(ROOT).stdin(Stdio::null());
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    Ran::new(command.stdout(full).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap())
        .failed(&["cannot print"]);
    let (reader, writer) = UnixStream::pair().unwrap();
    drop(reader);
    let closed =
        command.stdout(OwnedFd::from(writer)).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert_eq!(Ran::new(closed).code, 0);
}

#[test]
fn sides_out_of_bounds_are_refused_in_one_line() {
    for options in [["--cols", "0"], ["--rows", "0"], ["--cols", "1"], ["--rows", "18446744073709551615"]] {
        let text = plan(&[&["--board", "tiny"], &options[..]].concat()).failed(&["cannot be built; use 2 to 1024"]);
        assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    }
    let large = plan(&["--board", "tiny", "--rows", "300", "--cols", "300"]).failed(&["300 x 300", "DSP blocks"]);
    assert!(!large.contains("18446744073709551615"), "{large}");
    plan(&["--board", "tiny", "--max-bram", "18446744073709551615"]).ok();
}

#[test]
fn refusals_advise_what_was_tried() {
    let text = plan(&["--board", "tiny", "--max-bram", "2"]).failed(&["what fits: ", "--max-bram18 "]);
    assert!(!text.contains("bits") && !text.contains("18446744073709551615"), "{text}");
    let most = text.split("--max-bram18 ").nth(1).unwrap().split(|c: char| !c.is_ascii_digit()).next().unwrap();
    assert!(plan(&["--board", "tiny", "--max-bram18", most]).ok().contains(": fits"));
    let text = plan(&["--board", "tiny", "--max-activations", "100"]).failed(&["bytes of activations, 100 are there"]);
    let most = text.split("--max-activations ").nth(1).unwrap().split(|c: char| !c.is_ascii_digit()).next().unwrap();
    assert!(plan(&["--board", "tiny", "--max-activations", most]).ok().contains(": fits"));
}

#[test]
fn parts_are_not_filled_to_the_brim_unless_asked() {
    let used = |options: &[&str], name: &str| {
        let value = json(&[&["--board", "zcu104"], options].concat());
        let resources = value["resources"].as_array().unwrap().clone();
        let one = resources.iter().find(|r| r["name"].as_str().unwrap().contains(name)).unwrap();
        (one["used"].as_u64().unwrap(), one["available"].as_u64().unwrap())
    };
    let (dsp, all) = used(&[], "DSP");
    assert!(10 * dsp <= 9 * all, "{dsp} of {all}");
    let (lut, all) = used(&[], "LUT");
    assert!(10 * lut <= 7 * all, "{lut} of {all}");
    assert!(used(&["--max-dsp", "25%"], "DSP").0 <= 432);
    assert!(used(&["--max-lut", "0.1"], "LUT").0 <= 23_040);
    assert_eq!(plan(&["--board", "zcu104", "--max-lut", "150%"]).code, 2);
    let text = plan(&["--board", "zcu104"]).ok();
    assert!(text.contains("at 250 MHz (the board file's, unrouted)"), "{text}");
    let text = plan(&["--board", "zcu104", "--clock", "100"]).ok();
    assert!(text.contains("at 100 MHz (that of --clock, unrouted)"), "{text}");
}

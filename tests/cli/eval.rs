//! `systole eval`: figures, shards, what a kill leaves behind, refusals.

use crate::common::{build, digits, entries, path, systole, Ran, PROGRAM, ROOT};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The demonstration's pictures end with the digit that they show.
fn labels(folder: &Path) -> PathBuf {
    let file = folder.join("labels.txt");
    let names = entries(Path::new(&path("host/demo/images")));
    let lines = names.iter().filter(|n| n.ends_with(".png")).map(|n| format!("{n} {}\n", digit(n)));
    fs::write(&file, lines.collect::<String>()).unwrap();
    file
}

fn digit(name: &str) -> usize {
    name.trim_end_matches(".png").chars().last().unwrap().to_digit(10).unwrap() as usize
}

fn arguments(labels: &Path, options: &[&str]) -> Vec<String> {
    let images = path("host/demo/images");
    let (net, labels) = (digits().display().to_string(), labels.display().to_string());
    let fixed = ["eval", &net, "--images", &images, "--labels", &labels];
    fixed.iter().chain(options).map(ToString::to_string).collect()
}

fn eval(labels: &Path, options: &[&str]) -> Ran {
    systole(arguments(labels, options))
}

#[test]
fn digits_are_right_and_agree_with_floating_point_on_every_engine() {
    let folder = tempfile::tempdir().unwrap();
    let labels = labels(folder.path());
    let build = build().display().to_string();
    let model = path("host/demo/digits.onnx");
    let float = ["--model", &model, "--preprocess", "grey"];
    let mut files = Vec::new();
    for engine in ["fast", "golden", "sim"] {
        let file = folder.path().join(engine).display().to_string();
        let options = ["--engine", engine, "--build", &build, "-o", &file, "--json"];
        let value: Value = serde_json::from_str(&eval(&labels, &[&options[..], &float].concat()).ok()).unwrap();
        let figures = &value["figures"];
        assert_eq!((&figures["evaluated"], &figures["top1"]), (&20.into(), &20.into()), "{value}");
        assert_eq!(figures["float"]["same"], 20);
        assert!(figures["float"]["score_error"].as_f64().unwrap() < 0.05, "{value}");
        files.push(fs::read(file).unwrap());
    }
    assert!(files.iter().all(|file| *file == files[0]), "engines differ");
    assert!(eval(&labels, &[]).ok().starts_with("digits on 20 of 20 images: top-1 100.0 %"));
}

#[test]
fn merged_shards_are_the_whole_run_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let labels = labels(folder.path());
    let file = |name: &str| folder.path().join(name).display().to_string();
    eval(&labels, &["-o", &file("whole")]).ok();
    for i in 1..=3 {
        eval(&labels, &["--shard", &format!("{i}/3"), "-o", &file(&i.to_string())]).ok();
    }
    systole(["eval", "--merge", &file("3"), &file("1"), &file("2"), "-o", &file("merged")]).ok();
    assert_eq!(fs::read(file("merged")).unwrap(), fs::read(file("whole")).unwrap());

    systole(["eval", "--merge", &file("3"), &file("1")])
        .failed(&["7 of 20 images are in none", "the first is image 1"]);
    systole(["eval", "--merge", &file("3"), &file("3")]).failed(&["also in an earlier file"]);
    let other = folder.path().join("other.txt");
    fs::write(&other, fs::read_to_string(&labels).unwrap().lines().next().unwrap()).unwrap();
    eval(&other, &["-o", &file("other")]).ok();
    systole(["eval", "--merge", &file("1"), &file("other")]).failed(&["the list of labels differs"]);
    systole(["eval", "--merge", &file("labels.txt")]).failed(&["labels.txt"]);
}

#[test]
fn a_torn_part_goes_on_to_the_same_result() {
    let folder = tempfile::tempdir().unwrap();
    let labels = labels(folder.path());
    let file = |name: &str| folder.path().join(name).display().to_string();
    eval(&labels, &["-o", &file("whole")]).ok();
    assert_eq!(entries(folder.path()), ["labels.txt", "whole"]);

    // What a kill leaves: the head, some rows, half a row.
    let whole: Value = serde_json::from_slice(&fs::read(file("whole")).unwrap()).unwrap();
    let mut text = format!("{{\"subject\":{},\"shard\":\"1/1\"}}\n", whole["subject"]);
    whole["rows"].as_array().unwrap()[..7].iter().for_each(|row| text += &format!("{row}\n"));
    text += "{\"index\":7,\"ima";
    fs::write(file("again.part"), &text).unwrap();
    let json: Value = serde_json::from_str(&eval(&labels, &["-o", &file("again"), "--resume", "--json"]).ok()).unwrap();
    assert_eq!(json["speed"]["images"], 13);
    assert_eq!(fs::read(file("again")).unwrap(), fs::read(file("whole")).unwrap());
    assert_eq!(entries(folder.path()), ["again", "labels.txt", "whole"]);

    fs::write(file("again.part"), text).unwrap();
    let ran = eval(&labels, &["-o", &file("again"), "--resume", "--shard", "1/2"]);
    ran.failed(&["again.part", "the shard differs", "without --resume"]);
}

#[test]
fn a_finished_result_is_gone_on_from_or_kept() {
    let folder = tempfile::tempdir().unwrap();
    let labels = labels(folder.path());
    let file = |name: &str| folder.path().join(name).display().to_string();
    let result = file("result");
    let shard = |options: &[&str]| eval(&labels, &[&["-o", &result, "--json"], options].concat());
    shard(&["--shard", "1/2"]).ok();
    let half = fs::read(&result).unwrap();
    shard(&["--shard", "2/2", "--resume"]).failed(&["result: ", "digits on 20 images", "the shard differs"]);
    let other = folder.path().join("other.txt");
    fs::write(&other, fs::read_to_string(&labels).unwrap().lines().next().unwrap()).unwrap();
    let wanted = ["result: ", "of digits on 20 images", "the list of labels differs", "another -o", "without --resume"];
    eval(&other, &["-o", &result, "--resume"]).failed(&wanted);
    assert_eq!(fs::read(&result).unwrap(), half);
    eval(&labels, &["-o", labels.to_str().unwrap(), "--resume"]).failed(&["labels.txt"]);

    // The whole has every row that the half has.
    let json: Value = serde_json::from_str(&shard(&["--resume"]).ok()).unwrap();
    assert_eq!(json["speed"]["images"], 10);
    eval(&labels, &["-o", &file("whole")]).ok();
    assert_eq!(fs::read(&result).unwrap(), fs::read(file("whole")).unwrap());
    eval(&other, &["-o", &result]).ok();
    assert_eq!(entries(folder.path()), ["labels.txt", "other.txt", "result", "whole"]);
}

#[test]
fn rows_that_no_run_wrote_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let labels = labels(folder.path());
    let file = |name: &str| folder.path().join(name).display().to_string();
    eval(&labels, &["-o", &file("whole")]).ok();
    let whole: Value = serde_json::from_slice(&fs::read(file("whole")).unwrap()).unwrap();
    for index in [20, 7] {
        let mut row = whole["rows"][7].clone();
        let head = format!("{{\"subject\":{},\"shard\":\"1/1\"}}\n{row}\n", whole["subject"]);
        row["index"] = index.into();
        fs::write(file("again.part"), head + &format!("{row}\n")).unwrap();
        let wanted = format!("image {index} is twice in it or not among the 20");
        eval(&labels, &["-o", &file("again"), "--resume"]).failed(&["again.part", &wanted, "without --resume"]);
    }
}

#[test]
fn a_killed_run_can_be_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let labels = labels(folder.path());
    let file = |name: &str| folder.path().join(name).display().to_string();
    let build = build().display().to_string();
    let mut child = Command::new(PROGRAM)
        .args(arguments(&labels, &["--engine", "sim", "--build", &build, "-o", &file("result")]))
        .current_dir(ROOT)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while child.try_wait().unwrap().is_none() && !folder.path().join("result.part").exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    // The run may be over already; then there is nothing to go on from, and the result is the same.
    let _ = child.kill();
    child.wait().unwrap();
    eval(&labels, &["-o", &file("result"), "--resume"]).ok();
    eval(&labels, &["-o", &file("whole")]).ok();
    assert_eq!(fs::read(file("result")).unwrap(), fs::read(file("whole")).unwrap());
    assert_eq!(entries(folder.path()), ["labels.txt", "result", "whole"]);
}

#[test]
fn what_does_not_fit_is_said_before_work_starts() {
    let folder = tempfile::tempdir().unwrap();
    let labels = labels(folder.path());
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        file
    };
    eval(&write("a", "nowhere.png 1\n"), &[]).failed(&["1 of the 1 images", "nowhere.png"]);
    eval(&write("b", "x.png eleven\n"), &[]).failed(&["line 1", "eleven"]);
    eval(&write("c", "file,class\nx.png,1\n"), &[]).failed(&["no column class_index"]);
    let short = write("scores.npy", "no numbers");
    eval(&labels, &["--reference", short.to_str().unwrap()]).failed(&["scores.npy"]);
    let nested = folder.path().join("nested.npy");
    // Lengths of 118 in two bytes, and of 65,536 in four.
    for (head, length) in
        [(b"\x93NUMPY\x01\0\x76\0".as_slice(), 118), (b"\x93NUMPY\x02\0\0\0\x01\0".as_slice(), 1 << 16)]
    {
        fs::write(&nested, [head, &vec![b'['; length]].concat()).unwrap();
        eval(&labels, &["--reference", nested.to_str().unwrap()]).failed(&["nested.npy", "no description of an array"]);
    }
    eval(&labels, &["--engine", "sim", "--build", ROOT]).failed(&["not a build folder"]);
}

#[test]
fn a_shard_that_speaks_of_endless_images_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let labels = labels(folder.path());
    let file = folder.path().join("shard");
    eval(&labels, &["--shard", "1/2", "-o", &file.display().to_string()]).ok();
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("\"images\": 20", "\"images\": 9223372036854775807")).unwrap();
    systole(["eval", "--merge", &file.display().to_string()]).failed(&["9223372036854775797 of 9223372036854775807"]);
}

//! Damaged files of every kind that the program reads: it answers or refuses in words, within bounds of time and memory.

mod bytes;
#[path = "../cli/common.rs"]
#[allow(dead_code)]
mod common;
mod fixture;
mod json;
mod protobuf;
mod random;
mod text;

use common::{tree, PROGRAM};
use fixture::{Fixture, Kind, Style};
use random::Random;
use rayon::prelude::{IntoParallelIterator, ParallelIterator};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Cases of a run of all tests, and of a night.
const CASES: u64 = 200;
const CASES_OF_A_NIGHT: u64 = 14_000;
/// Processor time of the program; beside it, time for what waits without working.
const SECONDS: u64 = 10;
const PATIENCE: Duration = Duration::from_secs(60);
/// Address space of the program, in KiB.
const MEMORY: u64 = 3 << 20;
/// Magic, version, length and hash of a network's file.
const NET_LENGTH_AT: usize = 12;
const NET_HEADER: usize = 52;

/// A damaged file.
fn damaged(kind: &Kind, random: &mut Random) -> Vec<u8> {
    let mut bytes = kind.bytes.clone();
    for _ in 0..=random.below(2) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        match kind.style {
            Style::Json if random.chance(80) => bytes = json::damage(&text, random).into_bytes(),
            Style::Json | Style::Text if random.chance(75) => bytes = text::damage(&text, random).into_bytes(),
            Style::Protobuf if random.chance(70) => bytes = protobuf::damage(&bytes, random),
            Style::Net if random.chance(80) => bytes = forged(&bytes, random),
            _ => bytes::damage(&mut bytes, random),
        }
    }
    bytes
}

/// A network's file with another content, whose length and hash agree.
fn forged(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut content = bytes.get(NET_HEADER..).unwrap_or_default().to_vec();
    bytes::damage(&mut content, random);
    let length = (content.len() as u64).to_le_bytes();
    [&bytes[..NET_LENGTH_AT.min(bytes.len())], &length, &Sha256::digest(&content), &content].concat()
}

/// Puts the file where the program finds it; the path that it is given.
fn place(kind: &Kind, bytes: &[u8], folder: &Path) -> String {
    let Some(build) = &kind.folder else {
        let file = folder.join(&kind.file);
        fs::write(&file, bytes).unwrap();
        return file.display().to_string();
    };
    let copy = folder.join("build");
    let mut hashes = BTreeMap::new();
    for (file, sound) in tree(build) {
        let name = file.strip_prefix(build).unwrap().display().to_string();
        let content = if name == kind.file { bytes } else { &sound };
        fs::create_dir_all(copy.join(&name).parent().unwrap()).unwrap();
        fs::write(copy.join(&name), content).unwrap();
        hashes.insert(name, format!("{:x}", Sha256::digest(content)));
    }
    agree(&copy.join("systole.json"), &hashes);
    copy.display().to_string()
}

/// The manifest with the hashes of what is there.
fn agree(manifest: &Path, hashes: &BTreeMap<String, String>) {
    let text = fs::read_to_string(manifest).unwrap_or_default();
    let Ok(mut value) = serde_json::from_str::<serde_json::Value>(&text) else { return };
    let Some(files) = value.get_mut("files").and_then(|files| files.as_object_mut()) else { return };
    for (name, hash) in files {
        if let Some(found) = hashes.get(name) {
            *hash = found.clone().into();
        }
    }
    fs::write(manifest, value.to_string()).unwrap();
}

/// Why a run is not what it should be.
fn fault(code: Option<i32>, err: &str) -> Option<String> {
    let said = match code {
        Some(0) => true,
        Some(1 | 2) => err.lines().any(|line| line.starts_with("error: ")),
        _ => false,
    };
    let panicked = err.contains("panicked at") || err.contains("RUST_BACKTRACE");
    (panicked || !said).then(|| format!("exit code {code:?}: {}", err.chars().take(400).collect::<String>()))
}

fn waited(child: &mut Child) -> Option<Option<i32>> {
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status.code());
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

/// Runs one command on a damaged file.
fn run(words: &[String], file: &str, folder: &Path) -> Option<String> {
    let out = folder.join("out").display().to_string();
    let words = words.iter().map(|word| word.replace("{out}", &out).replace("{}", file));
    let (stdout, stderr) = (folder.join("stdout"), folder.join("stderr"));
    let mut child = Command::new("sh")
        .args([
            "-c",
            &format!("ulimit -c 0 && ulimit -t {SECONDS} && ulimit -v {MEMORY} && exec \"$0\" \"$@\""),
            PROGRAM,
        ])
        .args(words)
        .env("TMPDIR", folder)
        .stdin(Stdio::null())
        .stdout(fs::File::create(stdout).unwrap())
        .stderr(fs::File::create(&stderr).unwrap())
        .spawn()
        .unwrap();
    match waited(&mut child) {
        Some(code) => fault(code, &String::from_utf8_lossy(&fs::read(stderr).unwrap())),
        None => Some(format!("still running after {PATIENCE:?}")),
    }
}

/// What goes wrong in a case, with how to see it again.
fn case(fixture: &Fixture, number: u64) -> Option<String> {
    let mut random = Random::new(number);
    // Kinds of which there are several files come up as often as others.
    let names: BTreeSet<&str> = fixture.kinds.iter().map(|kind| kind.name.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let name = random.pick(&names);
    let kinds: Vec<&Kind> = fixture.kinds.iter().filter(|kind| kind.name == name).collect();
    let kind = kinds[random.below(kinds.len())];
    let bytes = damaged(kind, &mut random);
    let words = &kind.commands[random.below(kind.commands.len())];
    let folder = tempfile::tempdir().unwrap();
    let file = place(kind, &bytes, folder.path());
    let found = run(words, &file, folder.path())?;
    let kept = std::env::temp_dir().join(format!("systole-damaged-{number}"));
    fs::write(&kept, bytes).unwrap();
    Some(format!("case {number}, {name}, {}: {found} (the file: {})", words.join(" "), kept.display()))
}

fn all(count: u64) {
    let fixture = Fixture::new();
    let faults: Vec<String> = (0..count).into_par_iter().filter_map(|number| case(&fixture, number)).collect();
    assert!(faults.is_empty(), "{} of {count}:\n{}", faults.len(), faults.join("\n"));
    println!("{count} damaged files: none panics, none hangs, none takes {MEMORY} KiB");
}

#[test]
fn damaged_files_are_answered_or_refused_in_words() {
    all(CASES);
}

#[test]
#[ignore = "a quarter of an hour; make damage"]
fn damaged_files_of_a_night_are_answered_or_refused_in_words() {
    all(CASES_OF_A_NIGHT);
}

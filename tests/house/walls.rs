//! Manifests and `use` lines keep to the table of docs/architecture.md.

use crate::root;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Rooms, and the rooms that each may use.
const ROOMS: [(&str, &[&str]); 17] = [
    ("net", &[]),
    ("model", &["net"]),
    ("machine", &["net"]),
    ("plan", &["net", "machine"]),
    ("rtl", &["net", "machine"]),
    // Golden is a judge because it cannot see the plan.
    ("golden", &["net"]),
    ("fast", &["net"]),
    ("cycle", &["net", "machine", "rtl", "fast"]),
    ("verilator", &[]),
    ("host", &["net", "machine"]),
    // Of the planner what reads plan.json, of the others the engines.
    ("devices", &["net", "machine", "plan", "golden", "cycle", "verilator", "lockstep", "host"]),
    ("capi", &["net", "machine", "host", "devices"]),
    // Of the command its steps, without its words.
    ("python", &["net", "host", "devices", "report", "systole"]),
    // Of the model its report of a quantisation alone.
    ("report", &["net", "machine", "model"]),
    ("lockstep", &["net", "machine", "plan", "rtl", "golden", "cycle", "verilator", "host"]),
    ("suite", &["net", "model", "machine", "plan", "rtl", "golden", "fast", "cycle", "verilator", "lockstep", "host"]),
    (
        "systole",
        &[
            "net",
            "model",
            "machine",
            "plan",
            "rtl",
            "golden",
            "fast",
            "cycle",
            "verilator",
            "lockstep",
            "host",
            "devices",
            "report",
        ],
    ),
];

/// A crate of the workspace.
struct Room {
    folder: PathBuf,
    /// Rooms that its manifest lets it use, tests apart.
    uses: BTreeSet<String>,
}

fn short(name: &str) -> String {
    name.strip_prefix("systole-").unwrap_or(name).to_string()
}

fn rooms() -> BTreeMap<String, Room> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output = Command::new(cargo).args(arguments).current_dir(root()).output().expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_string();
    let own = |d: &&Value| text(&d["name"]).starts_with("systole") && d["kind"].is_null();
    let room = |package: &Value| {
        let uses = package["dependencies"].as_array().expect("a list").iter().filter(own);
        let manifest = text(&package["manifest_path"]);
        let folder = Path::new(&manifest).parent().expect("a folder").to_path_buf();
        let uses = uses.map(|d| short(&text(&d["name"]))).collect();
        (short(&text(&package["name"])), Room { folder, uses })
    };
    metadata["packages"].as_array().expect("a list").iter().map(room).collect()
}

fn allowed(room: &str) -> BTreeSet<String> {
    let rooms =
        ROOMS.iter().find(|(name, _)| *name == room).unwrap_or_else(|| panic!("{room} is no room of the house"));
    rooms.1.iter().map(|name| name.to_string()).collect()
}

#[test]
fn no_room_uses_another_that_it_may_not() {
    let rooms = rooms();
    assert_eq!(rooms.keys().collect::<BTreeSet<_>>().len(), ROOMS.len(), "{:?}", rooms.keys());
    for (name, room) in &rooms {
        let allowed = allowed(name);
        let beyond: Vec<_> = room.uses.difference(&allowed).collect();
        assert!(beyond.is_empty(), "{name} may not use {beyond:?}; see docs/architecture.md");
    }
}

/// Rust sources below a folder.
pub fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => found.extend(sources(&path)),
            false if path.extension().is_some_and(|e| e == "rs") => found.push(path),
            false => {}
        }
    }
    found.sort();
    found
}

/// A source without the tests at its end.
pub fn product(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_string()
}

#[test]
fn no_source_names_a_room_that_it_may_not() {
    let (mut named, mut files) = (0, 0);
    for (name, room) in rooms() {
        let allowed = allowed(&name);
        for path in sources(&room.folder.join("src")) {
            files += 1;
            let text = product(&path);
            for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
                for (at, _) in line.match_indices("systole_") {
                    let word: String = line[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    let other = word.trim_start_matches("systole_");
                    if !line[at + word.len()..].starts_with("::") || !ROOMS.iter().any(|(room, _)| *room == other) {
                        continue;
                    }
                    named += 1;
                    assert!(allowed.contains(other), "{} uses {other}: {line}", path.display());
                }
            }
        }
    }
    assert!(named > 200 && files > 300, "{named} uses in {files} files");
}

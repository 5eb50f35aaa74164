//! Files of a crate that use each other, directly or through others. A file and the files of its own folder are one thing.

use crate::root;
use crate::walls::{product, sources};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Circles that stay, each with why.
const KNOWN: [(&str, &str); 5] = [
    ("onnx::node", "the importer's operators are spread over files, and each may fold what the others make"),
    ("quantize::fit::calibrate", "what equalises channels calibrates anew"),
    ("geometry", "latencies follow from the weight store, and the store's own from the geometry"),
    ("isa", "a generic kernel and the instruction sets that it is generic over"),
    ("handles", "names that C may keep lie with the handles"),
];

/// A module's path in its crate.
type Module = Vec<String>;

fn module(folder: &Path, file: &Path) -> Module {
    let inside = file.strip_prefix(folder).expect("a file of the folder").with_extension("");
    let mut parts: Module = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

/// Paths that a source names, from the crate's root on.
fn named(module: &Module, text: &str) -> Vec<Module> {
    let mut found = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for start in ["crate::", "super::"] {
            for (at, _) in line.match_indices(start) {
                let path = line[at..].split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).next();
                let parts = path.unwrap_or_default().split("::").filter(|part| !part.is_empty()).map(String::from);
                let mut full = if start == "crate::" { Vec::new() } else { module.clone() };
                for part in parts {
                    match part.as_str() {
                        "crate" => full.clear(),
                        "super" => drop(full.pop()),
                        _ => full.push(part),
                    }
                }
                found.push(full);
            }
        }
    }
    found
}

/// Files by the files that they use, above or beside them: what lies in a file's own folder is part of it.
fn uses(folder: &Path) -> BTreeMap<Module, BTreeSet<Module>> {
    let files: BTreeMap<Module, String> =
        sources(folder).iter().map(|file| (module(folder, file), product(file))).collect();
    let target = |path: &Module| (1..=path.len()).rev().map(|n| path[..n].to_vec()).find(|m| files.contains_key(m));
    let of = |(module, text): (&Module, &String)| {
        let apart = |other: &Module| !other.starts_with(module) && !module.starts_with(other);
        let others = named(module, text).iter().filter_map(target).filter(apart).collect();
        (module.clone(), others)
    };
    files.iter().map(of).collect()
}

/// All pairs of files of which each reaches the other, as groups.
fn circles(uses: &BTreeMap<Module, BTreeSet<Module>>) -> BTreeSet<BTreeSet<String>> {
    let reach = |from: &Module| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(module) = open.pop() {
            for next in uses.get(&module).into_iter().flatten() {
                if seen.insert(next.clone()) {
                    open.push(next.clone());
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&Module, BTreeSet<Module>> = uses.keys().map(|module| (module, reach(module))).collect();
    let circle = |module: &&Module| reached[*module].contains(*module);
    let group = |module: &Module| {
        let both = |other: &&Module| reached[*other].contains(module);
        reached[module].iter().filter(both).map(|other| other.join("::")).collect()
    };
    uses.keys().filter(circle).map(group).collect()
}

#[test]
fn no_two_files_of_a_room_form_a_circle() {
    let folders = [
        "hdl/net",
        "hdl/model",
        "hdl/machine",
        "hdl/plan",
        "hdl/rtl",
        "host",
        "host/devices",
        "host/capi",
        "report",
        ".",
    ];
    let sims = ["sim/golden", "sim/fast", "sim/cycle", "sim/verilator", "sim/lockstep", "sim/suite"];
    let mut found = Vec::new();
    for folder in folders.into_iter().chain(sims) {
        let uses = uses(&root().join(folder).join("src"));
        assert!(!uses.is_empty(), "{folder} has sources");
        found.extend(circles(&uses).into_iter().map(|circle| format!("{folder}: {circle:?}")));
    }
    println!("{} circles", found.len());
    found.retain(|circle| !KNOWN.iter().any(|(file, _)| circle.contains(&format!("\"{file}\""))));
    assert!(found.is_empty(), "files that use each other:\n{}", found.join("\n"));
}

#[test]
fn a_circle_is_found() {
    let files = [("a", vec!["b"]), ("b", vec!["c"]), ("c", vec!["a"]), ("d", vec!["a"])];
    let module = |name: &str| vec![name.to_string()];
    let uses = files.map(|(name, others)| (module(name), others.into_iter().map(module).collect()));
    let circle: BTreeSet<String> = ["a", "b", "c"].map(String::from).into();
    assert_eq!(circles(&uses.into()), [circle].into());
}

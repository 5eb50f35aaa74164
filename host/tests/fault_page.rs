//! The page of faults names tests that exist and run.

use std::fs;
use std::path::Path;

/// The linked names of some lines, `[name](file)`, each with its file.
fn links(text: &str) -> Vec<(&str, &str)> {
    let parts = text.split('[').skip(1);
    parts
        .filter_map(|part| part.split_once("]("))
        .filter_map(|(name, rest)| Some((name, rest.split_once(')')?.0)))
        .collect()
}

/// Whether a file's text has a test of that name which is not left out of an ordinary run.
fn runs(text: &str, name: &str) -> bool {
    let declared = format!("fn {name}()");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.windows(2).any(|pair| pair[0] == "#[test]" && pair[1].starts_with(&declared))
}

/// A fault of the page: a heading of the third level, what the driver does, and the tests that put it in.
#[derive(Debug, PartialEq)]
struct Fault<'a> {
    name: &'a str,
    text: &'a str,
    tests: Vec<(&'a str, &'a str)>,
}

fn fault(section: &str) -> Option<Fault<'_>> {
    let (name, rest) = section.split("\n## ").next()?.split_once("\n\n")?;
    let (text, tests) = rest.split_once("\n\n")?;
    Some(Fault { name, text, tests: links(tests) })
}

fn faults(page: &str) -> Vec<Fault<'_>> {
    let sections = page.split("\n### ").skip(1);
    sections.map(|section| fault(section).unwrap_or_else(|| panic!("not a fault in three parts: {section}"))).collect()
}

#[test]
fn every_fault_has_tests_that_exist() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/devices");
    let page = fs::read_to_string(folder.join("faults.md")).unwrap();
    let faults = faults(&page);
    assert!(faults.len() > 20, "only {} faults", faults.len());
    for fault in faults {
        assert!(!fault.text.is_empty() && !fault.tests.is_empty(), "no test puts in: {}", fault.name);
        for (name, file) in fault.tests {
            let text = fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(runs(&text, name), "{file} has no test {name}");
        }
    }
}

#[test]
fn a_test_that_is_missing_or_left_out_is_noticed() {
    let text = "#[test]\nfn here() {}\n#[test]\n#[ignore]\nfn left_out() {}\nfn no_test() {}\n";
    assert!(runs(text, "here"));
    assert!(["left_out", "no_test", "her", "absent"].iter().all(|name| !runs(text, name)));
    let page = "# Faults\n\n## Group\n\n### a\n\nb.\n\n* [x](y.rs)\n* [z](w.rs)\n\n### c\n\nd.\n\n* [e](f.rs)\n\n## Next\n\n[g](h)\n";
    let first = Fault { name: "a", text: "b.", tests: vec![("x", "y.rs"), ("z", "w.rs")] };
    let second = Fault { name: "c", text: "d.", tests: vec![("e", "f.rs")] };
    assert_eq!(faults(page), [first, second]);
}

//! The page of faults names tests that exist and run.

use std::fs;
use std::path::Path;

/// The linked names of a line, `[name](file)`, each with its file.
fn links(line: &str) -> Vec<(&str, &str)> {
    let parts = line.split('[').skip(1);
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

#[test]
fn every_fault_has_tests_that_exist() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/devices");
    let page = fs::read_to_string(folder.join("faults.md")).unwrap();
    let table = page.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let rows: Vec<&str> = table.take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 20, "only {} faults", rows.len());
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert!(cells.len() == 3 && cells.iter().all(|cell| !cell.is_empty()), "{row}");
        let tests = links(cells[2]);
        assert!(!tests.is_empty(), "no test puts in: {}", cells[0]);
        for (name, file) in tests {
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
    assert_eq!(links("| a | b | [x](y.rs), [z](w.rs) |"), [("x", "y.rs"), ("z", "w.rs")]);
}

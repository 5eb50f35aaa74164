//! The documentation is what the program and the measurements say, its links lead somewhere, and its command lines are understood.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const README_WORDS: usize = 900;

/// Every page: its path from the root, and its text.
fn pages() -> Vec<(PathBuf, String)> {
    let mut files: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "host/demo/README.md"].map(PathBuf::from).into();
    let mut folders = vec![PathBuf::from("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(Path::new(ROOT).join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|ending| ending == "md") => files.push(path),
                false => (),
            }
        }
    }
    files.into_iter().map(|file| (file.clone(), read(&file))).collect()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text outside fenced blocks.
fn prose(page: &str) -> String {
    page.split("```").step_by(2).collect()
}

/// What stands between single backticks.
fn spans(page: &str) -> Vec<String> {
    prose(page)
        .split('`')
        .skip(1)
        .step_by(2)
        .map(|span| span.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// The lines of blocks marked `sh`, those that are not run too; a backslash at the end joins the next one.
fn command_lines(page: &str) -> Vec<String> {
    let blocks = page.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap().replace("\\\n", " "));
    blocks.flat_map(|block| block.lines().map(String::from).collect::<Vec<_>>()).collect()
}

/// The name by which a link finds a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
}

fn anchors(page: &str) -> BTreeSet<String> {
    let prose = prose(page);
    prose.lines().filter(|line| line.starts_with('#')).map(|line| anchor(line.trim_start_matches('#').trim())).collect()
}

#[test]
fn the_page_of_the_command_line_is_what_the_program_says() {
    let (found, wanted) = (read("docs/cli.md"), systole::cli_page(systole::command()));
    let difference = found.lines().zip(wanted.lines()).find(|(found, wanted)| found != wanted);
    assert_eq!(difference, None, "cargo run --example cli > docs/cli.md");
    assert!(found == wanted, "cargo run --example cli > docs/cli.md");
}

#[test]
fn every_link_leads_somewhere() {
    for (file, text) in pages() {
        for target in prose(&text).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.starts_with("https://") || target.starts_with("http://") {
                continue;
            }
            let (path, place) = target.split_once('#').unwrap_or((target, ""));
            let linked = if path.is_empty() { file.clone() } else { file.parent().unwrap().join(path) };
            assert!(Path::new(ROOT).join(&linked).exists(), "{}: {target}", file.display());
            let known = place.is_empty() || anchors(&read(&linked)).contains(place);
            assert!(known, "{}: {target} has no such heading", file.display());
        }
    }
}

#[test]
fn the_book_has_every_page() {
    let summary = read("docs/SUMMARY.md");
    for (file, _) in pages().iter().filter(|(file, _)| file.starts_with("docs")) {
        let name = file.strip_prefix("docs").unwrap().display().to_string();
        assert!(name == "SUMMARY.md" || summary.contains(&format!("({name})")), "{name} is not in docs/SUMMARY.md");
    }
}

#[test]
fn the_readme_is_short() {
    let readme = read("README.md");
    let words = readme.split_whitespace().count();
    assert!(words <= README_WORDS, "{words} words");
    let tables = readme.lines().filter(|line| line.starts_with("|---")).count();
    assert_eq!(tables, 1, "tables");
}

#[test]
fn every_command_line_is_understood() {
    let mut faults = Vec::new();
    for (file, text) in pages() {
        for line in spans(&text).into_iter().chain(command_lines(&text)) {
            let words: Vec<&str> =
                line.split_whitespace().take_while(|word| !matches!(*word, ">" | "|" | "&&")).collect();
            let fault = match words[..] {
                ["systole", _, ..] => systole_fault(&words),
                ["make", target] => missing(read("Makefile").contains(&format!("\n{target}:")), target),
                ["cargo", "test" | "bench" | "run", ..] => cargo_fault(&words),
                _ => None,
            };
            faults.extend(fault.map(|fault| format!("{}: {line}: {fault}", file.display())));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn missing(there: bool, what: &str) -> Option<String> {
    (!there).then(|| format!("there is no {what}"))
}

/// Why the command line would not be taken. Names of commands alone are names.
fn systole_fault(words: &[&str]) -> Option<String> {
    let mut command = systole::command();
    let named = words[1..].iter().try_fold(&command, |command, name| command.find_subcommand(name));
    if named.is_some() {
        return None;
    }
    let words = words.iter().map(|word| word.trim_matches('\''));
    let error = command.try_get_matches_from_mut(words).err()?;
    error.use_stderr().then(|| error.to_string())
}

/// What a `cargo` command line names and does not exist: a package, or a target of it.
fn cargo_fault(words: &[&str]) -> Option<String> {
    let own: Vec<&str> = words.iter().copied().take_while(|word| *word != "--").collect();
    let after = |option: &str| own.windows(2).filter(|pair| pair[0] == option).map(|pair| pair[1]).collect::<Vec<_>>();
    let name = after("-p").first().copied().unwrap_or("systole");
    let Some(package) = package(name) else { return Some(format!("there is no package {name}")) };
    for (option, folder) in [("--test", "tests"), ("--bench", "benches"), ("--example", "examples")] {
        for target in after(option) {
            let file = package.join(folder).join(target);
            if !file.with_extension("rs").exists() && !file.join("main.rs").exists() {
                return Some(format!("there is no {option} {target}"));
            }
        }
    }
    None
}

/// The folder of a package of the workspace.
fn package(name: &str) -> Option<PathBuf> {
    let root = Path::new(ROOT);
    let mut folders = vec![root.to_path_buf(), root.join("host")];
    for group in ["hdl", "sim"] {
        folders.extend(fs::read_dir(root.join(group)).unwrap().map(|entry| entry.unwrap().path()));
    }
    let is_named = |folder: &PathBuf| {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        manifest.lines().any(|line| line == format!("name = \"{name}\""))
    };
    folders.into_iter().find(is_named)
}

#[test]
fn tables_of_figures_are_what_was_measured() {
    let Ok(done) = Command::new("python3").args(["tools/figures.py", "--check"]).current_dir(ROOT).output() else {
        println!("SKIPPED: python3 is absent (make setup)");
        return;
    };
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

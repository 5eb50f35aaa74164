//! Help and usage errors.

use crate::common::systole;

/// Every command, in the order of the help.
fn commands() -> Vec<String> {
    ::systole::command().get_subcommands().map(|command| command.get_name().to_string()).collect()
}

#[test]
fn help_lists_every_command_with_what_it_is_for() {
    let text = systole(["--help"]).ok();
    for command in commands() {
        let line = text.lines().find(|line| line.trim_start().starts_with(&format!("{command} ")));
        let line = line.unwrap_or_else(|| panic!("{command} is not in {text}"));
        assert!(line.trim().len() > command.len() + 10, "{line}");
    }
}

#[test]
fn every_command_explains_every_option() {
    for command in commands() {
        let text = systole([command.as_str(), "--help"]).ok();
        assert!(text.contains(&format!("Usage: systole {command}")), "{text}");
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for (at, line) in lines.iter().enumerate() {
            let is_option = line.starts_with("--") || (line.starts_with('-') && line.contains(", --"));
            let explained = line.contains("  ") || lines.get(at + 1).is_some_and(|next| !next.is_empty());
            assert!(!is_option || explained, "{command}: {line} is not explained");
        }
    }
}

#[test]
fn wrong_usage_is_exit_code_two() {
    let cases: [&[&str]; 8] = [
        &["fly"],
        &["check"],
        &["plan", "x.net"],
        &["quantize", "m.onnx", "-o", "x.net"],
        &["fetch", "alexnet"],
        &["eval", "x.net", "--images", "."],
        &["eval", "x.net", "--images", ".", "--labels", "l", "--shard", "3/2"],
        &["simulate", "b", "--image", "a.png", "--from", "5"],
    ];
    for case in cases {
        let ran = systole(case);
        assert_eq!(ran.code, 2, "{case:?}");
        assert!(ran.err.contains("Usage:") || ran.err.contains("--help"), "{case:?}: {}", ran.err);
    }
}

#[test]
fn the_version_is_the_packages() {
    assert_eq!(systole(["--version"]).ok(), format!("systole {}\n", env!("CARGO_PKG_VERSION")));
}

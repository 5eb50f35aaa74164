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
    let short = systole(["-V"]).ok();
    let rest = short.strip_prefix(&format!("systole {}", env!("CARGO_PKG_VERSION"))).unwrap().trim();
    // Of a checkout the commit stands behind it.
    let commit = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let is_commit = |commit: &str| commit.len() >= 7 && commit.bytes().all(|b| b.is_ascii_hexdigit());
    assert!(rest.is_empty() || commit.is_some_and(is_commit), "{short}");
    let long = systole(["--version"]).ok();
    assert!(long.starts_with(&short) && long.contains("verilator, c++: Verilator"), "{long}");
}

#[test]
fn help_has_groups_and_examples() {
    let text = systole(["--help"]).ok();
    for group in ["From a model to a build:", "Without a board:", "On a board:", "This program:"] {
        assert!(text.contains(&format!("\n{group}\n")), "{text}");
    }
    for command in commands() {
        let text = systole([command.as_str(), "--help"]).ok();
        let free = ["demo", "doctor"].contains(&command.as_str());
        assert!(free || text.contains(&format!("Examples:\n  systole {command} ")), "{command}: {text}");
    }
}

#[test]
fn shells_complete_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let text = systole(["completions", shell]).ok();
        assert!(commands().iter().all(|command| text.contains(command.as_str())), "{shell}");
    }
    let (folder, text) = (tempfile::tempdir().unwrap(), systole(["completions", "bash"]).ok());
    let file = folder.path().join("systole.bash");
    std::fs::write(&file, text).unwrap();
    let asked = "source $0; COMP_WORDS=(systole exp); COMP_CWORD=1; _systole systole exp systole; echo ${COMPREPLY[@]}";
    let ran = std::process::Command::new("bash").args(["-c", asked]).arg(&file).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "explore\n");
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    systole(["man", "-o", folder.path().to_str().unwrap()]).ok();
    let page = |name: &str| std::fs::read_to_string(folder.path().join(format!("{name}.1"))).unwrap();
    assert!(page("systole").contains(".TH systole 1"));
    for command in commands() {
        let text = page(&format!("systole-{command}"));
        assert!(text.contains(".SH SYNOPSIS") && text.contains(&format!("systole\\-{command}")), "{text}");
    }
}

#[test]
fn steps_are_told_as_loudly_as_is_wanted() {
    let net = crate::common::digits().display().to_string();
    let plan = ["plan", &net, "--board", "tiny"];
    let loud = systole(plan.iter().copied().chain(["-v"]));
    assert_eq!(loud.code, 0);
    let lines: Vec<&str> = loud.err.lines().collect();
    assert!(
        lines[0].contains(" s  planning digits on tiny") && lines[lines.len() - 1].ends_with(" s  done"),
        "{}",
        loud.err
    );
    systole(plan.iter().copied().chain(["--quiet"])).ok();
    assert_eq!(systole(plan.iter().copied().chain(["-q", "-v"])).code, 2);
}

/// A reader of errors that is gone is no reason to fail otherwise.
#[test]
fn a_closed_standard_error_changes_nothing() {
    let line = format!("{} plan none.net --board tiny 2>&-", crate::common::PROGRAM);
    let ran = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
    assert_eq!((ran.status.code(), ran.stdout.len()), (Some(1), 0));
}

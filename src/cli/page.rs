//! The page of the command line, docs/cli.md, printed from what clap knows of it.

use clap::{Arg, Command};

const HEAD: &str = "\
# Command line

Printed from the program's own description of its options; do not edit. `systole --help` and the `--help` of every command print the same.

* `--json` gives a report to programs, an object whose `schema` counts the changes that break readers. An error is an object, too,
  with its `error`, and what does not fit a board has `fits`, `lacks` and `advice`. `systole schema` prints the JSON Schema of all of it,
  [the file](schema.json) is the same. Without `--json` reports are for people and may change.
* An error is one line on standard error and exit code 1. Wrong usage is exit code 2. An interrupted command ends with 130.
* Files and folders appear whole or not at all, also when a command is interrupted. The same input gives the same bytes.
* Long work writes a line of progress every few seconds where there is no terminal; `-v` shows each step, `-q` none.
* Sizes are bytes, `20KB` or `512KiB`.
* `systole completions` prints what a shell needs to complete all this, `systole man` writes manual pages.
* A board is the name of one of the project's, or the path of a [board file](recipes.md#add-a-board).
* A device is an [address](devices.md).
";

/// The page as Markdown: a heading for every command, its usage, and a line for each of its options.
pub fn cli_page(mut command: Command) -> String {
    command.build();
    let mut page = format!("{HEAD}\n| command | what it does |\n|---|---|\n");
    for sub in leaves(&command) {
        let name = name(sub);
        page += &format!("| [`{name}`](#{}) | {} |\n", name.replace(' ', "-"), text(sub.get_about()));
    }
    for sub in leaves(&command) {
        page += &section(sub);
    }
    page
}

/// The commands that do something, in the order of the help: those without commands of their own.
fn leaves(command: &Command) -> Vec<&Command> {
    let subs: Vec<&Command> = command.get_subcommands().filter(|sub| sub.get_name() != "help").collect();
    match subs.is_empty() {
        true => vec![command],
        false => subs.into_iter().flat_map(leaves).collect(),
    }
}

/// As it is typed.
fn name(command: &Command) -> &str {
    command.get_bin_name().unwrap_or_else(|| command.get_name())
}

fn text(styled: Option<&clap::builder::StyledStr>) -> String {
    let text = styled.map(ToString::to_string).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn section(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim().trim_start_matches("Usage: ");
    let name = name(command);
    let mut section = format!("\n## {name}\n\n{}.\n\n```text\n{usage}\n```\n\n", text(command.get_about()));
    let (places, options): (Vec<&Arg>, Vec<&Arg>) = command
        .get_arguments()
        .filter(|arg| arg.get_id() != "help" && !arg.is_global_set())
        .partition(|arg| arg.is_positional());
    for arg in places.into_iter().chain(options) {
        section += &line(arg);
    }
    if let Some(examples) = command.get_after_help() {
        section += &format!("\n```text\n{}\n```\n", examples_of(&examples.to_string()));
    }
    section
}

/// The lines below the heading, as they are typed.
fn examples_of(text: &str) -> String {
    text.lines().skip(1).map(str::trim).collect::<Vec<_>>().join("\n")
}

/// An argument, what it is for, and what it is where it is not given.
fn line(arg: &Arg) -> String {
    let values = arg.get_value_names().unwrap_or_default();
    let takes = arg.get_action().takes_values();
    let values: String = values.iter().filter(|_| takes).map(|value| format!(" <{value}>")).collect();
    let spelled = match (arg.get_short(), arg.get_long()) {
        (Some(short), Some(long)) => format!("-{short}, --{long}{values}"),
        (None, Some(long)) => format!("--{long}{values}"),
        (Some(short), None) => format!("-{short}{values}"),
        (None, None) => values.trim().to_string(),
    };
    let needed = if arg.is_required_set() { " Required." } else { "" };
    let possible: Vec<String> =
        arg.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    let possible = match takes && !possible.is_empty() {
        true => format!(" One of {}.", possible.join(", ")),
        false => String::new(),
    };
    let defaults: Vec<String> =
        arg.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy())).collect();
    let default = match takes && !defaults.is_empty() {
        true => format!(" Default: {}.", defaults.join(", ")),
        false => String::new(),
    };
    format!("* `{spelled}`: {}.{needed}{possible}{default}\n", text(arg.get_long_help().or(arg.get_help())))
}

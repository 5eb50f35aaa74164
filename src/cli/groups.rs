//! What belongs to one command line but to no single command: groups of commands, and examples.

use clap::Command;

/// Commands that belong together, in the order of the help.
const GROUPS: [(&str, &[&str]); 4] = [
    ("From a model to a build", &["fetch", "model", "check", "quantize", "fit", "plan", "explore", "generate"]),
    ("Without a board", &["demo", "simulate", "verify", "eval", "report", "view"]),
    ("On a board", &["flash", "run", "dump", "selftest", "top", "serve"]),
    ("This program", &["doctor", "completions", "man", "schema", "help"]),
];

/// Examples of commands, as they are typed behind `systole`.
const EXAMPLES: [(&str, &[&str]); 22] = [
    ("check", &["check squeezenet.onnx", "check net.caffemodel --prototxt deploy.prototxt --json"]),
    (
        "quantize",
        &[
            "quantize digits.onnx --calibrate pictures --preprocess grey -o digits.net",
            "quantize squeezenet.onnx --calibrate pictures --preprocess torchvision --codebook 6 -o small.net",
            "quantize squeezenet.onnx --calibrate pictures --preprocess torchvision --budget 500KB -o small.net",
        ],
    ),
    (
        "fit",
        &[
            "fit squeezenet.onnx --calibrate pictures --preprocess torchvision",
            "fit digits.onnx --calibrate pictures --preprocess grey --board pynq-z2 ulx3s-85f --output networks",
        ],
    ),
    (
        "plan",
        &[
            "plan digits.net --board ulx3s-85f",
            "plan small.net --board pynq-z2 --max-dsp 100% --html plan.html",
            "plan digits.net --board ulx3s-85f --trace trace.json",
        ],
    ),
    ("explore", &["explore digits.net --board pynq-z2 ulx3s-85f --html front.html"]),
    ("generate", &["generate digits.net --board ulx3s-85f -o build/first"]),
    (
        "simulate",
        &[
            "simulate build/first --image pictures --top 3",
            "simulate build/first --image four.png --vcd waves.vcd --to 5000",
            "simulate build/first --image four.png --trace trace.json",
        ],
    ),
    ("verify", &["verify build/first --image pictures --stalls 20"]),
    (
        "run",
        &[
            "run --device uart:/dev/ttyUSB0 --build build/first --image pictures",
            "run --device sim:build/first --image pictures --json",
        ],
    ),
    ("dump", &["dump --device sim:build/first --layer conv1 --image four.png -o conv1.npy"]),
    ("eval", &["eval digits.net --images pictures --labels labels.csv -o answers.json"]),
    (
        "report",
        &[
            "report build/first -o first.html",
            "report build/first --images pictures --labels labels.csv --model squeezenet.onnx -o first.html",
        ],
    ),
    ("view", &["view build/first", "view build/first --device uart:/dev/ttyUSB0 --port 8080"]),
    ("selftest", &["selftest --device uart:/dev/ttyUSB0 --build build/first"]),
    ("serve", &["serve --device uart:/dev/ttyUSB0 --build build/first"]),
    ("top", &["top --device tcp:127.0.0.1:7887 --build build/first"]),
    ("fetch", &["fetch squeezenet1.1 -o models"]),
    ("flash", &["flash systole.bit --board ulx3s-85f"]),
    ("model", &["model squeezenet --classes 10 --input 224 -o ten.onnx"]),
    ("completions", &["completions bash"]),
    ("man", &["man -o man"]),
    ("schema", &["schema -o schema.json"]),
];

/// The command line with its commands in groups, and examples.
pub fn grouped(command: Command) -> Command {
    let mut command = command;
    let width = command.get_subcommands().map(|sub| sub.get_name().len()).max().unwrap_or_default();
    let mut text = String::new();
    for (title, names) in GROUPS {
        text += &format!("{title}:\n");
        for name in names {
            let about = command.find_subcommand(name).and_then(Command::get_about);
            let about = about.map_or("Print this help, or that of a command".to_string(), ToString::to_string);
            text += &format!("  {name:width$}  {about}\n");
        }
        text += "\n";
    }
    command = command.mut_subcommands(|sub| {
        let found = EXAMPLES.iter().find(|(name, _)| *name == sub.get_name());
        match found {
            Some((_, lines)) => sub.after_help(examples(lines)),
            None => sub,
        }
    });
    command.help_template(format!("{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{text}{{options}}"))
}

fn examples(lines: &[&str]) -> String {
    let lines = lines.iter().map(|line| format!("  systole {line}\n"));
    format!("Examples:\n{}", lines.collect::<String>()).trim_end().to_string()
}

#[cfg(test)]
mod tests {
    use super::{EXAMPLES, GROUPS};
    use crate::cli::Cli;
    use clap::{CommandFactory, Parser};
    use std::collections::BTreeSet;

    #[test]
    fn every_command_is_in_one_group() {
        let grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let command = Cli::command();
        let known: BTreeSet<&str> = command.get_subcommands().map(|sub| sub.get_name()).chain(["help"]).collect();
        assert_eq!(grouped.iter().copied().collect::<BTreeSet<_>>(), known);
        assert_eq!(grouped.len(), known.len());
    }

    #[test]
    fn every_example_is_understood() {
        for (name, lines) in EXAMPLES {
            for line in lines {
                let words = std::iter::once("systole").chain(line.split(' '));
                Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{line}: {error}"));
                assert_eq!(line.split(' ').next(), Some(name));
            }
        }
    }
}

//! `src` shows the commands at first sight: a file each, and nothing else but what all of them are run by.

use crate::root;
use std::collections::BTreeSet;
use std::fs;

/// The command as a whole: its entry, its library, the list of commands, what keeps them from their work; and their steps for
/// other programs.
const WHOLE: [&str; 5] = ["cli", "error", "lib", "library", "main"];

#[test]
fn every_file_of_src_is_a_command() {
    let entries = fs::read_dir(root().join("src")).expect("the folder").map(|entry| entry.expect("an entry").path());
    let files = entries.filter(|path| path.is_file());
    let names = files.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()));
    let found: BTreeSet<String> = names.filter(|name| !WHOLE.contains(&name.as_str())).collect();
    let command = systole::command();
    let wanted = command.get_subcommands().map(|command| command.get_name().to_string()).collect();
    assert_eq!(found, wanted);
}

//! Makes the table of the project's boards for `src/boards.rs`: name and text of every board file in this folder. And says of which
//! commit the program is.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDER: &str = "constraints";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FOLDER}");
    let root = std::env::var("CARGO_MANIFEST_DIR")?;
    let output = std::env::var("OUT_DIR")?;
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(Path::new(&root).join(FOLDER))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            files.push(path);
        }
    }
    files.sort();
    let rows: String = files.iter().filter_map(|path| row(path)).collect();
    println!("cargo::rustc-env=SYSTOLE_VERSION={}{}", std::env::var("CARGO_PKG_VERSION")?, commit(Path::new(&root)));
    fs::write(Path::new(&output).join("boards.rs"), format!("&[\n{rows}]\n"))?;
    Ok(())
}

fn row(path: &Path) -> Option<String> {
    let name = path.file_stem()?.to_str()?;
    Some(format!("    ({name:?}, include_str!({path:?})),\n"))
}

/// ` (commit)`, or nothing outside of a checkout.
fn commit(root: &Path) -> String {
    let git = root.join(".git");
    // What changes with every commit; a clone of one has no log.
    for file in ["HEAD", "logs/HEAD"].map(|name| git.join(name)).iter().filter(|file| file.exists()) {
        println!("cargo::rerun-if-changed={}", file.display());
    }
    let head = Command::new("git").arg("-C").arg(root).args(["rev-parse", "--short=10", "HEAD"]).output();
    let head = head.ok().filter(|output| git.exists() && output.status.success());
    head.map_or_else(String::new, |output| format!(" ({})", String::from_utf8_lossy(&output.stdout).trim()))
}

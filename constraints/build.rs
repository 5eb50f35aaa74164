//! Makes the table of the project's boards for `src/boards.rs`: name and text of every board file in this folder.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

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
    fs::write(Path::new(&output).join("boards.rs"), format!("&[\n{rows}]\n"))?;
    Ok(())
}

fn row(path: &Path) -> Option<String> {
    let name = path.file_stem()?.to_str()?;
    Some(format!("    ({name:?}, include_str!({path:?})),\n"))
}

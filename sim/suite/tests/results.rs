//! The table of the page of results is what the bench measured.

#[path = "../benches/machine/table.rs"]
#[allow(dead_code)]
mod table;

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use table::{Measured, PAGE};

type Failure = Box<dyn Error + Send + Sync>;

fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// `make bench` writes both; where only the file was changed, any group of it writes the page.
#[test]
fn the_page_has_what_was_measured() {
    let page = fs::read_to_string(workspace().join(PAGE)).unwrap();
    let wanted = Measured::read().unwrap().within(&page).unwrap();
    let difference = page.lines().zip(wanted.lines()).find(|(found, wanted)| found != wanted);
    assert_eq!(difference, None, "{PAGE} has another table than measured.json");
    assert!(page == wanted, "{PAGE} has another table than measured.json");
}

//! What the targets share: the allocation bound, and inputs that are two files in one.

mod allocation;

pub use allocation::{bounded, BYTES_PER_BYTE, CONSTANT};

use std::path::Path;
use systole_model::{describe, load_bytes, unsupported, Format, LoadOptions};

/// Splits an input into a description and weights, at its first zero byte (no description holds one).
pub fn two_files(input: &[u8]) -> (String, &[u8]) {
    let at = input.iter().position(|&byte| byte == 0).unwrap_or(input.len());
    (String::from_utf8_lossy(&input[..at]).into_owned(), input.get(at + 1..).unwrap_or_default())
}

/// Imports a file within the allocation bound; what loads must also be described and checked for the machine.
pub fn import(format: Format, bytes: &[u8], prototxt: &str) {
    let options = LoadOptions { prototxt: Some("fuzz.prototxt".into()), input_size: None };
    let load = || load_bytes(Path::new("/nowhere/fuzz"), format, bytes, prototxt, &options);
    match bounded(bytes.len() + prototxt.len(), load) {
        Ok(graph) => {
            assert!(!describe(&graph).to_string().is_empty());
            unsupported(&graph);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

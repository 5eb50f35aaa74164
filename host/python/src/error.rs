//! Errors of the library as Python raises them: the message, and as attributes which error it is and what it carries.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::error::Error;
use systole_host::Damage;

/// Errors of the operating system, which say less than what carries them.
const FOREIGN: [&str; 4] = ["Os", "Custom", "Simple", "Error"];
/// What is needed and what there is of the first thing that lacks, which stand in a list of its own.
const LACKS: [&str; 2] = ["needs", "has"];
/// Depth of one level in what `{:#?}` prints.
const INDENT: &str = "    ";

/// What is to be raised, where Python's lock need not be held.
pub enum Raised {
    Told { message: String, kind: String, fields: Vec<(String, String)> },
    Damaged(Box<Damage>),
    Python(PyErr),
}

impl Raised {
    /// An error without anything but its text.
    pub fn text(message: &str) -> Self {
        Raised::Told { message: message.into(), kind: String::new(), fields: Vec::new() }
    }

    /// An error of the library: the innermost one's name, and the fields of all.
    pub fn of<E: Error>(error: &E) -> Self {
        let (kind, fields) = taken_apart(&format!("{error:#?}"));
        Raised::Told { message: error.to_string(), kind, fields }
    }
}

impl<E: Error> From<E> for Raised {
    fn from(error: E) -> Self {
        Raised::of(&error)
    }
}

/// Name and fields of an error as `{:#?}` prints it: `Outer { path: "x", source: Inner { found: 3 } }` on lines of their own.
fn taken_apart(printed: &str) -> (String, Vec<(String, String)>) {
    let (mut kind, mut fields, mut depth) = (String::new(), Vec::new(), 0);
    for line in printed.lines() {
        let text = line.trim_start_matches(INDENT);
        let level = (line.len() - text.len()) / INDENT.len();
        let opens = text.trim_end().ends_with(['{', '(', '[']);
        let (key, value) = text.trim_end_matches(',').split_once(": ").unwrap_or(("", text.trim_end_matches(',')));
        let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        let name: String = value.chars().take_while(char::is_ascii_alphanumeric).collect();
        let is_error = name.starts_with(|c: char| c.is_ascii_uppercase()) && (key.is_empty() || key == "source");
        if level > depth {
            if LACKS.contains(&key) && !fields.iter().any(|(known, _)| known == key) {
                fields.push((key.to_string(), plain(value)));
            }
            continue;
        }
        if is_error && (opens || level == 0) {
            if FOREIGN.contains(&name.as_str()) {
                break;
            }
            kind = name;
            depth = level + 1;
        } else if is_key && !opens {
            fields.push((key.to_string(), plain(value)));
        }
    }
    (kind, fields)
}

/// A value without what Rust prints around texts.
fn plain(value: &str) -> String {
    let value = value.strip_prefix("Some(").and_then(|inner| inner.strip_suffix(')')).unwrap_or(value);
    serde_json::from_str(value).unwrap_or_else(|_| value.to_string())
}

impl From<Raised> for PyErr {
    fn from(raised: Raised) -> Self {
        Python::attach(|py| raise(py, raised).unwrap_or_else(|error| error))
    }
}

fn raise(py: Python, raised: Raised) -> PyResult<PyErr> {
    let errors = py.import("systole._errors")?;
    let keywords = PyDict::new(py);
    let (class, message) = match raised {
        Raised::Python(error) => return Ok(error),
        Raised::Told { message, kind, fields } => {
            keywords.set_item("kind", kind)?;
            keywords.set_item("fields", fields)?;
            ("SystoleError", message)
        }
        Raised::Damaged(damage) => {
            let (found, wanted) = damage.memories.first().map_or((0, 0), |first| (first.found, first.wanted));
            keywords.set_item("memory", damage.names())?;
            keywords.set_item("crc", (found, wanted))?;
            keywords.set_item("doubtful", (damage.doubtful.start, damage.doubtful.end))?;
            keywords.set_item("repaired", damage.repaired)?;
            ("MemoryDamaged", damage.to_string())
        }
    };
    let error = errors.getattr(class)?.call((message,), Some(&keywords))?;
    Ok(PyErr::from_value(error))
}

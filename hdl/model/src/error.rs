//! What can be wrong with a model file: one error, and the list of problems of a file that could be read.

use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

/// One thing in a model file that cannot be used, and what could be used in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Layer or node, by its name in the file; empty for the file as a whole.
    pub node: String,
    /// Operator as the file spells it.
    pub operator: String,
    /// Attribute, input or blob of the node, where one is to blame.
    pub attribute: Option<String>,
    pub why: String,
    /// The nearest form that is supported.
    pub nearest: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let node = if self.node.is_empty() { "(file)" } else { &self.node };
        write!(f, "{node} ({})", self.operator)?;
        if let Some(attribute) = &self.attribute {
            write!(f, ", {attribute}")?;
        }
        write!(f, ": {}; supported: {}", self.why, self.nearest)
    }
}

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path} has {found} bytes; model files of up to {limit} bytes are read")]
    FileTooLarge { path: PathBuf, found: u64, limit: u64 },
    #[error("{path} is no model file that is known: wanted {wanted}, found {found}")]
    UnknownFormat { path: PathBuf, wanted: String, found: String },
    #[error("{path} is an integer network already; it goes to systole plan, not through check or quantize")]
    IntegerNetwork { path: PathBuf },
    #[error("{path} is not a whole {format} file (truncated or corrupt): {why}; fetch or export it again")]
    Corrupt { path: PathBuf, format: &'static str, why: String },
    #[error("{path}:{line}: wanted {wanted}, found {found}")]
    Prototxt { path: PathBuf, line: usize, wanted: String, found: String },
    #[error("{path} holds weights only; name its network description as well, for example --prototxt deploy.prototxt")]
    PrototxtMissing { path: PathBuf },
    #[error("the model has {} problem(s):{}", .0.len(), bullets(.0))]
    Problems(Vec<Problem>),
    #[error("{what}: wanted {wanted} values, found {found}")]
    Length { what: String, wanted: usize, found: usize },
    #[error("{what} is {found}; wanted {wanted}")]
    DesignSpace { what: &'static str, found: String, wanted: String },
    #[error("unknown preprocessing '{found}'; known: {known}")]
    UnknownPreprocess { found: String, known: String },
}

fn bullets(problems: &[Problem]) -> String {
    problems.iter().map(|p| format!("\n  - {p}")).collect()
}

//! What can be wrong with a model file: one error, and the list of problems of a file that could be read.

use serde::Serialize;
use std::collections::BTreeMap;
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

/// Problems that the same form would solve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ProblemKind<'a> {
    pub operator: &'a str,
    pub attribute: Option<&'a str>,
    /// Nodes of the kind, and the first of them in the file.
    pub count: usize,
    pub first: &'a str,
    pub nearest: &'a str,
}

/// The kinds of problems, in the order of their first nodes.
pub fn kinds(problems: &[Problem]) -> Vec<ProblemKind<'_>> {
    counted(problems)
        .into_iter()
        .map(|(first, count)| ProblemKind {
            operator: &first.operator,
            attribute: first.attribute.as_deref(),
            count,
            first: &first.node,
            nearest: &first.nearest,
        })
        .collect()
}

/// Problems for people: those of one kind together, by their first node.
pub fn grouped(problems: &[Problem]) -> Vec<String> {
    let text = |(first, count): (&Problem, usize)| match (count, &first.attribute) {
        (1, _) => first.to_string(),
        (_, None) => format!("{}: {count} nodes (first: {first})", first.operator),
        (_, Some(attribute)) => format!("{}, {attribute}: {count} nodes (first: {first})", first.operator),
    };
    counted(problems).into_iter().map(text).collect()
}

/// The first problem of every kind, and how many there are.
fn counted(problems: &[Problem]) -> Vec<(&Problem, usize)> {
    let kind = |p: &Problem| (p.operator.clone(), p.attribute.clone(), p.nearest.clone());
    let mut kinds: Vec<(&Problem, usize)> = Vec::new();
    let mut places = BTreeMap::new();
    for problem in problems {
        let place = *places.entry(kind(problem)).or_insert_with(|| {
            kinds.push((problem, 0));
            kinds.len() - 1
        });
        kinds[place].1 += 1;
    }
    kinds
}

/// Text from a file as it may be printed: control characters and those that turn the direction of writing are spelt out.
pub(crate) fn printable(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let spelt =
        |c: char| if hidden(c) { c.escape_unicode().to_string().replace(['{', '}'], "") } else { c.to_string() };
    text.chars().map(spelt).collect()
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
}

pub(crate) fn bullets(problems: &[Problem]) -> String {
    grouped(problems).iter().map(|p| format!("\n  - {p}")).collect()
}

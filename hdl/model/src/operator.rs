//! An operator of a format, how far it is supported, and what imports it.

use serde::Serialize;
use std::fmt;

/// How an operator is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Support {
    /// By the machine.
    Yes,
    /// Into another operator, when the file is read; nothing of it is left to do.
    Folded,
    /// By the host, behind the machine.
    Host,
    No,
}

/// An operator of one format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Operator {
    /// What it computes, the same words in every format.
    pub concept: &'static str,
    /// As the format spells it.
    pub name: &'static str,
    pub support: Support,
    /// What is taken, or the nearest supported form.
    pub form: &'static str,
}

/// An operator and what reads it, of a format whose importer's functions are `F`.
pub(crate) struct Entry<F> {
    pub operator: Operator,
    /// `None` for what is known and cannot be imported.
    pub import: Option<F>,
}

pub(crate) const fn entry<F: Copy>(
    concept: &'static str,
    name: &'static str,
    support: Support,
    form: &'static str,
    import: F,
) -> Entry<F> {
    Entry { operator: Operator { concept, name, support, form }, import: Some(import) }
}

pub(crate) const fn no<F: Copy>(concept: &'static str, name: &'static str, form: &'static str) -> Entry<F> {
    Entry { operator: Operator { concept, name, support: Support::No, form }, import: None }
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Support::Yes => "yes",
            Support::Folded => "folded",
            Support::Host => "host",
            Support::No => "no",
        })
    }
}

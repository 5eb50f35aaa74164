//! What can keep a report from being made.

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    #[error("cannot draw the map: {why}")]
    Picture { why: String },
}

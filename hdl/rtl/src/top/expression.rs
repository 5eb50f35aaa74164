//! What drives a port: a wire, some of its bits, a constant, or several of these side by side.

use std::fmt::{Display, Formatter};

/// A Verilog expression without operators; its text is [`Display`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    Wire(String),
    /// Bits `low..=high` of a wire.
    Bits {
        wire: String,
        high: usize,
        low: usize,
    },
    Constant {
        value: u64,
        width: usize,
    },
    /// Side by side, the first the most significant.
    Concat(Vec<Expr>),
}

/// Bits `low..=high` of `wire`.
pub fn bits(wire: impl Into<String>, high: usize, low: usize) -> Expr {
    Expr::Bits { wire: wire.into(), high, low }
}

/// `width` bits (1 to 64) of `value`.
pub fn constant(value: u64, width: usize) -> Expr {
    Expr::Constant { value, width }
}

/// Side by side, the first the most significant.
pub fn concat<E: Into<Expr>>(parts: impl IntoIterator<Item = E>) -> Expr {
    Expr::Concat(parts.into_iter().map(Into::into).collect())
}

impl From<&str> for Expr {
    /// `name`, `name[bit]` or `name[high:low]`; anything else is taken as a name, which the top will then not know.
    fn from(text: &str) -> Expr {
        parse_range(text).unwrap_or_else(|| Expr::Wire(text.to_string()))
    }
}

impl From<String> for Expr {
    fn from(text: String) -> Expr {
        Expr::from(text.as_str())
    }
}

fn parse_range(text: &str) -> Option<Expr> {
    let (wire, range) = text.strip_suffix(']')?.split_once('[')?;
    let (high, low) = range.split_once(':').unwrap_or((range, range));
    Some(bits(wire, high.trim().parse().ok()?, low.trim().parse().ok()?))
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Expr::Wire(name) => write!(f, "{name}"),
            Expr::Bits { wire, high, low } if high == low => write!(f, "{wire}[{high}]"),
            Expr::Bits { wire, high, low } => write!(f, "{wire}[{high}:{low}]"),
            Expr::Constant { value, width } => write!(f, "{width}'d{value}"),
            Expr::Concat(parts) => {
                let texts: Vec<String> = parts.iter().map(Expr::to_string).collect();
                write!(f, "{}", join(&texts))
            }
        }
    }
}

/// `{a, b}`, or `{2{a}}` for equal parts.
pub(crate) fn join(parts: &[String]) -> String {
    match parts {
        [first, rest @ ..] if !rest.is_empty() && rest.iter().all(|p| p == first) => {
            let bare = first.strip_prefix('{').and_then(|p| p.strip_suffix('}')).filter(|p| !p.contains('{'));
            format!("{{{}{{{}}}}}", parts.len(), bare.unwrap_or(first))
        }
        _ => format!("{{{}}}", parts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_expression_agree() {
        for text in ["prog_word", "prog_word[11:4]", "prog_word[0]"] {
            assert_eq!(Expr::from(text).to_string(), text);
        }
        let joined = concat([constant(5, 3), "a[7:6]".into(), "b".into()]);
        assert_eq!(joined.to_string(), "{3'd5, a[7:6], b}");
        assert_eq!(concat([joined.clone(), joined]).to_string(), "{2{3'd5, a[7:6], b}}");
        assert_eq!(concat(["a"]).to_string(), "{a}");
    }

    #[test]
    fn malformed_ranges_stay_names() {
        assert_eq!(Expr::from("a[x]"), Expr::Wire("a[x]".into()));
        assert_eq!(Expr::from("a[1:2:3]"), Expr::Wire("a[1:2:3]".into()));
    }
}

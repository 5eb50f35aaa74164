//! Attributes of a prototxt layer, read with their types; what is wrong is reported and `None` comes back.

use super::text::{Content, Field, Message};
use crate::builder::{Builder, Site};

/// Largest count, size, stride or padding that is believed.
const MAX_EXTENT: usize = 1 << 24;

impl Message {
    /// Contents of all fields of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Content> + 'a {
        self.fields.iter().filter(move |f| f.name == name).map(|f| &f.content)
    }

    /// Quoted texts of all fields of that name.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        let texts = self.fields.iter().filter(|f| f.name == name);
        texts.filter_map(|f| if let Content::Text(text) = &f.content { Some(text.as_str()) } else { None }).collect()
    }

    /// Text or word of the last field of that name, which is the one that counts.
    pub fn last_word(&self, name: &str) -> Option<&str> {
        self.fields.iter().rev().find(|f| f.name == name).and_then(|f| match &f.content {
            Content::Text(word) | Content::Word(word) => Some(word.as_str()),
            Content::Message(_) => None,
        })
    }
}

/// The `..._param` message of a layer; empty where the layer has none.
pub(crate) struct Params<'a> {
    site: Site<'a>,
    fields: Vec<&'a Field>,
}

impl<'a> Params<'a> {
    /// Merges all messages called `name` and reports fields that are not in `known`.
    pub fn new(builder: &mut Builder, site: Site<'a>, layer: &'a Message, name: &'static str, known: &[&str]) -> Self {
        let messages = layer.fields.iter().filter(|f| f.name == name).filter_map(|f| match &f.content {
            Content::Message(message) => Some(message),
            _ => None,
        });
        let fields: Vec<&Field> = messages.flat_map(|m| &m.fields).collect();
        for field in fields.iter().filter(|f| !known.contains(&f.name.as_str())) {
            builder.report(site, &field.name, format!("unknown in {name}"), known.join(", "));
        }
        Params { site, fields }
    }

    /// Words of all fields of that name, or a report.
    fn words(&self, builder: &mut Builder, name: &str) -> Option<Vec<&'a str>> {
        let found = self.fields.iter().filter(|f| f.name == name);
        let words: Option<Vec<&str>> = found
            .map(|f| match &f.content {
                Content::Word(word) => Some(word.as_str()),
                _ => None,
            })
            .collect();
        if words.is_none() {
            builder.report(self.site, name, "is a text or a message", "a number or a name");
        }
        words
    }

    /// The last word of that name; `None` inside where the field is absent.
    pub fn word(&self, builder: &mut Builder, name: &str) -> Option<Option<&'a str>> {
        Some(self.words(builder, name)?.last().copied())
    }

    fn number(&self, builder: &mut Builder, name: &str, word: &str) -> Option<usize> {
        let number = word.parse().ok().filter(|n| *n <= MAX_EXTENT);
        if number.is_none() {
            builder.report(self.site, name, format!("is {word}"), format!("a whole number of 0 to {MAX_EXTENT}"));
        }
        number
    }

    /// All numbers of a repeated field.
    pub fn numbers(&self, builder: &mut Builder, name: &str) -> Option<Vec<usize>> {
        let words = self.words(builder, name)?;
        words.iter().map(|w| self.number(builder, name, w)).collect()
    }

    /// All finite numbers of a repeated field.
    pub fn reals(&self, builder: &mut Builder, name: &str) -> Option<Vec<f32>> {
        let words = self.words(builder, name)?;
        let numbers: Option<Vec<f32>> = words.iter().map(|w| w.parse().ok().filter(|n: &f32| n.is_finite())).collect();
        if numbers.is_none() {
            builder.report(self.site, name, format!("is {}", words.join(", ")), "finite numbers");
        }
        numbers
    }

    /// A number that may be absent.
    pub fn optional(&self, builder: &mut Builder, name: &str) -> Option<Option<usize>> {
        Some(self.numbers(builder, name)?.last().copied())
    }

    /// A number that must be there.
    pub fn required(&self, builder: &mut Builder, name: &str) -> Option<usize> {
        let number = self.optional(builder, name)?;
        if number.is_none() {
            builder.report(self.site, name, "is missing", "a whole number");
        }
        number
    }

    /// A truth value.
    pub fn flag(&self, builder: &mut Builder, name: &str, default: bool) -> Option<bool> {
        match self.word(builder, name)? {
            None => Some(default),
            Some("true" | "True" | "t" | "1") => Some(true),
            Some("false" | "False" | "f" | "0") => Some(false),
            Some(other) => {
                builder.report(self.site, name, format!("is {other}"), "true or false");
                None
            }
        }
    }

    /// `[vertical, horizontal]`: from `both` (once or twice), or from the two single fields.
    pub fn pair(
        &self,
        builder: &mut Builder,
        both: &str,
        singles: [&str; 2],
        default: Option<usize>,
    ) -> Option<[usize; 2]> {
        let numbers = self.numbers(builder, both)?;
        let vertical = self.optional(builder, singles[0])?;
        let horizontal = self.optional(builder, singles[1])?;
        match (numbers.as_slice(), vertical, horizontal, default) {
            ([n], None, None, _) => Some([*n, *n]),
            ([v, h], None, None, _) => Some([*v, *h]),
            ([], Some(v), Some(h), _) => Some([v, h]),
            ([], None, None, Some(n)) => Some([n, n]),
            ([], v, h, Some(n)) => Some([v.unwrap_or(n), h.unwrap_or(n)]),
            _ => {
                let single = |name: &str, n: Option<usize>| n.map_or(String::new(), |n| format!(", {name}: {n}"));
                let (first, second) = (single(singles[0], vertical), single(singles[1], horizontal));
                let why = format!("is given as {numbers:?}{first}{second}");
                let nearest = format!("one or two of {both}, or both {} and {}", singles[0], singles[1]);
                builder.report(self.site, both, why, nearest);
                None
            }
        }
    }
}

//! Attributes of an ONNX node, read with their types; what is wrong is reported and `None` comes back.

use super::message::{attribute_kind, Attribute};
use crate::builder::{Builder, Site};

/// Largest size, stride or padding that is believed.
const MAX_EXTENT: i64 = 1 << 24;

pub(crate) struct Attributes<'a> {
    site: Site<'a>,
    list: &'a [Attribute],
}

impl<'a> Attributes<'a> {
    /// Reports attributes that are not in `known`.
    pub fn new(builder: &mut Builder, site: Site<'a>, list: &'a [Attribute], known: &[&str]) -> Self {
        for attribute in list.iter().filter(|a| !known.contains(&a.name.as_str())) {
            builder.report(site, &attribute.name, "unknown attribute", format!("one of: {}", known.join(", ")));
        }
        Attributes { site, list }
    }

    /// The attribute if it is there and of that kind; a report if it is of another kind.
    fn find(&self, builder: &mut Builder, name: &str, kind: i32) -> Option<Option<&'a Attribute>> {
        match self.list.iter().find(|a| a.name == name) {
            Some(a) if a.kind != kind && a.kind != 0 => {
                builder.report(self.site, name, format!("has attribute type {}", a.kind), format!("type {kind}"));
                None
            }
            found => Some(found),
        }
    }

    pub fn int(&self, builder: &mut Builder, name: &str, default: i64) -> Option<i64> {
        Some(self.find(builder, name, attribute_kind::INT)?.map_or(default, |a| a.i))
    }

    pub fn float(&self, builder: &mut Builder, name: &str, default: f32) -> Option<f32> {
        Some(self.find(builder, name, attribute_kind::FLOAT)?.map_or(default, |a| a.f))
    }

    pub fn text(&self, builder: &mut Builder, name: &str, default: &str) -> Option<String> {
        let found = self.find(builder, name, attribute_kind::STRING)?;
        Some(found.map_or(default.to_string(), |a| String::from_utf8_lossy(&a.s).into_owned()))
    }

    pub fn ints(&self, builder: &mut Builder, name: &str) -> Option<Option<&'a [i64]>> {
        Some(self.find(builder, name, attribute_kind::INTS)?.map(|a| a.ints.as_slice()))
    }

    pub fn floats(&self, builder: &mut Builder, name: &str) -> Option<Option<&'a [f32]>> {
        Some(self.find(builder, name, attribute_kind::FLOATS)?.map(|a| a.floats.as_slice()))
    }

    /// `N` sizes; `default` where the attribute is absent, a report where that is `None`.
    pub fn sizes<const N: usize>(
        &self,
        builder: &mut Builder,
        name: &str,
        default: Option<[usize; N]>,
    ) -> Option<[usize; N]> {
        let Some(ints) = self.ints(builder, name)? else {
            if default.is_none() {
                builder.report(self.site, name, "is missing", format!("{N} whole numbers"));
            }
            return default;
        };
        let sizes = sizes(ints).and_then(|s| s.try_into().ok());
        if sizes.is_none() {
            builder.report(self.site, name, format!("is {ints:?}"), format!("{N} whole numbers of 0 to {MAX_EXTENT}"));
        }
        sizes
    }

    /// Whether the attribute is absent or `wanted` (all of them, in a list); a report where it is not.
    pub fn expect(&self, builder: &mut Builder, name: &str, wanted: i64) -> bool {
        self.expect_or(builder, name, wanted, &format!("{name} = {wanted}"))
    }

    /// The same, with the nearest supported form.
    pub fn expect_or(&self, builder: &mut Builder, name: &str, wanted: i64, nearest: &str) -> bool {
        let Some(attribute) = self.list.iter().find(|a| a.name == name) else { return true };
        let list = attribute.kind == attribute_kind::INTS || !attribute.ints.is_empty();
        let found = if list { attribute.ints.as_slice() } else { std::slice::from_ref(&attribute.i) };
        let as_wanted = found.iter().all(|&v| v == wanted);
        if !as_wanted {
            builder.report(self.site, name, format!("is {found:?}"), nearest);
        }
        as_wanted
    }
}

/// All as sizes, if they are.
pub(crate) fn sizes(ints: &[i64]) -> Option<Vec<usize>> {
    let small = |&i: &i64| if i <= MAX_EXTENT { usize::try_from(i).ok() } else { None };
    ints.iter().map(small).collect()
}

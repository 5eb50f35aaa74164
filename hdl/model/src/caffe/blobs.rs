//! Weights of a `.caffemodel` by layer name, checked against the shapes that the network description asks for.

use super::message::{Blob, Net};
use crate::builder::{Builder, Site};
use prost::Message as _;
use std::collections::{BTreeMap, BTreeSet};

/// Layer name to its blobs, with the names that occur twice and those that were taken.
pub(crate) struct BlobTable {
    layers: BTreeMap<String, Vec<Blob>>,
    repeated: BTreeSet<String>,
    taken: BTreeSet<String>,
}

impl BlobTable {
    /// Decodes a whole file. Allocates no more than the file accounts for.
    pub fn decode(bytes: &[u8]) -> Result<Self, prost::DecodeError> {
        let net = Net::decode(bytes)?;
        let new = net.layers.into_iter().map(|l| (l.name, l.blobs));
        let old = net.v1_layers.into_iter().map(|l| (l.name, l.blobs));
        let mut table = BlobTable { layers: BTreeMap::new(), repeated: BTreeSet::new(), taken: BTreeSet::new() };
        for (name, blobs) in new.chain(old).filter(|(_, blobs)| !blobs.is_empty()) {
            let name = name.unwrap_or_default();
            if table.layers.insert(name.clone(), blobs).is_some() {
                table.repeated.insert(name);
            }
        }
        Ok(table)
    }

    /// Takes blob `index` of the layer, which must have the given shape (leading ones aside) and finite values.
    pub fn take(&mut self, builder: &mut Builder, site: Site, index: usize, shape: &[usize]) -> Option<Vec<f32>> {
        let attribute = format!("blob {index}");
        let wanted = format!("{shape:?} finite values");
        if self.repeated.contains(site.node) {
            builder.report(site, &attribute, "two layers of the caffemodel have this name", "one layer of each name");
            return None;
        }
        self.taken.insert(site.node.to_string());
        let Some(blob) = self.layers.get_mut(site.node).and_then(|blobs| blobs.get_mut(index)) else {
            let why = match self.count(site.node) {
                0 => "is missing: the caffemodel has no weights for a layer of this name".to_string(),
                count => format!("is missing: the caffemodel has {count} for this layer"),
            };
            builder.report(site, &attribute, why, wanted);
            return None;
        };
        if let Some(why) = shape_fault(blob, shape) {
            builder.report(site, &attribute, why, wanted);
            return None;
        }
        builder.reserve_parameters(site, blob.count())?;
        let values = std::mem::take(blob).into_values();
        if let Some((i, value)) = values.iter().enumerate().find(|(_, v)| !v.is_finite()) {
            builder.report(site, &attribute, format!("value {i} is {value}"), wanted);
            return None;
        }
        Some(values)
    }

    /// Number of blobs of a layer.
    pub fn count(&self, layer: &str) -> usize {
        self.layers.get(layer).map_or(0, Vec::len)
    }

    /// Layers with weights that nobody took.
    pub fn unused(&self) -> Vec<&str> {
        self.layers.keys().filter(|name| !self.taken.contains(*name)).map(String::as_str).collect()
    }
}

impl Blob {
    fn count(&self) -> usize {
        self.data.len().max(self.double_data.len())
    }

    fn into_values(self) -> Vec<f32> {
        if self.data.is_empty() {
            return self.double_data.into_iter().map(|v| v as f32).collect();
        }
        self.data
    }

    /// As written: the shape, or the four numbers of old files.
    fn dims(&self) -> Vec<i64> {
        match &self.shape {
            Some(shape) => shape.dim.clone(),
            None => {
                [self.num, self.channels, self.height, self.width].iter().flatten().map(|&d| i64::from(d)).collect()
            }
        }
    }
}

/// Why the blob does not have the wanted shape.
fn shape_fault(blob: &Blob, wanted: &[usize]) -> Option<String> {
    let dims = blob.dims();
    let found: Vec<i64> = dims.iter().copied().skip_while(|&d| d == 1).collect();
    let want: Vec<usize> = wanted.iter().copied().skip_while(|&d| d == 1).collect();
    let same = found.len() == want.len() && found.iter().zip(&want).all(|(&f, &w)| usize::try_from(f) == Ok(w));
    if !same && !dims.is_empty() {
        return Some(format!("has shape {dims:?}"));
    }
    let count = wanted.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
    (count != Some(blob.count())).then(|| format!("has {} values", blob.count()))
}

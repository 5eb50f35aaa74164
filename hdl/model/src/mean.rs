//! Global averages that a quantised file stores between two ends: at the end of the network the host cuts what lies beyond,
//! anything else works on the pixel of the average, which saturates.

use crate::builder::{Builder, Site, Value, View};
use crate::given::Quantisation;
use crate::graph::NodeId;
use crate::host::{LEFT, SATURATES};
use crate::stored_mean::StoredMean;

impl Builder {
    /// Stores a global average between `ends`: an average of its own, as others may read it as it was.
    pub fn store_mean(
        &mut self,
        site: Site,
        value: Value,
        quantisation: Option<Quantisation>,
        ends: [f32; 2],
    ) -> Option<Value> {
        let by = [site.node, site.operator].map(str::to_string);
        let stored = match self.means.get(&value.node) {
            // The host cuts once, where the file does so first.
            Some(first) => {
                let ends = first.ends.map(|end| end.max(ends[0]).min(ends[1]));
                StoredMean { ends, quantisation, ..first.clone() }
            }
            None => StoredMean { plain: value.node, ends, quantisation, by },
        };
        self.mean_as_stored(site, value, stored)
    }

    fn mean_as_stored(&mut self, site: Site, value: Value, stored: StoredMean) -> Option<Value> {
        let plain = self.nodes[stored.plain].clone();
        let [least, most] = stored.ends;
        let range = self.range_of(value).map(|end| end.max(least).min(most));
        let copy = self.insert(Site { node: &plain.name, ..site }, plain.op, plain.inputs, plain.shape, range)?;
        self.means.insert(copy.node, stored);
        Some(Value { view: value.view, ..copy })
    }

    /// `average`, stored as `before` is, which it takes the place of.
    pub fn stored_like(&mut self, site: Site, before: NodeId, average: Value) -> Option<Value> {
        match self.means.get(&before).cloned() {
            Some(stored) => self.mean_as_stored(site, average, StoredMean { plain: average.node, ..stored }),
            None => Some(average),
        }
    }

    /// The average as a pixel, which saturates.
    pub(super) fn stored_pixel(&mut self, site: Site, stored: &StoredMean) -> Option<Value> {
        let pixel = self.as_pixel(site, Value { node: stored.plain, view: View::Map })?;
        let name = format!("{}_saturated", self.nodes[stored.plain].name);
        let cut = self.saturate(Site { node: &name, ..site }, pixel, stored.ends)?;
        if cut.node != pixel.node {
            self.nodes[cut.node].given.result = stored.quantisation;
        }
        Some(cut)
    }

    /// Leaves to the host what storage cuts off the average that is the scores.
    pub fn cut_by_host(&mut self, scores: Value) {
        let Some(StoredMean { ends: [least, most], by: [node, operator], .. }) = self.means.get(&scores.node).cloned()
        else {
            return;
        };
        if !matches!(scores.view, View::Scores(_)) {
            self.note(Site { node: &node, operator: &operator }, &saturation_of_host(least, most));
        }
    }
}

/// What the host does with scores that the file stores between two ends.
pub(crate) fn saturation_of_host(least: f32, most: f32) -> String {
    format!("{LEFT}{SATURATES}{least}..{most}; it does not round, keeps the order of the classes, and those beyond an end are equal")
}

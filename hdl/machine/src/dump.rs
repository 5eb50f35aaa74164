//! What the result of a dump holds: activations of one lane of a layer, in the order in which the machine computes them.

use crate::plan::Draft;
use crate::tables::LayerEntry;
use systole_net::Trace;

/// Activations in a result beat, of a layer that is not summed: its bytes.
const BYTES: usize = 4;

/// Activations of one lane, from one on: as many as fit into a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DumpWindow {
    /// Entry of the plan's layer table.
    pub layer: usize,
    pub lane: usize,
    /// Number of the first: a tile after another, in each a channel after another.
    pub first: usize,
}

impl DumpWindow {
    /// Activations in a beat.
    fn per_beat(entry: &LayerEntry) -> usize {
        if entry.sum {
            1
        } else {
            BYTES
        }
    }

    /// All windows of a layer: lane after lane, then further on.
    pub fn all(plan: &Draft, layer: usize) -> Vec<DumpWindow> {
        let (entry, rows) = (&plan.layers[layer], plan.geometry.rows);
        let span = plan.classes * Self::per_beat(entry);
        let firsts = (0..entry.lane_activations(plan.geometry.cols)).step_by(span);
        firsts.flat_map(|first| (0..rows).map(move |lane| DumpWindow { layer, lane, first })).collect()
    }

    /// Numbers of its activations.
    fn numbers(&self, plan: &Draft, entry: &LayerEntry) -> std::ops::Range<usize> {
        let span = plan.classes * Self::per_beat(entry);
        self.first..(self.first + span).min(entry.lane_activations(plan.geometry.cols))
    }

    /// Channel, row, column of an activation; nothing where the lane lies in the pitch's gap or beyond the map.
    fn place(&self, plan: &Draft, entry: &LayerEntry, number: usize) -> Option<[usize; 3]> {
        let channels = entry.channels(plan.geometry.cols);
        let pixel = number / channels * plan.geometry.rows + self.lane;
        let (y, x) = (pixel / (entry.x_last + 1), pixel % (entry.x_last + 1));
        (x <= entry.ow_last && y <= entry.oh_last).then_some([number % channels, y, x])
    }

    /// The result's beats. What the machine leaves of earlier results in the last ones is 0 here.
    pub fn pack(&self, plan: &Draft, trace: &Trace) -> Vec<u32> {
        let mut beats = vec![0; plan.classes];
        let Some(entry) = plan.layers.get(self.layer) else { return beats };
        let map = &trace.layers[plan.bindings[self.layer].layer];
        let value = |number| self.place(plan, entry, number).map_or(0, |[c, y, x]| map.at(c, y, x));
        for (at, number) in self.numbers(plan, entry).enumerate() {
            let beat = &mut beats[at / Self::per_beat(entry)];
            *beat = if entry.sum { value(number) as u32 } else { *beat >> 8 | (value(number) as u32) << 24 };
        }
        beats
    }

    /// The activations in a result: channel, row, column, value.
    pub fn unpack(&self, plan: &Draft, beats: &[u32]) -> Vec<([usize; 3], i32)> {
        let entry = &plan.layers[self.layer];
        let numbers = self.numbers(plan, entry);
        let per_beat = Self::per_beat(entry);
        let activation = |number: usize| {
            let at = number - self.first;
            // A beat that is not full has its bytes at the top.
            let held = per_beat.min(numbers.len() - at / per_beat * per_beat);
            let byte = |word: u32| word.to_le_bytes()[BYTES - held + at % per_beat];
            let word = beats[at / per_beat];
            let value = match (entry.sum, entry.out_signed) {
                (true, _) => word as i32,
                (false, true) => i32::from(byte(word) as i8),
                (false, false) => i32::from(byte(word)),
            };
            Some((self.place(plan, entry, number)?, value))
        };
        numbers.clone().filter_map(activation).collect()
    }
}

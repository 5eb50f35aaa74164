//! Its streams: beats to images with the TLAST rule, results to beats.

use crate::error::CycleError;
use std::collections::VecDeque;
use systole_machine::checksum::layer_checksums;
use systole_machine::dump::DumpWindow;
use systole_machine::pins::BoxError;
use systole_machine::{Geometry, Plan};
use systole_net::{Tensor, Trace};

/// The image coming in.
#[derive(Default)]
pub struct Images {
    bytes: Vec<u8>,
    pub early: bool,
    pub late: bool,
}

impl Images {
    /// After a TLAST error beats are dropped.
    pub fn failed(&self) -> bool {
        self.early || self.late
    }

    /// The coming beat is an image's last.
    pub fn tlast_expected(&self, plan: &Plan) -> bool {
        self.bytes.len() + plan.geometry.in_bytes == plan.input.beats * plan.geometry.in_bytes
    }

    /// A beat is taken. The image, if that was its last beat.
    pub fn take(&mut self, plan: &Plan, data: u64, last: bool) -> Option<Tensor> {
        let expected = self.tlast_expected(plan);
        (self.early, self.late) = (last && !expected, !last && expected);
        if self.failed() {
            return None;
        }
        self.bytes.extend_from_slice(&data.to_le_bytes()[..plan.geometry.in_bytes]);
        if !last {
            return None;
        }
        let Geometry { rows, in_bytes, .. } = plan.geometry;
        Some(plan.input.unpack(rows, in_bytes, &std::mem::take(&mut self.bytes)))
    }
}

/// The results to come, and the checksums of the last one whose sums are complete.
#[derive(Default)]
pub struct Results {
    /// Result beats, image by image.
    waiting: VecDeque<Vec<u32>>,
    class: usize,
    /// Checksums of the images whose sums are not complete.
    coming: VecDeque<Vec<u32>>,
    complete: u64,
    checksums: Vec<u32>,
}

impl Results {
    /// An image's result: its sums, or what is dumped of it.
    pub fn push(&mut self, plan: &Plan, trace: Trace, dump: Option<DumpWindow>) -> Result<(), BoxError> {
        let (found, wanted) = (trace.sums.len(), plan.classes);
        if found != wanted {
            return Err(CycleError::Answer { what: "sums", found, wanted }.into());
        }
        let beats = match dump {
            Some(window) => window.pack(plan, &trace),
            None => trace.sums.iter().map(|&sum| sum as u32).collect(),
        };
        self.waiting.push_back(beats);
        self.coming.push_back(layer_checksums(plan, &trace));
        Ok(())
    }

    /// The beat that is offered. Fails when the machine is ahead of the images, which would be a fault of this model.
    pub fn beat(&self) -> Result<(u32, bool), BoxError> {
        let beats = self.waiting.front().ok_or(CycleError::Answer { what: "results", found: 0, wanted: 1 })?;
        Ok((beats[self.class], self.class + 1 == beats.len()))
    }

    /// The beat is taken.
    pub fn taken(&mut self) {
        self.class += 1;
        if self.waiting.front().is_some_and(|beats| self.class == beats.len()) {
            self.class = 0;
            self.waiting.pop_front();
        }
    }

    /// So many images' sums are complete.
    pub fn complete(&mut self, images: u64) {
        while self.complete < images {
            self.complete += 1;
            self.checksums = self.coming.pop_front().unwrap_or_default();
        }
    }

    /// A layer's checksum, of the last image whose sums are complete.
    pub fn checksum(&self, layer: usize) -> u32 {
        self.checksums.get(layer).copied().unwrap_or(0)
    }
}

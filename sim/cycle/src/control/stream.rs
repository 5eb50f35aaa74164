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
    complete: u32,
    pub early: bool,
    pub late: bool,
}

impl Images {
    /// After a TLAST error beats are dropped.
    pub fn failed(&self) -> bool {
        self.early || self.late
    }

    /// Images whose first beat is in, modulo 2^32.
    pub fn begun(&self) -> u32 {
        self.complete.wrapping_add(u32::from(!self.bytes.is_empty()))
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
        self.complete = self.complete.wrapping_add(1);
        let Geometry { rows, in_bytes, .. } = plan.geometry;
        Some(plan.input.unpack(rows, in_bytes, &std::mem::take(&mut self.bytes)))
    }
}

/// Result beats and checksums of an image.
struct Answered {
    beats: Vec<u32>,
    checksums: Vec<u32>,
}

/// The results to come, and the checksums of the last one that was complete.
#[derive(Default)]
pub struct Results {
    waiting: VecDeque<Answered>,
    class: usize,
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
        self.waiting.push_back(Answered { beats, checksums: layer_checksums(plan, &trace) });
        Ok(())
    }

    /// The beat that is offered. Fails when the machine is ahead of the images, which would be a fault of this model.
    pub fn beat(&self) -> Result<(u32, bool), BoxError> {
        let answered = self.waiting.front().ok_or(CycleError::Answer { what: "results", found: 0, wanted: 1 })?;
        Ok((answered.beats[self.class], self.class + 1 == answered.beats.len()))
    }

    /// The beat is taken; whether it was the result's last.
    pub fn taken(&mut self) -> bool {
        self.class += 1;
        match self.waiting.front() {
            Some(answered) if self.class == answered.beats.len() => {}
            _ => return false,
        }
        self.class = 0;
        self.checksums = self.waiting.pop_front().map_or(Vec::new(), |answered| answered.checksums);
        true
    }

    pub fn checksums(&self) -> &[u32] {
        &self.checksums
    }
}

//! The notice board of a served device: who has the device pins its counters up when somebody waits for them, watchers read.

use super::message::{Reader, Writer};
use crate::counters::Counters;
use crate::device::Device;
use crate::error::HostError;
use crate::identity::Identity;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use systole_machine::registers as reg;
use systole_net::Digest;

/// A device is not asked more often than this, however many watch it.
const EVERY: Duration = Duration::from_millis(100);
/// Good register accesses take half of this.
const SLACK: u64 = 2;

/// What a device is, and what it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    pub identity: Identity,
    pub counters: Counters,
}

impl Sample {
    /// Reads both, and writes nothing.
    ///
    /// # Errors
    /// Those of [`Identity::read`] and [`Counters::read`].
    pub fn read<D: Device>(device: &mut D) -> Result<Self, HostError> {
        let within = SLACK * device.link().round_trip;
        let identity = Identity::read(device, reg::ABI_VERSION.reset, within)?;
        Ok(Sample { identity, counters: Counters::read(device, within)? })
    }

    pub(super) fn write(&self, to: Writer) -> Writer {
        let Identity { abi, shape: (rows, cols), design, weights } = self.identity;
        let c = self.counters;
        let words = [abi, c.control, c.status, c.errors, c.step, c.layer, c.images_done].map(u64::from);
        let shape = [rows as u64, cols as u64];
        let counts = [c.cycles, c.busy_cycles, c.in_beats, c.out_beats, c.input_starved, c.output_blocked];
        let numbers = words.into_iter().chain(shape).chain(counts);
        numbers.fold(to, Writer::number).bytes(&design.0).bytes(&weights.0)
    }

    pub(super) fn parse(reader: &mut Reader) -> io::Result<Self> {
        let mut number = || reader.number();
        let mut word = || number().map(|word| word as u32);
        let abi = word()?;
        let [control, status, errors, step, layer, images_done] =
            [word()?, word()?, word()?, word()?, word()?, word()?];
        let shape = (number()? as usize, number()? as usize);
        let [cycles, busy_cycles, in_beats] = [number()?, number()?, number()?];
        let [out_beats, input_starved, output_blocked] = [number()?, number()?, number()?];
        let (design, weights) = (Digest(reader.array()?), Digest(reader.array()?));
        let counters = Counters {
            control,
            status,
            errors,
            step,
            layer,
            images_done,
            cycles,
            busy_cycles,
            in_beats,
            out_beats,
            input_starved,
            output_blocked,
        };
        Ok(Sample { identity: Identity { abi, shape, design, weights }, counters })
    }
}

#[derive(Default)]
struct Pinned {
    wanted: bool,
    /// How often something was pinned up, and what and when.
    times: u64,
    latest: Option<(Instant, Result<Sample, String>)>,
}

/// Shared by the device's keeper and all watchers.
#[derive(Default)]
pub(super) struct NoticeBoard {
    pinned: Mutex<Pinned>,
    changed: Condvar,
}

impl NoticeBoard {
    fn pinned(&self) -> MutexGuard<'_, Pinned> {
        // What is pinned up is replaced as a whole: a thread that panicked left nothing half done.
        self.pinned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The device's keeper: pins its counters up if somebody waits for them and the latest are old.
    pub fn refresh<D: Device>(&self, device: &mut D) {
        let due = |pinned: &Pinned| pinned.latest.as_ref().is_none_or(|(at, _)| at.elapsed() >= EVERY);
        if !Some(self.pinned()).is_some_and(|pinned| pinned.wanted && due(&pinned)) {
            return;
        }
        let seen = Sample::read(device).map_err(|error| error.to_string());
        let mut pinned = self.pinned();
        (pinned.wanted, pinned.latest) = (false, Some((Instant::now(), seen)));
        pinned.times += 1;
        self.changed.notify_all();
    }

    /// A watcher: what is pinned up next, or nothing `within` that time.
    pub fn next(&self, within: Duration) -> Option<Result<Sample, String>> {
        let mut pinned = self.pinned();
        pinned.wanted = true;
        let before = pinned.times;
        let waited = self.changed.wait_timeout_while(pinned, within, |pinned| pinned.times == before);
        let (pinned, late) = waited.unwrap_or_else(PoisonError::into_inner);
        pinned.latest.clone().filter(|_| !late.timed_out()).map(|(_, sample)| sample)
    }
}

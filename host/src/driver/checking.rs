//! The memories, read back by the machine and compared with the plan's, between two images.

use super::Driver;
use crate::damage::{Damage, DamagedMemory};
use crate::device::Device;
use crate::error::HostError;
use crate::identity::Identity;
use systole_machine::memories::{Memory, WEIGHTS};
use systole_machine::registers as reg;

/// Reading back may take this many times what it takes when all is well.
const SLACK: u64 = 4;
/// Looks at it meanwhile.
const LOOKS: u64 = 16;

impl<D: Device> Driver<D> {
    /// Whether every memory of the machine holds what it must: weights, tables, parameters. Waits until no image is in flight;
    /// the results are kept. Takes [`systole_machine::Plan::check_cycles`] cycles, one register write and one read a memory, and
    /// changes nothing: counters and checksums stay.
    ///
    /// Weights that were loaded and are damaged, and nothing else is, are loaded again.
    ///
    /// # Errors
    /// [`HostError::Damaged`] with the memories and the images in doubt, [`HostError::CheckLate`] when nothing was read back
    /// in time, and what the link says; after any of them the next image is preceded by a recovery where that is needed.
    pub fn check_memories(&mut self) -> Result<(), HostError> {
        self.drain();
        if self.broken {
            self.recover()?;
        }
        let damaged = match self.damaged_memories() {
            Ok(damaged) => damaged,
            Err(error) => {
                self.broken = true;
                return Err(error);
            }
        };
        if damaged.is_empty() {
            let ended = self.write(&reg::CONTROL, reg::ENABLE.mask());
            self.broken |= ended.is_err();
            ended?;
            self.doubtful = 0..0;
            return Ok(());
        }
        let loadable = self.weights.is_some() && damaged.iter().all(|memory| memory.name == WEIGHTS);
        // What is damaged says more than a device that does not recover from it, which the next image is told of.
        let repaired = self.restart().is_ok() && loadable;
        let (device, doubtful) = (self.device.name().to_string(), self.doubtful.clone());
        Err(HostError::Damaged(Box::new(Damage { device, memories: damaged, doubtful, repaired })))
    }

    /// Has the memories read back, and leaves the machine in the check. Those that differ.
    fn damaged_memories(&mut self) -> Result<Vec<DamagedMemory>, HostError> {
        self.write(&reg::CONTROL, reg::CHECK.mask())?;
        self.await_check(0)?;
        let mut damaged = Vec::new();
        for (index, Memory { name, crc, .. }) in self.wanted_memories().into_iter().enumerate() {
            self.write(&reg::MEMORY_INDEX, reg::MEMORY.put(index as u32))?;
            let found = self.device.read_reg(reg::MEMORY_CRC.offset, self.deadlines.register)?;
            if found != crc {
                damaged.push(DamagedMemory { name, found, wanted: crc });
            }
        }
        if !damaged.is_empty() {
            self.confirm_check()?;
        }
        Ok(damaged)
    }

    /// A link that went down, or a machine that was reset meanwhile, shows wrong CRCs too.
    fn confirm_check(&mut self) -> Result<(), HostError> {
        let found = Identity::read(&mut self.device, self.identity.abi, self.deadlines.register)?;
        self.identity.check(self.device.name(), &found)?;
        match self.is_checked()? {
            true => Ok(()),
            false => Err(HostError::CheckLost { device: self.device.name().to_string() }),
        }
    }

    /// What must be found. It goes over all weights, once.
    fn wanted_memories(&mut self) -> Vec<Memory> {
        let plan = &self.plan;
        let mut memories = self.memories.get_or_insert_with(|| plan.memories()).clone();
        if let Some(weights) = &self.weights {
            memories.iter_mut().filter(|memory| memory.name == WEIGHTS).for_each(|memory| memory.crc = weights.crc);
        }
        memories
    }

    /// Waits until everything is read back, behind so many beats of a load that may still be on their way.
    pub(super) fn await_check(&mut self, beats: usize) -> Result<(), HostError> {
        let (cycles, link) = (self.plan.check_cycles(), self.device.link());
        let allowed = SLACK * (cycles + (beats as f64 * link.in_beat) as u64 + link.round_trip);
        let due = self.device.now() + allowed;
        while !self.is_checked()? {
            let now = self.device.now();
            if now >= due {
                return Err(HostError::CheckLate { device: self.device.name().to_string(), allowed });
            }
            self.device.advance((cycles / LOOKS).clamp(1, due - now))?;
        }
        Ok(())
    }

    fn is_checked(&mut self) -> Result<bool, HostError> {
        let status = self.device.read_reg(reg::STATUS.offset, self.deadlines.register)?;
        Ok(reg::CHECKED.get(status) != 0)
    }
}

//! What a check of a machine's memories found wrong.

use std::fmt;
use std::ops::Range;

/// A memory that does not hold what it must.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DamagedMemory {
    /// Its name in [`systole_machine::Plan::memories`].
    pub name: &'static str,
    /// CRC-32 of what the machine read back, and of what it must find.
    pub found: u32,
    pub wanted: u32,
}

impl fmt::Display for DamagedMemory {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} is read back with CRC {:08x}, {:08x} is wanted", self.name, self.found, self.wanted)
    }
}

/// Memories that do not hold what they must, and the answers that they may have spoilt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    pub device: String,
    /// At least one, in the order of the plan's memories.
    pub memories: Vec<DamagedMemory>,
    /// Numbers of the images ([`crate::Ticket::image`]) that were answered since the latest good check, or since the driver was
    /// opened. Numbers between them that have no answer are not left out.
    pub doubtful: Range<u64>,
    /// The weights, alone damaged, were loaded again: the machine is whole.
    pub repaired: bool,
}

impl Damage {
    /// The damaged memories, between commas.
    pub fn names(&self) -> String {
        self.memories.iter().map(|memory| memory.name).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let found = self.memories.iter().map(DamagedMemory::to_string).collect::<Vec<_>>().join("; ");
        write!(f, "{}: damaged memory: {found}; ", self.device)?;
        match self.doubtful.end.saturating_sub(self.doubtful.start) {
            0 => f.write_str("no image is in doubt; ")?,
            1 => write!(f, "image {} is in doubt; ", self.doubtful.start)?,
            _ => write!(f, "images {} to {} are in doubt; ", self.doubtful.start, self.doubtful.end - 1)?,
        }
        match self.repaired {
            true => f.write_str("the weights were loaded again")?,
            false => f.write_str("load the bitstream (and its weights) again")?,
        }
        f.write_str(if self.doubtful.is_empty() { "" } else { ", then run these images again" })
    }
}

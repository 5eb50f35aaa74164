//! What a device says it is, compared with what the plan needs.

use crate::device::Device;
use crate::error::HostError;
use systole_machine::registers::{self as reg, Register};
use systole_machine::Plan;
use systole_net::Digest;

/// Stands for the hash of weights that are not in the design.
const LOADED: [u8; 32] = [0; 32];

/// Everything by which a design is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    pub abi: u32,
    /// Rows and columns of the array.
    pub shape: (usize, usize),
    pub design: Digest,
    pub weights: Digest,
}

impl Identity {
    /// Of the design that is made from `plan`.
    pub fn of(plan: &Plan, design_hash: [u8; 32]) -> Self {
        Identity {
            abi: plan.abi,
            shape: (plan.geometry.rows, plan.geometry.cols),
            design: Digest(design_hash),
            weights: if plan.geometry.store().is_loaded() { Digest(LOADED) } else { plan.weights_hash },
        }
    }

    /// Reads a device's; fails when there is no machine at all, or one whose table cannot be read.
    pub fn read<D: Device>(device: &mut D, abi: u32, within: u64) -> Result<Self, HostError> {
        let name = device.name().to_string();
        let wanted = reg::ID.reset;
        match device.read_reg(reg::ID.offset, within)? {
            u32::MAX => return Err(HostError::DeadLink { device: name, found: u32::MAX }),
            found if found != wanted => return Err(HostError::NotAMachine { device: name, found, wanted }),
            _ => {}
        }
        let found = device.read_reg(reg::ABI_VERSION.offset, within)?;
        if found != abi {
            return Err(HostError::Abi { device: name, found, wanted: abi });
        }
        let word = device.read_reg(reg::GEOMETRY.offset, within)?;
        let shape = (reg::ROWS.get(word) as usize, reg::COLS.get(word) as usize);
        let design = read_hash(device, &reg::DESIGN_HASH, within)?;
        let weights = read_hash(device, &reg::WEIGHTS_HASH, within)?;
        Ok(Identity { abi, shape, design, weights })
    }

    /// Fails unless `found`, read from `device`, is this very design.
    pub fn check(&self, device: &str, found: &Identity) -> Result<(), HostError> {
        let device = || device.to_string();
        if found.shape != self.shape {
            return Err(HostError::Geometry { device: device(), found: found.shape, wanted: self.shape });
        }
        let hash = |what, found: Digest, wanted: Digest, advice| match found == wanted {
            true => Ok(()),
            false => Err(HostError::Hash { device: device(), what, found, wanted, advice }),
        };
        hash("design", found.design, self.design, "it is another design: load the one generated from this plan")?;
        hash("weights", found.weights, self.weights, "the design fits, its weights do not: load this plan's weights")
    }
}

fn read_hash<D: Device>(device: &mut D, register: &Register, within: u64) -> Result<Digest, HostError> {
    let mut hash = Digest([0; 32]);
    for (index, bytes) in hash.0.chunks_mut(reg::WORD_BYTES as usize).enumerate() {
        bytes.copy_from_slice(&device.read_reg(register.word(index as u32), within)?.to_be_bytes());
    }
    Ok(hash)
}

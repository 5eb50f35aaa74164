//! The check of the memories for C.

use super::handles::{name, slot, Failure, Outcome};
use super::{status, write, SystoleDevice, SYSTOLE_DAMAGED};
use std::ffi::{c_char, c_int};

/// What systole_check_memories found damaged: names of memories between commas, which stay until the process ends; CRC-32 that
/// the first of them was read back with, and that it must have; numbers of the images answered since the latest good check or
/// since the device was opened, from the first in doubt to the one behind the last; 1 where the weights, alone damaged, were
/// loaded again, so that the device is whole, 0 where its bitstream must be.
#[repr(C)]
pub struct SystoleDamage {
    pub memories: *const c_char,
    pub crc_found: u32,
    pub crc_wanted: u32,
    pub doubtful_first: u64,
    pub doubtful_end: u64,
    pub repaired: u64,
}

/// Has the device read its memories back (weights, tables, parameters) and compares them with the build: every single flipped
/// bit is found. First waits until no image is in flight; results are kept. SYSTOLE_DAMAGED where a memory is not what it must
/// be: `damage`, unless it is NULL, says which, and which images are in doubt. SYSTOLE_FAILED where that cannot be told.
///
/// # Safety
/// `damage` is NULL or points to room for it.
#[no_mangle]
pub unsafe extern "C" fn systole_check_memories(device: *mut SystoleDevice, damage: *mut SystoleDamage) -> c_int {
    let check = || -> Outcome<()> {
        let slot = slot(device)?;
        // SAFETY: the caller's promise.
        let told = (!damage.is_null()).then(|| unsafe { write(damage, 1, "the room for damage") }).transpose()?;
        let Some(found) = slot.act(|machine| machine.check_memories())? else { return Ok(()) };
        if let Some(told) = told {
            let (crc_found, crc_wanted) = found.memories.first().map_or((0, 0), |first| (first.found, first.wanted));
            told[0] = SystoleDamage {
                memories: name(&found.names())?.as_ptr(),
                crc_found,
                crc_wanted,
                doubtful_first: found.doubtful.start,
                doubtful_end: found.doubtful.end,
                repaired: found.repaired.into(),
            };
        }
        Err(Failure { code: SYSTOLE_DAMAGED, message: found.to_string() })
    };
    status(device, check())
}

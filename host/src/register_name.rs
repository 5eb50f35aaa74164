//! Names of registers for messages.

use systole_machine::registers;

/// Name and index of the register at a byte address, or the address.
pub fn name_at(address: u32) -> String {
    match registers::at(address) {
        Some((register, _)) if register.words == 1 => register.name.to_string(),
        Some((register, index)) => format!("{}[{index}]", register.name),
        None => format!("{address:#x}"),
    }
}

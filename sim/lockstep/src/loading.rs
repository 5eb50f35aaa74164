//! Loads the weights into engines in lock-step: every pin in every cycle, and the CRC of every memory as it was read back.

use crate::core::{Core, CoreIn};
use crate::difference::difference;
use crate::error::LockstepError;
use systole_machine::Plan;

/// Output pins that tell how a load goes.
const PINS: [&str; 6] = ["s_axis_tready_o", "load_word_o", "found_o", "found_memory_o", "found_crc_o", "found_last_o"];

/// Sends the plan's weights, a beat a cycle, until all are read back.
///
/// # Errors
/// [`LockstepError::Pins`] for the first difference, [`LockstepError::Weights`] if the CRC is another or does not come.
pub fn load(plan: &Plan, engines: &mut [&mut dyn Core]) -> Result<(), LockstepError> {
    let g = &plan.geometry;
    let memories = plan.memories();
    let words = plan.load_words();
    let stream = g.load_stream(&words);
    let mut beats =
        stream.chunks(g.in_bytes).map(|b| b.iter().rev().fold(0, |bits, &byte| bits << 8 | u64::from(byte)));
    let pins = find(&*engines[0])?;
    let (mut beat, mut taken, mut checked) = (beats.next(), 0, 0);
    // A beat a cycle, but for those in which the loader begins.
    let cycles = (stream.len() / g.in_bytes) as u64 + plan.check_cycles() + 8;
    for cycle in 0..cycles {
        let inputs = CoreIn { load: true, s_valid: beat.is_some(), s_data: beat.unwrap_or(0), ..CoreIn::default() };
        let seen = outputs(cycle, &inputs, engines)?;
        let [ready, word, found, memory, crc, last] = pins.map(|at| seen[at]);
        taken += word as usize;
        if beat.is_some() && ready == 1 {
            beat = beats.next();
        }
        if found == 1 {
            let wanted = memories[memory as usize].crc;
            checked += usize::from(memory as usize == checked);
            if taken != words.len() || crc as u32 != wanted {
                let found = crc as u32;
                return Err(LockstepError::Weights { taken, words: words.len(), checked: "all", found, wanted });
            }
        }
        if found == 1 && last == 1 && checked == memories.len() {
            return Ok(());
        }
    }
    Err(LockstepError::Weights { taken, words: words.len(), checked: "not all", found: 0, wanted: memories[0].crc })
}

fn find(core: &dyn Core) -> Result<[usize; PINS.len()], LockstepError> {
    let mut found = [0; PINS.len()];
    for (at, name) in found.iter_mut().zip(PINS) {
        let missing = || LockstepError::Port { module: "systole_core".into(), port: name.into() };
        *at = core.pins().iter().position(|pin| pin == name).ok_or_else(missing)?;
    }
    Ok(found)
}

/// One cycle of all engines.
fn outputs(cycle: u64, inputs: &CoreIn, engines: &mut [&mut dyn Core]) -> Result<Vec<u64>, LockstepError> {
    let reference = engines[0].outputs(inputs)?.to_vec();
    for other in 1..engines.len() {
        let found = engines[other].outputs(inputs)?.to_vec();
        if found != reference {
            let layer = "loading of weights".into();
            return Err(difference(cycle, &reference, &found, (&*engines[0], &*engines[other]), layer));
        }
    }
    for engine in engines.iter_mut() {
        engine.clock(inputs)?;
    }
    Ok(reference)
}

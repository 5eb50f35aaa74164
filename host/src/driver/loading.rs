//! Weights into machines that load them, read back by the machine before it may run.

use super::Driver;
use crate::device::Device;
use crate::error::HostError;
use crate::weights::WeightImage;
use systole_machine::registers as reg;
use systole_machine::Plan;
use systole_net::Digest;

/// A load may take this many times what it takes when all is well.
const SLACK: u64 = 4;

impl<D: Device> Driver<D> {
    /// Loads other weights for the same design in place of the plan's, unless the device holds them; images in flight are
    /// dropped. They stay the driver's weights: a device that forgets them, in a power cut, gets them again.
    ///
    /// # Errors
    /// [`HostError::Unsupported`] where the weights are in the design, [`HostError::OtherDesignWeights`],
    /// [`HostError::WeightCount`], [`HostError::WeightsDiffer`] when the machine reads others back, and what the link says.
    pub fn load_weights(&mut self, image: WeightImage) -> Result<(), HostError> {
        check_fit(&image, self.device.name(), &self.plan, self.identity.design)?;
        self.drop_flights("other weights were loaded");
        // Those that the machine holds are no longer wanted, unless they are the same.
        self.write(&reg::WANTED_CRC, image.crc)?;
        self.weights = Some(image);
        self.restart()
    }

    /// Makes sure that the weights are there, on a machine at rest.
    pub(super) fn provide_weights(&mut self) -> Result<(), HostError> {
        let Some(image) = self.weights.take() else { return Ok(()) };
        let provided = self.provide(&image);
        self.weights = Some(image);
        provided
    }

    fn provide(&mut self, image: &WeightImage) -> Result<(), HostError> {
        let within = self.deadlines.register;
        let ready = reg::READY.get(self.device.read_reg(reg::STATUS.offset, within)?) == 1;
        let found = self.device.read_reg(reg::LOADED_CRC.offset, within)?;
        let wanted = image.crc;
        if ready && found == wanted {
            return Ok(());
        }
        if ready && self.options.keep_weights {
            return Err(HostError::WeightsDiffer { device: self.device.name().to_string(), found, wanted });
        }
        self.write(&reg::WANTED_CRC, wanted)?;
        self.write(&reg::CONTROL, reg::LOAD.mask())?;
        let sent = self.send_weights(image);
        let checked = sent.and_then(|()| self.checked(wanted, image.words.len()));
        // What went wrong first says more than what goes wrong behind it.
        let ended = self.end_load();
        checked.and(ended)
    }

    fn end_load(&mut self) -> Result<(), HostError> {
        self.write(&reg::CONTROL, 0)?;
        self.device.flush()?;
        self.write(&reg::CONTROL, reg::SOFT_RESET.mask())?;
        self.device.flush()
    }

    /// Packets of at most an image's size, which every link takes; the machine counts words and ignores TLAST.
    fn send_weights(&mut self, image: &WeightImage) -> Result<(), HostError> {
        let stream = self.plan.geometry.load_stream(&image.words);
        let packet = self.plan.input.beats * self.plan.geometry.in_bytes;
        let link = self.device.link();
        let beats = (stream.len() / self.plan.geometry.in_bytes) as f64;
        let allowed = SLACK * ((beats * link.in_beat) as u64 + link.round_trip);
        let due = self.device.now() + allowed;
        for packet in stream.chunks(packet) {
            let mut sent = 0;
            while sent < packet.len() {
                sent += self.device.send(&packet[sent..], true)?;
                let now = self.device.now();
                if now >= due {
                    return Err(self.load_late(allowed));
                }
                if sent < packet.len() {
                    self.device.advance(due - now)?;
                }
            }
        }
        Ok(())
    }

    /// Waits until the weights are read back, with this CRC, behind as many words as were sent.
    fn checked(&mut self, wanted: u32, words: usize) -> Result<(), HostError> {
        match self.await_check(words * self.plan.geometry.load_beats()) {
            Err(HostError::CheckLate { allowed, .. }) => return Err(self.load_late(allowed)),
            other => other?,
        }
        let found = self.device.read_reg(reg::LOADED_CRC.offset, self.deadlines.register)?;
        match found == wanted {
            true => Ok(()),
            false => Err(HostError::WeightsDiffer { device: self.device.name().to_string(), found, wanted }),
        }
    }

    fn load_late(&mut self, allowed: u64) -> HostError {
        let taken = match self.device.read_reg(reg::LOADED_WORDS.offset, self.deadlines.register) {
            Ok(taken) => taken as usize,
            Err(error) => return error,
        };
        let (device, words) = (self.device.name().to_string(), self.plan.geometry.load_words());
        HostError::WeightsLate { device, allowed, taken, words }
    }
}

/// Fails for weights that are not for the machine of `plan`.
pub(super) fn check_fit(image: &WeightImage, device: &str, plan: &Plan, design: Digest) -> Result<(), HostError> {
    if !plan.geometry.store().is_loaded() {
        let what = "memory for other weights: they are in its design";
        return Err(HostError::Unsupported { device: device.to_string(), what });
    }
    if image.design != design {
        return Err(HostError::OtherDesignWeights { found: image.design, wanted: design });
    }
    let (found, wanted) = (image.words.len(), plan.geometry.load_words());
    match found == wanted {
        true => Ok(()),
        false => Err(HostError::WeightCount { found, wanted }),
    }
}

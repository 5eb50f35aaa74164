//! Back to a working device: after an error, on request, and at the end.

use super::Driver;
use crate::device::Device;
use crate::error::HostError;
use crate::identity::Identity;
use crate::stall::Cause;
use systole_machine::registers::{self as reg, Field, Register};

impl<D: Device> Driver<D> {
    /// Drops all images in flight, their results being [`HostError::Dropped`], and starts the device afresh.
    pub fn reset(&mut self) -> Result<(), HostError> {
        self.drop_flights("the driver was reset");
        self.recover()
    }

    /// Stops the device and hands it back; images in flight are dropped.
    pub fn close(mut self) -> Result<D, HostError> {
        self.device.flush()?;
        self.write(&reg::CONTROL, reg::SOFT_RESET.mask())?;
        self.device.flush()?;
        Ok(self.device)
    }

    /// The oldest image fails with `error`; the others are sent again as soon as the device works.
    pub(super) fn fail(&mut self, error: HostError) {
        let deaf = soft_reset_will_not_do(&error);
        if let Some(flight) = self.flights.pop_front() {
            self.finished.insert(flight.image, Err(error));
        }
        let recovered = if deaf { self.restart_hard() } else { self.recover() };
        if let Err(error) = recovered {
            self.drop_flights(&error.to_string());
        }
    }

    /// Makes sure that the next image meets an idle, working device.
    pub(super) fn make_ready(&mut self) -> Result<(), HostError> {
        if self.broken {
            self.recover()?;
        }
        if !self.flights.is_empty() {
            return Ok(());
        }
        let mut beats = Vec::new();
        if self.device.receive(self.plan.classes, &mut beats).is_err() {
            // No image is lost if the device comes back: the next one was not sent yet.
            return self.recover();
        }
        if beats.is_empty() {
            return Ok(());
        }
        self.recover()?;
        Err(HostError::Unexpected { device: self.device.name().to_string(), beats: beats.len() })
    }

    /// A soft reset, and if that does not help a hard one.
    pub(super) fn recover(&mut self) -> Result<(), HostError> {
        match self.restart() {
            Ok(()) => Ok(()),
            Err(_) => self.restart_hard(),
        }
    }

    /// A reset by the pin where the link has one, then a soft one.
    fn restart_hard(&mut self) -> Result<(), HostError> {
        self.broken = true;
        let reset = match self.device.reset() {
            Err(HostError::Unsupported { .. }) => Ok(()),
            other => other,
        };
        let device = self.device.name().to_string();
        reset.and_then(|()| self.restart()).map_err(|source| HostError::Recovery { device, source: Box::new(source) })
    }

    /// Soft reset, checked, of a device that still is the plan's; then enables it. Images in flight are as if never sent.
    pub(super) fn restart(&mut self) -> Result<(), HostError> {
        self.broken = true;
        self.device.flush()?;
        let found = Identity::read(&mut self.device, self.identity.abi, self.deadlines.register)?;
        self.identity.check(self.device.name(), &found)?;
        self.write(&reg::CONTROL, reg::SOFT_RESET.mask())?;
        self.device.flush()?;
        self.expect_clear(&reg::STATUS, &reg::BUSY, "busy")?;
        self.expect_clear(&reg::STATUS, &reg::RESULT_READY, "offering a result")?;
        self.expect_clear(&reg::STATUS, &reg::ERROR, "in error")?;
        self.provide_weights()?;
        self.write(&reg::WATCHDOG_LIMIT, self.deadlines.watchdog)?;
        self.write(&reg::CONTROL, reg::ENABLE.mask())?;
        self.flights.iter_mut().for_each(|flight| flight.rewind());
        self.partial.clear();
        (self.done, self.latest) = (0, self.device.now());
        self.look_at = self.latest + self.deadlines.look();
        self.broken = false;
        Ok(())
    }

    pub(super) fn drop_flights(&mut self, reason: &str) {
        let device = self.device.name().to_string();
        for flight in self.flights.drain(..) {
            let (device, image, reason) = (device.clone(), flight.image, reason.to_string());
            self.finished.insert(image, Err(HostError::Dropped { device, image, reason }));
        }
    }

    pub(super) fn write(&mut self, register: &Register, value: u32) -> Result<(), HostError> {
        self.device.write_reg(register.offset, value, self.deadlines.register)
    }

    fn expect_clear(&mut self, register: &Register, field: &Field, what: &'static str) -> Result<(), HostError> {
        let found = self.device.read_reg(register.offset, self.deadlines.register)?;
        if field.get(found) == 0 {
            return Ok(());
        }
        Err(HostError::StillActive { device: self.device.name().to_string(), what, register: register.name, found })
    }
}

/// The bus does not answer, or the machine stopped by itself.
fn soft_reset_will_not_do(error: &HostError) -> bool {
    match error {
        HostError::RegisterTimeout { .. } => true,
        HostError::Deadline(stall) | HostError::Fault(stall) => stall.cause == Cause::MachineStuck,
        _ => false,
    }
}

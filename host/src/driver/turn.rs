//! One turn of the driver: send what there is room for, take what came, look at clocks and error bits.

use super::Driver;
use crate::counters::Counters;
use crate::device::Device;
use crate::error::HostError;
use crate::identity::Identity;
use crate::result::{scores, Inference};
use crate::stall::{Stall, Waiting};
use systole_machine::registers as reg;

impl<D: Device> Driver<D> {
    /// Lets time pass until something happened to the images in flight; an error ends the oldest one.
    pub(super) fn turn(&mut self) {
        if let Err(error) = self.try_turn() {
            self.fail(error);
        }
    }

    fn try_turn(&mut self) -> Result<(), HostError> {
        self.feed()?;
        if self.collect()? {
            return Ok(());
        }
        let (now, due) = (self.device.now(), self.due());
        if now >= due {
            return Err(HostError::Deadline(Box::new(self.stall())));
        }
        if now >= self.look_at {
            self.look_at = now + self.deadlines.look();
            self.look()?;
        }
        self.device.advance(due.min(self.look_at).saturating_sub(now).max(1))
    }

    /// Hands beats to the link, image after image, until it takes no more.
    pub(super) fn feed(&mut self) -> Result<(), HostError> {
        let now = self.device.now();
        for flight in &mut self.flights {
            while flight.sent < flight.bytes.len() {
                let sent = self.device.send(&flight.bytes[flight.sent..], true)?;
                flight.begun.get_or_insert(now);
                flight.sent += sent;
                if sent == 0 {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Takes beats in; whether there were any.
    fn collect(&mut self) -> Result<bool, HostError> {
        let most = self.flights.len() * self.plan.classes - self.partial.len();
        let mut beats = Vec::new();
        self.device.receive(most, &mut beats)?;
        for &beat in &beats {
            self.partial.push(beat);
            if beat.last || self.partial.len() == self.plan.classes {
                self.complete()?;
            }
        }
        Ok(!beats.is_empty())
    }

    /// The oldest image's result has ended: checks its length and files it.
    fn complete(&mut self) -> Result<(), HostError> {
        let Some(flight) = self.flights.front() else { return Ok(()) };
        let (image, submitted_at) = (flight.image, flight.begun.unwrap_or(0));
        let (found, wanted) = (self.partial.len(), self.plan.classes);
        let device = || self.device.name().to_string();
        if found < wanted {
            return Err(HostError::ResultShort { device: device(), image, found, wanted });
        }
        if !self.partial.last().is_some_and(|beat| beat.last) {
            return Err(HostError::ResultLong { device: device(), image, wanted });
        }
        let sums: Vec<i64> = self.partial.drain(..).map(|beat| i64::from(beat.data as i32)).collect();
        let (scores, finished_at) = (scores(&self.plan, &sums), self.device.now());
        self.finished.insert(image, Ok(Inference { image, sums, scores, submitted_at, finished_at }));
        self.flights.pop_front();
        let first = if self.doubtful.is_empty() { image } else { self.doubtful.start };
        self.doubtful = first..image + 1;
        (self.latest, self.done) = (finished_at, self.done + 1);
        Ok(())
    }

    /// Cycle by which the oldest image's result must be complete.
    fn due(&self) -> u64 {
        self.waiting_since() + self.deadlines.result
    }

    fn waiting_since(&self) -> u64 {
        let begun = self.flights.front().and_then(|flight| flight.begun);
        begun.unwrap_or(self.latest).max(self.latest)
    }

    /// Fails when the device reports an error, or the link is down.
    fn look(&mut self) -> Result<(), HostError> {
        match self.device.read_reg(reg::ERRORS.offset, self.deadlines.register)? {
            0 => Ok(()),
            u32::MAX => {
                Identity::read(&mut self.device, self.identity.abi, self.deadlines.register)?;
                Err(HostError::Fault(Box::new(self.stall())))
            }
            _ => Err(HostError::Fault(Box::new(self.stall()))),
        }
    }

    /// Everything about the oldest image's wait.
    fn stall(&mut self) -> Stall {
        let handshake = self.device.handshake();
        let waited = self.device.now().saturating_sub(self.waiting_since());
        let (image, sent) = self.flights.front().map_or((self.next, 0), |flight| (flight.image, flight.sent));
        let waiting = Waiting {
            device: self.device.name().to_string(),
            image,
            waited,
            allowed: self.deadlines.result,
            sent: sent / self.plan.geometry.in_bytes,
            got: self.partial.len(),
            done: self.done,
            handshake,
        };
        let looks = self.two_looks().ok();
        Stall::new(&self.plan, waiting, looks)
    }

    /// Counters before and after; fails when the link is down.
    fn two_looks(&mut self) -> Result<(Counters, Counters), HostError> {
        let within = self.deadlines.register;
        Identity::read(&mut self.device, self.identity.abi, within)?;
        Ok((Counters::read(&mut self.device, within)?, Counters::read(&mut self.device, within)?))
    }
}

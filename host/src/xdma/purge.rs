//! An empty card. Its DMA has no reset that the host reaches: what was sent stays in its buffers until the machine takes it.

use super::channel::Event;
use super::XdmaDevice;
use crate::bus_clock::PATIENCE;
use crate::error::HostError;
use std::time::{Duration, Instant};
use systole_machine::registers as reg;

/// Between two looks at the machine.
const NAP: Duration = Duration::from_micros(200);
/// Images that a card may hold, generously: that many times an image's latency everything has gone through.
const HELD: u32 = 16;

impl XdmaDevice {
    /// Lets the machine work off what is on the card, first as it is, then from a soft reset, and drops the results. One
    /// without weights takes it for weights, which it then has to be sent anew. A machine that cannot be read is left
    /// alone; the next flush tries again.
    ///
    /// # Errors
    /// [`HostError::CardStuck`] when beats remain that could pass for another image's.
    pub(super) fn purge(&mut self) -> Result<(), HostError> {
        if self.read(&reg::ID) != reg::ID.reset {
            return Ok(());
        }
        match reg::READY.get(self.read(&reg::STATUS)) {
            0 => self.swallow()?,
            _ => self.work_off()?,
        }
        if self.channel.is_sending() {
            return Err(self.stuck("a packet is still on its way to the card".to_string()));
        }
        self.on_way = 0;
        Ok(())
    }

    /// Has a machine without weights take what is on the card, a whole load of it or less at a time.
    fn swallow(&mut self) -> Result<(), HostError> {
        let whole = self.read(&reg::LOAD_WORDS);
        for _ in 0..HELD {
            self.put(reg::CONTROL.offset, reg::LOAD.mask());
            self.settle()?;
            let taken = self.read(&reg::LOADED_WORDS);
            self.put(reg::CONTROL.offset, reg::SOFT_RESET.mask());
            if taken < whole {
                self.unknown = false;
                return Ok(());
            }
        }
        Err(self.stuck("beats of weights keep coming".to_string()))
    }

    fn work_off(&mut self) -> Result<(), HostError> {
        for _ in 0..2 {
            self.put(reg::CONTROL.offset, reg::ENABLE.mask());
            self.settle()?;
            let held = self.held();
            if !self.unknown && held > 0 {
                return Err(self.stuck(format!("{held} beats of results are held on the card")));
            }
            self.put(reg::CONTROL.offset, reg::SOFT_RESET.mask());
            self.unknown = false;
        }
        Ok(())
    }

    /// Waits until nothing has moved for as long as an image takes.
    fn settle(&mut self) -> Result<(), HostError> {
        let still = self.latency + PATIENCE;
        let end = Instant::now() + still * HELD;
        let (mut seen, mut since) = (None, Instant::now());
        while since.elapsed() < still {
            if self.held() > 0 {
                self.channel.listen();
            }
            match self.channel.next(NAP) {
                Some(Event::Came { bytes, whole }) => self.came(&bytes, whole),
                // How the transfers of dropped images end concerns nobody.
                Some(_) => std::thread::sleep(NAP),
                None => {}
            }
            let found = [reg::IN_BEATS, reg::OUT_BEATS, reg::LOADED_WORDS].map(|register| self.read(&register));
            let found = Some((found, self.got));
            if found != seen {
                (seen, since) = (found, Instant::now());
            }
            if Instant::now() > end {
                return Err(self.stuck("beats of dropped images keep moving".to_string()));
            }
        }
        Ok(())
    }

    /// Beats that the machine gave since its soft reset and that did not come; both counts go round.
    fn held(&self) -> i32 {
        self.read(&reg::OUT_BEATS).wrapping_sub(self.got) as i32
    }

    fn stuck(&self, what: String) -> HostError {
        HostError::CardStuck { device: self.name.clone(), what }
    }
}

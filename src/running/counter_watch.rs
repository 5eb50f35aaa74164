//! A device's counters while it works: what share of its cycles it was busy, starved, blocked.

use crate::error::CliError;
use crate::running::activity::Activity;
use crate::session::Session;
use std::time::{Duration, Instant};
use systole_host::{Counters, Device, Driver};

/// Between two looks.
const EVERY: Duration = Duration::from_millis(500);

/// What was seen last.
#[derive(Default)]
pub struct CounterWatch {
    latest: Option<(Instant, Counters)>,
}

impl CounterWatch {
    /// Shows what happened since the last look, if that is a while ago.
    ///
    /// # Errors
    /// A device that does not answer.
    pub fn look<D: Device>(&mut self, driver: &mut Driver<D>, session: &mut Session) -> Result<(), CliError> {
        if self.latest.as_ref().is_some_and(|(at, _)| at.elapsed() < EVERY) {
            return Ok(());
        }
        let seen = driver.counters()?;
        let (since, before) = self.latest.unwrap_or_else(|| (Instant::now(), Counters::default()));
        self.latest = Some((Instant::now(), seen));
        session.tell(&Activity::between(&before, &seen, since.elapsed().as_secs_f64(), None).line())
    }
}

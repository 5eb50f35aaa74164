//! A device's counters while it works: what share of its cycles it was busy, starved, blocked.

use crate::error::CliError;
use crate::session::Session;
use crate::table::{grouped, percent};
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
        let before = self.latest.map_or(Counters::default(), |(_, counters)| counters);
        self.latest = Some((Instant::now(), seen));
        session.tell(&line(&before, &seen))
    }
}

/// A recovery sets the counters back; then all of them count from there.
fn line(before: &Counters, seen: &Counters) -> String {
    let before = if seen.cycles < before.cycles { Counters::default() } else { *before };
    let cycles = seen.cycles - before.cycles;
    let share = |now: u64, then: u64| percent((now - then) as f64 / cycles.max(1) as f64);
    let errors = if seen.errors == 0 { String::new() } else { format!(", errors: {}", seen.error_names().join(", ")) };
    format!(
        "{} images, {} cycles: busy {}, waiting for input {}, result not taken {}; step {}{errors}\n",
        seen.images_done,
        grouped(seen.cycles),
        share(seen.busy_cycles, before.busy_cycles),
        share(seen.input_starved, before.input_starved),
        share(seen.output_blocked, before.output_blocked),
        seen.step,
    )
}

#[cfg(test)]
mod tests {
    use super::line;
    use systole_host::Counters;

    #[test]
    fn shares_are_of_the_time_since_the_last_look() {
        let before = Counters { cycles: 1000, busy_cycles: 1000, ..Counters::default() };
        let seen = Counters { cycles: 2000, busy_cycles: 1250, input_starved: 500, ..Counters::default() };
        let text = line(&before, &seen);
        assert!(text.contains("busy 25.0 %") && text.contains("input 50.0 %"), "{text}");
        let restarted = Counters { cycles: 10, busy_cycles: 10, ..Counters::default() };
        assert!(line(&seen, &restarted).contains("busy 100.0 %"));
    }
}

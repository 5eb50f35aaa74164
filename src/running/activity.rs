//! What a device did between two looks at its counters.

use serde::Serialize;
use systole_host::Counters;
use systole_machine::registers as reg;
use systole_machine::Plan;
use systole_report::table::{grouped, percent, Table};

/// Shares are of the clock cycles between the looks in which the machine was enabled, 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Activity {
    /// Between the looks, by the host's clock.
    pub seconds: f64,
    pub images_done: u32,
    pub images_per_second: f64,
    pub cycles: u64,
    /// With an image in flight; waiting for an input beat; a result beat waiting to be taken.
    pub busy: f64,
    pub input_starved: f64,
    pub output_blocked: f64,
    /// Of the images that the plan's cycles allow.
    pub of_plan: Option<f64>,
    pub in_beats: u64,
    pub in_beats_per_second: f64,
    pub out_beats: u64,
    pub out_beats_per_second: f64,
    /// Images of which a beat is in and not every result beat is out.
    pub images_in_flight: Option<u64>,
    pub step: u32,
    /// Entry of the plan's layer table, and its name.
    pub layer: u32,
    pub layer_name: Option<String>,
    pub enabled: bool,
    /// The weights are there.
    pub ready: bool,
    pub errors: Vec<&'static str>,
}

impl Activity {
    /// From `before` to `seen`. A recovery sets the counters back; then all of them count from there. With the plan more can
    /// be told.
    pub fn between(before: &Counters, seen: &Counters, seconds: f64, plan: Option<&Plan>) -> Self {
        let before = if seen.cycles < before.cycles { Counters::default() } else { *before };
        let cycles = seen.cycles - before.cycles;
        let share = |now: u64, then: u64| now.saturating_sub(then) as f64 / cycles.max(1) as f64;
        let rate = |now: u64, then: u64| now.saturating_sub(then) as f64 / seconds.max(f64::MIN_POSITIVE);
        let images = u64::from(seen.images_done.saturating_sub(before.images_done));
        Activity {
            seconds,
            images_done: seen.images_done,
            images_per_second: rate(images, 0),
            cycles: seen.cycles,
            busy: share(seen.busy_cycles, before.busy_cycles),
            input_starved: share(seen.input_starved, before.input_starved),
            output_blocked: share(seen.output_blocked, before.output_blocked),
            of_plan: plan.map(|plan| share(images * plan.timing().interval, 0)),
            in_beats: seen.in_beats,
            in_beats_per_second: rate(seen.in_beats, before.in_beats),
            out_beats: seen.out_beats,
            out_beats_per_second: rate(seen.out_beats, before.out_beats),
            images_in_flight: plan.map(|plan| in_flight(seen, plan)),
            step: seen.step,
            layer: seen.layer,
            layer_name: plan.and_then(|plan| plan.bindings.get(seen.layer as usize)).map(|layer| layer.name.clone()),
            enabled: reg::ENABLE.get(seen.control) == 1,
            ready: reg::READY.get(seen.status) == 1,
            errors: seen.error_names(),
        }
    }

    /// One line.
    pub fn line(&self) -> String {
        let errors =
            if self.errors.is_empty() { String::new() } else { format!(", errors: {}", self.errors.join(", ")) };
        format!(
            "{} images, {} cycles: busy {}, waiting for input {}, result not taken {}; step {}{errors}\n",
            self.images_done,
            grouped(self.cycles),
            percent(self.busy),
            percent(self.input_starved),
            percent(self.output_blocked),
            self.step,
        )
    }

    /// A line for every figure.
    pub fn page(&self) -> String {
        let mut table = Table::new(1, &["", "now", "since reset"]);
        let mut row = |what: &str, now: String, all: String| table.row([what.to_string(), now, all]);
        let per_second = |rate: f64| format!("{rate:.1} /s");
        row("images", per_second(self.images_per_second), grouped(self.images_done.into()));
        if let Some(share) = self.of_plan {
            row("of the plan's images", percent(share), String::new());
        }
        row("busy", percent(self.busy), format!("{} cycles", grouped(self.cycles)));
        row("waiting for input", percent(self.input_starved), String::new());
        row("result not taken", percent(self.output_blocked), String::new());
        row("beats in", per_second(self.in_beats_per_second), grouped(self.in_beats));
        row("beats out", per_second(self.out_beats_per_second), grouped(self.out_beats));
        if let Some(count) = self.images_in_flight {
            row("images in the machine", count.to_string(), String::new());
        }
        let layer = self.layer_name.clone().unwrap_or_else(|| self.layer.to_string());
        table.text() + &format!("  layer {layer}, step {}; {}\n", self.step, self.state())
    }

    fn state(&self) -> String {
        match (self.errors.is_empty(), self.ready, self.enabled) {
            (false, ..) => format!("errors: {}", self.errors.join(", ")),
            (_, false, _) => "weights are not loaded".to_string(),
            (_, _, false) => "not enabled".to_string(),
            _ => "no errors".to_string(),
        }
    }
}

fn in_flight(seen: &Counters, plan: &Plan) -> u64 {
    let begun = seen.in_beats.div_ceil(plan.input.beats as u64);
    begun.saturating_sub(seen.images_done.into())
}

#[cfg(test)]
mod tests {
    use super::Activity;
    use systole_host::Counters;

    #[test]
    fn shares_are_of_the_time_since_the_last_look() {
        let before = Counters { cycles: 1000, busy_cycles: 1000, images_done: 2, ..Counters::default() };
        let seen =
            Counters { cycles: 2000, busy_cycles: 1250, input_starved: 500, images_done: 5, ..Counters::default() };
        let activity = Activity::between(&before, &seen, 2.0, None);
        assert_eq!((activity.images_per_second, activity.busy, activity.input_starved), (1.5, 0.25, 0.5));
        let text = activity.line();
        assert!(text.contains("busy 25.0 %") && text.contains("input 50.0 %"), "{text}");
        let restarted = Counters { cycles: 10, busy_cycles: 10, ..Counters::default() };
        assert_eq!(Activity::between(&seen, &restarted, 1.0, None).busy, 1.0);
    }

    #[test]
    fn the_page_says_what_keeps_the_machine() {
        let seen = Counters { errors: 1 << 2, in_beats: 1234, ..Counters::default() };
        let text = Activity::between(&Counters::default(), &seen, 1.0, None).page();
        assert!(text.contains("1,234") && text.contains("errors: watchdog"), "{text}");
        let text = Activity::between(&seen, &Counters { errors: 0, ..seen }, 1.0, None).page();
        assert!(text.contains("weights are not loaded"), "{text}");
    }
}

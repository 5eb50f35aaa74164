//! In which cycles beats went over the pins.

/// Cycles as the device counts them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BeatLog {
    /// First beat of every packet that was sent.
    pub first_in: Vec<u64>,
    /// Every output beat, and whether TLAST came with it.
    pub out: Vec<(u64, bool)>,
    inside: bool,
}

impl BeatLog {
    pub(super) fn input(&mut self, cycle: u64, last: bool) {
        if !self.inside {
            self.first_in.push(cycle);
        }
        self.inside = !last;
    }

    pub(super) fn output(&mut self, cycle: u64, last: bool) {
        self.out.push((cycle, last));
    }

    /// Cycles of the beats with TLAST: the ends of results.
    pub fn ends(&self) -> impl Iterator<Item = u64> + '_ {
        self.out.iter().filter(|beat| beat.1).map(|beat| beat.0)
    }
}

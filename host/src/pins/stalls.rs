//! Random pauses of both streams, the same for the same seed.

/// How often a side pauses, in percent of cycles below 100: the source before it offers a beat, the sink in any cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stalls {
    pub seed: u64,
    pub source_percent: u8,
    pub sink_percent: u8,
}

impl Stalls {
    /// No pauses.
    pub const NONE: Stalls = Stalls { seed: 0, source_percent: 0, sink_percent: 0 };
    /// More often than this and hardly anything moves.
    const MOST: u8 = 95;
}

/// The pauses of one device: one sequence per side, so that either is independent of the other's handshakes.
pub(super) struct StallSource {
    source_percent: u8,
    sink_percent: u8,
    source: SplitMix,
    sink: SplitMix,
}

impl StallSource {
    pub fn new(stalls: Stalls) -> Self {
        StallSource {
            source_percent: stalls.source_percent.min(Stalls::MOST),
            sink_percent: stalls.sink_percent.min(Stalls::MOST),
            source: SplitMix(stalls.seed),
            sink: SplitMix(!stalls.seed),
        }
    }

    /// Neither side ever pauses.
    pub fn never(&self) -> bool {
        (self.source_percent, self.sink_percent) == (0, 0)
    }

    /// Whether the source pauses in this cycle.
    pub fn source(&mut self) -> bool {
        self.source.percent(self.source_percent)
    }

    /// Whether the sink pauses in this cycle.
    pub fn sink(&mut self) -> bool {
        self.sink.percent(self.sink_percent)
    }

    /// Mean cycles per beat of source and sink.
    pub fn cycles_per_beat(&self) -> (f64, f64) {
        let mean = |percent: u8| 100.0 / (100.0 - f64::from(percent));
        (mean(self.source_percent), mean(self.sink_percent))
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct SplitMix(u64);

impl SplitMix {
    fn percent(&mut self, percent: u8) -> bool {
        if percent == 0 {
            return false;
        }
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % 100 < u64::from(percent)
    }
}

//! Random numbers that are the same on every machine.

/// Knuth's MMIX generator.
pub struct Random(u64);

impl Random {
    /// The numbers of one case.
    pub fn new(case: u64) -> Self {
        let mut random = Random(case.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xda3a_6e00);
        random.below(2);
        random
    }

    /// 0 up to `n`, which is not among them; 0 where `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize).checked_rem(n).unwrap_or(0)
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T: ?Sized>(&mut self, options: &[&'a T]) -> &'a T {
        options[self.below(options.len())]
    }
}

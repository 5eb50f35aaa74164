//! A row of registers, as the models of the primitives use it.

/// `n` registers in a row that all shift with the clock; 0 is a wire. Starts with defaults.
#[derive(Clone, Debug)]
pub struct DelayLine<T> {
    ring: Vec<T>,
    /// Where the value of the last clock lies.
    newest: usize,
}

impl<T: Copy + Default> DelayLine<T> {
    pub fn new(n: usize) -> Self {
        DelayLine { ring: vec![T::default(); n], newest: 0 }
    }

    /// Its registers.
    pub fn len(&self) -> usize {
        self.ring.len()
    }

    /// The value that was clocked in `age` clocks ago, 1 to `n`.
    pub fn tap(&self, age: usize) -> T {
        let at = self.newest + age - 1;
        self.ring[if at < self.ring.len() { at } else { at - self.ring.len() }]
    }

    /// The output in a cycle whose input is `now`.
    pub fn output(&self, now: T) -> T {
        match self.ring.len() {
            0 => now,
            n => self.tap(n),
        }
    }

    /// Rising edge with `now` at the input.
    pub fn clock(&mut self, now: T) {
        if !self.ring.is_empty() {
            self.newest = self.newest.checked_sub(1).unwrap_or(self.ring.len() - 1);
            self.ring[self.newest] = now;
        }
    }

    /// Back to defaults.
    pub fn clear(&mut self) {
        self.ring.fill(T::default());
    }
}

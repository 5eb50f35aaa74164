//! An image between submission and result.

/// Its packed beats are kept until the result is there, so that it can be sent again.
pub struct Flight {
    pub image: u64,
    pub bytes: Vec<u8>,
    /// Bytes that the link has taken.
    pub sent: usize,
    /// Cycle in which the link took the first ones.
    pub begun: Option<u64>,
}

impl Flight {
    pub fn new(image: u64, bytes: Vec<u8>) -> Self {
        Flight { image, bytes, sent: 0, begun: None }
    }

    /// As if it had never been sent.
    pub fn rewind(&mut self) {
        (self.sent, self.begun) = (0, None);
    }
}

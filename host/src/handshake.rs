//! What the pins of both streams say.

/// Valid and ready of both streams, as far as the transport sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handshake {
    pub s_valid: bool,
    pub s_ready: bool,
    pub m_valid: bool,
    pub m_ready: bool,
}

//! Whom a server serves, and how long it waits.

use std::sync::atomic::AtomicBool;
use std::sync::Arc;
use std::time::Duration;

/// Between two looks whether to stop.
pub(super) const LOOK: Duration = Duration::from_millis(100);

/// Whom to serve, and for how long to wait for him.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// What clients must say; without one any client is served, which is only allowed on addresses of this machine.
    pub token: Option<String>,
    /// How long a client may be silent, and how long one of its messages may take.
    pub idle: Duration,
    pub message: Duration,
    /// Ends the server.
    pub stop: Arc<AtomicBool>,
}

impl Default for ServeOptions {
    fn default() -> Self {
        ServeOptions {
            token: None,
            idle: Duration::from_secs(120),
            message: Duration::from_secs(10),
            stop: Arc::default(),
        }
    }
}

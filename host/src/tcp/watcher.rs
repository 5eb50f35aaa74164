//! A client that watches the counters of a device which another one may be driving.

use super::board::Sample;
use super::caller::{greet, Caller, Entrance};
use super::handshake::{Intent, NO_SESSION};
use super::message::{Reader, Writer, DONE, PATIENCE};
use crate::error::HostError;
use std::io;
use std::time::Instant;

/// Sees what the device counts, and can do nothing to it.
pub struct TcpWatcher {
    name: String,
    caller: Caller,
}

impl TcpWatcher {
    /// As [`super::TcpDevice::connect`], also while somebody drives the device.
    ///
    /// # Errors
    /// [`HostError::ServerFull`] where too many watch, [`HostError::TokenRefused`], or what the operating system says.
    pub fn connect(address: &str, token: &str) -> Result<Self, HostError> {
        let entrance = Entrance { address: address.to_string(), token: token.to_string() };
        let (caller, _) = greet(&entrance, Intent::Watch, NO_SESSION)?;
        Ok(TcpWatcher { name: format!("tcp:{address}"), caller })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the device counts now.
    ///
    /// # Errors
    /// [`HostError::Remote`] with what the server says of the device, or what the operating system says.
    pub fn sample(&mut self) -> Result<Sample, HostError> {
        let device = self.name.clone();
        let mut ask = || -> io::Result<Result<Sample, String>> {
            self.caller.ask(&Writer::default())?;
            let answer = self.caller.answer(Instant::now() + PATIENCE)?;
            let mut reader = Reader(&answer);
            match reader.byte()? {
                DONE => Sample::parse(&mut reader).map(Ok),
                _ => Ok(Err(String::from_utf8_lossy(reader.rest()).into_owned())),
            }
        };
        match ask() {
            Ok(seen) => seen.map_err(|message| HostError::Remote { device, message }),
            Err(source) => Err(HostError::Io { device, action: "hear from the server", source }),
        }
    }
}

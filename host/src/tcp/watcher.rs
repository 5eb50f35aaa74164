//! A client that watches the counters of a device which another one may be driving.

use super::board::Sample;
use super::client::greet;
use super::message::{receive, send, Reader, DONE, LARGEST, PATIENCE, WATCH_GREETING};
use crate::error::HostError;
use std::io;
use std::net::TcpStream;

/// Sees what the device counts, and can do nothing to it.
pub struct TcpWatcher {
    name: String,
    stream: TcpStream,
}

impl TcpWatcher {
    /// As [`super::TcpDevice::connect`], also while somebody drives the device.
    ///
    /// # Errors
    /// [`HostError::ServerBusy`] where too many watch, [`HostError::TokenRefused`], or what the operating system says.
    pub fn connect(address: &str, token: &str) -> Result<Self, HostError> {
        Ok(TcpWatcher { name: format!("tcp:{address}"), stream: greet(address, WATCH_GREETING, token)? })
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
            send(&mut self.stream, &[DONE])?;
            let answer = receive(&mut self.stream, LARGEST, PATIENCE, PATIENCE)?;
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

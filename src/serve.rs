//! `systole serve`: a device of this machine, driven from another.

use crate::args::device::{token, DeviceArgs};
use crate::error::CliError;
use crate::session::Session;
use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use systole_host::{may_listen, serve, Device, ServeOptions};

/// Let another machine drive a device of this one, one client at a time
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    device: DeviceArgs,
    /// Address to listen at; other than this machine's own only with --require-token
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7887")]
    listen: String,
    /// File with the token that clients must give
    #[arg(long, value_name = "FILE")]
    require_token: Option<PathBuf>,
}

impl Args {
    /// # Errors
    /// A device that cannot be opened or is another design, an address that cannot be listened at.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let token = self.require_token.as_deref().map(token).transpose()?;
        if token.as_ref().is_some_and(String::is_empty) {
            let path = self.require_token.clone().unwrap_or_default();
            return Err(CliError::io("find a token in", &path)(io::ErrorKind::InvalidData.into()));
        }
        let (driver, _) = self.device.open(session)?;
        let mut device = driver.close()?;
        let failed = |source| CliError::Listen { address: self.listen.clone(), source };
        let listener = TcpListener::bind(&self.listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let options = ServeOptions { token, ..ServeOptions::default() };
        may_listen(address, &options)?;
        session.print(&format!("serving {} at {address}\n", device.name()))?;
        Ok(serve(listener, &mut device, &options)?)
    }
}

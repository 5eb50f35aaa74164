//! `systole view`: a page of this machine alone, to which pictures are given and which shows what a device makes of them.

use crate::args::device::DeviceArgs;
use crate::args::image::ResizeArg;
use crate::error::CliError;
use crate::session::Session;
use crate::viewing::answering::Answering;
use crate::viewing::server;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Mutex;
use systole_report::view::View;

/// Show in a browser of this machine what a device answers to pictures that are dropped there
///
/// The page is served on the loopback alone: no other machine reaches it. Ctrl-C ends it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A build folder of `systole generate`; it is simulated, unless --device says what runs it
    build: PathBuf,
    /// What answers, in place of the simulator: registers:BUILD, verilator:BUILD, mock:BUILD, uart:PORT@BAUD, uio:, tcp:HOST:PORT
    #[arg(long, value_name = "ADDRESS")]
    device: Option<String>,
    /// File with the token that a tcp: server wants
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    resize: ResizeArg,
    /// Port of the loopback; 0 takes any that is free
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Classes to show
    #[arg(long, default_value_t = 5)]
    top: usize,
}

impl Args {
    /// # Errors
    /// A build or a device that cannot be opened, a port that is taken.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let sim = format!("sim:{}", self.build.display());
        let address = self.device.as_deref().unwrap_or(&sim);
        let device = DeviceArgs::of(address, &self.build, self.token_file.as_deref());
        let (driver, build) = device.open(session)?;
        let size = self.resize.of_plan_or_usual(&build.plan, session)?;
        let stretches = systole_plan::timing::timeline(&build.plan)?;
        let page = View { plan: &build.plan, device: driver.device().name(), stretches: &stretches }.page();
        let listener = self.listen()?;
        let at = listener.local_addr().map_err(|source| self.refused(source))?;
        session.progress.clear();
        session.print(&format!("http://{at}/ (Ctrl-C ends)\n"))?;
        let answering = Mutex::new(Answering::new(driver, build, size, self.top)?);
        server::serve(&listener, at, &page, &answering);
        Ok(())
    }

    fn listen(&self) -> Result<TcpListener, CliError> {
        TcpListener::bind(self.wanted()).map_err(|source| self.refused(source))
    }

    /// Never another address than the loopback.
    fn wanted(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    fn refused(&self, source: std::io::Error) -> CliError {
        CliError::Listen { address: self.wanted().to_string(), source }
    }
}

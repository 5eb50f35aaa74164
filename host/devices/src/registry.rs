//! All schemes of addresses, the ways to real machines among them.

use crate::engines::engines;
use crate::error::DeviceError;
use crate::watched::Watch;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use systole_host::{Registry, Roots, TcpDevice, UartDevice, UartOptions, UioDevice, UioOptions, XdmaDevice};
use systole_machine::wiring::{BUFFER_INPUT, BUFFER_OUTPUT, UIO_DMA, UIO_REGISTERS};
use systole_machine::Plan;

/// Schemes whose address is a build folder.
pub const FOLDERS: [&str; 4] = ["sim", "registers", "verilator", "mock"];

/// The first PCIe card.
const CARD: &str = "/dev/xdma0";

/// What real machines need beside their address.
#[derive(Clone, Default)]
pub struct Context {
    /// Of the machine that is expected there.
    pub plan: Option<Arc<Plan>>,
    /// For a server that wants one.
    pub token: Option<String>,
    /// Has a server hang up on who drives its device now.
    pub take_over: bool,
}

impl Context {
    fn plan(&self, scheme: &str) -> Result<&Plan, DeviceError> {
        self.plan.as_deref().ok_or_else(|| DeviceError::BuildNeeded { device: scheme.to_string() })
    }
}

/// All schemes, for engines: real machines need a [`Context`]. `watch` is told the cycles as they pass.
pub fn registry(watch: &Watch) -> Registry {
    registry_with(watch, &Context::default())
}

/// All schemes.
pub fn registry_with(watch: &Watch, context: &Context) -> Registry {
    let mut registry = Registry::default();
    engines(&mut registry, watch);
    let c = context.clone();
    registry.add("uart", move |rest| {
        let plan = c.plan("uart:")?;
        let wrong = || DeviceError::UartAddress { found: rest.to_string_lossy().into_owned() };
        let (port, baud) = rest.to_str().and_then(|rest| rest.rsplit_once('@')).ok_or_else(wrong)?;
        let baud = baud.parse().map_err(|_| wrong())?;
        let options = UartOptions::new(baud, plan.board.clock_mhz, plan.geometry.in_bytes);
        Ok(Box::new(UartDevice::open(Path::new(port), options)?))
    });
    let c = context.clone();
    registry.add("uio", move |rest| {
        let registers = if rest.is_empty() { UIO_REGISTERS.into() } else { rest.to_string_lossy().into_owned() };
        let [dma, input, output] = [UIO_DMA, BUFFER_INPUT, BUFFER_OUTPUT].map(String::from);
        let options = UioOptions { roots: Roots::default(), registers, dma, input, output, barrier: None };
        Ok(Box::new(UioDevice::open(c.plan("uio:")?, &options)?))
    });
    let c = context.clone();
    registry.add("xdma", move |rest| {
        let card = if rest.is_empty() { OsStr::new(CARD) } else { rest };
        Ok(Box::new(XdmaDevice::open(c.plan("xdma:")?, Path::new(card), None)?))
    });
    let (token, take_over) = (context.token.clone().unwrap_or_default(), context.take_over);
    registry.add("tcp", move |rest| {
        let enter = if take_over { TcpDevice::take_over } else { TcpDevice::connect };
        Ok(Box::new(enter(&rest.to_string_lossy(), &token)?))
    });
    registry
}

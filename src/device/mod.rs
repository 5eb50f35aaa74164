//! Devices by address: the engines of a build folder, and the ways to real machines.

mod watched;

use crate::build_folder::BuildFolder;
use crate::error::CliError;
use crate::tools;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use systole_cycle::{Answer, ControlMachine};
use systole_cycle::{CycleError, FastMachine, RegisterMachine};
use systole_golden::Golden;
use systole_host::{
    BoxError, Device, PinDevice, Registry, Roots, Stalls, TcpDevice, UartDevice, UartOptions, UioDevice, UioOptions,
    XdmaDevice,
};
use systole_lockstep::VerilogTop;
use systole_machine::pins::TopPins;
use systole_machine::wiring::{BUFFER_INPUT, BUFFER_OUTPUT, UIO_DMA, UIO_REGISTERS};
use systole_machine::Plan;
use systole_net::Net;
use systole_verilator::BuildSpec;

pub use watched::{watch, Watch, Watched};

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
    fn plan(&self, scheme: &str) -> Result<&Plan, CliError> {
        self.plan.as_deref().ok_or_else(|| CliError::BuildNeeded { device: scheme.to_string() })
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
        let wrong = || CliError::UartAddress { found: rest.to_string_lossy().into_owned() };
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

/// The simulator, the Verilog and the mock.
fn engines(registry: &mut Registry, watch: &Watch) {
    let w = watch.clone();
    registry.add("sim", move |folder| {
        let build = BuildFolder::open(Path::new(folder))?.unchanged()?;
        device("sim", fast(&build)?, &build, &w)
    });
    let w = watch.clone();
    registry.add("registers", move |folder| {
        let build = BuildFolder::open(Path::new(folder))?.unchanged()?;
        device("registers", RegisterMachine::new(&build.plan)?, &build, &w)
    });
    let w = watch.clone();
    registry.add("verilator", move |folder| {
        let build = BuildFolder::open(Path::new(folder))?.unchanged()?;
        let mut spec = BuildSpec::new(&build.manifest.top);
        spec.files = build.verilog()?;
        spec.images = build.images()?;
        device("verilator", VerilogTop::new(&tools::verilator()?, &spec, &tools::cache()?)?, &build, &w)
    });
    let w = watch.clone();
    registry.add("mock", move |folder| {
        let build = BuildFolder::open(Path::new(folder))?.unchanged()?;
        let top = ControlMachine::new(Arc::clone(&build.plan), build.design_hash, golden(build.net.clone()));
        device("mock", top, &build, &w)
    });
}

/// The fast simulator of a build folder.
///
/// # Errors
/// Those of [`FastMachine::new`].
pub fn fast(build: &BuildFolder) -> Result<FastMachine, CycleError> {
    FastMachine::new(Arc::clone(&build.plan), &build.net, build.design_hash)
}

fn device<P: TopPins + 'static>(
    scheme: &str,
    pins: P,
    build: &BuildFolder,
    watch: &Watch,
) -> Result<Box<dyn Device>, BoxError> {
    let name = format!("{scheme}:{}", build.path.display());
    Ok(Box::new(PinDevice::new(name, Watched::new(pins, watch.clone()), &build.plan, Stalls::NONE)?))
}

/// The golden model as the answer behind a mock.
fn golden(net: Net) -> Answer {
    Box::new(move |image| {
        let golden = Golden::new(&net).map_err(|faults| CliError::Faults { faults })?;
        Ok(golden.trace(image)?)
    })
}

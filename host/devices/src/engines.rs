//! The engines that run a build folder.

use crate::build_folder::BuildFolder;
use crate::error::DeviceError;
use crate::tools;
use crate::watched::{Watch, Watched};
use std::path::Path;
use std::sync::Arc;
use systole_cycle::{Answer, ControlMachine, CycleError, FastMachine, RegisterMachine};
use systole_golden::Golden;
use systole_host::{BoxError, Device, PinDevice, Registry, Stalls};
use systole_lockstep::VerilogTop;
use systole_machine::pins::TopPins;
use systole_net::Net;
use systole_verilator::BuildSpec;

/// The simulator, the Verilog and the mock.
pub fn engines(registry: &mut Registry, watch: &Watch) {
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
        let golden = Golden::new(&net).map_err(|faults| DeviceError::Faults { faults })?;
        Ok(golden.trace(image)?)
    })
}

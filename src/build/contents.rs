//! What `generate` writes: the files of a build folder.

use super::planned::{Files, Planned};
use super::project;
use crate::error::CliError;
use systole_devices::build_folder::{NETWORK, PLAN};
use systole_devices::manifest::{sha256, Manifest, FORMAT, MANIFEST, RTL};
use systole_host::WeightImage;
use systole_machine::registers;
use systole_net::Digest;
use systole_rtl::top::Machine;

/// Only where the machine loads its weights.
const WEIGHTS: &str = "weights.bin";
const HEADER: &str = "registers.h";

/// Everything that goes into the folder of a machine.
///
/// # Errors
/// What is wrong with the board, see [`project::files`].
pub fn contents(planned: &Planned, machine: &Machine) -> Result<Files, CliError> {
    let Planned { net, plan, target } = planned;
    let mut files = Files::new();
    files.insert(NETWORK.into(), net.to_bytes());
    files.insert(PLAN.into(), plan.to_json().into_bytes());
    files.insert(HEADER.into(), registers::c_header().into_bytes());
    if plan.geometry.store().is_loaded() {
        files.insert(WEIGHTS.into(), WeightImage::of(plan, machine.design_hash).to_bytes());
    }
    for file in machine.design.files() {
        files.insert(format!("{}/{}", RTL, file.name), file.bytes().to_vec());
    }
    files.extend(project::files(target, plan, &machine.design)?);
    let manifest = manifest(planned, machine, &files);
    let text = serde_json::to_string_pretty(&manifest).expect("plain data always encodes") + "\n";
    files.insert(MANIFEST.into(), text.into_bytes());
    Ok(files)
}

fn manifest(planned: &Planned, machine: &Machine, files: &Files) -> Manifest {
    let names = |files: &[systole_rtl::File]| files.iter().map(|f| f.name.clone()).collect();
    Manifest {
        format: FORMAT,
        network: planned.net.name.clone(),
        preprocessing: planned.net.preprocessing.clone(),
        board: planned.target.board.name.clone(),
        top: machine.design.top.clone(),
        design_hash: Digest(machine.design_hash).to_string(),
        weights_hash: planned.plan.weights_hash.to_string(),
        verilog: names(&machine.design.verilog),
        images: names(&machine.design.images),
        files: files.iter().map(|(name, bytes)| (name.clone(), sha256(bytes))).collect(),
    }
}

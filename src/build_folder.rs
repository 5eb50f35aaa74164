//! A build folder: what `generate` writes and everyone else opens. One file says what it is and what it was made from.

use crate::error::CliError;
use crate::planned::{Files, Planned};
use crate::project;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use systole_host::WeightImage;
use systole_machine::{registers, Plan};
use systole_net::regular_file::{self, MAX_FILE};
use systole_net::{Digest, Net, Preprocessing};
use systole_rtl::top::Machine;

/// The file that makes a folder a build folder.
const MANIFEST: &str = "systole.json";
const NETWORK: &str = "network.net";
const PLAN: &str = "plan.json";
/// Only where the machine loads its weights.
const WEIGHTS: &str = "weights.bin";
const HEADER: &str = "registers.h";
/// Changes when an older program would misread the folder.
const FORMAT: u32 = 2;

/// What the folder is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: u32,
    pub network: String,
    /// What pictures must go through; `None` where the network does not say.
    pub preprocessing: Option<Preprocessing>,
    pub board: String,
    /// Top module.
    pub top: String,
    /// What the machine's registers say, in hexadecimal.
    pub design_hash: String,
    pub weights_hash: String,
    /// Names in `rtl`: Verilog files in the order of compilation, memory images.
    pub verilog: Vec<String>,
    pub images: Vec<String>,
    /// SHA-256 of every other file, by its path in the folder.
    pub files: BTreeMap<String, String>,
}

/// Whether `folder` is a build folder, and `file` in it one that `generate` wrote.
pub fn consists_of(folder: &Path, file: &Path) -> bool {
    let Ok(name) = file.strip_prefix(folder) else { return false };
    let manifest = regular_file::read(&folder.join(MANIFEST), MAX_FILE).ok();
    let manifest: Option<Manifest> = manifest.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some((manifest, name)) = manifest.zip(name.to_str()) else { return false };
    name == MANIFEST || manifest.files.contains_key(name)
}

/// A build folder that was opened: its network, its plan, its files.
pub struct BuildFolder {
    pub path: PathBuf,
    pub manifest: Manifest,
    pub net: Net,
    pub plan: Arc<Plan>,
    pub design_hash: [u8; 32],
    /// Files that are no longer what `generate` wrote.
    pub changed: Vec<String>,
}

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
        files.insert(format!("{}/{}", project::RTL, file.name), file.bytes().to_vec());
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

impl Manifest {
    /// Of the build folder at `path`.
    ///
    /// # Errors
    /// [`CliError::NotABuild`], [`CliError::BuildFormat`], [`CliError::Json`].
    pub fn read(path: &Path) -> Result<Self, CliError> {
        let file = path.join(MANIFEST);
        let text = regular_file::read_text(&file).map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => CliError::NotABuild { path: path.into() },
            _ => CliError::io("read", &file)(error),
        })?;
        let wrong = |source| CliError::Json { path: file.clone(), source };
        let value: serde_json::Value = serde_json::from_str(&text).map_err(wrong)?;
        match value.get("format").and_then(serde_json::Value::as_u64) {
            Some(found) if found != u64::from(FORMAT) => {
                Err(CliError::BuildFormat { path: path.into(), found, wanted: FORMAT.into() })
            }
            _ => serde_json::from_value::<Manifest>(value).map_err(wrong)?.checked(path),
        }
    }

    /// The manifest, unless a name in it means more than a file of the folder or a module.
    fn checked(self, path: &Path) -> Result<Self, CliError> {
        let refused = |field: &'static str, found: &String| CliError::BuildField {
            path: path.into(),
            field,
            found: format!("{found:?}"),
        };
        let inside = |name: &String| {
            let parts = || Path::new(name).components();
            parts().count() > 0 && parts().all(|part| matches!(part, Component::Normal(_)))
        };
        if let Some(name) = self.files.keys().find(|name| !inside(name)) {
            return Err(refused("files", name));
        }
        for (field, names) in [("verilog", &self.verilog), ("images", &self.images)] {
            let listed = |name: &String| self.files.contains_key(&format!("{}/{name}", project::RTL));
            if let Some(name) = names.iter().find(|name| !inside(name) || !listed(name)) {
                return Err(refused(field, name));
            }
        }
        let identifier = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !self.top.starts_with(|c: char| c.is_ascii_alphabetic()) || !self.top.chars().all(identifier) {
            return Err(refused("top", &self.top));
        }
        for (field, text) in [("network", &self.network), ("board", &self.board)] {
            if text.contains(char::is_control) {
                return Err(refused(field, text));
            }
        }
        Ok(self)
    }

    /// Paths in the folder that `generate` did not write.
    ///
    /// # Errors
    /// [`CliError::Io`].
    pub fn foreign(&self, path: &Path) -> Result<Vec<String>, CliError> {
        let known = |name: &String| name == MANIFEST || self.files.contains_key(name);
        Ok(walk(path, "")?.into_iter().filter(|name| !known(name)).collect())
    }

    fn changed(&self, path: &Path) -> Vec<String> {
        let same = |(name, hash): &(&String, &String)| {
            regular_file::read(&path.join(name), MAX_FILE).is_ok_and(|bytes| sha256(&bytes) == **hash)
        };
        self.files.iter().filter(|entry| !same(entry)).map(|(name, _)| name.clone()).collect()
    }
}

impl BuildFolder {
    /// Opens a build folder; its network and its plan must belong together.
    ///
    /// # Errors
    /// [`CliError::NotABuild`] and whatever is wrong with its files.
    pub fn open(path: &Path) -> Result<Self, CliError> {
        let manifest = Manifest::read(path)?;
        let net = Net::read(&path.join(NETWORK))?;
        let file = path.join(PLAN);
        let text = regular_file::read_text(&file).map_err(CliError::io("read", &file))?;
        let plan = systole_plan::read_plan(&text, &net)
            .map_err(|source| CliError::PlanFile { path: file, source: Box::new(source) })?;
        let design_hash = digest(&manifest.design_hash)
            .ok_or_else(|| CliError::BuildHash { path: path.into(), found: manifest.design_hash.clone() })?;
        let changed = manifest.changed(path);
        Ok(BuildFolder { path: path.into(), net, plan: Arc::new(plan), design_hash, changed, manifest })
    }

    /// Refuses a folder whose files are not those that `generate` wrote.
    ///
    /// # Errors
    /// [`CliError::BuildChanged`].
    pub fn unchanged(self) -> Result<Self, CliError> {
        match self.changed.is_empty() {
            true => Ok(self),
            false => Err(CliError::BuildChanged { path: self.path, files: self.changed.join(", ") }),
        }
    }

    /// Verilog files in the order of compilation: name and text.
    ///
    /// # Errors
    /// [`CliError::Io`].
    pub fn verilog(&self) -> Result<Vec<(String, String)>, CliError> {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let files = self.manifest.verilog.iter().map(|name| Ok((name.clone(), text(self.rtl(name)?))));
        files.collect()
    }

    /// Memory images: the name that the Verilog opens, and bytes.
    ///
    /// # Errors
    /// [`CliError::Io`].
    pub fn images(&self) -> Result<Vec<(String, Vec<u8>)>, CliError> {
        self.manifest.images.iter().map(|name| Ok((name.clone(), self.rtl(name)?))).collect()
    }

    fn rtl(&self, name: &str) -> Result<Vec<u8>, CliError> {
        let file = self.path.join(project::RTL).join(name);
        regular_file::read(&file, MAX_FILE).map_err(CliError::io("read", &file))
    }
}

/// Files below a folder, by their path in it, sorted.
fn walk(root: &Path, below: &str) -> Result<Vec<String>, CliError> {
    let folder = root.join(below);
    let failed = |source| CliError::io("read the folder", &folder)(source);
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let name = if below.is_empty() { name } else { format!("{below}/{name}") };
        match entry.file_type().map_err(failed)?.is_dir() {
            true => files.extend(walk(root, &name)?),
            false => files.push(name),
        }
    }
    files.sort();
    Ok(files)
}

fn sha256(bytes: &[u8]) -> String {
    Digest(Sha256::digest(bytes).into()).to_string()
}

/// The hash that 64 hexadecimal digits spell.
fn digest(text: &str) -> Option<[u8; 32]> {
    let byte = |at: usize| u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..32).map(byte).collect();
    bytes.filter(|_| text.len() == 64)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::{digest, sha256};

    #[test]
    fn hashes_are_read_as_they_are_spelled() {
        let text = sha256(b"systole");
        assert_eq!(systole_net::Digest(digest(&text).unwrap()).to_string(), text);
        assert!([&text[1..], "", "zz"].iter().all(|wrong| digest(wrong).is_none()));
    }
}

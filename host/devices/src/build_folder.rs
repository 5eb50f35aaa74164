//! A build folder: what `generate` wrote, opened.

use crate::error::DeviceError;
use crate::manifest::{Manifest, RTL};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use systole_machine::Plan;
use systole_net::regular_file::{self, MAX_FILE};
use systole_net::Net;

/// Its network and its plan.
pub const NETWORK: &str = "network.net";
pub const PLAN: &str = "plan.json";

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

impl BuildFolder {
    /// Opens a build folder; its network and its plan must belong together.
    ///
    /// # Errors
    /// [`DeviceError::NotABuild`] and whatever is wrong with its files.
    pub fn open(path: &Path) -> Result<Self, DeviceError> {
        let manifest = Manifest::read(path)?;
        let net = Net::read(&path.join(NETWORK))?;
        let file = path.join(PLAN);
        let text = regular_file::read_text(&file).map_err(DeviceError::io("read", &file))?;
        let plan = systole_plan::read_plan(&text, &net)
            .map_err(|source| DeviceError::PlanFile { path: file, source: Box::new(source) })?;
        let design_hash = digest(&manifest.design_hash)
            .ok_or_else(|| DeviceError::BuildHash { path: path.into(), found: manifest.design_hash.clone() })?;
        let changed = manifest.changed(path);
        Ok(BuildFolder { path: path.into(), net, plan: Arc::new(plan), design_hash, changed, manifest })
    }

    /// Refuses a folder whose files are not those that `generate` wrote.
    ///
    /// # Errors
    /// [`DeviceError::BuildChanged`].
    pub fn unchanged(self) -> Result<Self, DeviceError> {
        match self.changed.is_empty() {
            true => Ok(self),
            false => Err(DeviceError::BuildChanged { path: self.path, files: self.changed.join(", ") }),
        }
    }

    /// Verilog files in the order of compilation: name and text.
    ///
    /// # Errors
    /// [`DeviceError::Io`].
    pub fn verilog(&self) -> Result<Vec<(String, String)>, DeviceError> {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let files = self.manifest.verilog.iter().map(|name| Ok((name.clone(), text(self.rtl(name)?))));
        files.collect()
    }

    /// Memory images: the name that the Verilog opens, and bytes.
    ///
    /// # Errors
    /// [`DeviceError::Io`].
    pub fn images(&self) -> Result<Vec<(String, Vec<u8>)>, DeviceError> {
        self.manifest.images.iter().map(|name| Ok((name.clone(), self.rtl(name)?))).collect()
    }

    fn rtl(&self, name: &str) -> Result<Vec<u8>, DeviceError> {
        let file = self.path.join(RTL).join(name);
        regular_file::read(&file, MAX_FILE).map_err(DeviceError::io("read", &file))
    }
}

/// The hash that 64 hexadecimal digits spell.
fn digest(text: &str) -> Option<[u8; 32]> {
    let byte = |at: usize| u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..32).map(byte).collect();
    bytes.filter(|_| text.len() == 64)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::digest;
    use crate::manifest::sha256;

    #[test]
    fn hashes_are_read_as_they_are_spelled() {
        let text = sha256(b"systole");
        assert_eq!(systole_net::Digest(digest(&text).unwrap()).to_string(), text);
        assert!([&text[1..], "", "zz"].iter().all(|wrong| digest(wrong).is_none()));
    }
}

//! The one file that says what a build folder is and what it was made from.

use crate::error::DeviceError;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path};
use systole_net::regular_file::{self, MAX_FILE};
use systole_net::{Digest, Preprocessing};

/// The file that makes a folder a build folder.
pub const MANIFEST: &str = "systole.json";
/// The folder in it that the names of Verilog files and memory images are in.
pub const RTL: &str = "rtl";
/// Changes when an older program would misread the folder.
pub const FORMAT: u32 = 2;

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

impl Manifest {
    /// Of the build folder at `path`.
    ///
    /// # Errors
    /// [`DeviceError::NotABuild`], [`DeviceError::BuildFormat`], [`DeviceError::Json`].
    pub fn read(path: &Path) -> Result<Self, DeviceError> {
        let file = path.join(MANIFEST);
        let text = regular_file::read_text(&file).map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => DeviceError::NotABuild { path: path.into() },
            _ => DeviceError::io("read", &file)(error),
        })?;
        let wrong = |source| DeviceError::Json { path: file.clone(), source };
        let value: serde_json::Value = serde_json::from_str(&text).map_err(wrong)?;
        match value.get("format").and_then(serde_json::Value::as_u64) {
            Some(found) if found != u64::from(FORMAT) => {
                Err(DeviceError::BuildFormat { path: path.into(), found, wanted: FORMAT.into() })
            }
            _ => serde_json::from_value::<Manifest>(value).map_err(wrong)?.checked(path),
        }
    }

    /// The manifest, unless a name in it means more than a file of the folder or a module.
    fn checked(self, path: &Path) -> Result<Self, DeviceError> {
        let refused = |field: &'static str, found: &String| DeviceError::BuildField {
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
            let listed = |name: &String| self.files.contains_key(&format!("{}/{name}", RTL));
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
    /// [`DeviceError::Io`].
    pub fn foreign(&self, path: &Path) -> Result<Vec<String>, DeviceError> {
        let known = |name: &String| name == MANIFEST || self.files.contains_key(name);
        Ok(walk(path, "")?.into_iter().filter(|name| !known(name)).collect())
    }

    pub(crate) fn changed(&self, path: &Path) -> Vec<String> {
        let same = |(name, hash): &(&String, &String)| {
            regular_file::read(&path.join(name), MAX_FILE).is_ok_and(|bytes| sha256(&bytes) == **hash)
        };
        self.files.iter().filter(|entry| !same(entry)).map(|(name, _)| name.clone()).collect()
    }
}

/// Files below a folder, by their path in it, sorted.
fn walk(root: &Path, below: &str) -> Result<Vec<String>, DeviceError> {
    let folder = root.join(below);
    let failed = |source| DeviceError::io("read the folder", &folder)(source);
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

/// SHA-256 of a file's bytes, as the manifest spells it.
pub fn sha256(bytes: &[u8]) -> String {
    Digest(Sha256::digest(bytes).into()).to_string()
}

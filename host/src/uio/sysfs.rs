//! Where Linux shows its UIO devices and u-dma-buf buffers: names, sizes, addresses.

use crate::dma::Side;
use crate::error::HostError;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The folders that Linux keeps devices in; others for models of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    /// Device files.
    pub dev: PathBuf,
    /// What sysfs says of them, by class.
    pub class: PathBuf,
}

impl Default for Roots {
    fn default() -> Self {
        Roots { dev: "/dev".into(), class: "/sys/class".into() }
    }
}

const UIO: &str = "uio";
const BUFFERS: &str = "u-dma-buf";

/// A register window: its device file and its size in bytes.
pub struct Window {
    pub file: PathBuf,
    pub bytes: usize,
}

/// A buffer: its device file, size in bytes, address for the DMA, the folder with its attributes, and which way bytes go
/// through it.
pub struct Buffer {
    pub file: PathBuf,
    pub bytes: usize,
    pub address: u64,
    pub folder: PathBuf,
    pub way: Way,
}

fn failed(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> HostError {
    let device = path.display().to_string();
    move |source| HostError::Io { device, action, source }
}

fn text(path: &Path) -> Result<String, HostError> {
    Ok(fs::read_to_string(path).map_err(failed(path, "read it"))?.trim().to_string())
}

/// Decimal, or hexadecimal behind `0x`.
fn number(path: &Path) -> Result<u64, HostError> {
    let text = text(path)?;
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| failed(path, "read a number from it")(io::ErrorKind::InvalidData.into()))
}

impl Roots {
    /// The UIO device of that name.
    ///
    /// # Errors
    /// [`HostError::NoUio`] lists those that there are.
    pub fn window(&self, name: &str) -> Result<Window, HostError> {
        let folder = self.class.join(UIO);
        let entries =
            fs::read_dir(&folder).map_err(failed(&folder, "list the UIO devices; load the device-tree overlay"))?;
        let mut found = Vec::new();
        for entry in entries.flatten() {
            let known = text(&entry.path().join("name"))?;
            if known == name {
                let bytes = number(&entry.path().join("maps/map0/size"))? as usize;
                return Ok(Window { file: self.dev.join(entry.file_name()), bytes });
            }
            found.push(known);
        }
        found.sort();
        Err(HostError::NoUio { name: name.to_string(), found: found.join(", ") })
    }

    /// The u-dma-buf buffer of that name.
    ///
    /// # Errors
    /// [`HostError::Io`] where there is none.
    pub fn buffer(&self, name: &str, way: Way) -> Result<Buffer, HostError> {
        let folder = self.class.join(BUFFERS).join(name);
        let bytes = number(&folder.join("size"))? as usize;
        let address = number(&folder.join("phys_addr"))?;
        Ok(Buffer { file: self.dev.join(name), bytes, address, folder, way })
    }
}

/// Which way bytes go through a buffer, as Linux numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    ToDevice = 1,
    FromDevice = 2,
}

impl Buffer {
    /// Hands the first `bytes` bytes to a side. The buffer is cached memory that nothing else keeps coherent: this writes
    /// caches back or drops them, as Linux' DMA API does.
    ///
    /// # Errors
    /// [`HostError::Io`].
    pub fn sync(&self, side: Side, bytes: usize) -> Result<(), HostError> {
        let name = match side {
            Side::Device => "sync_for_device",
            Side::Cpu => "sync_for_cpu",
        };
        let path = self.folder.join(name);
        // Offset 0 in the upper half; size, a multiple of 16; direction; go.
        let word = bytes.next_multiple_of(16) as u64 & 0xffff_fff0 | (self.way as u64) << 2 | 1;
        fs::write(&path, format!("{word:#x}")).map_err(failed(&path, "write it"))
    }
}

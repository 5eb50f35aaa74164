//! The character devices of a card, opened and locked; who cannot be reached is said with what to do.

use crate::error::HostError;
use rustix::fs::{flock, FlockOperation, OFlags};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What the module puts behind a card's name.
const USER: &str = "_user";
const TO_CARD: &str = "_h2c_0";
const FROM_CARD: &str = "_c2h_0";

pub struct Nodes {
    /// Registers; locked.
    pub user: File,
    pub to_card: File,
    pub from_card: File,
}

/// Opens all three, `device` being their name in messages and `window` the bytes of the registers.
pub fn open(base: &Path, device: &str, window: usize) -> Result<Nodes, HostError> {
    let mut both = OpenOptions::new();
    let user = node(base, USER, device, both.read(true).write(true))?;
    let small = user.metadata().is_ok_and(|found| found.is_file() && found.len() < window as u64);
    if small {
        return Err(HostError::NoCard { node: named(base, USER), found: listed(base) });
    }
    if flock(&user, FlockOperation::NonBlockingLockExclusive).is_err() {
        return Err(HostError::InUse { device: device.to_string() });
    }
    // The module takes it as: a read ends with a packet, and not only when its buffer is full. A descendant of the module
    // wants it for TLAST towards the card, too, which Xilinx' own always gives.
    let packets = OFlags::TRUNC.bits() as i32;
    let to_card = node(base, TO_CARD, device, OpenOptions::new().write(true).custom_flags(packets))?;
    let from_card = node(base, FROM_CARD, device, OpenOptions::new().read(true).custom_flags(packets))?;
    Ok(Nodes { user, to_card, from_card })
}

fn named(base: &Path, end: &str) -> PathBuf {
    let mut name = base.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn node(base: &Path, end: &str, device: &str, options: &OpenOptions) -> Result<File, HostError> {
    let path = named(base, end);
    options.open(&path).map_err(|source| refused(source, path, base, device))
}

fn refused(source: io::Error, node: PathBuf, base: &Path, device: &str) -> HostError {
    match source.kind() {
        ErrorKind::NotFound => HostError::NoCard { node, found: listed(base) },
        ErrorKind::PermissionDenied => HostError::CardForbidden { node },
        ErrorKind::ResourceBusy => HostError::InUse { device: device.to_string() },
        _ => HostError::Io { device: node.display().to_string(), action: "open it", source },
    }
}

/// The cards that are in the same folder.
fn listed(base: &Path) -> String {
    let entries = base.parent().map(fs::read_dir).and_then(Result::ok).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut cards: Vec<_> = names.filter_map(|name| name.strip_suffix(USER).map(str::to_string)).collect();
    cards.sort();
    if cards.is_empty() {
        "none".to_string()
    } else {
        cards.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::{refused, Path};
    use crate::error::HostError;
    use std::io::ErrorKind;

    #[test]
    fn refusals_are_told_apart() {
        let refused =
            |kind: ErrorKind| refused(kind.into(), "/dev/xdma0_user".into(), Path::new("/dev/xdma0"), "xdma:");
        let text = refused(ErrorKind::PermissionDenied).to_string();
        assert!(text.contains("/dev/xdma0_user") && text.contains("udev"), "{text}");
        assert!(matches!(refused(ErrorKind::NotFound), HostError::NoCard { .. }));
        assert!(matches!(refused(ErrorKind::ResourceBusy), HostError::InUse { .. }));
        assert!(matches!(refused(ErrorKind::InvalidInput), HostError::Io { .. }));
    }
}

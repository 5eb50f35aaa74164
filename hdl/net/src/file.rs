//! The `.net` file: magic, version, payload length, SHA-256 of the payload, payload (postcard).

use crate::limits::MAX_FILE;
use crate::{regular_file, Digest, Net, NetError};
use std::io::Write;
use std::path::Path;

/// How a `.net` file begins.
pub const MAGIC: [u8; 8] = *b"SYSTOLE\0";
const VERSION: u32 = 6;
const LENGTH_AT: usize = MAGIC.len() + size_of::<u32>();
const DIGEST_AT: usize = LENGTH_AT + size_of::<u64>();
const HEADER: usize = DIGEST_AT + size_of::<Digest>();

/// Plain data as bytes, a network's file among them; equal values give equal bytes.
pub(crate) fn payload(value: &impl serde::Serialize) -> Vec<u8> {
    postcard::to_stdvec(value).expect("plain data always encodes")
}

impl Net {
    /// The bytes of this network's `.net` file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let payload = payload(self);
        let length = (payload.len() as u64).to_le_bytes();
        [&MAGIC[..], &VERSION.to_le_bytes(), &length, &Digest::of(&payload).0, &payload].concat()
    }

    /// Writes the `.net` file whole or not at all, into an existing folder.
    pub fn write(&self, path: &Path) -> Result<(), NetError> {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let save = || {
            let mut file = scratch(folder)?;
            file.write_all(&self.to_bytes())?;
            file.as_file().sync_all()?;
            file.persist(path)?;
            Ok(())
        };
        save().map_err(|source| NetError::Io { path: path.into(), source })
    }

    /// Reads and checks a `.net` file. Allocates no more than the file's own length warrants.
    pub fn read(path: &Path) -> Result<Net, NetError> {
        let bytes = regular_file::read(path, HEADER as u64 + MAX_FILE);
        let bytes = bytes.map_err(|source| NetError::Io { path: path.into(), source })?;
        Self::from_bytes(&bytes, path)
    }

    /// Decodes and checks the bytes of a `.net` file; `path` is for messages.
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<Net, NetError> {
        let payload = verified(bytes, path)?;
        let malformed = |reason: String| NetError::Malformed { path: path.into(), reason };
        let (net, rest): (Net, &[u8]) = postcard::take_from_bytes(payload).map_err(|e| malformed(e.to_string()))?;
        if !rest.is_empty() {
            return Err(malformed(format!("{} bytes are left over", rest.len())));
        }
        net.check().map_err(|faults| NetError::Unsound { path: path.into(), faults })?;
        Ok(net)
    }
}

/// A scratch file with the permissions of an ordinary new file.
fn scratch(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// The payload, once header, length and hash agree with it.
fn verified<'a>(bytes: &'a [u8], path: &Path) -> Result<&'a [u8], NetError> {
    let not_a_net = || NetError::NotANet { path: path.into() };
    if !bytes.starts_with(&MAGIC) {
        return Err(not_a_net());
    }
    let (header, payload) = bytes.split_at_checked(HEADER).ok_or_else(not_a_net)?;
    let found = u32::from_le_bytes(header[MAGIC.len()..LENGTH_AT].try_into().expect("four bytes"));
    if found != VERSION {
        return Err(NetError::Version { path: path.into(), found, wanted: VERSION });
    }
    let wanted = u64::from_le_bytes(header[LENGTH_AT..DIGEST_AT].try_into().expect("eight bytes"));
    if wanted != payload.len() as u64 {
        return Err(NetError::Truncated { path: path.into(), wanted, found: payload.len() as u64 });
    }
    let found = Digest::of(payload);
    if header[DIGEST_AT..] != found.0 {
        let wanted = Digest(header[DIGEST_AT..].try_into().expect("a digest")).to_string();
        return Err(NetError::Damaged { path: path.into(), wanted, found: found.to_string() });
    }
    Ok(payload)
}

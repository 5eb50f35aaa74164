//! Devices by address: `<scheme>:<rest>`, each scheme with its factory.

use crate::device::Device;
use crate::error::{BoxError, HostError};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

type Factory = Box<dyn Fn(&OsStr) -> Result<Box<dyn Device>, BoxError>>;

/// Scheme and rest of an address; the rest may be a path, which need not be UTF-8.
pub fn split_address(address: &OsStr) -> Option<(&str, &OsStr)> {
    let bytes = address.as_bytes();
    let colon = bytes.iter().position(|byte| *byte == b':')?;
    Some((std::str::from_utf8(&bytes[..colon]).ok()?, OsStr::from_bytes(&bytes[colon + 1..])))
}

/// The schemes that a program knows. Simulators are registered by the program that has them.
#[derive(Default)]
pub struct Registry {
    factories: BTreeMap<String, Factory>,
}

impl Registry {
    /// `open` gets what follows the colon: a build folder, a port, a register window's name. A scheme added again is replaced.
    pub fn add<F>(&mut self, scheme: &str, open: F)
    where
        F: Fn(&OsStr) -> Result<Box<dyn Device>, BoxError> + 'static,
    {
        self.factories.insert(scheme.to_string(), Box::new(open));
    }

    /// Known schemes in alphabetical order.
    pub fn schemes(&self) -> impl Iterator<Item = &str> {
        self.factories.keys().map(String::as_str)
    }

    /// The device at `address`, not yet checked against any plan.
    pub fn open(&self, address: impl AsRef<OsStr>) -> Result<Box<dyn Device>, HostError> {
        let address = address.as_ref();
        let known = split_address(address).and_then(|(scheme, rest)| Some((self.factories.get(scheme)?, rest)));
        let Some((factory, rest)) = known else {
            let known = self.schemes().collect::<Vec<_>>().join(", ");
            return Err(HostError::Address { found: address.to_string_lossy().into_owned(), known });
        };
        factory(rest).map_err(|source| HostError::Open { address: address.to_string_lossy().into_owned(), source })
    }
}

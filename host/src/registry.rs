//! Devices by address: `<scheme>:<rest>`, each scheme with its factory.

use crate::device::Device;
use crate::error::{BoxError, HostError};
use std::collections::BTreeMap;

type Factory = Box<dyn Fn(&str) -> Result<Box<dyn Device>, BoxError>>;

/// The schemes that a program knows. Simulators are registered by the program that has them.
#[derive(Default)]
pub struct Registry {
    factories: BTreeMap<String, Factory>,
}

impl Registry {
    /// `open` gets what follows the colon: a build folder, a port, a register window's name. A scheme added again is replaced.
    pub fn add<F>(&mut self, scheme: &str, open: F)
    where
        F: Fn(&str) -> Result<Box<dyn Device>, BoxError> + 'static,
    {
        self.factories.insert(scheme.to_string(), Box::new(open));
    }

    /// Known schemes in alphabetical order.
    pub fn schemes(&self) -> impl Iterator<Item = &str> {
        self.factories.keys().map(String::as_str)
    }

    /// The device at `address`, not yet checked against any plan.
    pub fn open(&self, address: &str) -> Result<Box<dyn Device>, HostError> {
        let known = address.split_once(':').and_then(|(scheme, rest)| Some((self.factories.get(scheme)?, rest)));
        let Some((factory, rest)) = known else {
            let known = self.schemes().collect::<Vec<_>>().join(", ");
            return Err(HostError::Address { found: address.to_string(), known });
        };
        factory(rest).map_err(|source| HostError::Open { address: address.to_string(), source })
    }
}

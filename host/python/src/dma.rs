//! Register windows and buffers that are Python's, such as those of the pynq package, for the driver of a machine behind a DMA.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use std::io;
use std::path::PathBuf;
use systole_host::{HostError, Memory, Side, Words};

/// Name; `read(offset) -> int`; `write(offset, word)`.
pub type Mmio = (String, Py<PyAny>, Py<PyAny>);

/// Name; bytes; address; `put(bytes)`; `get(count) -> bytes`; `hand(to_device, count)`.
pub type Buffer = (String, usize, u64, Py<PyAny>, Py<PyAny>, Py<PyAny>);

pub struct Window {
    name: String,
    read: Py<PyAny>,
    write: Py<PyAny>,
}

pub struct Allocated {
    name: String,
    bytes: usize,
    address: u64,
    put: Py<PyAny>,
    get: Py<PyAny>,
    hand: Py<PyAny>,
}

pub fn words((name, read, write): Mmio) -> Window {
    Window { name, read, write }
}

pub fn buffer((name, bytes, address, put, get, hand): Buffer) -> Allocated {
    Allocated { name, bytes, address, put, get, hand }
}

/// Calls Python; an error is the device's.
fn called<T>(name: &str, action: &'static str, call: impl FnOnce(Python) -> PyResult<T>) -> Result<T, HostError> {
    Python::attach(call).map_err(|error| HostError::Io {
        device: name.to_string(),
        action,
        source: io::Error::other(error.to_string()),
    })
}

impl Words for Window {
    fn word(&self, offset: usize) -> Result<u32, HostError> {
        called(&self.name, "read a register", |py| self.read.call1(py, (offset,))?.extract(py))
    }

    fn set(&mut self, offset: usize, word: u32) -> Result<(), HostError> {
        called(&self.name, "write a register", |py| self.write.call1(py, (offset, word)).map(drop))
    }
}

impl Memory for Allocated {
    fn name(&self) -> PathBuf {
        PathBuf::from(&self.name)
    }

    fn bytes(&self) -> usize {
        self.bytes
    }

    fn address(&self) -> u64 {
        self.address
    }

    fn put(&mut self, from: &[u8]) -> Result<(), HostError> {
        called(&self.name, "write it", |py| self.put.call1(py, (PyBytes::new(py, from),)).map(drop))
    }

    fn get(&self, bytes: usize) -> Result<Vec<u8>, HostError> {
        called(&self.name, "read it", |py| {
            let found: PyBackedBytes = self.get.call1(py, (bytes,))?.extract(py)?;
            Ok(found.to_vec())
        })
    }

    fn hand(&self, side: Side, bytes: usize) -> Result<(), HostError> {
        called(&self.name, "hand it over", |py| self.hand.call1(py, (side == Side::Device, bytes)).map(drop))
    }
}

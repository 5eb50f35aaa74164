//! A device without its driver: registers and beats, for models of the ways to it.

use crate::interrupt::{long, look};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use std::ffi::OsString;
use std::sync::{Arc, Mutex, PoisonError};
use systole_devices::{registry, Watch};
use systole_host::{Device, OutBeat};

/// Cycles that a register access may take.
const WITHIN: u64 = 10_000;

/// The device.
#[pyclass(frozen, module = "systole._native")]
pub struct Pins {
    device: Mutex<Box<dyn Device>>,
}

impl Pins {
    fn act<T: Send>(
        &self,
        py: Python,
        what: impl FnOnce(&mut dyn Device) -> Result<T, systole_host::HostError> + Send,
    ) -> PyResult<T> {
        long(py, || Ok(what(&mut **self.device.lock().unwrap_or_else(PoisonError::into_inner))?))
    }
}

#[pymethods]
impl Pins {
    /// A simulator or the Verilog of a build folder.
    #[new]
    fn new(py: Python, address: OsString) -> PyResult<Self> {
        long(py, || {
            let watch: Watch = Arc::new(|_| look());
            Ok(Pins { device: Mutex::new(registry(&watch).open(address)?) })
        })
    }

    fn read(&self, py: Python, address: u32) -> PyResult<u32> {
        self.act(py, move |device| device.read_reg(address, WITHIN))
    }

    fn write(&self, py: Python, address: u32, word: u32) -> PyResult<()> {
        self.act(py, move |device| device.write_reg(address, word, WITHIN))
    }

    /// Bytes that were taken.
    fn send(&self, py: Python, bytes: PyBackedBytes, ends: bool) -> PyResult<usize> {
        self.act(py, move |device| device.send(&bytes, ends))
    }

    /// Beats that came: word, and whether it is the last of a result.
    fn receive(&self, py: Python, most: usize) -> PyResult<Vec<(u32, bool)>> {
        let beats = self.act(py, move |device| {
            let mut beats: Vec<OutBeat> = Vec::new();
            device.receive(most, &mut beats)?;
            Ok(beats)
        })?;
        Ok(beats.into_iter().map(|beat| (beat.data, beat.last)).collect())
    }

    fn advance(&self, py: Python, cycles: u64) -> PyResult<()> {
        self.act(py, move |device| device.advance(cycles))
    }

    fn flush(&self, py: Python) -> PyResult<()> {
        self.act(py, |device| device.flush())
    }
}

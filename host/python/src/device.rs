//! An open device: a driver that one thread at a time has.

use crate::dma::{buffer, words, Buffer, Mmio};
use crate::error::Raised;
use crate::interrupt::{long, look};
use crate::picture::Picture;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use systole_devices::{open, references, BuildFolder, Opened, Opening, Watch};
use systole_host::{Device, DmaDevice, DmaParts, Driver, HostError, Options, Ticket, WeightImage};
use systole_net::{regular_file, Image, Net, Scoring};

/// Counters by their names.
type Counted = Vec<(&'static str, u64)>;

struct Works {
    driver: Driver<Box<dyn Device>>,
    net: Net,
    tickets: Vec<Ticket>,
    /// A call on it was interrupted: what it was doing is to be dropped first.
    interrupted: bool,
}

/// The device.
#[pyclass(frozen, module = "systole._native")]
pub struct Machine {
    /// Whose it is: a process that was forked has neither its threads nor its connections.
    process: u32,
    name: String,
    shape: [usize; 2],
    classes: usize,
    labels: Vec<String>,
    layers: Vec<(String, [usize; 3])>,
    scoring: Scoring,
    preprocessing: Option<systole_net::Preprocessing>,
    clock_mhz: f64,
    network: String,
    works: Mutex<Option<Works>>,
}

fn watch() -> Watch {
    Arc::new(|_| look())
}

impl Machine {
    fn of((driver, build): Opened) -> Self {
        let plan = driver.plan();
        let layers = plan.bindings.iter().enumerate().map(|(at, b)| (b.name.clone(), driver.layer_shape(at)));
        Machine {
            process: std::process::id(),
            name: driver.device().name().to_string(),
            shape: [plan.input.height, plan.input.width],
            classes: plan.classes,
            labels: plan.labels.clone(),
            layers: layers.collect(),
            scoring: plan.scoring(),
            preprocessing: plan.preprocessing.clone(),
            clock_mhz: plan.board.clock_mhz,
            network: plan.network.clone(),
            works: Mutex::new(Some(Works { driver, net: build.net, tickets: Vec::new(), interrupted: false })),
        }
    }

    /// Has `what` done, behind all that other threads are having done.
    fn act<T: Send>(&self, py: Python, what: impl FnOnce(&mut Works) -> Result<T, Raised> + Send) -> PyResult<T> {
        self.own()?;
        long(py, || {
            let mut works = self.works.lock().unwrap_or_else(PoisonError::into_inner);
            let works = works.as_mut().ok_or_else(|| Raised::text("the device is closed"))?;
            if std::mem::replace(&mut works.interrupted, true) {
                works.driver.reset()?;
            }
            let done = what(works);
            works.interrupted = false;
            done
        })
    }

    fn own(&self) -> PyResult<()> {
        match self.process == std::process::id() {
            true => Ok(()),
            false => {
                Err(Raised::text("the device was opened by the process that this one was forked from; open it here")
                    .into())
            }
        }
    }

    fn image_of(&self, rgb: &[u8]) -> Image {
        let [height, width] = self.shape;
        Image { height, width, rgb: rgb.to_vec() }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            // The parent's, locks and threads and all.
            std::mem::forget(self.works.get_mut().ok().and_then(Option::take));
        }
    }
}

#[pymethods]
impl Machine {
    #[staticmethod]
    fn open(py: Python, address: OsString, build: Option<PathBuf>, take_over: bool) -> PyResult<Self> {
        long(py, || {
            let opening = Opening { address: &address, build: build.as_deref(), take_over, ..Opening::default() };
            Ok(Machine::of(open(&opening, &watch())?))
        })
    }

    /// A machine behind a DMA that Python reaches: both register windows, the buffers of images and of results.
    #[staticmethod]
    fn open_dma(
        py: Python,
        build: PathBuf,
        windows: [Mmio; 2],
        buffers: [Buffer; 2],
        take_over: bool,
    ) -> PyResult<Self> {
        let ([registers, dma], [input, output]) = (windows.map(words), buffers.map(buffer));
        long(py, || {
            let build = BuildFolder::open(&build)?.unchanged()?;
            let name = format!("pynq:{}", build.path.display());
            let parts = DmaParts { name, registers, dma, input, output, barrier: Some(Arc::new(look)) };
            let device: Box<dyn Device> = Box::new(DmaDevice::new(&build.plan, parts)?);
            let options = Options { take_over, ..Options::default() };
            let driver = Driver::open(device, Arc::clone(&build.plan), build.design_hash, options)?;
            Ok(Machine::of((driver, build)))
        })
    }

    /// Bytes that a build's images and results take, its beats of input being so many bytes wide.
    #[staticmethod]
    fn buffer_bytes(build: PathBuf) -> PyResult<[usize; 2]> {
        let build = BuildFolder::open(&build).map_err(Raised::from)?;
        Ok(systole_host::buffer_bytes(&build.plan))
    }

    /// Its name, the network's, the clock in MHz.
    #[getter]
    fn names(&self) -> (&str, &str, f64) {
        (&self.name, &self.network, self.clock_mhz)
    }

    #[getter]
    fn shape(&self) -> [usize; 2] {
        self.shape
    }

    #[getter]
    fn classes(&self) -> usize {
        self.classes
    }

    #[getter]
    fn labels(&self) -> Vec<String> {
        self.labels.clone()
    }

    #[getter]
    fn layers(&self) -> Vec<(String, [usize; 3])> {
        self.layers.clone()
    }

    #[getter]
    fn scale(&self) -> f64 {
        self.scoring.unit
    }

    #[getter]
    fn preprocessing(&self) -> PyResult<String> {
        serde_json::to_string(&self.preprocessing).map_err(|error| Raised::of(&error).into())
    }

    /// Bytes of the picture as the network takes it.
    fn image<'py>(&self, py: Python<'py>, picture: Picture) -> PyResult<Bound<'py, PyBytes>> {
        let (size, recorded) = (self.shape, self.preprocessing.as_ref());
        let image = long(py, || Ok(systole::library::image(picture.into(), size, recorded)?))?;
        Ok(PyBytes::new(py, &image.rgb))
    }

    fn submit(&self, py: Python, rgb: PyBackedBytes) -> PyResult<u64> {
        let image = self.image_of(&rgb);
        self.act(py, move |works| {
            let ticket = works.driver.submit(&image)?;
            works.tickets.push(ticket);
            Ok(ticket.image())
        })
    }

    /// Sum per class; cycle in which the image was first sent, and in which its result was complete.
    fn wait(&self, py: Python, image: u64) -> PyResult<(Vec<i64>, u64, u64)> {
        self.act(py, move |works| {
            let at = works.tickets.iter().position(|ticket| ticket.image() == image);
            let at = at.ok_or(HostError::NoSuchImage { image })?;
            let ticket = works.tickets.swap_remove(at);
            let found = works.driver.wait(ticket)?;
            Ok((found.sums, found.submitted_at, found.finished_at))
        })
    }

    fn scores(&self, sums: Vec<i64>) -> Vec<f64> {
        sums.into_iter().map(|sum| self.scoring.of(sum)).collect()
    }

    /// The map of the layer at that place, values of four bytes.
    fn dump<'py>(&self, py: Python<'py>, layer: usize, rgb: PyBackedBytes) -> PyResult<Bound<'py, PyBytes>> {
        let image = self.image_of(&rgb);
        let values = self.act(py, move |works| {
            let tensor = works.net.encode(&image)?;
            let map = works.driver.dump(layer, &tensor, &mut |_, _| look())?;
            Ok(map.data.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
        })?;
        Ok(PyBytes::new(py, &values))
    }

    fn selftest(&self, py: Python) -> PyResult<()> {
        self.act(py, |works| {
            let references = references(&works.net, works.driver.plan())?;
            let found = works.driver.selftest(&references)?;
            match found.passed() {
                true => Ok(()),
                false => Err(Raised::text(&found.to_string())),
            }
        })
    }

    fn check_memories(&self, py: Python) -> PyResult<()> {
        self.act(py, |works| match works.driver.check_memories() {
            Err(HostError::Damaged(damage)) => Err(Raised::Damaged(damage)),
            other => Ok(other?),
        })
    }

    fn counters(&self, py: Python) -> PyResult<Counted> {
        self.act(py, |works| {
            let seen = works.driver.counters()?;
            Ok(vec![
                ("images_done", seen.images_done.into()),
                ("cycles", seen.cycles),
                ("busy_cycles", seen.busy_cycles),
                ("in_beats", seen.in_beats),
                ("out_beats", seen.out_beats),
                ("input_starved", seen.input_starved),
                ("output_blocked", seen.output_blocked),
            ])
        })
    }

    fn load_weights(&self, py: Python, file: PathBuf) -> PyResult<()> {
        self.act(py, move |works| {
            let bytes = regular_file::read(&file, regular_file::MAX_FILE);
            let bytes = bytes.map_err(systole::CliError::io("read", &file))?;
            Ok(works.driver.load_weights(WeightImage::parse(&bytes)?)?)
        })
    }

    fn reset(&self, py: Python) -> PyResult<()> {
        self.act(py, |works| Ok(works.driver.reset()?))
    }

    fn close(&self, py: Python) -> PyResult<()> {
        if self.own().is_err() {
            return Ok(());
        }
        long(py, || match self.works.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(works) => Ok(works.driver.close().map(drop)?),
            None => Ok(()),
        })
    }
}

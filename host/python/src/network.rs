//! From a model file to a build folder, and the proof of one.

use crate::error::Raised;
use crate::interrupt::{long, look};
use crate::picture::{all, Picture};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::ffi::OsString;
use std::path::PathBuf;
use systole::library::{self, Placed, Quantized};
use systole_devices::BuildFolder;
use systole_net::{Image, Net};

/// A network of integers.
#[pyclass(frozen, module = "systole._native")]
pub struct Network {
    net: Net,
    /// Where it was quantised here.
    quantized: Option<Quantized>,
}

fn json<T: serde::Serialize>(value: &T) -> PyResult<String> {
    serde_json::to_string(value).map_err(|error| Raised::of(&error).into())
}

#[pymethods]
impl Network {
    #[staticmethod]
    fn read(py: Python, path: PathBuf) -> PyResult<Self> {
        long(py, || Ok(Network { net: Net::read(&path)?, quantized: None }))
    }

    #[staticmethod]
    fn quantize(py: Python, words: Vec<OsString>, pictures: Vec<Picture>, labels: Vec<String>) -> PyResult<Self> {
        let pictures = all(pictures);
        long(py, || {
            let quantized = library::quantize(words, pictures, labels, &mut |_, _, _| look())?;
            Ok(Network { net: quantized.net.clone(), quantized: Some(quantized) })
        })
    }

    /// Name, hash, classes, channels, rows and columns of the input, scale of its values.
    #[getter]
    fn facts(&self) -> (&str, String, usize, [usize; 3], f64) {
        let input = &self.net.tensors[Net::INPUT];
        let shape = [input.channels, input.height, input.width];
        (&self.net.name, self.net.hash().to_string(), self.net.classes(), shape, input.scale)
    }

    #[getter]
    fn labels(&self) -> Vec<String> {
        self.net.labels.clone()
    }

    #[getter]
    fn preprocessing(&self) -> PyResult<String> {
        json(&self.net.preprocessing)
    }

    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.quantized.iter().flat_map(|quantized| quantized.warnings.clone()).collect()
    }

    /// The report as JSON, in words and as a page; nothing for a network that was quantised elsewhere.
    #[getter]
    fn report(&self) -> PyResult<Option<(String, String, String)>> {
        let Some(quantized) = &self.quantized else { return Ok(None) };
        let told = quantized.told();
        let (text, page) = (systole_report::quantised::text(&told), systole_report::quantised::page(&told));
        Ok(Some((json(&told)?, text, page)))
    }

    fn write(&self, path: PathBuf) -> PyResult<()> {
        self.net.write(&path).map_err(|error| Raised::of(&error).into())
    }

    /// Bytes of the picture as the network takes it.
    fn image<'py>(&self, py: Python<'py>, picture: Picture) -> PyResult<Bound<'py, PyBytes>> {
        let image = long(py, || self.one(picture.into()))?;
        Ok(PyBytes::new(py, &image.rgb))
    }

    /// The score per class of every picture, by the integers on this processor.
    fn scores(&self, py: Python, pictures: Vec<Picture>) -> PyResult<Vec<Vec<f64>>> {
        let pictures = all(pictures);
        long(py, || {
            let images: Vec<Image> = pictures.into_iter().map(|picture| self.one(picture)).collect::<Result<_, _>>()?;
            Ok(library::scores(&self.net, &images)?)
        })
    }

    fn plan(&self, py: Python, words: Vec<OsString>) -> PyResult<Plan> {
        let net = self.net.clone();
        long(py, || Ok(Plan { placed: library::plan(net, words)? }))
    }
}

impl Network {
    fn one(&self, picture: library::Picture) -> Result<Image, Raised> {
        let input = &self.net.tensors[Net::INPUT];
        Ok(library::image(picture, [input.height, input.width], self.net.preprocessing.as_ref())?)
    }
}

/// Which boards hold a model: JSON, words, a page; the network that each board takes, by the board's name; warnings.
type Fits = (String, String, String, Vec<(String, Network)>, Vec<String>);

#[pyfunction]
pub fn fit(py: Python, words: Vec<OsString>, pictures: Vec<Picture>) -> PyResult<Fits> {
    let pictures = all(pictures);
    let found = long(py, || Ok(library::fit(words, pictures, &mut |_, _, _| look())?))?;
    let (text, page) = (systole_report::fitted::text(&found.fitted), systole_report::fitted::page(&found.fitted));
    let network = |(board, net)| (board, Network { net, quantized: None });
    Ok((json(&found.fitted)?, text, page, found.nets.into_iter().map(network).collect(), found.warnings))
}

/// A network on a board.
#[pyclass(frozen, module = "systole._native")]
pub struct Plan {
    placed: Placed,
}

#[pymethods]
impl Plan {
    /// The plan as JSON, in words and as a page.
    #[getter]
    fn pages(&self, py: Python) -> PyResult<(String, String, String)> {
        let (text, page) = long(py, || Ok(self.placed.pages()?))?;
        Ok((json(&self.placed.sheet)?, text, page))
    }

    #[getter]
    fn json(&self) -> PyResult<String> {
        json(&self.placed.sheet)
    }

    fn generate(&self, py: Python, folder: PathBuf, force: bool) -> PyResult<()> {
        long(py, || Ok(self.placed.generate(&folder, force)?))
    }
}

/// Golden model, simulator and Verilog of a build folder against each other: JSON and words.
#[pyfunction]
#[pyo3(signature = (folder, pictures, stalls))]
pub fn verify(py: Python, folder: PathBuf, pictures: Vec<Picture>, stalls: Option<u64>) -> PyResult<(String, String)> {
    let pictures = all(pictures);
    let agreement = long(py, || {
        let build = BuildFolder::open(&folder)?;
        let size = [build.plan.input.height, build.plan.input.width];
        let images = library::named(pictures, size, build.plan.preprocessing.as_ref())?;
        Ok(library::agreement(&build, images, stalls, &mut |_, _, _| look())?)
    })?;
    Ok((json(&agreement)?, library::agreement_page(&agreement)))
}

//! Pictures as Python hands them over: a path, or a name with rows, pixels per row and bytes.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use std::path::PathBuf;
use systole::library;

#[derive(FromPyObject)]
pub enum Picture {
    Pixels(String, usize, usize, PyBackedBytes),
    File(PathBuf),
}

impl From<Picture> for library::Picture {
    fn from(picture: Picture) -> Self {
        match picture {
            Picture::File(path) => library::Picture::File(path),
            Picture::Pixels(name, height, width, rgb) => {
                library::Picture::Pixels { name, height, width, rgb: rgb.to_vec() }
            }
        }
    }
}

/// All of them.
pub fn all(pictures: Vec<Picture>) -> Vec<library::Picture> {
    pictures.into_iter().map(library::Picture::from).collect()
}

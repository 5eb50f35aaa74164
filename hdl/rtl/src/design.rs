//! A design: all files of the machine as values. Nothing is written here.

use crate::composed::Composed;
use crate::error::RtlError;
use crate::primitive::Primitive;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A file of a design; `name` has no folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub contents: Contents,
}

/// Text is UTF-8 with `\n` line ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contents {
    Text(String),
    Bytes(Vec<u8>),
}

impl File {
    pub fn text(name: impl Into<String>, text: impl Into<String>) -> Self {
        File { name: name.into(), contents: Contents::Text(text.into()) }
    }

    pub fn bytes(&self) -> &[u8] {
        match &self.contents {
            Contents::Text(text) => text.as_bytes(),
            Contents::Bytes(bytes) => bytes,
        }
    }
}

/// The machine in files. Equal plans give equal designs, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Design {
    /// Top module; its file is `<top>.v`, the list of Verilog files for synthesis `<top>.f`.
    pub top: String,
    /// Primitives before what instantiates them, the top last.
    pub verilog: Vec<File>,
    /// Files of `verilog` that model vendors' cells, for simulation alone: `<top>.f` leaves them out.
    pub models: Vec<String>,
    /// Memory images, by name.
    pub images: Vec<File>,
}

impl Design {
    /// Collects the Verilog of a composed top, each module once, beside the memory images that its parameters name.
    ///
    /// # Errors
    /// [`RtlError::TwoOfOneFile`] for images of one name, [`RtlError::MissingImage`] for a parameter that begins the name of none.
    pub fn new<P: Primitive>(composed: &Composed<P>, images: Vec<File>) -> Result<Self, RtlError> {
        let mut by_name = BTreeMap::new();
        for image in images {
            let name = image.name.clone();
            if by_name.insert(name.clone(), image).is_some() {
                return Err(RtlError::TwoOfOneFile { name });
            }
        }
        for (instance, file) in composed.image_names() {
            if !by_name.keys().any(|name| name.starts_with(&file)) {
                let known: Vec<&str> = by_name.keys().map(String::as_str).collect();
                return Err(RtlError::MissingImage { instance, file, known: known.join(", ") });
            }
        }
        let verilog = composed.sources().iter().map(|(module, text)| File::text(format!("{module}.v"), text)).collect();
        let models = composed.models().iter().map(|module| format!("{module}.v")).collect();
        Ok(Design { top: composed.module.clone(), verilog, models, images: by_name.into_values().collect() })
    }

    /// The Verilog for synthesis.
    pub fn synthesised(&self) -> impl Iterator<Item = &File> {
        self.verilog.iter().filter(|f| !self.models.contains(&f.name))
    }

    /// `<top>.f`: one Verilog file for synthesis per line, relative to the list.
    pub fn file_list(&self) -> File {
        let lines: String = self.synthesised().map(|f| format!("{}\n", f.name)).collect();
        File::text(format!("{}.f", self.top), lines)
    }

    /// Everything to be written: Verilog, list, images.
    pub fn files(&self) -> Vec<File> {
        let list = std::iter::once(self.file_list());
        self.verilog.iter().cloned().chain(list).chain(self.images.iter().cloned()).collect()
    }

    /// SHA-256 over all files: for each its name, a zero byte, its length (64 bit, little endian) and its bytes.
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for file in self.files() {
            hash.update(file.name.as_bytes());
            hash.update([0]);
            hash.update((file.bytes().len() as u64).to_le_bytes());
            hash.update(file.bytes());
        }
        hash.finalize().into()
    }
}

//! A waveform of some cycles, in a file that appears whole.

use crate::block::{Named, TopBlock, Trace};
use crate::error::CycleError;
use std::fs::File;
use std::io::{BufWriter, Error, ErrorKind, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use tempfile::NamedTempFile;

pub struct Window {
    path: PathBuf,
    cycles: Range<u64>,
    file: NamedTempFile,
    sink: Sink,
    trace: Trace<Sink>,
}

/// The VCD writer does not give its file back, but the end of the file must be seen to be written.
#[derive(Clone)]
struct Sink(Arc<Mutex<BufWriter<File>>>);

impl Sink {
    fn file(&self) -> std::io::Result<MutexGuard<'_, BufWriter<File>>> {
        self.0.lock().map_err(|_| Error::from(ErrorKind::Other))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file()?.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file()?.flush()
    }
}

impl Window {
    pub fn open(path: &Path, cycles: Range<u64>, tree: &TopBlock, named: &Named) -> Result<Self, CycleError> {
        let fail = |source: Error| CycleError::Trace { path: path.to_path_buf(), source };
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = scratch(folder).map_err(fail)?;
        let sink = Sink(Arc::new(Mutex::new(BufWriter::new(file.reopen().map_err(fail)?))));
        let trace = Trace::with_names(sink.clone(), tree.module(), tree, named).map_err(fail)?;
        Ok(Window { path: path.to_path_buf(), cycles, file, sink, trace })
    }

    pub fn holds(&self, cycle: u64) -> bool {
        self.cycles.contains(&cycle)
    }

    /// No cycle from `cycle` on is in the window.
    pub fn is_over(&self, cycle: u64) -> bool {
        cycle >= self.cycles.end
    }

    /// One clock cycle of the tree, written down.
    pub fn tick(&mut self, tree: &mut TopBlock, reset: bool, cycle: u64) -> Result<(), CycleError> {
        let path = &self.path;
        tree.tick_traced(reset, cycle, &mut self.trace)
            .map_err(|source| CycleError::Trace { path: path.clone(), source })
    }

    /// Completes the file under its name.
    pub fn close(self) -> Result<(), CycleError> {
        let Window { path, file, mut sink, .. } = self;
        let result = sink.flush().and_then(|()| file.persist(&path).map_err(Error::from));
        result.map(drop).map_err(|source| CycleError::Trace { path, source })
    }
}

/// A scratch file with the permissions of an ordinary new file.
fn scratch(folder: &Path) -> std::io::Result<NamedTempFile> {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

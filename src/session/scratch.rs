//! Files and folders that appear whole or not at all, also when the command is interrupted.

use crate::error::CliError;
use crate::session::paths::parent;
use rustix::fs::{renameat_with, RenameFlags, CWD};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use systole_devices::manifest::consists_of;
use tempfile::{Builder, NamedTempFile, TempDir};

/// Shells report 128 + 2 (SIGINT) for an interrupted command.
const INTERRUPTED: i32 = 130;
/// A command adds a few files at most between two attempts.
const REMOVAL_ATTEMPTS: usize = 1000;
const PREFIX: &str = ".systole-";
/// Before the user's mask is taken off.
const FILE_MODE: u32 = 0o666;
const FOLDER_MODE: u32 = 0o777;

/// Paths that are half written; an interrupt removes them.
#[derive(Clone, Default)]
pub struct Scratch {
    half_written: Arc<Mutex<BTreeSet<PathBuf>>>,
}

impl Scratch {
    /// Watches for interrupts from here on.
    ///
    /// # Errors
    /// [`CliError::Signals`].
    pub fn new() -> Result<Self, CliError> {
        let scratch = Scratch::default();
        let watched = scratch.clone();
        ctrlc::set_handler(move || {
            // Held until the process is gone, so that nothing is begun or renamed meanwhile.
            let half_written = watched.lock();
            half_written.iter().for_each(|path| remove(path));
            crate::session::screen::put_back();
            let _ = writeln!(std::io::stderr(), "\ninterrupted; nothing was left half written");
            std::process::exit(INTERRUPTED);
        })
        .map_err(CliError::Signals)?;
        Ok(scratch)
    }

    /// Writes a file; its folder is made where missing. What is there and no ordinary file stays, and what the command line
    /// names for something else.
    ///
    /// # Errors
    /// [`CliError::Io`], [`CliError::NotAFile`], [`CliError::NamedTwice`], [`CliError::PartOfABuild`].
    pub fn write_file(&self, path: &Path, bytes: &[u8]) -> Result<(), CliError> {
        refuse_special(path)?;
        refuse_needed(path)?;
        let folder = parent(path);
        fs::create_dir_all(folder).map_err(CliError::io("create the folder", folder))?;
        let mut file = self.file_in(folder)?;
        let written = file.write_all(bytes).and_then(|()| file.as_file().sync_all());
        let kept = written.map_err(CliError::io("write", path));
        let mut half_written = self.lock();
        half_written.remove(file.path());
        kept?;
        file.persist(path).map_err(|e| CliError::io("write", path)(e.error))?;
        Ok(())
    }

    /// A new folder beside `path`, for what [`Scratch::publish`] is to put there.
    ///
    /// # Errors
    /// [`CliError::Io`].
    pub fn folder_beside(&self, path: &Path) -> Result<TempDir, CliError> {
        let folder = parent(path);
        fs::create_dir_all(folder).map_err(CliError::io("create the folder", folder))?;
        self.folder_in(folder)
    }

    /// A new folder among the system's temporary files, for what nobody needs afterwards.
    ///
    /// # Errors
    /// [`CliError::Io`].
    pub fn temporary_folder(&self) -> Result<TempDir, CliError> {
        self.folder_in(&std::env::temp_dir())
    }

    /// Puts a filled folder in the place of `path`; what was there before is removed.
    ///
    /// # Errors
    /// [`CliError::Io`].
    pub fn publish(&self, folder: TempDir, path: &Path) -> Result<(), CliError> {
        let mut half_written = self.lock();
        let failed = CliError::io("replace", path);
        if path.exists() {
            // One step: at no moment is the old one gone and the new one not there.
            let exchanged = renameat_with(CWD, folder.path(), CWD, path, RenameFlags::EXCHANGE);
            exchanged.map_err(|errno| failed(errno.into()))?;
        } else {
            fs::rename(folder.path(), path).map_err(failed)?;
            half_written.remove(&folder.keep());
            return Ok(());
        }
        drop(half_written);
        self.discard(folder)
    }

    /// Puts a file of a scratch folder in the place of `path`, and removes the folder.
    ///
    /// # Errors
    /// As [`Scratch::write_file`].
    pub fn publish_file(&self, folder: TempDir, name: &str, path: &Path) -> Result<(), CliError> {
        refuse_special(path)?;
        refuse_needed(path)?;
        fs::rename(folder.path().join(name), path).map_err(CliError::io("write", path))?;
        self.discard(folder)
    }

    /// Removes a scratch folder.
    ///
    /// # Errors
    /// [`CliError::Io`].
    pub fn discard(&self, folder: TempDir) -> Result<(), CliError> {
        let path = folder.path().to_path_buf();
        folder.close().map_err(CliError::io("remove", &path))?;
        self.lock().remove(&path);
        Ok(())
    }

    /// Returns unless an interrupt is being handled; then the process ends here, as interrupted: a command
    /// whose scratch files were just taken away must not report their absence.
    pub fn stay_if_interrupted(&self) {
        drop(self.lock());
    }

    fn file_in(&self, folder: &Path) -> Result<NamedTempFile, CliError> {
        let mut half_written = self.lock();
        let mode = fs::Permissions::from_mode(FILE_MODE);
        let file = Builder::new().prefix(PREFIX).permissions(mode).tempfile_in(folder);
        let file = file.map_err(CliError::io("create a file in", folder))?;
        half_written.insert(file.path().into());
        Ok(file)
    }

    fn folder_in(&self, folder: &Path) -> Result<TempDir, CliError> {
        let mut half_written = self.lock();
        let mode = fs::Permissions::from_mode(FOLDER_MODE);
        let made = Builder::new().prefix(PREFIX).permissions(mode).tempdir_in(folder);
        let made = made.map_err(CliError::io("create a folder in", folder))?;
        half_written.insert(made.path().into());
        Ok(made)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.half_written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes `folder` and what is missing above it, but not `root`: a scratch folder that an interrupt took away
/// must stay away.
///
/// # Errors
/// [`CliError::Io`].
pub fn create_within(root: &Path, folder: &Path) -> Result<(), CliError> {
    if folder == root || folder.is_dir() {
        return Ok(());
    }
    create_within(root, parent(folder))?;
    fs::create_dir(folder).map_err(CliError::io("create the folder", folder))
}

/// Devices, pipes and folders are not to be replaced by a file.
fn refuse_special(path: &Path) -> Result<(), CliError> {
    match path.exists() && !path.is_file() {
        true => Err(CliError::NotAFile { path: path.into() }),
        false => Ok(()),
    }
}

/// What the command line names twice is an input, or another output: neither is to be replaced. Nor is what a build consists of.
fn refuse_needed(path: &Path) -> Result<(), CliError> {
    let Ok(target) = path.canonicalize() else { return Ok(()) };
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let values = words.iter().map(|word| match word.to_str().and_then(|word| word.split_once('=')) {
        Some((option, value)) if option.starts_with('-') => Path::new(value),
        _ => Path::new(word),
    });
    let named: Vec<PathBuf> = values.filter_map(|value| value.canonicalize().ok()).collect();
    if named.iter().filter(|&value| *value == target).count() > 1 {
        return Err(CliError::NamedTwice { path: path.into() });
    }
    match named.into_iter().find(|folder| consists_of(folder, &target)) {
        Some(build) => Err(CliError::PartOfABuild { path: path.into(), build }),
        None => Ok(()),
    }
}

/// Tries again while the command, not yet ended, fills the folder under the remover's hands.
fn remove(path: &Path) {
    for _ in 0..REMOVAL_ATTEMPTS {
        // Nobody is left to hear of a failure.
        let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        if !path.exists() {
            return;
        }
    }
}

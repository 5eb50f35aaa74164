//! Built libraries, one file each, named by the hash of all that determined them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rustix::fs::{flock, FlockOperation};

use crate::compile::{self, Shared};
use crate::error::{Error, Result};
use crate::spec::{BuildSpec, Effort, Fields};
use crate::toolchain::Toolchain;

/// A library in the cache.
pub(crate) struct Entry {
    pub(crate) path: PathBuf,
    pub(crate) key: String,
    /// Whether it was there already.
    pub(crate) hit: bool,
}

/// The library of `spec`, built now unless the cache has it.
///
/// A file appears under its final name only when it is complete, so a build that dies leaves nothing that a later
/// one could mistake for a result. Builds of one key wait for each other; builds of different keys do not.
pub(crate) fn fetch(tools: &Toolchain, spec: &BuildSpec, cache: &Path) -> Result<Entry> {
    spec.check()?;
    let key = key(tools, spec);
    let path = cache.join(format!("{key}.so"));
    if path.is_file() {
        return Ok(Entry { path, key, hit: true });
    }
    fs::create_dir_all(cache).map_err(Error::io("create", cache))?;
    let _lock = lock(&cache.join(format!("{key}.lock")))?;
    if path.is_file() {
        return Ok(Entry { path, key, hit: true });
    }
    let headers = (spec.effort == Effort::Quick).then(|| headers(tools, spec.trace, cache)).transpose()?;
    let shared = Shared { runtime: runtime(tools, spec.trace, cache)?, headers };
    let scratch = scratch(cache)?;
    let library = compile::library(tools, spec, &key, &shared, scratch.path())?;
    fs::rename(&library, &path).map_err(Error::io("write", &path))?;
    Ok(Entry { path, key, hit: false })
}

/// A fresh folder on the cache's own file system, deleted with its value.
pub(crate) fn scratch(cache: &Path) -> Result<tempfile::TempDir> {
    fs::create_dir_all(cache).map_err(Error::io("create", cache))?;
    tempfile::Builder::new().prefix("build-").tempdir_in(cache).map_err(Error::io("create a folder in", cache))
}

/// Verilator's runtime as an object file: the same for all models of a toolchain, and slow to compile.
fn runtime(tools: &Toolchain, trace: bool, cache: &Path) -> Result<PathBuf> {
    once(&format!("runtime-{}.o", shared_key(tools, trace)), cache, |built| compile::runtime(tools, trace, built))
}

/// The folder of Verilator's precompiled header: reading it takes longer than compiling a small model.
fn headers(tools: &Toolchain, trace: bool, cache: &Path) -> Result<PathBuf> {
    once(&format!("headers-{}", shared_key(tools, trace)), cache, |built| {
        fs::create_dir(built).map_err(Error::io("create", built))?;
        compile::headers(tools, trace, built)
    })
}

fn shared_key(tools: &Toolchain, trace: bool) -> String {
    let mut hash = Fields::default();
    recipe(tools, trace).iter().for_each(|text| hash.add(text));
    hash.finish()
}

/// The file or folder `name` of the cache, made now unless it is there; whole or not at all.
fn once(name: &str, cache: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let path = cache.join(name);
    if path.exists() {
        return Ok(path);
    }
    let _lock = lock(&cache.join(format!("{name}.lock")))?;
    if !path.exists() {
        let scratch = scratch(cache)?;
        let built = scratch.path().join(name);
        make(&built)?;
        fs::rename(&built, &path).map_err(Error::io("write", &path))?;
    }
    Ok(path)
}

fn key(tools: &Toolchain, spec: &BuildSpec) -> String {
    let mut recipe = recipe(tools, spec.trace);
    recipe.push(compile::SHIM);
    recipe.extend(compile::optimisation(spec.effort));
    recipe.extend(compile::VERILATE);
    recipe.extend(compile::LINK);
    spec.key(&recipe)
}

fn recipe(tools: &Toolchain, trace: bool) -> Vec<&str> {
    let mut recipe = vec![tools.identity()];
    recipe.extend(compile::CPP);
    recipe.extend(compile::trace_defines(trace));
    recipe
}

/// An exclusive lock that lasts as long as the file is open; the kernel releases it when the holder dies.
fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).map_err(Error::io("create", path))?;
    flock(&file, FlockOperation::LockExclusive).map_err(|errno| Error::io("lock", path)(errno.into()))?;
    Ok(file)
}

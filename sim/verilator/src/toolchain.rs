//! Finds Verilator and the C++ compiler, and says exactly which they are.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Result};

/// Where `make setup` puts the pinned Python packages, below the workspace root.
const VENV_LIB: &str = ".tools/venv/lib";
/// The package folder inside one of the venv's `lib/pythonX.Y`.
const PACKAGE: &str = "site-packages/verilator";
/// In Verilator's root: the program itself, the header that says the runtime's version.
const PROGRAM: &str = "bin/verilator_bin";
const RUNTIME: &str = "include/verilated_config.h";
/// The C++ compilers to look for, in this order.
const COMPILERS: [&str; 2] = ["g++", "c++"];

/// One Verilator with its runtime sources, and one C++ compiler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    verilator: PathBuf,
    root: PathBuf,
    compiler: PathBuf,
    identity: String,
}

impl Toolchain {
    /// Finds the tools: the workspace's own pinned Verilator first, then one on the search path.
    ///
    /// `workspace` is the workspace root or any folder below it. Errors: [`Error::NoVerilator`], [`Error::NoTool`].
    pub fn locate(workspace: &Path) -> Result<Self> {
        Self::locate_in(workspace, env::var_os("PATH").as_deref())
    }

    /// Like [`Toolchain::locate`] with a given search path (`None`: nothing but the workspace's tools).
    pub fn locate_in(workspace: &Path, search_path: Option<&OsStr>) -> Result<Self> {
        let (verilator, root) = find_verilator(workspace, search_path)?;
        let compiler = COMPILERS.iter().find_map(|name| which(name, search_path)).ok_or_else(no_compiler)?;
        let identity = format!(
            "{}; runtime {}; {}",
            first_line(Command::new(&verilator).arg("--version"), "verilator")?,
            runtime_version(&root)?,
            first_line(Command::new(&compiler).arg("--version"), "g++")?,
        );
        Ok(Self { verilator, root, compiler, identity })
    }

    /// One line that names Verilator, its runtime and the C++ compiler, with versions; part of every cache key.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Verilator's version: of the package where it came as one (whose program does not know its own), else as the
    /// program says it.
    pub fn version(&self) -> String {
        let said = || self.identity.split(';').next().unwrap_or_default().trim_start_matches("Verilator ").to_string();
        package_version(&self.root).unwrap_or_else(said)
    }

    /// The C++ compiler.
    pub fn compiler(&self) -> &Path {
        &self.compiler
    }

    /// The Verilator program.
    pub fn verilator(&self) -> &Path {
        &self.verilator
    }

    /// The folder that holds Verilator's runtime sources.
    pub fn include(&self) -> PathBuf {
        self.root.join("include")
    }

    /// A command that runs Verilator with its own runtime, whatever the caller's environment says.
    pub(crate) fn verilator_command(&self) -> Command {
        let mut command = Command::new(&self.verilator);
        command.env("VERILATOR_ROOT", &self.root);
        command
    }

    pub(crate) fn compiler_command(&self) -> Command {
        Command::new(&self.compiler)
    }
}

fn find_verilator(workspace: &Path, search_path: Option<&OsStr>) -> Result<(PathBuf, PathBuf)> {
    let workspace = std::path::absolute(workspace).map_err(Error::io("resolve", workspace))?;
    if let Some(root) = workspace.ancestors().find_map(|folder| packaged(&folder.join(VENV_LIB))) {
        return Ok((root.join(PROGRAM), root));
    }
    let folders: Vec<PathBuf> = search_path.into_iter().flat_map(env::split_paths).collect();
    for folder in &folders {
        // A Python package of it first: its programs do not know where they are.
        let beside = folder.parent().and_then(|prefix| packaged(&prefix.join("lib")));
        if let Some(root) = beside.or_else(|| folder.parent().map(PathBuf::from).filter(|root| is_root(root))) {
            return Ok((root.join(PROGRAM), root));
        }
        for program in ["verilator_bin", "verilator"].map(|name| folder.join(name)) {
            if program.is_file() {
                let root = first_line(Command::new(&program).args(["--getenv", "VERILATOR_ROOT"]), "verilator")?;
                return Ok((program, root.into()));
            }
        }
    }
    let on_path = folders.iter().map(|folder| folder.join("verilator"));
    Err(Error::NoVerilator { looked: std::iter::once(workspace.join(VENV_LIB)).chain(on_path).collect() })
}

/// The root of the Verilator that is installed as a package in a `lib` of Pythons, the newest first.
fn packaged(lib: &Path) -> Option<PathBuf> {
    let mut pythons: Vec<_> = fs::read_dir(lib).ok()?.flatten().map(|entry| entry.path().join(PACKAGE)).collect();
    pythons.sort();
    pythons.into_iter().rev().find(|root| is_root(root))
}

/// Whether a folder has a Verilator and its runtime.
fn is_root(root: &Path) -> bool {
    root.join(PROGRAM).is_file() && root.join(RUNTIME).is_file()
}

/// The version in the name of the package's metadata folder, `verilator-<version>.dist-info` beside the package.
fn package_version(root: &Path) -> Option<String> {
    let beside = fs::read_dir(root.parent()?).ok()?.flatten();
    let mut versions = beside.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        Some(name.strip_prefix("verilator-")?.strip_suffix(".dist-info")?.to_string())
    });
    versions.next()
}

fn which(name: &str, search_path: Option<&OsStr>) -> Option<PathBuf> {
    env::split_paths(search_path?).map(|folder| folder.join(name)).find(|program| program.is_file())
}

fn no_compiler() -> Error {
    let source = std::io::Error::from(std::io::ErrorKind::NotFound);
    Error::NoTool { tool: COMPILERS.join(" or "), package: "g++", source }
}

fn first_line(command: &mut Command, package: &'static str) -> Result<String> {
    let tool = PathBuf::from(command.get_program());
    let output =
        command.output().map_err(|source| Error::NoTool { tool: tool.display().to_string(), package, source })?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_string();
    match text.lines().next() {
        Some(line) if output.status.success() => Ok(line.trim().to_string()),
        _ => Err(Error::OddTool { tool, wanted: "version or root", said: text }),
    }
}

/// The runtime's version, from the header that belongs to it.
fn runtime_version(root: &Path) -> Result<String> {
    let header = root.join(RUNTIME);
    let text = fs::read_to_string(&header).map_err(Error::io("read", &header))?;
    let quoted =
        text.lines().find(|line| line.starts_with("#define VERILATOR_VERSION ")).and_then(|l| l.split('"').nth(1));
    match quoted {
        Some(version) => Ok(version.to_string()),
        None => Err(Error::OddTool { tool: header, wanted: "VERILATOR_VERSION", said: String::new() }),
    }
}

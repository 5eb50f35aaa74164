//! A Python interpreter that has onnxruntime, and a program in it that is bounded in time.

use crate::error::CliError;
use crate::session::scratch::Scratch;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use systole_devices::tools;

/// Longest that a program may run; looking for modules takes a second on slow disks.
const PATIENCE: Duration = Duration::from_secs(300);
const PATIENCE_FOR_MODULES: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(5);
const MODULES: &str = "import sys; sys.path = [f for f in sys.path if f]; import numpy, onnxruntime";
/// Interpreter of the project's pinned tools, in a checkout.
const PINNED: &str = ".tools/venv/bin/python3";

/// The interpreter that was named; else the first one that has onnxruntime and NumPy.
///
/// # Errors
/// [`CliError::NoOnnxruntime`] with what each of those that were tried said.
pub fn find(named: Option<&Path>, scratch: &Scratch) -> Result<PathBuf, CliError> {
    let candidates = match named {
        Some(path) => vec![path.to_path_buf()],
        None => vec![PathBuf::from("python3"), tools::workspace()?.join(PINNED)],
    };
    let mut tried = Vec::new();
    for candidate in candidates {
        match run(&candidate, [OsStr::new("-c"), OsStr::new(MODULES)], PATIENCE_FOR_MODULES, scratch)? {
            Ok(()) => return Ok(candidate),
            Err(why) => tried.push(format!("{}: {why}", candidate.display())),
        }
    }
    Err(CliError::NoOnnxruntime { tried: tried.join("; ") })
}

/// Runs a program to its end; the inner error is the last line of what it said.
///
/// # Errors
/// [`CliError::Io`].
pub fn program<'a>(
    python: &Path,
    arguments: impl IntoIterator<Item = &'a OsStr>,
    scratch: &Scratch,
) -> Result<Result<(), String>, CliError> {
    run(python, arguments, PATIENCE, scratch)
}

fn run<'a>(
    python: &Path,
    arguments: impl IntoIterator<Item = &'a OsStr>,
    patience: Duration,
    scratch: &Scratch,
) -> Result<Result<(), String>, CliError> {
    let folder = scratch.temporary_folder()?;
    let said = folder.path().join("said");
    let failed = CliError::io("write", &said);
    let errors = File::create(&said).map_err(failed)?;
    let mut command = Command::new(python);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
    let ended = match command.spawn() {
        Ok(child) => wait(child, patience),
        Err(error) => Err(error.to_string()),
    };
    let said = fs::read(&said).unwrap_or_default();
    scratch.discard(folder)?;
    Ok(ended.and_then(|status| if status.success() { Ok(()) } else { Err(last_line(&said, status)) }))
}

/// The end of a child, which is killed when it takes too long.
fn wait(mut child: Child, patience: Duration) -> Result<ExitStatus, String> {
    let begin = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if begin.elapsed() < patience => std::thread::sleep(PAUSE),
            Ok(None) => {
                // Nothing is left to do about a child that cannot be killed.
                let _ = child.kill().and_then(|()| child.wait());
                return Err(format!("still running after {} s", patience.as_secs()));
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

fn last_line(said: &[u8], status: ExitStatus) -> String {
    let text = String::from_utf8_lossy(said);
    let last = text.lines().map(str::trim).rfind(|line| !line.is_empty());
    last.map_or_else(|| status.to_string(), str::to_string)
}

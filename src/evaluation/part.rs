//! Rows as they are found, in a file beside the result, so that an interrupted or killed evaluation can go on.
//!
//! The first line says what it is of, then comes a line per image. A line that was cut by a kill is dropped. Where there is no such
//! file, a finished result is what can be gone on from.

use super::result::{Evaluation, Row, Subject};
use crate::error::CliError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use systole_net::regular_file;

/// What is appended to the result's name.
const ENDING: &str = "part";

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Head {
    subject: Subject,
    shard: String,
}

/// The open file.
pub struct Part {
    path: PathBuf,
    file: File,
}

impl Part {
    /// Opens the file beside `result`; with `resume`, what an earlier run left there comes back, or what it finished. `own` says
    /// which images the shard has.
    ///
    /// # Errors
    /// [`CliError::Resume`] if that was of something else, [`CliError::Io`].
    pub fn open(
        result: &Path,
        subject: &Subject,
        (shard, own): (&str, &dyn Fn(usize) -> bool),
        resume: bool,
    ) -> Result<(Self, Vec<Row>), CliError> {
        let mut name = result.as_os_str().to_owned();
        name.push(".");
        name.push(ENDING);
        let path = PathBuf::from(name);
        let (rows, whole) = if resume { earlier(&path, subject, shard)? } else { (Vec::new(), 0) };
        check_rows(&path, subject, &rows, own)?;
        let finished = if resume && whole == 0 { finished(result, subject, own)? } else { Vec::new() };
        let failed = |source| CliError::io("write", &path)(source);
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
        file.set_len(whole).map_err(failed)?;
        let mut part = Part { path, file };
        if whole == 0 {
            part.line(&Head { subject: subject.clone(), shard: shard.into() })?;
            part.append(&finished)?;
        }
        Ok((part, [rows, finished].concat()))
    }

    /// Adds rows; they are in the file when this returns.
    ///
    /// # Errors
    /// [`CliError::Io`].
    pub fn append(&mut self, rows: &[Row]) -> Result<(), CliError> {
        rows.iter().try_for_each(|row| self.line(row))
    }

    fn line(&mut self, value: &impl Serialize) -> Result<(), CliError> {
        let mut line = serde_json::to_vec(value).map_err(|e| CliError::Output(e.into()))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(CliError::io("write", &self.path))
    }

    /// Removes the file, once the result is written.
    ///
    /// # Errors
    /// [`CliError::Io`].
    pub fn remove(self) -> Result<(), CliError> {
        fs::remove_file(&self.path).map_err(CliError::io("remove", &self.path))
    }
}

/// Rows of whole lines, and the length of those lines in bytes.
fn earlier(path: &Path, subject: &Subject, shard: &str) -> Result<(Vec<Row>, u64), CliError> {
    if !path.exists() {
        return Ok((Vec::new(), 0));
    }
    let bytes = regular_file::read(path, regular_file::MAX_TEXT).map_err(CliError::io("read", path))?;
    let mut lines = bytes.split_inclusive(|&b| b == b'\n').filter(|line| line.ends_with(b"\n"));
    let Some(first) = lines.next() else { return Ok((Vec::new(), 0)) };
    let head: Head = parse(path, first)?;
    let different = if head.shard == shard { subject.difference(&head.subject) } else { Some("the shard") };
    if let Some(what) = different {
        return Err(foreign(path, &head.subject, what));
    }
    let mut whole = first.len();
    let mut rows = Vec::new();
    for line in lines {
        rows.push(parse(path, line)?);
        whole += line.len();
    }
    Ok((rows, whole as u64))
}

/// Rows of a result that is there already, which is not replaced where it is of something else.
fn finished(result: &Path, subject: &Subject, own: &dyn Fn(usize) -> bool) -> Result<Vec<Row>, CliError> {
    if !result.exists() {
        return Ok(Vec::new());
    }
    let found = Evaluation::read(result)?;
    match subject.difference(&found.subject) {
        Some(what) => Err(foreign(result, &found.subject, what)),
        None if !found.rows.iter().all(|row| own(row.index)) => Err(foreign(result, &found.subject, "the shard")),
        None => check_rows(result, subject, &found.rows, own).map(|()| found.rows),
    }
}

/// Fails unless every row is of an image of the shard, and no image has two.
fn check_rows(path: &Path, subject: &Subject, rows: &[Row], own: &dyn Fn(usize) -> bool) -> Result<(), CliError> {
    let mut seen = HashSet::new();
    match rows.iter().find(|row| row.index >= subject.images || !own(row.index) || !seen.insert(row.index)) {
        None => Ok(()),
        Some(row) => {
            let why = format!(
                "image {} is twice in it or not among the {} of this evaluation; do without --resume to begin anew",
                row.index, subject.images
            );
            Err(CliError::Evaluation { path: path.into(), why })
        }
    }
}

fn foreign(path: &Path, found: &Subject, what: &'static str) -> CliError {
    CliError::Resume { path: path.into(), network: found.network.clone(), images: found.images, what }
}

fn parse<T: DeserializeOwned>(path: &Path, line: &[u8]) -> Result<T, CliError> {
    serde_json::from_slice(line).map_err(|source| CliError::Json { path: path.into(), source })
}

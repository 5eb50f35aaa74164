//! Rows as they are found, in a file beside the result, so that an interrupted or killed evaluation can go on.
//!
//! The first line says what it is of, then comes a line per image. A line that was cut by a kill is dropped.

use super::result::{Row, Subject};
use crate::error::CliError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
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
    /// Opens the file beside `result`; with `resume`, what an earlier run left there comes back.
    ///
    /// # Errors
    /// [`CliError::Resume`] if that was of something else, [`CliError::Io`].
    pub fn open(result: &Path, subject: &Subject, shard: &str, resume: bool) -> Result<(Self, Vec<Row>), CliError> {
        let mut name = result.as_os_str().to_owned();
        name.push(".");
        name.push(ENDING);
        let path = PathBuf::from(name);
        let (rows, whole) = if resume { earlier(&path, subject, shard)? } else { (Vec::new(), 0) };
        let failed = |source| CliError::io("write", &path)(source);
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
        file.set_len(whole).map_err(failed)?;
        let mut part = Part { path, file };
        if whole == 0 {
            part.line(&Head { subject: subject.clone(), shard: shard.into() })?;
        }
        Ok((part, rows))
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
        return Err(CliError::Resume { path: path.into(), what });
    }
    let mut whole = first.len();
    let mut rows = Vec::new();
    for line in lines {
        rows.push(parse(path, line)?);
        whole += line.len();
    }
    Ok((rows, whole as u64))
}

fn parse<T: DeserializeOwned>(path: &Path, line: &[u8]) -> Result<T, CliError> {
    serde_json::from_slice(line).map_err(|source| CliError::Json { path: path.into(), source })
}

//! One file over HTTP: resumed where it was cut, checked by length and SHA-256, in place only when whole.

pub mod sources;

use crate::error::CliError;
use rustix::fs::{flock, FlockOperation};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use ureq::http::header::{CONTENT_RANGE, RANGE};
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest silence in the middle of a file.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const CHUNK: usize = 1 << 16;

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub url: String,
    pub path: PathBuf,
    pub bytes: u64,
    /// In lower-case hexadecimal.
    pub sha256: String,
}

/// Bytes so far; called after every piece.
pub type Watch<'a> = &'a mut dyn FnMut(u64);

impl Wanted {
    /// Whether the file is there already, whole and right.
    ///
    /// # Errors
    /// [`CliError::Io`] when a file is there and cannot be read.
    pub fn is_there(&self) -> Result<bool, CliError> {
        match File::open(&self.path) {
            Ok(mut file) => Ok(self.length(&file)? == self.bytes && self.hash(&mut file)? == self.sha256),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(CliError::io("read", &self.path)(error)),
        }
    }

    /// Fetches what is missing. A cut leaves a `.part` file beside the target, from which the next call goes on.
    ///
    /// # Errors
    /// The `Fetch` variants of [`CliError`]; [`CliError::Io`].
    pub fn fetch(&self, watch: Watch) -> Result<(), CliError> {
        let part = self.part();
        let failed = || CliError::io("write", &part);
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(&part);
        let mut file = file.map_err(failed())?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| CliError::FetchBusy { part: part.clone() })?;
        if self.length(&file)? > self.bytes {
            file.set_len(0).map_err(failed())?;
        }
        if self.length(&file)? < self.bytes {
            let completed = self.complete(&mut file, watch);
            if completed.is_err() && self.length(&file)? == 0 {
                fs::remove_file(&part).map_err(CliError::io("remove", &part))?;
            }
            completed?;
        }
        self.verify(&mut file, &part)?;
        file.sync_all().map_err(failed())?;
        fs::rename(&part, &self.path).map_err(CliError::io("write", &self.path))
    }

    /// The file in progress.
    pub fn part(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".part");
        name.into()
    }

    /// Asks for the rest and appends it.
    fn complete(&self, file: &mut File, watch: Watch) -> Result<(), CliError> {
        let have = self.length(file)?;
        let mut response = self.request(have)?;
        if have > 0 && response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
            response = self.request(0)?;
        }
        let start = self.start(&response, have)?;
        let failed = || CliError::io("write", &self.part());
        file.set_len(start).map_err(failed())?;
        file.seek(io::SeekFrom::Start(start)).map_err(failed())?;
        let mut body = response.into_body().into_reader();
        self.append(file, &mut body, start, watch)
    }

    fn append(&self, file: &mut File, body: &mut impl Read, start: u64, watch: Watch) -> Result<(), CliError> {
        let (mut found, mut piece) = (start, vec![0; CHUNK]);
        loop {
            let count = match body.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.cut(found, error.to_string())),
            };
            found += count as u64;
            if found > self.bytes {
                file.set_len(0).map_err(CliError::io("write", &self.part()))?;
                return Err(self.wrong_length(found));
            }
            file.write_all(&piece[..count]).map_err(CliError::io("write", &self.part()))?;
            watch(found);
        }
        match found == self.bytes {
            true => Ok(()),
            false => Err(self.cut(found, "the connection ended".to_string())),
        }
    }

    /// First byte that the answer holds, once its lengths agree with what is wanted.
    fn start(&self, response: &Response<Body>, have: u64) -> Result<u64, CliError> {
        match response.status() {
            StatusCode::OK => match response.body().content_length() {
                Some(found) if found != self.bytes => Err(self.wrong_length(found)),
                _ => Ok(0),
            },
            StatusCode::PARTIAL_CONTENT => {
                let header = response.headers().get(CONTENT_RANGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
                let wanted = format!("bytes {have}-{}/{}", self.bytes - 1, self.bytes);
                match header == wanted {
                    true => Ok(have),
                    false => Err(CliError::FetchRange { url: self.url.clone(), found: header.to_string(), wanted }),
                }
            }
            status => Err(CliError::FetchStatus { url: self.url.clone(), status: status.to_string() }),
        }
    }

    fn request(&self, from: u64) -> Result<Response<Body>, CliError> {
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(READ_TIMEOUT))
            .timeout_per_read(Some(READ_TIMEOUT))
            .build()
            .into();
        let request = agent.get(&self.url);
        let request = if from > 0 { request.header(RANGE, format!("bytes={from}-")) } else { request };
        let failed = |source: ureq::Error| CliError::Fetch { url: self.url.clone(), why: source.to_string() };
        request.call().map_err(failed)
    }

    /// A file of another content is removed: going on from it would never end well.
    fn verify(&self, file: &mut File, part: &Path) -> Result<(), CliError> {
        let found = self.hash(file)?;
        if found == self.sha256 {
            return Ok(());
        }
        fs::remove_file(part).map_err(CliError::io("remove", part))?;
        Err(CliError::FetchHash { url: self.url.clone(), found, wanted: self.sha256.clone() })
    }

    fn hash(&self, file: &mut File) -> Result<String, CliError> {
        let mut hash = Sha256::new();
        let read = file.rewind().and_then(|()| io::copy(file, &mut hash));
        read.map_err(CliError::io("read", &self.path))?;
        Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn length(&self, file: &File) -> Result<u64, CliError> {
        file.metadata().map(|m| m.len()).map_err(CliError::io("read", &self.path))
    }

    fn wrong_length(&self, found: u64) -> CliError {
        CliError::FetchLength { url: self.url.clone(), found, wanted: self.bytes }
    }

    fn cut(&self, found: u64, why: String) -> CliError {
        CliError::FetchCut { url: self.url.clone(), why, found, wanted: self.bytes }
    }
}

#[cfg(test)]
mod tests;

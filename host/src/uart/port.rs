//! A serial port of the operating system: raw bytes at any rate, for one program at a time.

use crate::error::HostError;
use rustix::event::{poll, PollFd, PollFlags, Timespec};
use rustix::fs::{flock, FlockOperation, OFlags};
use rustix::termios::{tcflush, tcgetattr, tcsetattr, OptionalActions, QueueSelector};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Bytes in both directions, and the time that passes meanwhile.
pub trait Line: Send {
    /// Takes as many of `bytes` as there is room for, waiting no longer than `wait`.
    fn write(&mut self, bytes: &[u8], wait: Duration) -> io::Result<usize>;

    /// Bytes that have come, waiting no longer than `wait` for the first one.
    fn read(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<usize>;

    /// Since the line was opened.
    fn elapsed(&self) -> Duration;

    /// Drops whatever has come; where the line had failed, tries to open it again.
    fn discard(&mut self) -> io::Result<()>;
}

/// A port such as `/dev/ttyUSB0`.
pub struct SerialPort {
    path: PathBuf,
    baud: u32,
    /// Gone after a failure, until the next [`Line::discard`].
    file: Option<File>,
    opened: Instant,
}

impl SerialPort {
    /// Opens it raw at `baud`, and keeps other programs of this kind from it.
    ///
    /// # Errors
    /// [`HostError::InUse`], or what the operating system says.
    pub fn open(path: &Path, baud: u32) -> Result<Self, HostError> {
        let device = || path.display().to_string();
        let file = port(path, baud).map_err(|source| match source.kind() {
            ErrorKind::ResourceBusy => HostError::InUse { device: device() },
            ErrorKind::PermissionDenied => HostError::PortForbidden { port: path.to_path_buf() },
            _ => HostError::Io { device: device(), action: "open the port", source },
        })?;
        Ok(SerialPort { path: path.to_path_buf(), baud, file: Some(file), opened: Instant::now() })
    }

    fn file(&self) -> io::Result<&File> {
        self.file.as_ref().ok_or_else(|| ErrorKind::NotConnected.into())
    }

    /// That nothing moved is no failure; after any other the port has to be opened again, as adapters are pulled out.
    fn moved(&mut self, result: io::Result<usize>) -> io::Result<usize> {
        match result {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(0),
            Err(error) => {
                self.file = None;
                Err(error)
            }
            moved => moved,
        }
    }

    /// Whether the port is ready for `what` within `wait`.
    fn ready(&self, what: PollFlags, wait: Duration) -> io::Result<bool> {
        let mut ports = [PollFd::new(self.file()?, what)];
        let wait = Timespec::try_from(wait).map_err(|_| ErrorKind::InvalidInput)?;
        match poll(&mut ports, Some(&wait)) {
            Ok(count) => Ok(count > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// The port, locked and set.
fn port(path: &Path, baud: u32) -> io::Result<File> {
    let nonblocking = (OFlags::NOCTTY | OFlags::NONBLOCK).bits() as i32;
    let file = OpenOptions::new().read(true).write(true).custom_flags(nonblocking).open(path)?;
    flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|_| ErrorKind::ResourceBusy)?;
    let mut settings = tcgetattr(&file)?;
    settings.make_raw();
    settings.set_speed(baud)?;
    tcsetattr(&file, OptionalActions::Now, &settings)?;
    tcflush(&file, QueueSelector::IOFlush)?;
    Ok(file)
}

impl Line for SerialPort {
    fn write(&mut self, bytes: &[u8], wait: Duration) -> io::Result<usize> {
        let written = match self.ready(PollFlags::OUT, wait) {
            Ok(true) => self.file().and_then(|mut file| file.write(bytes)),
            other => other.map(|_| 0),
        };
        self.moved(written)
    }

    fn read(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<usize> {
        let read = match self.ready(PollFlags::IN, wait) {
            // Ready, and nothing there: the other end is gone.
            Ok(true) => self.file().and_then(|mut file| match file.read(buffer)? {
                0 => Err(ErrorKind::UnexpectedEof.into()),
                count => Ok(count),
            }),
            other => other.map(|_| 0),
        };
        self.moved(read)
    }

    fn elapsed(&self) -> Duration {
        self.opened.elapsed()
    }

    fn discard(&mut self) -> io::Result<()> {
        match &self.file {
            Some(file) => Ok(tcflush(file, QueueSelector::IFlush)?),
            None => {
                self.file = Some(port(&self.path, self.baud)?);
                Ok(())
            }
        }
    }
}

//! Reading files whose names come from elsewhere: regular ones, of bounded size. A pipe would be waited for without end,
//! a device read without end.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// Bytes of a file at most, and of a text: labels, plans, reports.
pub const MAX_FILE: u64 = (1 << 31) - 1;
pub const MAX_TEXT: u64 = 1 << 28;
/// Some editors begin a text with it; it is no part of the text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Opens a regular file for reading; links are followed.
///
/// # Errors
/// Those of the system, and [`ErrorKind::InvalidInput`] for pipes, devices, sockets and folders.
pub fn open(path: &Path) -> Result<File> {
    let kind = std::fs::metadata(path)?.file_type();
    let found = match (kind.is_file(), kind.is_dir()) {
        (true, _) => return File::open(path),
        (_, true) => "a folder",
        _ => "a pipe, a device or a socket",
    };
    Err(Error::new(ErrorKind::InvalidInput, format!("it is {found}, a regular file is wanted")))
}

/// The bytes of a regular file, `limit` at most.
///
/// # Errors
/// As [`open`], and [`ErrorKind::InvalidData`] for a larger file.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > limit {
        true => {
            Err(Error::new(ErrorKind::InvalidData, format!("it is larger than {limit} bytes, the most that is read")))
        }
        false => Ok(bytes),
    }
}

/// The text of a regular file of at most [`MAX_TEXT`] bytes in UTF-8.
///
/// # Errors
/// As [`read`], and [`ErrorKind::InvalidData`] for bytes that are no UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    let wrong = |error: std::string::FromUtf8Error| Error::new(ErrorKind::InvalidData, error.utf8_error().to_string());
    let text = String::from_utf8(read(path, MAX_TEXT)?).map_err(wrong)?;
    Ok(text.strip_prefix(BYTE_ORDER_MARK).map(str::to_string).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::{open, read, read_text};
    use std::io::ErrorKind;
    use std::path::Path;

    #[test]
    fn what_is_no_regular_file_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        for path in [fifo.as_path(), Path::new("/dev/zero"), folder.path()] {
            let refused = open(path).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{path:?}");
            assert!(refused.to_string().contains("a regular file is wanted"), "{refused}");
        }
        assert_eq!(open(&folder.path().join("none")).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("text");
        std::fs::write(&file, "four").unwrap();
        assert_eq!(read(&file, 4).unwrap(), b"four");
        assert_eq!(read(&file, 3).unwrap_err().kind(), ErrorKind::InvalidData);
        assert_eq!(read_text(&file).unwrap(), "four");
        std::fs::write(&file, "\u{feff}four").unwrap();
        assert_eq!(read_text(&file).unwrap(), "four");
        std::fs::write(&file, [0xff]).unwrap();
        assert_eq!(read_text(&file).unwrap_err().kind(), ErrorKind::InvalidData);
    }
}

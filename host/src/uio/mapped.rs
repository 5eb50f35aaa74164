//! A device file's memory in this process: registers word by word, buffers byte by byte.

use rustix::mm::{mmap, munmap, MapFlags, ProtFlags};
use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::ptr::null_mut;
use std::sync::atomic::{fence, Ordering};

/// Bytes of a register.
const WORD: usize = 4;
/// Bytes of a long access to a buffer.
const LONG: usize = 8;

/// An access to a buffer's memory: eight bytes at a multiple of eight, or one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Long(usize),
    Byte(usize),
}

/// The accesses that cover the first `bytes` bytes of a buffer once. None is unaligned: arm64 answers an unaligned access to
/// memory that is mapped as a device's with SIGBUS, and ordinary copies make such accesses.
fn accesses(bytes: usize) -> impl Iterator<Item = Access> {
    let whole = bytes - bytes % LONG;
    (0..whole).step_by(LONG).map(Access::Long).chain((whole..bytes).map(Access::Byte))
}

/// A mapping of `bytes` bytes from the start of a file, shared with whoever else maps it.
pub struct Mapped {
    base: *mut c_void,
    bytes: usize,
}

// SAFETY: the mapping belongs to this value alone, and is not tied to the thread that made it.
unsafe impl Send for Mapped {}

impl Mapped {
    pub fn new(file: &File, bytes: usize) -> io::Result<Self> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the kernel chooses an address where nothing is.
        let base = unsafe { mmap(null_mut(), bytes, access, MapFlags::SHARED, file, 0)? };
        Ok(Mapped { base, bytes })
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn word(&self, offset: usize) -> *mut u32 {
        assert!(offset % WORD == 0 && offset + WORD <= self.bytes, "offset {offset:#x} of {:#x} bytes", self.bytes);
        // SAFETY: the word lies in the mapping, and is aligned as pages are.
        unsafe { self.base.cast::<u8>().add(offset).cast() }
    }

    /// Reads a register.
    ///
    /// # Panics
    /// When there is none at `offset`; likewise the others.
    pub fn read(&self, offset: usize) -> u32 {
        // SAFETY: see `word`; the other side may change it at any time, therefore volatile.
        let word = unsafe { self.word(offset).read_volatile() };
        fence(Ordering::SeqCst);
        word
    }

    /// Writes a register, after everything that was written before.
    pub fn write(&mut self, offset: usize, word: u32) {
        fence(Ordering::SeqCst);
        // SAFETY: as in `read`.
        unsafe { self.word(offset).write_volatile(word) };
        fence(Ordering::SeqCst);
    }

    /// Copies `from` to the start of a buffer.
    pub fn put(&mut self, from: &[u8]) {
        assert!(from.len() <= self.bytes, "{} bytes into {}", from.len(), self.bytes);
        let base = self.base.cast::<u8>();
        for access in accesses(from.len()) {
            // SAFETY: the mapping holds as many bytes and begins at a page; no reference into it is ever given out.
            unsafe {
                match access {
                    Access::Long(at) => {
                        let bytes = from[at..at + LONG].try_into().expect("as many bytes");
                        base.add(at).cast::<u64>().write_volatile(u64::from_ne_bytes(bytes));
                    }
                    Access::Byte(at) => base.add(at).write_volatile(from[at]),
                }
            }
        }
    }

    /// The first `bytes` bytes of a buffer.
    pub fn get(&self, bytes: usize) -> Vec<u8> {
        assert!(bytes <= self.bytes, "{bytes} bytes of {}", self.bytes);
        let mut copy = vec![0; bytes];
        let base = self.base.cast::<u8>();
        for access in accesses(bytes) {
            // SAFETY: as in `put`.
            unsafe {
                match access {
                    Access::Long(at) => {
                        let word = base.add(at).cast::<u64>().read_volatile();
                        copy[at..at + LONG].copy_from_slice(&word.to_ne_bytes());
                    }
                    Access::Byte(at) => copy[at] = base.add(at).read_volatile(),
                }
            }
        }
        copy
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: mapped in `new`, of this size, and unmapped once. There is nobody to tell of a failure.
        let _ = unsafe { munmap(self.base, self.bytes) };
    }
}

#[cfg(test)]
mod tests {
    use super::{accesses, Access, Mapped, LONG};

    #[test]
    fn every_access_to_a_buffer_is_aligned_and_covers_its_bytes_once() {
        for bytes in 0..100 {
            let mut covered = vec![0; bytes];
            for access in accesses(bytes) {
                let (at, count) = match access {
                    Access::Long(at) => (at, LONG),
                    Access::Byte(at) => (at, 1),
                };
                assert_eq!(at % count, 0, "{access:?} of {bytes} bytes");
                covered[at..at + count].iter_mut().for_each(|times| *times += 1);
            }
            assert!(covered.iter().all(|times| *times == 1), "{bytes} bytes: {covered:?}");
        }
    }

    #[test]
    fn what_is_put_comes_back() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(4096).unwrap();
        let mut mapped = Mapped::new(&file, 4096).unwrap();
        for bytes in [0, 1, 7, 8, 9, 64, 1003, 4096] {
            let wanted: Vec<u8> = (0..bytes).map(|at| (at * 7 + bytes) as u8).collect();
            mapped.put(&vec![0xee; 4096]);
            mapped.put(&wanted);
            assert_eq!(mapped.get(bytes), wanted);
            assert!(mapped.get(4096)[bytes..].iter().all(|byte| *byte == 0xee), "nothing behind {bytes} bytes");
        }
    }
}

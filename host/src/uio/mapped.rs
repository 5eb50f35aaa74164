//! A device file's memory in this process: registers word by word, buffers byte by byte.

use rustix::mm::{mmap, munmap, MapFlags, ProtFlags};
use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::ptr::null_mut;
use std::sync::atomic::{fence, Ordering};

/// Bytes of a register.
const WORD: usize = 4;

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
        // SAFETY: the mapping holds as many bytes, and no reference into it is ever given out.
        unsafe { from.as_ptr().copy_to_nonoverlapping(self.base.cast(), from.len()) }
    }

    /// The first `bytes` bytes of a buffer.
    pub fn get(&self, bytes: usize) -> Vec<u8> {
        assert!(bytes <= self.bytes, "{bytes} bytes of {}", self.bytes);
        let mut copy = vec![0; bytes];
        // SAFETY: as in `put`.
        unsafe { self.base.cast::<u8>().copy_to_nonoverlapping(copy.as_mut_ptr(), bytes) };
        copy
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: mapped in `new`, of this size, and unmapped once. There is nobody to tell of a failure.
        let _ = unsafe { munmap(self.base, self.bytes) };
    }
}

//! A counting allocator, and the bound that importers keep: memory in proportion to the file.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Most bytes alive at once per byte of input. Empty messages of two bytes become structures of hundreds, and every one of
/// them may be a problem that is reported in words.
pub const BYTES_PER_BYTE: usize = 2048;
/// Whatever the input.
pub const CONSTANT: usize = 4 << 20;

struct Counting;

static ALIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// Safety: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        ALIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Old and new are alive at once.
        count(size);
        let moved = unsafe { System.realloc(pointer, layout, size) };
        ALIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        moved
    }
}

fn count(size: usize) {
    let alive = ALIVE.fetch_add(size, Ordering::Relaxed) + size;
    PEAK.fetch_max(alive, Ordering::Relaxed);
}

/// Runs `work` on an input of so many bytes and panics if it had more memory at once than the bound.
pub fn bounded<T>(input: usize, work: impl FnOnce() -> T) -> T {
    let before = ALIVE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let result = work();
    let used = PEAK.load(Ordering::Relaxed).saturating_sub(before);
    let bound = BYTES_PER_BYTE * input + CONSTANT;
    assert!(used <= bound, "{used} bytes at once for an input of {input}; the bound is {bound}");
    result
}

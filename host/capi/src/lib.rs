//! The C interface: open a device, give it images, take sums. cbindgen prints `host/c/systole.h` from this crate.

mod dump;
mod handles;
mod machine;
mod memories;
mod scores;

use handles::{slot, told, Outcome};
use machine::Machine;
pub use memories::{systole_check_memories, SystoleDamage};
use std::ffi::{c_char, c_int, CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{null, null_mut};
use std::slice;
use std::sync::Arc;
use systole_devices::{open, Opening, Watch};

/// What a function that returns an int returns: it did what it is for.
pub const SYSTOLE_DONE: c_int = 0;
/// It did not; systole_message says why.
pub const SYSTOLE_FAILED: c_int = 1;
/// There is no such device: it is NULL, closed, was never opened, or was opened by the process that this one was forked from.
pub const SYSTOLE_NO_DEVICE: c_int = 2;

/// The device did it, and found a damaged memory: answers are in doubt.
pub const SYSTOLE_DAMAGED: c_int = 3;

/// An open device: a handle, which is a number that is looked up.
pub struct SystoleDevice(());

/// What a device has counted since its last reset.
#[repr(C)]
pub struct SystoleCounters {
    pub images_done: u64,
    pub cycles: u64,
    pub busy_cycles: u64,
    pub in_beats: u64,
    pub out_beats: u64,
    pub input_starved: u64,
    pub output_blocked: u64,
}

fn status(device: *const SystoleDevice, outcome: Outcome<()>) -> c_int {
    told(device, outcome).err().unwrap_or(SYSTOLE_DONE)
}

/// What `from` points to; `what` is its name for messages.
///
/// # Safety
/// `from` is NULL or points to `count` values which nobody changes meanwhile.
unsafe fn read<'a, T>(from: *const T, count: usize, what: &str) -> Result<&'a [T], String> {
    match from.is_null() || !from.is_aligned() {
        true => Err(format!("{what} is NULL or not aligned")),
        // SAFETY: the caller's promise.
        false => Ok(unsafe { slice::from_raw_parts(from, count) }),
    }
}

/// As `read`, to be written.
///
/// # Safety
/// As `read`.
unsafe fn write<'a, T>(to: *mut T, count: usize, what: &str) -> Result<&'a mut [T], String> {
    match to.is_null() || !to.is_aligned() {
        true => Err(format!("{what} is NULL or not aligned")),
        // SAFETY: the caller's promise.
        false => Ok(unsafe { slice::from_raw_parts_mut(to, count) }),
    }
}

/// A string of C, whose bytes need not be UTF-8.
///
/// # Safety
/// `from` is NULL or ends with a zero byte.
unsafe fn string<'a>(from: *const c_char, what: &str) -> Result<&'a OsStr, String> {
    match from.is_null() {
        true => Err(format!("{what} is NULL")),
        // SAFETY: the caller's promise.
        false => Ok(OsStr::from_bytes(unsafe { CStr::from_ptr(from) }.to_bytes())),
    }
}

/// Opens the device at `address`; `build` is the build folder that it must be, or NULL where that is in the address.
/// NULL if that fails; then `error`, of `error_bytes` bytes, and systole_message say why. Paths in both are bytes, as
/// the file system has them.
///
/// # Safety
/// The strings end with a zero byte; `build` and `error` may be NULL.
#[no_mangle]
pub unsafe extern "C" fn systole_open(
    address: *const c_char,
    build: *const c_char,
    take_over: c_int,
    error: *mut c_char,
    error_bytes: usize,
) -> *mut SystoleDevice {
    let opened = || -> Outcome<*mut SystoleDevice> {
        // SAFETY: the caller's promise.
        let address = unsafe { string(address, "the address") }?;
        // SAFETY: the caller's promise.
        let build = (!build.is_null()).then(|| unsafe { string(build, "the build") }).transpose()?;
        handles::open(|| {
            let watch: Watch = Arc::new(|_| ());
            let opening =
                Opening { address, build: build.map(Path::new), take_over: take_over != 0, ..Opening::default() };
            Ok(Machine::new(open(&opening, &watch).map_err(|error| error.to_string())?))
        })
    };
    told(null(), opened()).unwrap_or_else(|_| {
        // SAFETY: the message lives until this thread's next call; the caller's promise.
        unsafe { copy_text(CStr::from_ptr(handles::message(null())), error, error_bytes) };
        null_mut()
    })
}

/// # Safety
/// `to` is NULL or has room for `room` bytes.
unsafe fn copy_text(from: &CStr, to: *mut c_char, room: usize) {
    let bytes = from.to_bytes_with_nul();
    let count = bytes.len().min(room);
    if to.is_null() || count == 0 {
        return;
    }
    // SAFETY: the caller's promise; the last byte that fits is a zero.
    unsafe {
        to.cast::<u8>().copy_from_nonoverlapping(bytes.as_ptr(), count);
        *to.add(count - 1) = 0;
    }
}

/// Stops the device and gives its handle back, when the calls that other threads are making on it have ended. The device
/// is closed whatever this returns: SYSTOLE_FAILED says that it could not be stopped, SYSTOLE_NO_DEVICE that it was not
/// open.
#[no_mangle]
pub extern "C" fn systole_close(device: *mut SystoleDevice) -> c_int {
    status(device, handles::close(device))
}

/// Why this thread's latest call on this device failed, closed or NULL as it may be; empty when it did not. NULL: why
/// systole_open failed. Stays until this thread's next call.
#[no_mangle]
pub extern "C" fn systole_message(device: *const SystoleDevice) -> *const c_char {
    handles::message(device)
}

/// Classes of the network: sums per image. 0 where there is no such device; likewise the next two.
#[no_mangle]
pub extern "C" fn systole_classes(device: *const SystoleDevice) -> usize {
    told(device, slot(device)).map_or(0, |slot| slot.facts.classes)
}

/// Rows of an image.
#[no_mangle]
pub extern "C" fn systole_height(device: *const SystoleDevice) -> usize {
    told(device, slot(device)).map_or(0, |slot| slot.facts.height)
}

/// Pixels of a row; three bytes each, R, G, B.
#[no_mangle]
pub extern "C" fn systole_width(device: *const SystoleDevice) -> usize {
    told(device, slot(device)).map_or(0, |slot| slot.facts.width)
}

/// Name of a class, or NULL where it has none. May be kept: it stays until the process ends.
#[no_mangle]
pub extern "C" fn systole_label(device: *const SystoleDevice, index: usize) -> *const c_char {
    told(device, slot(device))
        .map_or(null(), |slot| slot.facts.labels.get(index).map_or(null(), |label| label.as_ptr()))
}

/// What a sum is to be multiplied with to give the class's score, before the model file cuts it: see systole_scores. Not a number
/// where there is no such device.
#[no_mangle]
pub extern "C" fn systole_scale(device: *const SystoleDevice) -> f64 {
    told(device, slot(device)).map_or(f64::NAN, |slot| slot.facts.scoring.unit)
}

/// What pictures go through before the network, JSON: `preprocess` (per channel of the network's input its colour, what is
/// subtracted from a byte, what that is multiplied with), `inside` (what the model file does to that itself, or null), `resize`
/// (how pictures of another size are brought to the network's, or null). The device does the first two; the last is for whoever
/// makes images of pictures. NULL where the network does not say. May be kept: it stays until the process ends.
#[no_mangle]
pub extern "C" fn systole_preprocessing(device: *const SystoleDevice) -> *const c_char {
    told(device, slot(device)).map_or(null(), |slot| slot.facts.preprocessing.map_or(null(), |text| text.as_ptr()))
}

/// Runs one image of `bytes` bytes; `sums` gets one exact sum per class.
///
/// # Safety
/// `rgb` has `bytes` bytes, `sums` room for `classes` sums.
#[no_mangle]
pub unsafe extern "C" fn systole_infer(
    device: *mut SystoleDevice,
    rgb: *const u8,
    bytes: usize,
    sums: *mut i64,
    classes: usize,
) -> c_int {
    let infer = || -> Outcome<()> {
        let slot = slot(device)?;
        slot.facts.check_image(bytes)?;
        slot.facts.check_sums(classes)?;
        // SAFETY: the caller's promise.
        let (rgb, sums) = unsafe { (read(rgb, bytes, "the image")?, write(sums, classes, "the room for sums")?) };
        slot.act(|machine| {
            let image = machine.submit(rgb)?;
            machine.wait(image, sums)
        })
    };
    status(device, infer())
}

/// Sends an image and does not wait for its result: `image` gets its number, by which any thread can wait for it.
///
/// # Safety
/// As `systole_infer`.
#[no_mangle]
pub unsafe extern "C" fn systole_submit(
    device: *mut SystoleDevice,
    rgb: *const u8,
    bytes: usize,
    image: *mut u64,
) -> c_int {
    let submit = || -> Outcome<()> {
        let slot = slot(device)?;
        slot.facts.check_image(bytes)?;
        // SAFETY: the caller's promise.
        let (rgb, image) = unsafe { (read(rgb, bytes, "the image")?, write(image, 1, "the room for the number")?) };
        image[0] = slot.act(|machine| machine.submit(rgb))?;
        Ok(())
    };
    status(device, submit())
}

/// The sums of an image that was submitted.
///
/// # Safety
/// As `systole_infer`.
#[no_mangle]
pub unsafe extern "C" fn systole_wait(device: *mut SystoleDevice, image: u64, sums: *mut i64, classes: usize) -> c_int {
    let wait = || -> Outcome<()> {
        let slot = slot(device)?;
        slot.facts.check_sums(classes)?;
        // SAFETY: the caller's promise.
        let sums = unsafe { write(sums, classes, "the room for sums") }?;
        slot.act(|machine| machine.wait(image, sums))
    };
    status(device, wait())
}

/// Tests identity, registers, both streams, the memories, and every layer of some images.
#[no_mangle]
pub extern "C" fn systole_selftest(device: *mut SystoleDevice) -> c_int {
    status(device, slot(device).and_then(|slot| slot.act(Machine::selftest)))
}

/// What the device has counted.
///
/// # Safety
/// `counters` points to room for it.
#[no_mangle]
pub unsafe extern "C" fn systole_counters(device: *mut SystoleDevice, counters: *mut SystoleCounters) -> c_int {
    let count = || -> Outcome<()> {
        let slot = slot(device)?;
        // SAFETY: the caller's promise.
        let counters = unsafe { write(counters, 1, "the room for counters") }?;
        let seen = slot.act(|machine| machine.driver.counters().map_err(|error| error.to_string()))?;
        counters[0] = SystoleCounters {
            images_done: seen.images_done.into(),
            cycles: seen.cycles,
            busy_cycles: seen.busy_cycles,
            in_beats: seen.in_beats,
            out_beats: seen.out_beats,
            input_starved: seen.input_starved,
            output_blocked: seen.output_blocked,
        };
        Ok(())
    };
    status(device, count())
}

/// Loads other weights of the same design, weights.bin of their build folder, in place of the build's, which are loaded by
/// `systole_open`; fails where the weights are in the design. Images in flight are dropped.
///
/// # Safety
/// `file` ends with a zero byte.
#[no_mangle]
pub unsafe extern "C" fn systole_load_weights(device: *mut SystoleDevice, file: *const c_char) -> c_int {
    let load = || -> Outcome<()> {
        let slot = slot(device)?;
        // SAFETY: the caller's promise.
        let file = unsafe { string(file, "the name of the file") }?;
        slot.act(|machine| machine.load_weights(Path::new(file)))
    };
    status(device, load())
}

/// Drops the images in flight and starts the device afresh.
#[no_mangle]
pub extern "C" fn systole_reset(device: *mut SystoleDevice) -> c_int {
    status(
        device,
        slot(device).and_then(|slot| slot.act(|machine| machine.driver.reset().map_err(|error| error.to_string()))),
    )
}

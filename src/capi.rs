//! The C interface: open a device, give it images, take sums. `host/c/systole.h` is printed from this file and those in capi.

mod dump;

use crate::device::Watch;
use crate::error::CliError;
use crate::open::{open, Opened, Opening};
use std::ffi::{c_char, c_int, CStr, CString};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::Path;
use std::ptr::{null, null_mut};
use std::rc::Rc;
use std::slice;
use systole_golden::Golden;
use systole_host::{Device, Driver, Reference, Ticket, WeightImage};
use systole_net::random::random_image;
use systole_net::{Image, Net};

/// What a function returns that did, or did not do, what it is for.
const DONE: c_int = 0;
const FAILED: c_int = 1;
/// Which of all images the self-test runs.
const SELFTEST_SEED: u64 = 1;

/// An open device.
pub struct SystoleDevice {
    driver: Driver<Box<dyn Device>>,
    net: Net,
    labels: Vec<CString>,
    layers: Vec<CString>,
    message: CString,
    tickets: Vec<Ticket>,
}

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

/// Text for C, which ends at the first zero byte.
fn text(from: &str) -> CString {
    CString::new(from.replace('\0', " ")).unwrap_or_default()
}

/// A panic is an error for C, too: it must not leave this library.
fn guarded<T>(what: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(what)).unwrap_or_else(|_| Err("a fault in this program; please report it".into()))
}

impl SystoleDevice {
    fn new((driver, build): Opened) -> Self {
        let labels = driver.plan().labels.iter().map(|label| text(label)).collect();
        let layers = driver.plan().bindings.iter().map(|binding| text(&binding.name)).collect();
        SystoleDevice { driver, net: build.net, labels, layers, message: CString::default(), tickets: Vec::new() }
    }

    fn image(&self, rgb: &[u8]) -> Result<Image, String> {
        let map = &self.driver.plan().input;
        let (height, width) = (map.height, map.width);
        let wanted = height * width * 3;
        match rgb.len() == wanted {
            true => Ok(Image { height, width, rgb: rgb.to_vec() }),
            false => Err(format!("an image of {} bytes; {height} rows of {width} pixels have {wanted}", rgb.len())),
        }
    }

    fn wait(&mut self, image: u64, sums: &mut [i64]) -> Result<(), String> {
        let at = self.tickets.iter().position(|ticket| ticket.image() == image);
        let at = at.ok_or_else(|| format!("image {image} was never submitted, or its result was already taken"))?;
        let classes = self.driver.plan().classes;
        if sums.len() != classes {
            return Err(format!("room for {} sums; there are {classes}", sums.len()));
        }
        let ticket = self.tickets.swap_remove(at);
        let inference = self.driver.wait(ticket).map_err(|error| error.to_string())?;
        sums.copy_from_slice(&inference.sums);
        Ok(())
    }

    fn submit(&mut self, rgb: &[u8]) -> Result<u64, String> {
        let image = self.image(rgb)?;
        let ticket = self.driver.submit(&image).map_err(|error| error.to_string())?;
        self.tickets.push(ticket);
        Ok(ticket.image())
    }

    fn selftest(&mut self) -> Result<(), String> {
        let image = random_image(&self.net, SELFTEST_SEED);
        let golden = Golden::new(&self.net).map_err(|faults| CliError::Faults { faults }.to_string())?;
        let trace = golden.trace(&image).map_err(|error| error.to_string())?;
        let reference = Reference::new(self.driver.plan(), image, trace);
        let found = self.driver.selftest(&reference).map_err(|error| error.to_string())?;
        match found.passed() {
            true => Ok(()),
            false => Err(found.to_string()),
        }
    }

    /// Does something, and keeps what went wrong.
    fn act<T>(&mut self, what: impl FnOnce(&mut Self) -> Result<T, String>) -> Option<T> {
        match guarded(|| what(self)) {
            Ok(value) => {
                self.message = CString::default();
                Some(value)
            }
            Err(message) => {
                self.message = text(&message);
                None
            }
        }
    }
}

fn status(done: Option<()>) -> c_int {
    done.map_or(FAILED, |()| DONE)
}

/// Opens the device at `address`; `build` is the build folder that it must be, or NULL where that is in the address.
/// NULL if that fails; then `error`, of `error_bytes` bytes, says why.
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
    let opened = guarded(|| {
        // SAFETY: the caller's promise.
        let read = |from: *const c_char| unsafe { CStr::from_ptr(from) }.to_string_lossy().into_owned();
        let address = read(address);
        let build = (!build.is_null()).then(|| read(build));
        let build = build.as_deref().map(Path::new);
        let watch: Watch = Rc::new(|_| ());
        let opening = Opening { address: &address, build, take_over: take_over != 0, ..Opening::default() };
        open(&opening, &watch).map_err(|error| error.to_string())
    });
    match opened {
        Ok(opened) => Box::into_raw(Box::new(SystoleDevice::new(opened))),
        Err(message) => {
            let message = text(&message).into_bytes_with_nul();
            if !error.is_null() && error_bytes > 0 {
                let count = message.len().min(error_bytes);
                // SAFETY: the caller's promise; the last byte that fits is a zero.
                unsafe {
                    error.cast::<u8>().copy_from_nonoverlapping(message.as_ptr(), count);
                    *error.add(count - 1) = 0;
                }
            }
            null_mut()
        }
    }
}

/// Stops the device and frees it; NULL is ignored.
///
/// # Safety
/// `device` came from `systole_open` and is not used any more.
#[no_mangle]
pub unsafe extern "C" fn systole_close(device: *mut SystoleDevice) {
    if !device.is_null() {
        // SAFETY: the caller's promise.
        let device = unsafe { Box::from_raw(device) };
        // There is nobody left to tell what went wrong.
        let _ = guarded(|| device.driver.close().map(drop).map_err(|error| error.to_string()));
    }
}

/// Why the last function on this device failed; empty when it did not. Belongs to the device, until its next call.
///
/// # Safety
/// `device` came from `systole_open`; likewise in all functions below.
#[no_mangle]
pub unsafe extern "C" fn systole_message(device: *const SystoleDevice) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { &*device }.message.as_ptr()
}

/// Classes of the network: sums per image.
///
/// # Safety
/// See `systole_message`.
#[no_mangle]
pub unsafe extern "C" fn systole_classes(device: *const SystoleDevice) -> usize {
    // SAFETY: the caller's promise.
    unsafe { &*device }.driver.plan().classes
}

/// Rows of an image.
///
/// # Safety
/// See `systole_message`.
#[no_mangle]
pub unsafe extern "C" fn systole_height(device: *const SystoleDevice) -> usize {
    // SAFETY: the caller's promise.
    unsafe { &*device }.driver.plan().input.height
}

/// Pixels of a row; three bytes each, R, G, B.
///
/// # Safety
/// See `systole_message`.
#[no_mangle]
pub unsafe extern "C" fn systole_width(device: *const SystoleDevice) -> usize {
    // SAFETY: the caller's promise.
    unsafe { &*device }.driver.plan().input.width
}

/// Name of a class, or NULL where it has none. Belongs to the device.
///
/// # Safety
/// See `systole_message`.
#[no_mangle]
pub unsafe extern "C" fn systole_label(device: *const SystoleDevice, index: usize) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { &*device }.labels.get(index).map_or(null(), |label| label.as_ptr())
}

/// What a sum is to be multiplied with to give the class's score.
///
/// # Safety
/// See `systole_message`.
#[no_mangle]
pub unsafe extern "C" fn systole_scale(device: *const SystoleDevice) -> f64 {
    // SAFETY: the caller's promise.
    let plan = unsafe { &*device }.driver.plan();
    plan.out_scale / plan.sum_pixels as f64
}

/// Runs one image of `bytes` bytes; `sums` gets one exact sum per class.
///
/// # Safety
/// `rgb` has `bytes` bytes, `sums` room for `classes` sums; see also `systole_message`.
#[no_mangle]
pub unsafe extern "C" fn systole_infer(
    device: *mut SystoleDevice,
    rgb: *const u8,
    bytes: usize,
    sums: *mut i64,
    classes: usize,
) -> c_int {
    // SAFETY: the caller's promise.
    let (device, rgb, sums) =
        unsafe { (&mut *device, slice::from_raw_parts(rgb, bytes), slice::from_raw_parts_mut(sums, classes)) };
    status(device.act(|device| {
        let image = device.submit(rgb)?;
        device.wait(image, sums)
    }))
}

/// Sends an image and does not wait for its result: `image` gets its number.
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
    // SAFETY: the caller's promise.
    let (device, rgb, image) = unsafe { (&mut *device, slice::from_raw_parts(rgb, bytes), &mut *image) };
    status(device.act(|device| device.submit(rgb)).map(|number| *image = number))
}

/// The sums of an image that was submitted.
///
/// # Safety
/// As `systole_infer`.
#[no_mangle]
pub unsafe extern "C" fn systole_wait(device: *mut SystoleDevice, image: u64, sums: *mut i64, classes: usize) -> c_int {
    // SAFETY: the caller's promise.
    let (device, sums) = unsafe { (&mut *device, slice::from_raw_parts_mut(sums, classes)) };
    status(device.act(|device| device.wait(image, sums)))
}

/// Tests identity, registers, both streams, and every layer of one image.
///
/// # Safety
/// See `systole_message`.
#[no_mangle]
pub unsafe extern "C" fn systole_selftest(device: *mut SystoleDevice) -> c_int {
    // SAFETY: the caller's promise.
    status(unsafe { &mut *device }.act(SystoleDevice::selftest))
}

/// What the device has counted.
///
/// # Safety
/// See `systole_message`.
#[no_mangle]
pub unsafe extern "C" fn systole_counters(device: *mut SystoleDevice, counters: *mut SystoleCounters) -> c_int {
    // SAFETY: the caller's promise.
    let (device, counters) = unsafe { (&mut *device, &mut *counters) };
    let read = device.act(|device| device.driver.counters().map_err(|error| error.to_string()));
    status(read.map(|seen| {
        *counters = SystoleCounters {
            images_done: seen.images_done.into(),
            cycles: seen.cycles,
            busy_cycles: seen.busy_cycles,
            in_beats: seen.in_beats,
            out_beats: seen.out_beats,
            input_starved: seen.input_starved,
            output_blocked: seen.output_blocked,
        };
    }))
}

/// Loads other weights of the same design, weights.bin of their build folder, in place of the build's, which are loaded by
/// `systole_open`; fails where the weights are in the design. Images under way are dropped.
///
/// # Safety
/// `file` ends with a zero byte; see also `systole_message`.
#[no_mangle]
pub unsafe extern "C" fn systole_load_weights(device: *mut SystoleDevice, file: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    let (device, file) = unsafe { (&mut *device, CStr::from_ptr(file).to_string_lossy().into_owned()) };
    status(device.act(|device| {
        let bytes = std::fs::read(&file).map_err(|error| format!("cannot read {file}: {error}"))?;
        let load = WeightImage::parse(&bytes).and_then(|image| device.driver.load_weights(image));
        load.map_err(|error| error.to_string())
    }))
}

/// Drops the images under way and starts the device afresh.
///
/// # Safety
/// See `systole_message`.
#[no_mangle]
pub unsafe extern "C" fn systole_reset(device: *mut SystoleDevice) -> c_int {
    // SAFETY: the caller's promise.
    status(unsafe { &mut *device }.act(|device| device.driver.reset().map_err(|error| error.to_string())))
}

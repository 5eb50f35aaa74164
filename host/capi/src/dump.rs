//! Feature maps for C.

use super::handles::{slot, told, Outcome};
use super::{read, status, write, SystoleDevice};
use std::ffi::{c_char, c_int};
use std::ptr::null;

/// Layers whose maps can be dumped, in the order in which the network runs them. 0 where there is no such device.
#[no_mangle]
pub extern "C" fn systole_layers(device: *const SystoleDevice) -> usize {
    told(device, slot(device)).map_or(0, |slot| slot.facts.layers.len())
}

/// Name of a layer, or NULL where there is none of that index. May be kept: it stays until the process ends.
#[no_mangle]
pub extern "C" fn systole_layer(device: *const SystoleDevice, index: usize) -> *const c_char {
    told(device, slot(device)).map_or(null(), |slot| slot.facts.layers.get(index).map_or(null(), |name| name.as_ptr()))
}

/// Channels, rows and columns of a layer's map; zeros where there is no such layer or device.
///
/// # Safety
/// `shape` has room for three.
#[no_mangle]
pub unsafe extern "C" fn systole_layer_shape(device: *const SystoleDevice, index: usize, shape: *mut usize) {
    let look = || -> Outcome<()> {
        // SAFETY: the caller's promise.
        let shape = unsafe { write(shape, 3, "the room for a shape") }?;
        shape.fill(0);
        if let Some(found) = slot(device)?.facts.shapes.get(index) {
            shape.copy_from_slice(found);
        }
        Ok(())
    };
    // There is no result: the message says what went wrong.
    let _ = told(device, look());
}

/// The output map of a layer as the device computes it from one image, which runs as often as that needs: `values` gets
/// channel after channel, row after row. Results of images that were submitted are kept.
///
/// # Safety
/// `rgb` has `bytes` bytes, `values` room for `count` values.
#[no_mangle]
pub unsafe extern "C" fn systole_dump(
    device: *mut SystoleDevice,
    layer: usize,
    rgb: *const u8,
    bytes: usize,
    values: *mut i32,
    count: usize,
) -> c_int {
    let dump = || -> Outcome<()> {
        let slot = slot(device)?;
        slot.facts.check_map(layer, count)?;
        slot.facts.check_image(bytes)?;
        // SAFETY: the caller's promise.
        let (rgb, values) = unsafe { (read(rgb, bytes, "the image")?, write(values, count, "the room for values")?) };
        slot.act(|machine| machine.dump(layer, rgb, values))
    };
    status(device, dump())
}

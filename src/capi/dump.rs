//! Feature maps for C; `host/c/systole.h` is printed from this file, too.

use super::{status, SystoleDevice};
use std::ffi::{c_char, c_int};
use std::ptr::null;
use std::slice;

impl SystoleDevice {
    fn dump(&mut self, layer: usize, rgb: &[u8], values: &mut [i32]) -> Result<(), String> {
        let layers = self.driver.plan().bindings.len();
        if layer >= layers {
            return Err(format!("no layer {layer}; there are {layers}"));
        }
        let wanted: usize = self.driver.layer_shape(layer).iter().product();
        if values.len() != wanted {
            return Err(format!("room for {} values; the map has {wanted}", values.len()));
        }
        let image = self.net.encode(&self.image(rgb)?).map_err(|error| error.to_string())?;
        let map = self.driver.dump(layer, &image, &mut |_, _| ()).map_err(|error| error.to_string())?;
        values.copy_from_slice(&map.data);
        Ok(())
    }
}

/// Layers whose maps can be dumped, in the order in which the network runs them.
///
/// # Safety
/// See `systole_message`.
#[no_mangle]
pub unsafe extern "C" fn systole_layers(device: *const SystoleDevice) -> usize {
    // SAFETY: the caller's promise.
    unsafe { &*device }.layers.len()
}

/// Name of a layer, or NULL where there is none of that index. Belongs to the device.
///
/// # Safety
/// See `systole_message`.
#[no_mangle]
pub unsafe extern "C" fn systole_layer(device: *const SystoleDevice, index: usize) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { &*device }.layers.get(index).map_or(null(), |name| name.as_ptr())
}

/// Channels, rows and columns of a layer's map; zeros where there is no such layer.
///
/// # Safety
/// `shape` has room for three; see also `systole_message`.
#[no_mangle]
pub unsafe extern "C" fn systole_layer_shape(device: *const SystoleDevice, index: usize, shape: *mut usize) {
    // SAFETY: the caller's promise.
    let (device, shape) = unsafe { (&*device, slice::from_raw_parts_mut(shape, 3)) };
    let is_there = index < device.layers.len();
    shape.copy_from_slice(&if is_there { device.driver.layer_shape(index) } else { [0; 3] });
}

/// The output map of a layer as the device computes it from one image, which runs as often as that needs: `values` gets
/// channel after channel, row after row. Results of images that were submitted are kept.
///
/// # Safety
/// `rgb` has `bytes` bytes, `values` room for `count` values; see also `systole_message`.
#[no_mangle]
pub unsafe extern "C" fn systole_dump(
    device: *mut SystoleDevice,
    layer: usize,
    rgb: *const u8,
    bytes: usize,
    values: *mut i32,
    count: usize,
) -> c_int {
    // SAFETY: the caller's promise.
    let (device, rgb, values) =
        unsafe { (&mut *device, slice::from_raw_parts(rgb, bytes), slice::from_raw_parts_mut(values, count)) };
    status(device.act(|device| device.dump(layer, rgb, values)))
}

//! Pictures of any size to the network's, by the rule that is kept with it. Bilinear and smoothed where it shrinks, as Pillow's
//! `Image.resize(size, BILINEAR)`, to a count of a byte or two's rounding.

use image::imageops::{self, FilterType};
use image::RgbImage;
use systole_net::{Resize, Scaling};

/// Most pixels of a scaled picture, before its centre is cut out.
const MAX_PIXELS: u64 = 1 << 26;

/// The picture in the size of the rule.
///
/// # Errors
/// A picture so long and narrow that it would become too large.
pub fn scale(picture: &RgbImage, rule: &Resize) -> Result<RgbImage, String> {
    let (width, height) = target(picture.dimensions(), rule);
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(format!("{} x {} pixels would become {width} x {height}", picture.width(), picture.height()));
    }
    let scaled = imageops::resize(picture, width, height, FilterType::Triangle);
    let [crop_height, crop_width] = rule.size.map(|side| side as u32);
    Ok(match rule.scaling {
        Scaling::Fit => {
            let mut whole = RgbImage::new(crop_width, crop_height);
            let (x, y) = (middle(crop_width - width), middle(crop_height - height));
            imageops::replace(&mut whole, &scaled, x.into(), y.into());
            whole
        }
        Scaling::Stretch | Scaling::Crop => {
            let (x, y) = (middle(width - crop_width), middle(height - crop_height));
            imageops::crop_imm(&scaled, x, y, crop_width, crop_height).to_image()
        }
    })
}

/// Width and height of the whole picture after scaling.
fn target((width, height): (u32, u32), rule: &Resize) -> (u32, u32) {
    let [to_height, to_width] = rule.scaled.map(|side| side as u64);
    let (width, height) = (u64::from(width), u64::from(height));
    let is_wider = width * to_height > to_width * height;
    let (new_width, new_height) = match (rule.scaling, is_wider) {
        (Scaling::Stretch, _) => (to_width, to_height),
        // The longer side is rounded down, as torchvision does.
        (Scaling::Crop, true) => (to_height * width / height, to_height),
        (Scaling::Crop, false) => (to_width, to_width * height / width),
        (Scaling::Fit, true) => (to_width, rounded(to_width * height, width)),
        (Scaling::Fit, false) => (rounded(to_height * width, height), to_height),
    };
    (new_width.max(1).min(u32::MAX.into()) as u32, new_height.max(1).min(u32::MAX.into()) as u32)
}

/// Half of it; a half goes to the even neighbour, as in Python.
fn middle(rest: u32) -> u32 {
    rounded(rest.into(), 2) as u32
}

/// The whole number next to a quotient; halves go to the even one.
fn rounded(dividend: u64, divisor: u64) -> u64 {
    let (down, rest) = (dividend / divisor, dividend % divisor);
    let up = 2 * rest > divisor || 2 * rest == divisor && down % 2 == 1;
    down + u64::from(up)
}

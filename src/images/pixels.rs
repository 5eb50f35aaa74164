//! A picture file's bytes to upright pixels R, G, B of eight bits.

use image::{DynamicImage, ImageBuffer, ImageDecoder, ImageFormat, ImageReader, Pixel, RgbImage};
use std::io::Cursor;

/// Most bytes of a picture in memory.
const MAX_BYTES: u64 = 1 << 29;

/// Decodes a picture as other tools show it: turned as its EXIF orientation says; of 16 bits the higher eight; palettes, grey
/// and CMYK as R, G, B.
///
/// # Errors
/// Why it cannot be read; JPEG files that are cut and transparent pictures are refused, for others would guess the rest.
pub fn decode(bytes: &[u8]) -> Result<RgbImage, String> {
    let text = |error: image::ImageError| error.to_string();
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| e.to_string())?;
    if reader.format() == Some(ImageFormat::Jpeg) && !is_whole_jpeg(bytes) {
        return Err("the JPEG file is cut: it has no end".into());
    }
    let mut decoder = reader.into_decoder().map_err(text)?;
    if decoder.total_bytes() > MAX_BYTES {
        let (width, height) = decoder.dimensions();
        return Err(format!("{width} x {height} pixels are too many"));
    }
    let orientation = decoder.orientation().map_err(text)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(text)?;
    picture.apply_orientation(orientation);
    match transparent(&picture) {
        0 => Ok(eight_bits(picture)),
        count => Err(format!(
            "{count} of its {} pixels are transparent; put it on a background first",
            u64::from(picture.width()) * u64::from(picture.height())
        )),
    }
}

/// Pixels that are not opaque.
fn transparent(picture: &DynamicImage) -> usize {
    match picture.color().has_alpha() {
        true => picture.to_rgba16().pixels().filter(|pixel| pixel.0[3] != u16::MAX).count(),
        false => 0,
    }
}

/// Of 16 bits the higher eight, as libpng and Pillow take them.
fn eight_bits(picture: DynamicImage) -> RgbImage {
    match picture {
        DynamicImage::ImageLuma16(_)
        | DynamicImage::ImageLumaA16(_)
        | DynamicImage::ImageRgb16(_)
        | DynamicImage::ImageRgba16(_) => {
            let wide = picture.into_rgb16();
            let narrow =
                |pixel: &image::Rgb<u16>| pixel.map_without_alpha(|value| value >> 8).0.map(|value| value as u8);
            let (width, height) = wide.dimensions();
            ImageBuffer::from_fn(width, height, |x, y| image::Rgb(narrow(wide.get_pixel(x, y))))
        }
        other => other.into_rgb8(),
    }
}

/// Whether a JPEG file has its end: a marker of that behind its scans. Decoders fill what is missing with grey.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    const END: u8 = 0xd9;
    let mut at = 2;
    while let Some(&[0xff, marker]) = bytes.get(at..at + 2) {
        match marker {
            END => return true,
            // Stuffing of the coded data, restarts, fill bytes: no segment follows.
            0x00 | 0x01 | 0xd0..=0xd8 => at += 2,
            0xff => at += 1,
            _ => {
                let Some(length) = bytes.get(at + 2..at + 4) else { return false };
                at += 2 + usize::from(u16::from_be_bytes([length[0], length[1]]));
            }
        }
        // To the next marker: only coded data lies between.
        at += bytes.get(at..).map_or(0, |rest| rest.iter().take_while(|&&byte| byte != 0xff).count());
    }
    false
}

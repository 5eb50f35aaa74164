//! Image files to pixels of the network's size.

pub mod frames;
pub mod npy;
mod pixels;
mod scaling;

use crate::error::CliError;
use image::RgbImage;
use std::fs;
use std::path::{Path, PathBuf};
use systole_net::{regular_file, Image, Resize};

/// Endings of files that are taken from a folder.
const ENDINGS: [&str; 8] = ["png", "jpg", "jpeg", "bmp", "ppm", "pgm", "pbm", "pnm"];
/// Longest picture file that is read.
const MAX_FILE: u64 = 1 << 28;

/// How images become the network's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub height: usize,
    pub width: usize,
    /// What becomes of others; `None`: they are refused.
    pub resize: Option<Resize>,
}

/// Reads an image, upright; see [`pixels::decode`].
///
/// # Errors
/// [`CliError::Image`] for files that are no image or a broken one, and those of [`sized`].
pub fn read(path: &Path, size: Size) -> Result<Image, CliError> {
    let bytes = regular_file::read(path, MAX_FILE).map_err(CliError::io("read", path))?;
    sized(decode(&bytes, path)?, path, size)
}

/// A picture file's bytes, by the name that a message has for them, as upright pixels; see [`pixels::decode`].
///
/// # Errors
/// [`CliError::Image`].
pub fn decode(bytes: &[u8], name: &Path) -> Result<RgbImage, CliError> {
    pixels::decode(bytes).map_err(|why| CliError::Image { path: name.into(), why, known: ENDINGS.join(", ") })
}

/// Pixels, by the name that a message has for them, as an image of the network's size. Those of that size are taken as they
/// are, whatever becomes of others.
///
/// # Errors
/// [`CliError::ImageSize`]; [`CliError::Image`] for pixels that cannot be scaled.
pub fn sized(mut pixels: RgbImage, name: &Path, size: Size) -> Result<Image, CliError> {
    let (width, height) = (size.width as u32, size.height as u32);
    if pixels.dimensions() != (width, height) {
        let (found_width, found_height) = pixels.dimensions();
        let rule = size.resize.ok_or_else(|| CliError::ImageSize {
            path: name.into(),
            found_width,
            found_height,
            width,
            height,
        })?;
        let wrong = |why: String| CliError::Image { path: name.into(), why, known: ENDINGS.join(", ") };
        pixels = scaling::scale(&pixels, &rule).map_err(wrong)?;
    }
    Ok(Image { height: size.height, width: size.width, rgb: pixels.into_raw() })
}

/// The files among `paths`; folders stand for the images in them, in the order of their names.
///
/// # Errors
/// [`CliError::Io`] for a folder that cannot be read, [`CliError::NoImages`] for one without images.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, CliError> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(in_folder(path)?);
        } else {
            found.push(path.clone());
        }
    }
    Ok(found)
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let failed = |source| CliError::io("read the folder", folder)(source);
    let entries: Result<Vec<_>, _> = fs::read_dir(folder).map_err(failed)?.collect();
    let mut files: Vec<PathBuf> = entries.map_err(failed)?.iter().map(|entry| entry.path()).collect();
    files.retain(|path| path.is_file() && has_image_ending(path));
    files.sort();
    if files.is_empty() {
        return Err(CliError::NoImages { folder: folder.into(), known: ENDINGS.join(", ") });
    }
    Ok(files)
}

/// Whether the file's name ends like that of an image.
pub fn has_image_ending(path: &Path) -> bool {
    let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    ending.is_some_and(|e| ENDINGS.contains(&e.as_str()))
}

#[cfg(test)]
mod tests;

//! Pixels as pictures inside pages.

use crate::error::ReportError;
use base64::prelude::{Engine, BASE64_STANDARD};
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use maud::{html, Markup};
use systole_net::Image;

/// Pixels of the screen that a photograph is wide.
const PHOTOGRAPH: usize = 224;

/// The address of a picture file that is part of the page.
pub fn data(png: &[u8]) -> String {
    format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png))
}

/// A grey picture, row by row.
///
/// # Errors
/// [`ReportError::Picture`] for a size that no picture has.
pub fn grey(pixels: &[u8], [width, height]: [usize; 2]) -> Result<Vec<u8>, ReportError> {
    png(pixels, [width, height], ExtendedColorType::L8)
}

/// A photograph as the network sees it, under its name.
///
/// # Errors
/// [`ReportError::Picture`].
pub fn photograph(name: &str, image: &Image) -> Result<Markup, ReportError> {
    let source = data(&png(&image.rgb, [image.width, image.height], ExtendedColorType::Rgb8)?);
    let height = PHOTOGRAPH * image.height / image.width.max(1);
    Ok(html! {
        figure class="photo" {
            img alt={ "the image " (name) } width=(PHOTOGRAPH) height=(height) src=(source);
            figcaption { (name) }
        } "\n"
    })
}

fn png(pixels: &[u8], [width, height]: [usize; 2], colours: ExtendedColorType) -> Result<Vec<u8>, ReportError> {
    let mut png = Vec::new();
    let encoded = PngEncoder::new(&mut png).write_image(pixels, width as u32, height as u32, colours);
    encoded.map_err(|source| ReportError::Picture { why: source.to_string() })?;
    Ok(png)
}

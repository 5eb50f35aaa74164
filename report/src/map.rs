//! A feature map as a page: every channel as a grey picture. Same map, same bytes.

use crate::error::ReportError;
use crate::html::document;
use base64::prelude::{Engine, BASE64_STANDARD};
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use maud::{html, Markup, PreEscaped};
use systole_net::Tensor;

/// Pixels of the screen that a channel is wide at least; small maps are magnified by a whole number.
const SHOWN: usize = 96;
const STYLE: &str = ".map{display:flex;flex-wrap:wrap;gap:10px}figure{margin:0;text-align:center;font-size:12px}\
figure img{image-rendering:pixelated;display:block;border:1px solid var(--line)}";

/// The page of a layer's map; black is the smallest value of all channels, white the largest.
///
/// # Errors
/// [`ReportError::Picture`] for a map that no picture can hold.
pub fn page(layer: &str, device: &str, map: &Tensor) -> Result<String, ReportError> {
    let (low, high) = range(map);
    let [channels, height, width] = map.shape();
    let pictures = (0..channels).map(|channel| png(map, channel, (low, high))).collect::<Result<Vec<_>, _>>()?;
    let zoom = SHOWN.div_ceil(map.width).max(1);
    let body = html! {
        style { (PreEscaped(STYLE)) } "\n"
        p {
            (channels) " channels of " (height) " rows and " (width) " columns, as " (device) " computed them: black is "
            (low) ", white " (high) "."
        } "\n"
        div class="map" { "\n"
            @for (channel, png) in pictures.iter().enumerate() {
                (figure(channel, png, [width * zoom, height * zoom]))
            }
        } "\n"
    };
    Ok(document(&format!("{layer}, channel by channel"), &body))
}

/// The smallest and the largest value.
pub fn range(map: &Tensor) -> (i32, i32) {
    let values = || map.data.iter().copied();
    (values().min().unwrap_or(0), values().max().unwrap_or(0))
}

fn figure(channel: usize, png: &[u8], [width, height]: [usize; 2]) -> Markup {
    let source = format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png));
    html! {
        figure {
            img alt={ "channel " (channel) } width=(width) height=(height) src=(source);
            figcaption { (channel) }
        } "\n"
    }
}

/// A channel as a grey picture.
fn png(map: &Tensor, channel: usize, range: (i32, i32)) -> Result<Vec<u8>, ReportError> {
    let size = map.height * map.width;
    let grey: Vec<u8> = map.data[channel * size..][..size].iter().map(|&value| shade(value, range)).collect();
    let mut png = Vec::new();
    let encoder = PngEncoder::new(&mut png);
    let encoded = encoder.write_image(&grey, map.width as u32, map.height as u32, ExtendedColorType::L8);
    encoded.map_err(|source| ReportError::Picture { why: source.to_string() })?;
    Ok(png)
}

/// A value's place between smallest and largest, as a grey.
fn shade(value: i32, (low, high): (i32, i32)) -> u8 {
    let span = (i64::from(high) - i64::from(low)).max(1);
    ((i64::from(value) - i64::from(low)) * i64::from(u8::MAX) / span) as u8
}

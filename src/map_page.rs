//! A feature map as a page: every channel as a grey picture. Same map, same bytes.

use crate::error::CliError;
use crate::html::{document, escape};
use base64::prelude::{Engine, BASE64_STANDARD};
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use systole_net::Tensor;

/// Pixels of the screen that a channel is wide at least; small maps are magnified by a whole number.
const SHOWN: usize = 96;
const STYLE: &str =
    "<style>.map{display:flex;flex-wrap:wrap;gap:10px}figure{margin:0;text-align:center;font-size:12px}\
figure img{image-rendering:pixelated;display:block;border:1px solid var(--line)}</style>\n";

/// The page of a layer's map; black is the smallest value of all channels, white the largest.
///
/// # Errors
/// [`CliError::Picture`] for a map that no picture can hold.
pub fn page(layer: &str, device: &str, map: &Tensor) -> Result<String, CliError> {
    let (low, high) = range(map);
    let [channels, height, width] = map.shape();
    let figures = (0..channels).map(|channel| figure(map, channel, (low, high))).collect::<Result<String, _>>()?;
    let head = format!(
        "<p>{channels} channels of {height} rows and {width} columns, as {} computed them: black is {low}, white {high}.</p>\n",
        escape(device)
    );
    Ok(document(
        &format!("{layer}, channel by channel"),
        &format!("{STYLE}{head}<div class=\"map\">\n{figures}</div>\n"),
    ))
}

/// The smallest and the largest value.
pub fn range(map: &Tensor) -> (i32, i32) {
    let values = || map.data.iter().copied();
    (values().min().unwrap_or(0), values().max().unwrap_or(0))
}

fn figure(map: &Tensor, channel: usize, range: (i32, i32)) -> Result<String, CliError> {
    let size = map.height * map.width;
    let grey: Vec<u8> = map.data[channel * size..][..size].iter().map(|&value| shade(value, range)).collect();
    let mut png = Vec::new();
    let encoder = PngEncoder::new(&mut png);
    let encoded = encoder.write_image(&grey, map.width as u32, map.height as u32, ExtendedColorType::L8);
    encoded.map_err(|source| CliError::Picture { why: source.to_string() })?;
    let zoom = SHOWN.div_ceil(map.width).max(1);
    Ok(format!(
        "<figure><img alt=\"channel {channel}\" width=\"{}\" height=\"{}\" src=\"data:image/png;base64,{}\"><figcaption>{channel}</figcaption></figure>\n",
        map.width * zoom,
        map.height * zoom,
        BASE64_STANDARD.encode(&png)
    ))
}

/// A value's place between smallest and largest, as a grey.
fn shade(value: i32, (low, high): (i32, i32)) -> u8 {
    let span = (i64::from(high) - i64::from(low)).max(1);
    ((i64::from(value) - i64::from(low)) * i64::from(u8::MAX) / span) as u8
}

//! A feature map as a page: every channel as a grey picture on a scale of its own. Same map, same bytes.

use crate::error::ReportError;
use crate::html::document;
use crate::picture::{data, grey, photograph};
use maud::{html, Markup};
use systole_net::{Image, Tensor};

/// Pixels of the screen that a channel is wide at least; small maps are magnified by a whole number.
const SHOWN: usize = 96;

/// The page of a layer's map, beside the image that it was computed from.
///
/// # Errors
/// [`ReportError::Picture`] for a map that no picture can hold.
pub fn page(layer: &str, device: &str, map: &Tensor, (name, image): (&str, &Image)) -> Result<String, ReportError> {
    let (low, high) = range(map);
    let [channels, height, width] = map.shape();
    let body = html! {
        p {
            (channels) " channels of " (height) " rows and " (width) " columns, as " (device) " computed them: values from "
            (low) " to " (high) "."
        } "\n"
        (photograph(name, image)?)
        (strip())
        (figures(map, channels)?)
    };
    Ok(document(&format!("{layer}, channel by channel"), &body))
}

/// The smallest and the largest value.
pub fn range(map: &Tensor) -> (i32, i32) {
    ends(&map.data)
}

/// What the greys of [`figures`] mean.
pub fn strip() -> Markup {
    html! {
        p class="strip" { span { "a channel's smallest value" } span role="img" aria-label="black to white" {} span { "its largest" } } "\n"
        p class="quiet" { "Below each: the channel, and its smallest and largest value." } "\n"
    }
}

/// The first channels of a map, each from black for its smallest to white for its largest value, which stand below.
///
/// # Errors
/// [`ReportError::Picture`].
pub fn figures(map: &Tensor, most: usize) -> Result<Markup, ReportError> {
    let zoom = SHOWN.div_ceil(map.width.max(1)).max(1);
    let list = (0..map.channels.min(most)).map(|channel| figure(map, channel, zoom)).collect::<Result<Vec<_>, _>>()?;
    Ok(html! { div class="map" { "\n" @for figure in &list { (figure) } } "\n" })
}

fn figure(map: &Tensor, channel: usize, zoom: usize) -> Result<Markup, ReportError> {
    let size = map.height * map.width;
    let values = &map.data[channel * size..][..size];
    let (low, high) = ends(values);
    let shades: Vec<u8> = values.iter().map(|&value| shade(value, (low, high))).collect();
    let source = data(&grey(&shades, [map.width, map.height])?);
    Ok(html! {
        figure {
            img alt={ "channel " (channel) } loading="lazy" width=(map.width * zoom) height=(map.height * zoom) src=(source);
            figcaption { (channel) ": " (low) " to " (high) }
        } "\n"
    })
}

fn ends(values: &[i32]) -> (i32, i32) {
    let values = || values.iter().copied();
    (values().min().unwrap_or(0), values().max().unwrap_or(0))
}

/// A value's place between smallest and largest, as a grey.
fn shade(value: i32, (low, high): (i32, i32)) -> u8 {
    let span = (i64::from(high) - i64::from(low)).max(1);
    ((i64::from(value) - i64::from(low)) * i64::from(u8::MAX) / span) as u8
}

#[cfg(test)]
mod tests {
    use super::{figures, page};
    use systole_net::{Image, Tensor};

    #[test]
    fn every_channel_has_its_own_scale_beside_the_photograph() {
        let mut map = Tensor::zeros(2, 1, 2);
        map.data = vec![-3, 5, 100, 2000];
        let image = Image { height: 2, width: 2, rgb: vec![7; 12] };
        let page = page("conv1", "mock:b", &map, ("a<b.png", &image)).unwrap();
        for part in ["0: -3 to 5<", "1: 100 to 2000<", "the image a&lt;b.png", "values from -3 to 2000"] {
            assert!(page.contains(part), "{part}");
        }
        assert_eq!(page.matches("<figure>").count(), 2);
        assert_eq!(figures(&map, 1).unwrap().into_string().matches("<figure>").count(), 1);
    }
}

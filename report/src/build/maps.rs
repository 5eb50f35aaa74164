//! What the layers make of an image, map by map, beside it.

use crate::map::{figures, range, strip};
use crate::picture::photograph;
use crate::ReportError;
use maud::{html, Markup};
use systole_net::{Image, Net, Tensor};

/// Channels of a layer that are shown.
const SHOWN: usize = 24;

/// An image and the output of every layer for it.
pub struct Maps<'a> {
    pub net: &'a Net,
    pub name: &'a str,
    pub image: &'a Image,
    /// One per layer of the network.
    pub layers: &'a [Tensor],
}

impl Maps<'_> {
    /// The image, and the layers to be opened.
    ///
    /// # Errors
    /// [`ReportError::Picture`].
    pub fn section(&self) -> Result<Markup, ReportError> {
        let list = self.net.layers.iter().zip(self.layers);
        let list = list.map(|(layer, map)| one(&layer.name, map)).collect::<Result<Vec<_>, _>>()?;
        Ok(html! {
            (photograph(self.name, self.image)?)
            (strip())
            @for layer in &list { (layer) }
        })
    }
}

fn one(layer: &str, map: &Tensor) -> Result<Markup, ReportError> {
    let ([channels, height, width], (low, high)) = (map.shape(), range(map));
    Ok(html! {
        details {
            summary {
                (layer) ": " (channels) " x " (height) " x " (width) ", values from " (low) " to " (high)
                @if channels > SHOWN { "; the first " (SHOWN) " channels" }
            } "\n"
            (figures(map, SHOWN)?)
        } "\n"
    })
}

//! Caffe's `transform_param`: how image bytes become the network's input, where the description says so.

use super::network::{only_in_training, Importer};
use super::params::Params;
use super::text::{Content, Message};
use crate::builder::{Builder, Site};
use systole_net::{Colour, Preprocess};

const FIELD: &str = "transform_param";
const FIELDS: [&str; 7] = ["scale", "mirror", "crop_size", "mean_file", "mean_value", "force_color", "force_gray"];

impl Importer {
    /// Takes over the `transform_param` of the layers that are there outside training.
    pub fn transform(&mut self, network: &Message) {
        let Some(shape) = self.builder.nodes.first().map(|node| node.shape) else { return };
        let layers = network.fields.iter().filter(|f| f.name == "layer" || f.name == "layers");
        let layers = layers.filter_map(|f| if let Content::Message(layer) = &f.content { Some(layer) } else { None });
        for layer in layers.filter(|layer| layer.all(FIELD).next().is_some() && !only_in_training(layer)) {
            let name = layer.last_word("name").unwrap_or_default();
            let site = Site { node: name, operator: layer.last_word("type").unwrap_or_default() };
            let Some(found) = preprocess(&mut self.builder, site, layer, shape) else { continue };
            match self.builder.preprocess.replace(found.clone()) {
                Some(first) if !first.same_values(&found) => {
                    self.builder.report(site, FIELD, format!("is {found}, an earlier one {first}"), "one of them");
                }
                _ => self.builder.note(site, "transform_param goes into the preprocessing"),
            }
        }
    }
}

/// `(pixel - mean_value) * scale` of B, G, R, or of the luma for one channel; `None` behind a problem, and for images of other
/// channels.
fn preprocess(
    b: &mut Builder,
    site: Site,
    layer: &Message,
    [channels, height, width]: [usize; 3],
) -> Option<Preprocess> {
    let params = Params::new(b, site, layer, FIELD, &FIELDS);
    if let Some(file) = layer.all(FIELD).find_map(|content| mean_file(content)) {
        let nearest = "mean_value per channel, the file's average; or no transform_param, and --preprocess";
        b.report(site, "mean_file", format!("is {file}: a mean per pixel, which is not read"), nearest);
        return None;
    }
    let crop = params.optional(b, "crop_size")?;
    if let Some(crop) = crop.filter(|&crop| crop != 0 && [crop; 2] != [height, width]) {
        b.report(site, "crop_size", format!("is {crop} for an image of {height}x{width}"), "the size of the image");
        return None;
    }
    let gray = params.flag(b, "force_gray", false)?;
    let color = params.flag(b, "force_color", false)?;
    let colours = match channels {
        1 if !color => vec![Colour::Luma],
        3 if !gray => vec![Colour::Blue, Colour::Green, Colour::Red],
        _ => {
            let why = format!("force_gray {gray}, force_color {color} for an image of {channels} channels");
            b.report(site, FIELD, why, "an image of one channel (grey) or three (B, G, R)");
            return None;
        }
    };
    let (means, scale) = (params.reals(b, "mean_value")?, params.reals(b, "scale")?);
    let mean = match means.len() {
        0 => vec![0.0; channels],
        1 => vec![means[0]; channels],
        found if found == channels => means,
        found => {
            b.report(site, "mean_value", format!("is there {found} times"), format!("one value, or {channels}"));
            return None;
        }
    };
    let scale = scale.last().copied().unwrap_or(1.0);
    if scale == 0.0 {
        b.report(site, "scale", "is 0", "another number");
        return None;
    }
    Some(Preprocess { name: FIELD.into(), colours, mean, scale: vec![scale; channels] })
}

fn mean_file(content: &Content) -> Option<&str> {
    match content {
        Content::Message(message) => message.last_word("mean_file"),
        _ => None,
    }
}

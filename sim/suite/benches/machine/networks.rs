//! The networks that are measured: SqueezeNet with its trained weights, quantised on photographs.

use crate::Failure;
use std::path::{Path, PathBuf};
use systole_model::{load, quantize::quantize, LoadOptions, Preprocess};
use systole_net::{Image, Net, Tensor};

/// Photographs that there are, and those that calibrate; those after them are run, then all again.
const PHOTOGRAPHS: usize = 100;
const CALIBRATION: usize = 24;

/// An integer network, and photographs in its encoding.
pub struct Subject {
    pub net: Net,
    pub images: Vec<Tensor>,
}

impl Subject {
    /// SqueezeNet `version` and `count` photographs.
    pub fn squeezenet(version: &str, count: usize) -> Result<Subject, Failure> {
        let data = data();
        let photographs = (0..CALIBRATION + count)
            .map(|at| photograph(&data, at % PHOTOGRAPHS))
            .collect::<Result<Vec<Image>, Failure>>()?;
        let model = data.join(format!("models/v{version}/squeezenet_v{version}.onnx"));
        let graph = load(&model, &LoadOptions::default())?;
        let (calibration, shown) = photographs.split_at(CALIBRATION);
        let (net, _) = quantize(&graph, &Preprocess::caffe(), calibration, &Default::default(), &mut |_| ())?;
        let images = shown.iter().map(|i| net.encode(i)).collect::<Result<Vec<_>, _>>()?;
        Ok(Subject { net, images })
    }
}

/// The test data beside the repository.
pub fn data() -> PathBuf {
    crate::workspace().join("../shared/data")
}

fn photograph(data: &Path, at: usize) -> Result<Image, Failure> {
    let rgb = image::open(data.join(format!("dev/images/dev_{at:03}.png")))?.to_rgb8();
    Ok(Image { height: rgb.height() as usize, width: rgb.width() as usize, rgb: rgb.into_raw() })
}

//! The real networks on photographs: every path of instructions gives golden's values in every layer.

use std::path::{Path as File, PathBuf};
use systole_fast::{Fast, Path};
use systole_golden::Golden;
use systole_model::{load, quantize, LoadOptions, Preprocess, QuantizeOptions};
use systole_net::Image;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
/// Photographs that calibrate, and that are then compared.
const IMAGES: usize = 3;

fn photograph(data: &File, index: usize) -> Image {
    let image = image::open(data.join(format!("dev/images/dev_{index:03}.png"))).unwrap().to_rgb8();
    Image { height: image.height() as usize, width: image.width() as usize, rgb: image.into_raw() }
}

fn compare(model: &str) {
    let data = PathBuf::from(DATA);
    if !data.exists() {
        println!("SKIPPED: ../shared/data is absent");
        return;
    }
    let images: Vec<Image> = (0..IMAGES).map(|i| photograph(&data, i)).collect();
    let graph = load(&data.join("models").join(model), &LoadOptions::default()).unwrap();
    let (net, _) = quantize(&graph, &Preprocess::caffe(), &images, &QuantizeOptions::default(), &mut |_| ()).unwrap();
    let golden = Golden::new(&net).unwrap();
    let engines: Vec<Fast> = Path::available().into_iter().map(|p| Fast::with_path(&net, p).unwrap()).collect();
    for image in &images {
        let image = net.encode(image).unwrap();
        let wanted = golden.trace(&image).unwrap();
        for fast in &engines {
            assert!(fast.trace(&image).unwrap() == wanted, "{model} on {}", fast.path().name());
            assert_eq!(fast.sums(&image).unwrap(), wanted.sums);
        }
    }
}

#[test]
fn v1_1_is_golden() {
    compare("v1.1/squeezenet_v1.1.onnx");
}

#[test]
fn v1_0_is_golden() {
    compare("v1.0/squeezenet_v1.0.onnx");
}

/// Additions of a residual map.
#[test]
fn bypass_is_golden() {
    compare("bypass_structural/squeezenet_bypass_structural.onnx");
}

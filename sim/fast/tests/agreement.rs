//! Random networks and what PyTorch exported: every path of instructions gives golden's trace, layer by layer.

use proptest::prelude::*;
use systole_fast::{Fast, Path};
use systole_golden::Golden;
use systole_model::{load, quantize::quantize, LoadOptions, Preprocess};
use systole_net::random::{random_image, random_net, Limits};
use systole_net::{Image, Net, Tensor};

fn agrees(net: &Net, image: &Tensor) {
    let wanted = Golden::new(net).unwrap().trace(image).unwrap();
    for path in Path::available() {
        let fast = Fast::with_path(net, path).unwrap();
        // Twice: the second run uses the maps of the first.
        for found in [fast.trace(image).unwrap(), fast.trace_here(image).unwrap()] {
            for ((layer, w), f) in net.layers.iter().zip(&wanted.layers).zip(&found.layers) {
                assert_eq!(w, f, "{}: {} on {}", net.name, layer.name, path.name());
            }
            assert_eq!((wanted.layers.len(), &wanted.sums), (found.layers.len(), &found.sums), "{}", path.name());
        }
        assert_eq!(fast.sums(image).unwrap(), wanted.sums);
        assert_eq!(fast.sums_of(&[image.clone(), image.clone()]).unwrap(), vec![wanted.sums.clone(); 2]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn fast_is_golden(seed: u64, channels in 1usize..150, residuals: bool, padded_head: bool, groups: bool) {
        let limits = Limits { channels, residuals, padded_head, groups, ..Limits::default() };
        let net = random_net(seed, &limits);
        agrees(&net, &random_image(&net, seed));
    }
}

/// Kernels of 11x11 at stride 4 and 5x5, averages, clips, pools of single pixels.
#[test]
fn fast_is_golden_on_exports() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../hdl/model/tests/exports");
    for file in ["mixed_dynamo_18.onnx", "squeezenet1_0_script_17.onnx", "squeezenet1_1_dynamo_28.onnx"] {
        let graph = load(&std::path::Path::new(folder).join(file), &LoadOptions::default()).unwrap();
        let size = graph.nodes[0].shape[1];
        let rgb = (0..size * size * 3).map(|i| (i * i / 7 + i * 31) as u8).collect();
        let images = [Image { height: size, width: size, rgb }];
        let (net, _) = quantize(&graph, &Preprocess::unit(), &images, &Default::default(), &mut |_| ()).unwrap();
        agrees(&net, &random_image(&net, 1));
        agrees(&net, &net.encode(&images[0]).unwrap());
    }
}

#[test]
fn the_portable_path_is_always_there() {
    let names: Vec<_> = Path::available().iter().map(|p| p.name()).collect();
    println!("paths tested: {names:?}");
    assert_eq!(names.last(), Some(&"portable"));
}

#[test]
fn refuses_wrong_images_and_unsound_nets() {
    let mut net = random_net(1, &Limits::default());
    let mut image = random_image(&net, 1);
    let fast = Fast::new(&net).unwrap();
    image.data[0] = 256;
    assert!(fast.sums(&image).unwrap_err().to_string().contains("256"));
    image.width += 1;
    assert!(fast.trace(&image).unwrap_err().to_string().contains("shape"));
    net.layers.pop();
    assert!(Fast::new(&net).is_err());
}

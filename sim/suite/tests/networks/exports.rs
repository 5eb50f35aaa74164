//! What PyTorch exported: kernels of 11x11 at stride 4 and 5x5, batch norms, ReLU6, average pools, an addition, a fully
//! connected end.

use crate::engines::{agrees, calibrated, network};
use std::path::PathBuf;
use systole_model::{load, Graph, LoadOptions, Preprocess};
use systole_net::random::waves;
use systole_net::{Image, Layer, LayerKind, Net};

fn exported(name: &str) -> Net {
    network(&of_tests(&format!("exports/{name}")), &Preprocess::unit())
}

/// What is in a file beside the importers' tests.
fn of_tests(name: &str) -> Graph {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../hdl/model/tests"));
    load(&folder.join(name), &LoadOptions::default()).unwrap()
}

#[test]
fn large_kernels_averages_and_clips_agree_on_every_engine() {
    let net = exported("mixed_dynamo_18.onnx");
    let window = |layer: &Layer| match &layer.kind {
        LayerKind::Conv(c) => [c.kernel_h, c.stride_x],
        LayerKind::Pool(p) => [p.kernel, p.stride],
    };
    let windows: Vec<_> = net.layers.iter().map(window).collect();
    // Image, addition, average of 3x3 at every second pixel, then one of 2x2 behind a clip, fully connected.
    assert_eq!(windows, [[11, 4], [5, 1], [3, 1], [1, 2], [3, 1], [2, 1], [1, 2], [3, 1]]);
    agrees(&net, 5, 4);
}

#[test]
fn an_export_of_squeezenet_agrees_on_every_engine() {
    agrees(&exported("squeezenet1_1_script_17.onnx"), 7, 6);
}

/// Depthwise convolutions of 16 to 96 channels, more than the array has columns, strides behind them, and additions.
#[test]
fn depthwise_networks_agree_on_every_engine() {
    for (name, rows, cols) in [("mobilenet_v1", 7, 6), ("mobilenet_v2", 5, 8)] {
        let graph = of_tests(&format!("data/{name}.onnx"));
        let images: Vec<Image> = (0..8).map(|number| waves(graph.nodes[0].shape[1], number)).collect();
        let net = calibrated(&graph, &Preprocess::unit(), &images);
        let depthwise = |layer: &&Layer| matches!(&layer.kind, LayerKind::Conv(c) if c.in_channels == 1);
        assert!(net.layers.iter().filter(depthwise).count() >= 4, "{name}");
        agrees(&net, rows, cols);
    }
}

//! `systole dump`: maps as NumPy files and as pages, equal from every engine and across a network.

use crate::common::{build, image, systole};
use crate::devices::serve;
use std::fs;

fn address(scheme: &str) -> String {
    format!("{scheme}:{}", build().display())
}

/// The layers as an unknown one's error names them.
fn layers() -> Vec<String> {
    let four = image("000_label_4.png");
    let ran =
        systole(["dump", "--device", &address("mock"), "--layer", "no_such", "--image", &four, "-o", "unused.npy"]);
    assert_eq!(ran.code, 1);
    let names = ran.err.split("there are: ").nth(1).unwrap_or_else(|| panic!("{}", ran.err));
    names.split(" (").next().unwrap().split(", ").map(String::from).collect()
}

#[test]
fn a_layer_that_is_nearly_one_is_asked_after() {
    let (layer, four) = (layers().remove(0), image("000_label_4.png"));
    let named = |name: &str| {
        systole(["dump", "--device", &address("mock"), "--layer", name, "--image", &four, "-o", "unused.npy"])
    };
    let meant = format!("; did you mean {layer}?");
    named(&layer[..layer.len() - 1]).failed(&["there are: ", &meant]);
    named(&layer.to_uppercase()).failed(&[&meant]);
}

#[test]
fn every_engine_dumps_the_same_map() {
    let folder = tempfile::tempdir().unwrap();
    let (four, layers, build) = (image("000_label_4.png"), layers(), build().display().to_string());
    assert!(layers.len() > 3, "{layers:?}");
    let (_server, tcp) = serve(&[]);
    for layer in [&layers[0], &layers[layers.len() - 1]] {
        let mut first = None;
        for device in [address("mock"), address("sim"), address("verilator"), tcp.clone()] {
            let (map, page) = (folder.path().join("map.npy"), folder.path().join("map.html"));
            let files = [map.to_str().unwrap(), page.to_str().unwrap()];
            let command = ["dump", "--device", &device, "--build", &build, "--layer", layer, "--image", &four];
            let text = systole(command.into_iter().chain(["-o", files[0], "--html", files[1]])).ok();
            assert!(text.starts_with(&format!("{layer} on {device}")) && text.contains("runs of the image"), "{text}");
            let (bytes, html) = (fs::read(&map).unwrap(), fs::read_to_string(&page).unwrap());
            let file = npyz::NpyFile::new(bytes.as_slice()).unwrap();
            assert_eq!(html.matches("<figure>").count() as u64, file.shape()[0]);
            assert!(file.into_vec::<i32>().unwrap().iter().any(|&value| value != 0));
            assert_eq!(*first.get_or_insert(bytes.clone()), bytes, "{layer} of {device}");
            fs::remove_file(&map).unwrap();
        }
    }
}

#[test]
fn a_map_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let (four, layers) = (image("000_label_4.png"), layers());
    let there = folder.path().to_str().unwrap();
    let device = address("mock");
    let ran = systole(["dump", "--device", &device, "--layer", &layers[0], "--image", &four, "-o", there]);
    assert_eq!(ran.code, 1, "a folder is no file: {}", ran.err);
    let missing = folder.path().join("no.png");
    let map = folder.path().join("map.npy");
    let ran = systole([
        "dump",
        "--device",
        &device,
        "--layer",
        &layers[0],
        "--image",
        missing.to_str().unwrap(),
        "-o",
        map.to_str().unwrap(),
    ]);
    assert!(ran.code == 1 && ran.err.contains("no.png"), "{}", ran.err);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

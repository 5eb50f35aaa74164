//! Pictures of many kinds against what Pillow makes of them: `tests/pictures/make.py`.

use super::{read, Size};
use serde::Deserialize;
use std::path::PathBuf;
use systole_net::Resize;

#[derive(Deserialize)]
struct Case {
    file: String,
    resize: Option<String>,
    size: [usize; 2],
    /// Largest difference of a byte.
    tolerance: u8,
    /// Bytes R, G, B, in hexadecimal.
    rgb: String,
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pictures"))
}

#[test]
fn pixels_are_pillow_s() {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    let cases: Vec<Case> = serde_json::from_str(&text).unwrap();
    assert!(cases.len() > 40);
    for Case { file, resize, size: [height, width], tolerance, rgb } in cases {
        let rule = resize.as_ref().map(|words| Resize::parse(words, [height, width]).unwrap());
        let image = read(&folder().join(&file), Size { height, width, resize: rule }).unwrap();
        let wanted = (0..rgb.len()).step_by(2).map(|at| u8::from_str_radix(&rgb[at..at + 2], 16).unwrap());
        assert_eq!((image.height, image.width, image.rgb.len()), (height, width, rgb.len() / 2), "{file} {resize:?}");
        let most = image.rgb.iter().zip(wanted).map(|(&found, wanted)| found.abs_diff(wanted)).max().unwrap();
        assert!(most <= tolerance, "{file} {resize:?}: {most}");
    }
}

#[test]
fn pictures_that_say_too_little_are_refused() {
    let cases = [
        ("refused-transparent.png", "24 of its 24 pixels are transparent; put it on a background first"),
        ("refused-palette.png", "pixels are transparent"),
        ("refused-grey.png", "1 of its 24 pixels are transparent"),
        ("refused-cut.jpg", "the JPEG file is cut"),
        ("refused-end.jpg", "the JPEG file is cut"),
        ("refused-cut.png", "not a readable image"),
        ("make.py", "not a readable image"),
    ];
    for (file, why) in cases {
        let error = read(&folder().join(file), Size { height: 4, width: 6, resize: None }).unwrap_err().to_string();
        assert!(error.contains(file) && error.contains(why), "{error}");
    }
}

#[test]
fn other_sizes_need_a_rule_and_may_not_become_too_large() {
    let turned = read(&folder().join("turned-6.png"), Size { height: 4, width: 6, resize: None }).unwrap_err();
    assert!(turned.to_string().contains("4 x 6 pixels, the network takes 6 x 4; add --resize"), "{turned}");
    let folder = tempfile::tempdir().unwrap();
    let line = folder.path().join("line.png");
    image::GrayImage::new(60_000, 1).save(&line).unwrap();
    let rule = Resize::parse("crop", [256; 2]).ok();
    let error = read(&line, Size { height: 256, width: 256, resize: rule }).unwrap_err().to_string();
    assert!(error.contains("60000 x 1 pixels would become 15360000 x 256"), "{error}");
    for words in ["stretch", "fit"] {
        let rule = Resize::parse(words, [8; 2]).ok();
        assert_eq!(read(&line, Size { height: 8, width: 8, resize: rule }).unwrap().rgb, [0; 8 * 8 * 3]);
    }
}

//! Image bytes to real values: the presets, luma as Pillow has it, what a model does itself, and how all of it is said.

use systole_net::preprocess::PREPROCESS_NAMES;
use systole_net::{Affine, Colour, Image, NetError, Preprocess, Preprocessing, Resize};

fn pixels(rgb: &[u8]) -> Image {
    Image { height: 1, width: rgb.len() / 3, rgb: rgb.to_vec() }
}

fn near(found: &[f32], wanted: &[f32]) {
    assert_eq!(found.len(), wanted.len());
    assert!(found.iter().zip(wanted).all(|(f, w)| (f - w).abs() < 1e-4), "{found:?} {wanted:?}");
}

#[test]
fn caffe_swaps_to_bgr_and_subtracts_the_mean() {
    let x = Preprocess::caffe().apply(&pixels(&[1, 2, 3, 123, 117, 104])).unwrap();
    assert_eq!(x, [-101.0, 0.0, -115.0, 0.0, -122.0, 0.0]);
}

#[test]
fn torchvision_of_white_is_one_minus_mean_over_deviation() {
    near(&Preprocess::torchvision().apply(&pixels(&[255; 3])).unwrap(), &[2.248_908, 2.428_571, 2.64]);
}

#[test]
fn the_other_presets_end_where_they_say() {
    let ends = |p: Preprocess| p.apply(&pixels(&[0, 0, 0, 255, 255, 255])).unwrap();
    near(&ends(Preprocess::unit()), &[0.0, 1.0].repeat(3));
    near(&ends(Preprocess::tf()), &[-1.0, 1.0].repeat(3));
    near(&ends(Preprocess::bytes()), &[0.0, 255.0].repeat(3));
    near(&ends(Preprocess::grey()), &[0.0, 1.0]);
}

/// Pairs of R, G, B and what Pillow 13.0.0 gives: `Image.new("RGB", (1, 1), rgb).convert("L").getpixel((0, 0))`.
const PILLOW: [([u8; 3], u8); 12] = [
    ([255, 0, 0], 76),
    ([0, 255, 0], 150),
    ([0, 0, 255], 29),
    ([255, 255, 255], 255),
    ([1, 0, 0], 0),
    ([0, 1, 0], 1),
    ([0, 0, 4], 0),
    ([0, 0, 5], 1),
    ([13, 200, 77], 130),
    ([250, 3, 128], 91),
    ([99, 98, 97], 98),
    ([7, 7, 7], 7),
];

#[test]
fn luma_is_pillow_s_to_the_bit() {
    for (rgb, wanted) in PILLOW {
        assert_eq!(Colour::Luma.of(rgb), wanted, "{rgb:?}");
    }
    assert!((0..=u8::MAX).all(|grey| Colour::Luma.of([grey; 3]) == grey));
}

#[test]
fn every_listed_name_is_known_and_sound() {
    for name in PREPROCESS_NAMES {
        let preprocess = Preprocess::by_name(name).unwrap();
        assert_eq!(preprocess.name, name);
        preprocess.check(preprocess.colours.len()).unwrap();
        assert!(matches!(preprocess.check(2), Err(NetError::Length { wanted: 2, .. })));
    }
    assert_eq!(Preprocess::by_name("x"), None);
    let short = Image { height: 1, width: 2, rgb: vec![0; 5] };
    assert!(matches!(Preprocess::unit().apply(&short), Err(NetError::Length { wanted: 6, found: 5, .. })));
}

#[test]
fn what_a_model_does_itself_follows() {
    let inside =
        Affine { factor: vec![1.0 / 0.229, 1.0 / 0.224, -2.0], offset: vec![-0.485 / 0.229, -0.456 / 0.224, 1.0] };
    let image = pixels(&[0, 0, 0, 255, 128, 64, 7, 9, 200]);
    let composed = Preprocess::unit().then(&inside);
    near(&composed.apply(&image).unwrap(), &inside.apply(&Preprocess::unit().apply(&image).unwrap()));
}

#[test]
fn all_of_it_is_said_in_a_line() {
    let inside = Some(Affine { factor: vec![2.0; 3], offset: vec![-1.0; 3] });
    let resize = Resize::parse("torchvision", [224; 2]).ok();
    let text = Preprocessing { preprocess: Preprocess::unit(), inside, resize }.to_string();
    let wanted = "unit (R, G, B; times 0.00392157), then the model's own: times 2 plus -1; \
                  other sizes scaled to 256 on the shorter side, centre 224x224 cut out";
    assert_eq!(text, wanted);
    let text = Preprocessing { preprocess: Preprocess::caffe(), inside: None, resize: None }.to_string();
    assert_eq!(text, "caffe (B, G, R; minus 104, 117, 123); other sizes refused");
    assert_eq!(Preprocess::bytes().to_string(), "bytes (R, G, B)");
    assert_eq!(Preprocess::grey().to_string(), "grey (luma; times 0.00392157)");
    let torchvision = "torchvision (R, G, B; minus 123.675, 116.28, 103.53; times 0.0171248, 0.017507, 0.0174292)";
    assert_eq!(Preprocess::torchvision().to_string(), torchvision);
}

//! Image bytes to the input tensor.

use systole_net::{Colour, Image, InputEncoding, NetError, TensorInfo};

fn info(signed: bool) -> TensorInfo {
    TensorInfo { name: "input".into(), channels: 2, height: 2, width: 2, signed, scale: 1.0 }
}

fn image() -> Image {
    Image { height: 2, width: 2, rgb: (0..12).map(|i| i * 20).collect() }
}

#[test]
fn channels_are_picked_and_sorted_by_plane() {
    let encoding = InputEncoding { colours: vec![Colour::Blue, Colour::Red], lut: None };
    let tensor = encoding.apply(&info(false), &image()).unwrap();
    assert_eq!(tensor.shape(), [2, 2, 2]);
    assert_eq!(tensor.data, [40, 100, 160, 220, 0, 60, 120, 180]);
}

#[test]
fn tables_give_two_s_complement() {
    let table = |f: fn(u8) -> u8| (0..=u8::MAX).map(f).collect::<Vec<u8>>();
    let lut = Some(vec![table(|b| b ^ 0x80), table(|b| b / 2)]);
    let tensor = InputEncoding { colours: vec![Colour::Red, Colour::Green], lut }.apply(&info(true), &image()).unwrap();
    assert_eq!(tensor.data, [-128, -68, -8, 52, 10, 40, 70, 100]);
}

#[test]
fn wrong_sizes_say_wanted_and_found() {
    let encoding = InputEncoding { colours: vec![Colour::Red, Colour::Green], lut: None };
    let error = encoding.apply(&info(false), &Image { height: 3, ..image() }).unwrap_err();
    assert_eq!(error.to_string(), "image is 3 x 2 pixels, the network takes 2 x 2; resize or crop it");
    let error = encoding.apply(&info(false), &Image { rgb: vec![0; 11], ..image() }).unwrap_err();
    assert!(matches!(error, NetError::Length { found: 11, wanted: 12, .. }));
}

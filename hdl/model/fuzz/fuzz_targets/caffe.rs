//! Network descriptions with their caffemodels, one after the other with a zero byte between.
#![no_main]

use systole_model::Format;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let (prototxt, weights) = systole_fuzz::two_files(input);
    systole_fuzz::import(Format::Caffe, weights, &prototxt);
});

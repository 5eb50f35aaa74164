//! safetensors files.
#![no_main]

use systole_model::Format;

libfuzzer_sys::fuzz_target!(|input: &[u8]| systole_fuzz::import(Format::Safetensors, input, ""));

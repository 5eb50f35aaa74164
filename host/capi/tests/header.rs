//! `host/c/systole.h` is what the example prints.

#[path = "../examples/c_header.rs"]
mod c_header;

#[test]
fn the_header_is_the_source_s() {
    let kept = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../c/systole.h")).unwrap();
    let printed = c_header::header().unwrap();
    assert_eq!(printed, kept, "cargo run -p systole-capi --example c_header > host/c/systole.h");
}

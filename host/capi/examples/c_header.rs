//! Prints the C header: `cargo run -p systole-capi --example c_header > host/c/systole.h`.

use cbindgen::{Builder, Config};
use std::path::Path;

/// The whole header.
///
/// # Errors
/// A source that cannot be read, or declares what C cannot have.
pub fn header() -> Result<String, Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = Config::from_file(folder.join("cbindgen.toml"))?;
    let mut text = Vec::new();
    Builder::new().with_src(folder.join("src/lib.rs")).with_config(config).generate()?.write(&mut text);
    Ok(String::from_utf8(text)?)
}

#[allow(dead_code)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    print!("{}", header()?);
    Ok(())
}

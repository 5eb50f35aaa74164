//! The photographs and networks of the test data beside the repository.

use std::path::{Path, PathBuf};
use systole_net::Image;

/// The repository.
pub fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The test data's folder; says loudly when it is not there.
pub fn data() -> Option<PathBuf> {
    let folder = workspace().join("../shared/data");
    if folder.exists() {
        return Some(folder);
    }
    println!("SKIPPED: ../shared/data is absent");
    None
}

/// The first photographs.
///
/// # Panics
/// Where the data does not hold them.
pub fn photographs(data: &Path, count: usize) -> Vec<Image> {
    let read = |i: usize| {
        let rgb = image::open(data.join(format!("dev/images/dev_{i:03}.png"))).unwrap().to_rgb8();
        Image { height: rgb.height() as usize, width: rgb.width() as usize, rgb: rgb.into_raw() }
    };
    (0..count).map(read).collect()
}

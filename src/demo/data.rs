//! The embedded default: a small SqueezeNet trained on handwritten digits, its calibration images and its test images.

/// A file by its name.
pub type Asset = (&'static str, &'static [u8]);

/// Where the data comes from, and under which licence it is given on.
pub const ORIGIN: &str = "Handwritten digits of the UCI data set by E. Alpaydin and C. Kaynak (1998), CC BY 4.0, as packaged by scikit-learn; \
     a selection, enlarged from 8x8 to 32x32; really trained, see host/demo/README.md";

/// The trained network, float.
pub const MODEL: Asset = ("digits.onnx", include_bytes!("../../host/demo/digits.onnx"));
/// Class names, one per line.
pub const LABELS: Asset = ("labels.txt", include_bytes!("../../host/demo/labels.txt"));

macro_rules! folder {
    ($folder:literal, $($name:literal),+ $(,)?) => {
        [$(($name, include_bytes!(concat!("../../host/demo/", $folder, "/", $name)))),+]
    };
}

/// Images of the training part, to choose scales with.
#[rustfmt::skip]
pub const CALIBRATION: [Asset; 32] = folder!(
    "calibration",
    "000_label_0.png",
    "001_label_0.png",
    "002_label_4.png",
    "003_label_9.png",
    "004_label_6.png",
    "005_label_4.png",
    "006_label_1.png",
    "007_label_6.png",
    "008_label_3.png",
    "009_label_9.png",
    "010_label_3.png",
    "011_label_0.png",
    "012_label_7.png",
    "013_label_2.png",
    "014_label_0.png",
    "015_label_6.png",
    "016_label_8.png",
    "017_label_2.png",
    "018_label_5.png",
    "019_label_9.png",
    "020_label_6.png",
    "021_label_1.png",
    "022_label_0.png",
    "023_label_4.png",
    "024_label_3.png",
    "025_label_2.png",
    "026_label_3.png",
    "027_label_0.png",
    "028_label_9.png",
    "029_label_4.png",
    "030_label_8.png",
    "031_label_5.png",
);

/// Images of the test part; `000_label_4.png` shows a 4.
#[rustfmt::skip]
pub const IMAGES: [Asset; 20] = folder!(
    "images",
    "000_label_4.png",
    "001_label_9.png",
    "002_label_4.png",
    "003_label_9.png",
    "004_label_6.png",
    "005_label_7.png",
    "006_label_0.png",
    "007_label_2.png",
    "008_label_3.png",
    "009_label_5.png",
    "010_label_0.png",
    "011_label_2.png",
    "012_label_3.png",
    "013_label_7.png",
    "014_label_1.png",
    "015_label_6.png",
    "016_label_5.png",
    "017_label_8.png",
    "018_label_8.png",
    "019_label_1.png",
);

/// What an image of [`IMAGES`] shows, by its name.
pub fn label(name: &str) -> Option<usize> {
    name.rsplit_once("label_")?.1.split_once('.')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{label, Asset, CALIBRATION, IMAGES};

    fn names(folder: &str) -> Vec<String> {
        let path = format!("{}/host/demo/{folder}", env!("CARGO_MANIFEST_DIR"));
        let entries = std::fs::read_dir(path).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn every_image_of_the_folders_is_embedded() {
        let embedded = |assets: &[Asset]| assets.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>();
        assert_eq!(embedded(&CALIBRATION), names("calibration"));
        assert_eq!(embedded(&IMAGES), names("images"));
    }

    #[test]
    fn names_say_what_an_image_shows() {
        assert!(IMAGES.iter().all(|(name, _)| label(name).is_some_and(|l| l < 10)));
        assert_eq!(label("007_label_2.png"), Some(2));
        assert_eq!(label("cat.png"), None);
    }
}

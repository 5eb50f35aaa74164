//! Which class each image has: a CSV table, or `name class` lines as in ImageNet's `val.txt`.

use crate::error::CliError;
use crate::images::{self, has_image_ending, Size};
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use std::collections::HashSet;
use std::path::Path;
use systole_net::{regular_file, Digest, Image};

/// Columns of a table: image, and number of its class.
const FILE: &str = "file";
const CLASS: &str = "class_index";

/// An image and its class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Path within the folder of images.
    pub image: String,
    pub class: usize,
}

/// Reads the labels in their order.
///
/// # Errors
/// [`CliError::Labels`] with the line, [`CliError::NoLabels`], [`CliError::Io`].
pub fn read(path: &Path, classes: usize) -> Result<Vec<Label>, CliError> {
    let text = regular_file::read_text(path).map_err(CliError::io("read the labels", path))?;
    let is_table = text.lines().next().is_some_and(|line| line.contains(','));
    let labels = if is_table { table(path, &text) } else { pairs(path, &text) }?;
    let mut seen = HashSet::new();
    for (line, label) in &labels {
        let wrong = |why| Err(CliError::Labels { path: path.into(), line: *line, why });
        if label.class >= classes {
            return wrong(format!(
                "class {} of {}, the network has {classes} (0 is the first)",
                label.class, label.image
            ));
        }
        if !seen.insert(&label.image) {
            return wrong(format!("{} has a label already", label.image));
        }
    }
    match labels.is_empty() {
        true => Err(CliError::NoLabels { path: path.into() }),
        false => Ok(labels.into_iter().map(|(_, label)| label).collect()),
    }
}

/// Whether the file says which class each image has, by its first line: not names of classes.
///
/// # Errors
/// [`CliError::Io`].
pub fn are_of_images(path: &Path) -> Result<bool, CliError> {
    let text = regular_file::read_text(path).map_err(CliError::io("read the labels", path))?;
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let columns: Vec<&str> = first.split(',').map(str::trim).collect();
    let image = first.trim().rsplit_once(char::is_whitespace).map_or("", |(image, _)| image.trim());
    Ok([FILE, CLASS].iter().all(|name| columns.contains(name)) || has_image_ending(Path::new(image)))
}

/// Fails unless every labelled image is there; before any work.
///
/// # Errors
/// [`CliError::LabelledMissing`].
pub fn check_images(folder: &Path, labels: &[Label]) -> Result<(), CliError> {
    let missing: Vec<&Label> = labels.iter().filter(|l| !folder.join(&l.image).is_file()).collect();
    match missing.first() {
        None => Ok(()),
        Some(first) => Err(CliError::LabelledMissing {
            folder: folder.into(),
            missing: missing.len(),
            wanted: labels.len(),
            first: first.image.clone(),
        }),
    }
}

/// At most `most` of the images, evenly spaced, and their classes.
///
/// # Errors
/// The first image that cannot be read.
pub fn sample(folder: &Path, labels: &[Label], most: usize, size: Size) -> Result<(Vec<Image>, Vec<usize>), CliError> {
    let count = labels.len().min(most);
    let chosen: Vec<&Label> = (0..count).map(|index| &labels[index * labels.len() / count]).collect();
    let classes = chosen.iter().map(|label| label.class).collect();
    Ok((read_images(folder, &chosen, size)?, classes))
}

/// Lines from 1, and their labels.
type Lines = Vec<(u64, Label)>;

fn table(path: &Path, text: &str) -> Result<Lines, CliError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let wrong = |line: u64, why: String| CliError::Labels { path: path.into(), line, why };
    let heading = reader.headers().map_err(|e| wrong(1, e.to_string()))?.clone();
    let column = |name: &str| {
        let missing =
            || wrong(1, format!("no column {name}; the columns are {}", heading.iter().collect::<Vec<_>>().join(", ")));
        heading.iter().position(|h| h.trim() == name).ok_or_else(missing)
    };
    let (file, class) = (column(FILE)?, column(CLASS)?);
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| wrong(e.position().map_or(0, |p| p.line()), e.to_string()))?;
        let line = record.position().map_or(0, |p| p.line());
        let cell = |at: usize| record.get(at).unwrap_or_default().trim();
        lines.push((line, label(cell(file), cell(class)).map_err(|why| wrong(line, why))?));
    }
    Ok(lines)
}

fn pairs(path: &Path, text: &str) -> Result<Lines, CliError> {
    let mut lines = Vec::new();
    for (line, content) in (1..).zip(text.lines()).filter(|(_, content)| !content.trim().is_empty()) {
        let wrong = |why: String| CliError::Labels { path: path.into(), line, why };
        let (image, class) = content.trim().rsplit_once(char::is_whitespace).unwrap_or((content.trim(), ""));
        lines.push((line, label(image.trim(), class).map_err(wrong)?));
    }
    Ok(lines)
}

fn label(image: &str, class: &str) -> Result<Label, String> {
    if image.is_empty() {
        return Err("no image named".into());
    }
    let wrong = |_| format!("wanted an image and the number of its class, found {image:?} and {class:?}");
    Ok(Label { image: image.into(), class: class.parse().map_err(wrong)? })
}

/// Hash of the list.
pub fn digest(labels: &[Label]) -> Digest {
    let text: String = labels.iter().map(|l| format!("{} {}\n", l.image, l.class)).collect();
    Digest::of(text.as_bytes())
}

/// Reads the images of some labels, on all cores.
///
/// # Errors
/// The first that cannot be read.
pub fn read_images(folder: &Path, labels: &[&Label], size: Size) -> Result<Vec<Image>, CliError> {
    labels.par_iter().map(|label| images::read(&folder.join(&label.image), size)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn parse(text: &str) -> Result<Vec<Label>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels");
        fs::write(&path, text).unwrap();
        read(&path, 10).map_err(|e| e.to_string())
    }

    #[test]
    fn both_forms_are_read() {
        let wanted = vec![Label { image: "a b.png".into(), class: 3 }, Label { image: "c.png".into(), class: 9 }];
        assert_eq!(parse("a b.png 3\n\n  c.png\t9\n"), Ok(wanted.clone()));
        assert_eq!(parse("name,file,class_index\n\"x, \"\"y\"\"\",a b.png,3\nz,c.png, 9\n"), Ok(wanted));
    }

    #[test]
    fn names_of_classes_are_told_from_classes_of_images() {
        let cases = [
            ("n01440764 tench, Tinca tinca\n", false),
            ("class 1\nclass 2\n", false),
            ("", false),
            ("\nval/a b.JPEG 65\n", true),
            ("file,class_index,word\n", true),
        ];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels");
        for (text, wanted) in cases {
            fs::write(&path, text).unwrap();
            assert_eq!(are_of_images(&path).unwrap(), wanted, "{text:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let cases = [
            (
                "a.png 1\nb.png ten\n",
                "line 2: wanted an image and the number of its class, found \"b.png\" and \"ten\"",
            ),
            ("a.png\n", "line 1: wanted an image"),
            ("a.png 10\n", "line 1: class 10 of a.png, the network has 10"),
            ("a.png 1\na.png 1\n", "line 2: a.png has a label already"),
            ("file,class\na.png,1\n", "line 1: no column class_index; the columns are file, class"),
            ("file,class_index\na.png,1\nb.png\n", "line 3: "),
            ("", "no labels"),
        ];
        for (text, wanted) in cases {
            let found = parse(text).unwrap_err();
            assert!(found.contains(wanted), "{text:?}: {found}");
        }
    }
}

//! Class names from a text file, one per line.

use crate::error::CliError;
use std::path::Path;
use systole_net::regular_file;

/// Digits after the `n` of a WordNet number, such as `n01440764`.
const WORDNET_DIGITS: usize = 8;

/// Reads one name per line; a WordNet number in front (as in ImageNet's `synset_words.txt`) is left out.
///
/// # Errors
/// [`CliError::Io`].
pub fn read(path: &Path) -> Result<Vec<String>, CliError> {
    let text = regular_file::read_text(path).map_err(CliError::io("read", path))?;
    Ok(text.lines().map(|line| without_number(line.trim()).to_string()).collect())
}

fn without_number(line: &str) -> &str {
    let Some((first, rest)) = line.split_once(' ') else { return line };
    let digits = first.strip_prefix('n').unwrap_or_default();
    let is_number = digits.len() == WORDNET_DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
    if is_number {
        rest.trim_start()
    } else {
        line
    }
}

#[cfg(test)]
mod tests {
    use super::without_number;

    #[test]
    fn wordnet_numbers_are_left_out_and_nothing_else() {
        assert_eq!(without_number("n01440764 tench, Tinca tinca"), "tench, Tinca tinca");
        assert_eq!(without_number("n0144 tench"), "n0144 tench");
        assert_eq!(without_number("zero"), "zero");
    }
}

//! What pictures go through, in words.

use systole_net::Preprocessing;

/// What is said of a network's preprocessing, as a line.
pub fn sentence(preprocessing: Option<&Preprocessing>) -> String {
    preprocessing
        .map_or("preprocessing: not known\n".into(), |preprocessing| format!("preprocessing: {preprocessing}\n"))
}

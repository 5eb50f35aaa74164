//! What was meant by a name that does not exist.

/// Likeness from which a name may have been meant, 1 being the same.
const LIKE: f64 = 0.75;

/// `; did you mean ...?`, or nothing where no name is like it.
pub fn closest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let like =
        known.map(|known| (strsim::jaro_winkler(&name.to_ascii_lowercase(), &known.to_ascii_lowercase()), known));
    match like.filter(|(like, _)| *like >= LIKE).max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((_, known)) => format!("; did you mean {known}?"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn a_name_that_is_nearly_one_is_asked_after() {
        let known = || ["nexys-video", "pynq-z2", "kv260"].into_iter();
        assert_eq!(closest("nexysvideo", known()), "; did you mean nexys-video?");
        assert_eq!(closest("PYNQ_Z2", known()), "; did you mean pynq-z2?");
        assert_eq!(closest("de10", known()), "");
        let layers = || ["conv1", "fire2/squeeze1x1", "fire2/expand3x3", "Conv10"].into_iter();
        assert_eq!(closest("fire2/expand3x", layers()), "; did you mean fire2/expand3x3?");
        assert_eq!(closest("conv10", layers()), "; did you mean Conv10?");
    }
}

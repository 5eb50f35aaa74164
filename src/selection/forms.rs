//! The forms of weights that boards are tried with, and a network in one of them.

use systole_machine::weights::codes::CODE_BITS;
use systole_model::{Report, WeightFormat};
use systole_net::Net;

/// From the form that loses least to the smallest: plain bytes, then codebooks of fewer and fewer bits.
pub fn all() -> Vec<WeightFormat> {
    let codes = CODE_BITS.rev().map(|bits| WeightFormat::Codebook { bits: bits as u32 });
    std::iter::once(WeightFormat::default()).chain(codes).collect()
}

/// The form in words.
pub fn words(form: WeightFormat) -> String {
    match form {
        WeightFormat::Uniform { bits } => format!("{bits} bits"),
        WeightFormat::Codebook { bits } => format!("codes of {bits} bits"),
    }
}

/// The network with its weights in one form, and what that costs.
pub struct Made {
    pub form: WeightFormat,
    pub net: Net,
    pub report: Report,
}

#[cfg(test)]
mod tests {
    use super::{all, words};

    #[test]
    fn forms_go_from_bytes_to_the_fewest_bits() {
        let all: Vec<String> = all().into_iter().map(words).collect();
        let codes = [6, 5, 4, 3].map(|bits| format!("codes of {bits} bits"));
        assert_eq!(all, [&["8 bits".to_string()][..], &codes].concat());
    }
}

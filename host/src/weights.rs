//! The weights of a machine that loads them: as a file, and as what the machine finds when it reads them back.

use crate::error::HostError;
use sha2::{Digest as _, Sha256};
use systole_machine::weights::WORD_BYTES;
use systole_machine::Plan;
use systole_net::Digest;

/// Begins a file.
const MAGIC: [u8; 8] = *b"SYSTWGT1";
const HASH: usize = 32;
/// Magic, design hash, weights hash, CRC, count of words.
const HEAD: usize = MAGIC.len() + 2 * HASH + 4 + 4;

/// All weights of a network for one design, in the order in which the machine takes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightImage {
    /// Hash of the design that they are for.
    pub design: Digest,
    /// Hash of the weights, as the network has it.
    pub weights: Digest,
    /// CRC-32 of the weights as the machine keeps them: what reading back must give.
    pub crc: u32,
    /// Words of the memories.
    pub words: Vec<u128>,
}

/// What the machine's check of a plan's weights must give.
pub fn weights_crc(plan: &Plan) -> u32 {
    plan.weights_image().crc()
}

impl WeightImage {
    /// The plan's own weights.
    pub fn of(plan: &Plan, design_hash: [u8; 32]) -> Self {
        WeightImage {
            design: Digest(design_hash),
            weights: plan.weights_hash,
            crc: weights_crc(plan),
            words: plan.load_words(),
        }
    }

    /// The file: head, words of nine bytes, SHA-256 of all before it. Numbers are little endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD + self.words.len() * WORD_BYTES + HASH);
        bytes.extend(MAGIC);
        bytes.extend(self.design.0);
        bytes.extend(self.weights.0);
        bytes.extend(self.crc.to_le_bytes());
        bytes.extend((self.words.len() as u32).to_le_bytes());
        for word in &self.words {
            bytes.extend(&word.to_le_bytes()[..WORD_BYTES]);
        }
        let hash: [u8; HASH] = Sha256::digest(&bytes).into();
        bytes.extend(hash);
        bytes
    }

    /// Reads what [`WeightImage::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`HostError::WeightImage`] for anything else, with what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, HostError> {
        let wrong = |what: String| HostError::WeightImage { what };
        let Some(head) = bytes.get(..HEAD).filter(|head| head.starts_with(&MAGIC)) else {
            return Err(wrong("it does not begin like one".into()));
        };
        let hash = |at: usize| -> Digest { Digest(std::array::from_fn(|i| head[at + i])) };
        let number = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| head[at + i]));
        let count = number(HEAD - 4) as usize;
        let (found, wanted) = (bytes.len(), HEAD + count * WORD_BYTES + HASH);
        if found != wanted {
            return Err(wrong(format!("it has {found} bytes, its {count} words make {wanted}")));
        }
        let (body, end) = bytes.split_at(wanted - HASH);
        let sum: [u8; HASH] = Sha256::digest(body).into();
        if sum != end {
            return Err(wrong("its contents are not those of its SHA-256".into()));
        }
        let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, &byte| word << 8 | u128::from(byte));
        Ok(WeightImage {
            design: hash(MAGIC.len()),
            weights: hash(MAGIC.len() + HASH),
            crc: number(HEAD - 8),
            words: body[HEAD..].chunks(WORD_BYTES).map(word).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::WeightImage;
    use systole_net::Digest;

    #[test]
    fn a_file_comes_back_and_every_damage_is_found() {
        let words = (0..7u128).map(|i| (i << 64) | (i * 0x0102_0304)).collect();
        let image = WeightImage { design: Digest([1; 32]), weights: Digest([2; 32]), crc: 0xdead_beef, words };
        let bytes = image.to_bytes();
        assert_eq!(WeightImage::parse(&bytes).unwrap(), image);
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            assert!(WeightImage::parse(&damaged).is_err(), "byte {at}");
            assert!(WeightImage::parse(&bytes[..at]).is_err(), "{at} bytes");
        }
        let text = WeightImage::parse(&bytes[..bytes.len() - 1]).unwrap_err().to_string();
        assert!(text.contains("174 bytes, its 7 words make 175"), "{text}");
    }
}

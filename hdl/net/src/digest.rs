//! Hashes that tie a plan, a device and a network together.

use crate::Multiplier;
use crate::{LayerKind, Net};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;

/// A SHA-256.
///
/// Hexadecimal digits where people read it, bytes elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serializer.is_human_readable() {
            true => serializer.collect_str(self),
            false => self.0.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.is_human_readable() {
            true => String::deserialize(deserializer)?.parse().map_err(D::Error::custom),
            false => Ok(Digest(Deserialize::deserialize(deserializer)?)),
        }
    }
}

/// Text that is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash of 64 hexadecimal digits is wanted")]
pub struct NotAHash;

impl FromStr for Digest {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let digit = |c: u8| char::from(c).to_digit(16).ok_or(NotAHash);
        let mut bytes = [0; 32];
        if text.len() != 2 * bytes.len() {
            return Err(NotAHash);
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
        }
        Ok(Digest(bytes))
    }
}

impl Digest {
    pub fn of(bytes: &[u8]) -> Self {
        Digest(Sha256::digest(bytes).into())
    }

    /// The first 32 bits, first byte most significant: what fits a device register.
    pub fn word(&self) -> u32 {
        u32::from_be_bytes([self.0[0], self.0[1], self.0[2], self.0[3]])
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Net {
    /// Hash of everything that determines the integers: not of names, labels, real scales, ends of scores and how pictures
    /// were prepared. Codebooks and their choice are part of it: a store of codes is made from them.
    pub fn hash(&self) -> Digest {
        let mut bare = self.clone();
        bare.name.clear();
        bare.labels.clear();
        for tensor in &mut bare.tensors {
            tensor.name.clear();
            tensor.scale = 1.0;
        }
        for layer in &mut bare.layers {
            layer.name.clear();
            match &mut layer.kind {
                LayerKind::Conv(conv) => conv.out_scale = 1.0,
                LayerKind::Pool(_) => {}
            }
        }
        let Net { name, input, tensors, layers, codebooks, labels, preprocessing: _, score_ends: _ } = &bare;
        Digest::of(&crate::file::payload(&(name, input, tensors, layers, codebooks, labels)))
    }

    /// Hash of the loadable parameters alone: weights, bias and multipliers of every layer in order.
    pub fn weights_hash(&self) -> Digest {
        let mut hasher = Sha256::new();
        for layer in &self.layers {
            match &layer.kind {
                LayerKind::Conv(conv) => {
                    hasher.update(conv.weights.iter().map(|&w| w as u8).collect::<Vec<_>>());
                    conv.bias.iter().for_each(|b| hasher.update(b.to_le_bytes()));
                    conv.mult.iter().for_each(|m| hasher.update(m.to_le_bytes()));
                    hasher.update(conv.residual.as_ref().map_or(Multiplier::ZERO, |r| r.mult).to_le_bytes());
                }
                // Nothing of it is loaded.
                LayerKind::Pool(_) => {}
            }
        }
        Digest(hasher.finalize().into())
    }
}

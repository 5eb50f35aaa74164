//! Hashes that tie a plan, a device and a network together.

use crate::{LayerKind, Net};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Digest(pub [u8; 32]);

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
    /// Hash of everything that determines the integers: not of names, labels, real scales, ends of scores, stores and how
    /// pictures were prepared.
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
            if let LayerKind::Conv(conv) = &mut layer.kind {
                conv.out_scale = 1.0;
                conv.store = None;
            }
        }
        let Net { name, input, tensors, layers, labels, preprocessing: _, score_ends: _ } = &bare;
        Digest::of(&crate::file::payload(&(name, input, tensors, layers, labels)))
    }

    /// Hash of the loadable parameters alone: weights, bias and multipliers of every layer in order.
    pub fn weights_hash(&self) -> Digest {
        let mut hasher = Sha256::new();
        for layer in &self.layers {
            let LayerKind::Conv(conv) = &layer.kind else { continue };
            hasher.update(conv.weights.iter().map(|&w| w as u8).collect::<Vec<_>>());
            conv.bias.iter().for_each(|b| hasher.update(b.to_le_bytes()));
            conv.mult.iter().for_each(|m| hasher.update(m.to_le_bytes()));
            hasher.update(conv.residual.as_ref().map_or(0, |r| r.mult).to_le_bytes());
        }
        Digest(hasher.finalize().into())
    }
}

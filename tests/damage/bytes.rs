//! Damage to the bytes of any file.

use crate::random::Random;

/// Most bytes that one piece of damage covers.
const PIECE: usize = 64;
/// Integers at the ends of their types, and beside them.
pub const EXTREMES: [u64; 12] = [0, 1, 2, 127, 128, 255, 65_536, 1 << 31, u32::MAX as u64, 1 << 32, 1 << 63, u64::MAX];

pub fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len().max(1));
    let end = (at + 1 + random.below(PIECE)).min(bytes.len());
    match random.below(8) {
        0 => bytes.truncate(at),
        1 | 2 => flip(bytes, random),
        3 => fill(&mut bytes[at.min(end)..end], random),
        4 => drop(bytes.drain(at.min(end)..end)),
        5 => {
            let copy = bytes[at.min(end)..end].to_vec();
            let place = random.below(bytes.len() + 1);
            bytes.splice(place..place, copy);
        }
        6 => extreme(bytes, random),
        _ => {
            let (half, size) = (bytes.len() / 2, random.below(PIECE).min(bytes.len() / 2));
            let (a, b) = bytes.split_at_mut(half);
            let (from, to) = (random.below(half + 1 - size), random.below(b.len() + 1 - size));
            a[from..from + size].swap_with_slice(&mut b[to..to + size]);
        }
    }
}

/// One to four bits.
fn flip(bytes: &mut [u8], random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << random.below(8);
        }
    }
}

fn fill(piece: &mut [u8], random: &mut Random) {
    let value = [0x00, 0xff, 0x80, 0x7f, b'9', b'['][random.below(6)];
    piece.fill(value);
}

/// An integer of 2, 4 or 8 bytes.
fn extreme(bytes: &mut [u8], random: &mut Random) {
    let size = [2, 4, 8][random.below(3)];
    if bytes.len() < size {
        return;
    }
    let at = random.below(bytes.len() + 1 - size);
    let value = EXTREMES[random.below(EXTREMES.len())].to_le_bytes();
    bytes[at..at + size].copy_from_slice(&value[..size]);
}

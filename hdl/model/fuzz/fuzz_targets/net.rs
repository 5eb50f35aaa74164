//! Integer networks: any bytes, and a random network with some bytes changed under a digest that is right.
//!
//! Input: a seed, then edits of three bytes each (place, low byte first, and value).
#![no_main]

use std::path::Path;
use systole_net::random::{random_net, Limits};
use systole_net::{Digest, Net};

const LIMITS: Limits = Limits { layers: 3, channels: 6, size: (4, 8), residuals: true, padded_head: true, picks: true, windows: true, groups: true };

/// Header of a `.net` file up to the digest of what follows.
const DIGEST: std::ops::Range<usize> = 20..52;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let path = Path::new("fuzz.net");
    let _ = systole_fuzz::bounded(input.len(), || Net::from_bytes(input, path));
    let Some((&seed, edits)) = input.split_first() else { return };
    let mut file = random_net(seed.into(), &LIMITS).to_bytes();
    for edit in edits.chunks_exact(3) {
        let payload = &mut file[DIGEST.end..];
        let place = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % payload.len();
        payload[place] = edit[2];
    }
    let digest = Digest::of(&file[DIGEST.end..]).0;
    file[DIGEST].copy_from_slice(&digest);
    if let Ok(net) = systole_fuzz::bounded(file.len(), || Net::from_bytes(&file, path)) {
        assert!(net.check().is_ok());
    }
});

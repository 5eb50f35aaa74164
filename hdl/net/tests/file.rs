//! The `.net` file: round trip, and every way a file can be bad.

use proptest::prelude::{prop_assert, proptest};
use std::fs;
use std::path::Path;
use systole_net::random::{random_net, Limits};
use systole_net::{Codebook, Colour, Digest, Net, NetError};

/// Bytes before the digest of the payload: magic, version, length.
const DIGEST_AT: usize = 20;
const HEADER: usize = 52;

fn small() -> Net {
    random_net(3, &Limits { layers: 3, channels: 4, ..Limits::default() })
}

fn decode(bytes: &[u8]) -> Result<Net, NetError> {
    Net::from_bytes(bytes, Path::new("x.net"))
}

/// The file with its length and digest made to fit `payload`.
fn sealed(payload: &[u8]) -> Vec<u8> {
    let mut bytes = small().to_bytes()[..HEADER].to_vec();
    bytes[DIGEST_AT - 8..DIGEST_AT].copy_from_slice(&(payload.len() as u64).to_le_bytes());
    bytes[DIGEST_AT..].copy_from_slice(&Digest::of(payload).0);
    bytes.extend(payload);
    bytes
}

#[test]
fn round_trip_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.net");
    for seed in 0..20 {
        let net = random_net(seed, &Limits::default());
        net.write(&path).unwrap();
        let again = Net::read(&path).unwrap();
        assert_eq!(net, again);
        assert_eq!(fs::read(&path).unwrap(), again.to_bytes());
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "scratch files left behind");
}

#[test]
fn truncated_anywhere() {
    let bytes = small().to_bytes();
    for end in 0..bytes.len() {
        assert!(decode(&bytes[..end]).is_err(), "cut at {end}");
    }
    assert!(matches!(decode(&bytes[..bytes.len() - 1]), Err(NetError::Truncated { .. })));
}

#[test]
fn each_damage_has_its_own_message() {
    let good = small().to_bytes();
    let with = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        decode(&bytes)
    };
    assert!(matches!(with(0, b'x'), Err(NetError::NotANet { .. })));
    assert!(matches!(with(8, 9), Err(NetError::Version { found: 9, .. })));
    assert!(matches!(with(DIGEST_AT, good[DIGEST_AT] ^ 1), Err(NetError::Damaged { .. })));
    assert!(matches!(with(HEADER, good[HEADER] ^ 1), Err(NetError::Damaged { .. })));
    assert!(matches!(decode(&[good.clone(), vec![0]].concat()), Err(NetError::Truncated { .. })));
    assert!(matches!(decode(&sealed(&[&good[HEADER..], &[0]].concat())), Err(NetError::Malformed { .. })));
    assert_eq!(decode(&sealed(&good[HEADER..])).unwrap(), small());
}

#[test]
fn an_unsound_network_is_refused_with_its_faults() {
    let mut net = small();
    net.labels = vec!["one too many".into(); net.classes() + 1];
    let error = decode(&net.to_bytes()).unwrap_err();
    assert!(error.to_string().contains("labels"), "{error}");
}

proptest! {
    /// A hostile payload under a correct digest: an error or a sound network, never a panic or a huge allocation.
    #[test]
    fn hostile_payloads(changes in proptest::collection::vec((0usize..4096, 0u8..), 1..6)) {
        let mut payload = small().to_bytes()[HEADER..].to_vec();
        for (at, value) in changes {
            let at = at % payload.len();
            payload[at] = value;
        }
        if let Ok(net) = decode(&sealed(&payload)) {
            prop_assert!(net.check().is_ok());
        }
    }

    #[test]
    fn noise_payloads(payload in proptest::collection::vec(0u8.., 0..200)) {
        prop_assert!(decode(&sealed(&payload)).is_err());
    }
}

#[test]
fn unwritable_folder_and_missing_file_name_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absent").join("a.net");
    for error in [small().write(&path).unwrap_err(), Net::read(&path).unwrap_err()] {
        assert!(error.to_string().contains("absent"), "{error}");
    }
}

#[test]
fn hash_is_also_of_the_choice_of_codebooks() {
    let coded =
        (0..100).map(|seed| random_net(seed, &Limits::default())).find(|net| !net.codebooks.is_empty()).unwrap();
    let mut plain = coded.clone();
    let chosen = plain.layers.iter_mut().find_map(|layer| match &mut layer.kind {
        systole_net::LayerKind::Conv(conv) => conv.codebook.take(),
        systole_net::LayerKind::Pool(_) => None,
    });
    assert!(chosen.is_some() && coded.hash() != plain.hash());
    assert_eq!(coded.weights_hash(), plain.weights_hash());
}

#[test]
fn hash_is_of_the_integers_alone() {
    let net = small();
    let mut renamed = net.clone();
    renamed.name = "other".into();
    renamed.tensors[0].scale = 3.0;
    renamed.layers[0].name = "other".into();
    assert_eq!(net.hash(), renamed.hash());
    let mut coded = net.clone();
    coded.codebooks.push(Codebook::of([3]));
    assert_ne!(net.hash(), coded.hash());
    let mut other = net.clone();
    other.input.colours[0] = Colour::Luma;
    assert_ne!(net.hash(), other.hash());
    assert_eq!(net.weights_hash(), other.weights_hash());
    let systole_net::LayerKind::Conv(conv) = &mut other.layers.last_mut().unwrap().kind else { panic!() };
    conv.bias[0] += 1;
    assert_ne!(net.weights_hash(), other.weights_hash());
}

//! Deep Compression's file: weights, codebooks, sizes, and what is said about damaged files.

mod common;

use common::caffe::{layer, network};
use common::{data, MODELS};
use systole_model::{describe, load, Graph, LoadOptions, ModelError, Op};

/// Bytes of the released file.
const RELEASED: usize = 675_763;

fn model(logits: &str, suffix: &str) -> &'static common::Model {
    MODELS.iter().find(|m| m.logits == logits && m.file.ends_with(suffix)).unwrap()
}

#[test]
fn released_weights_are_those_of_the_reference() {
    let Some(data) = data() else { return };
    let (compressed, reference) = (model("dc", ".net").load(&data), model("dc", ".onnx").load(&data));
    let ops = |g: &Graph| g.nodes.iter().map(|n| n.op.clone()).collect::<Vec<_>>();
    assert!(ops(&compressed) == ops(&reference));
    let mut convolutions = 0;
    for node in &compressed.nodes {
        let Op::Conv { weights, .. } = &node.op else { continue };
        let codebook = node.given.codebook.as_ref().unwrap();
        assert_eq!((codebook.entries.len(), codebook.entries[0]), (256, 0.0));
        assert!(codebook.decode() == *weights);
        assert_eq!(codebook.non_zero(), weights.iter().filter(|&&w| w != 0.0).count());
        convolutions += 1;
    }
    assert_eq!(convolutions, 26);
}

#[test]
fn sizes_add_up_to_the_file() {
    let Some(data) = data() else { return };
    let summary = describe(&model("dc", ".net").load(&data));
    let total = summary.coded.unwrap();
    assert_eq!((total.weights, total.non_zero), (1_244_448, 415_921));
    assert_eq!(total.file_bytes(), RELEASED);
    let text = summary.to_string();
    assert!(text.contains("675763") && text.contains("fire9/conv3x3_2"), "{text}");
}

/// One convolution, 2 outputs of 3 inputs of 3x3: weights 1, 20 and 36 of 54.
fn small() -> (Vec<u8>, String) {
    let mut bytes = 4u32.to_le_bytes().to_vec();
    let table = (0..256).map(|i| i as f32 / 8.0);
    bytes.extend(table.chain([0.5, -0.5]).flat_map(f32::to_le_bytes));
    bytes.extend([9, 0, 8, 255]);
    // Zeros before each: 1, then 15 (a filler comes next), 2, and 15.
    bytes.extend([0xf1, 0xf2]);
    let text =
        network([3, 5, 5], &[layer("Convolution", "c", "x", "convolution_param { num_output: 2 kernel_size: 3 }")]);
    let average = layer("Pooling", "a", "c", "pooling_param { pool: AVE global_pooling: true }");
    (bytes, format!("{text}\n{average}"))
}

fn load_bytes(bytes: &[u8], text: &str) -> Result<Graph, ModelError> {
    let folder = tempfile::tempdir().unwrap();
    let (path, prototxt) = (folder.path().join("m.net"), folder.path().join("m.prototxt"));
    std::fs::write(&path, bytes).unwrap();
    std::fs::write(&prototxt, text).unwrap();
    load(&path, &LoadOptions { prototxt: Some(prototxt), ..LoadOptions::default() })
}

#[test]
fn a_small_file_is_decoded_by_hand() {
    let (bytes, text) = small();
    let graph = load_bytes(&bytes, &text).unwrap();
    let Op::Conv { weights, bias, .. } = &graph.nodes[1].op else { panic!() };
    let mut wanted = [0.0; 54];
    (wanted[1], wanted[20], wanted[36]) = (9.0 / 8.0, 1.0, 255.0 / 8.0);
    assert_eq!((weights.as_slice(), bias.as_slice()), (&wanted[..], &[0.5, -0.5][..]));
}

#[test]
fn damaged_files_are_refused() {
    let (bytes, text) = small();
    (0..bytes.len()).for_each(|cut| assert!(load_bytes(&bytes[..cut], &text).is_err(), "{cut}"));
    let longer = load_bytes(&[bytes.clone(), vec![0]].concat(), &text).unwrap_err().to_string();
    assert!(longer.contains("1 bytes behind the last layer"), "{longer}");
    let mut beyond = bytes.clone();
    let last = beyond.len() - 6;
    beyond[..4].copy_from_slice(&5u32.to_le_bytes());
    beyond.splice(last.., [9, 0, 8, 255, 7, 0xf1, 0xff, 0x0f]);
    let error = load_bytes(&beyond, &text).unwrap_err().to_string();
    assert!(error.contains("beyond the 54 weights"), "{error}");
    let mut network = bytes;
    network.splice(..0, *b"SYSTOLE\0");
    assert!(matches!(load_bytes(&network, &text), Err(ModelError::IntegerNetwork { .. })));
}

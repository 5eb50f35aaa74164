//! Weights as codes: streams decode to the weights, are as short as counted, and what a plan says of them is checked.

use systole_machine::weights::codes::{column, pack, Codes, Decoder, Format, MAX_FORMATS, TURNS};
use systole_machine::{Board, WeightMemory};
use systole_net::random::{random_net, with_codebooks, Limits, Rng};
use systole_net::{LayerKind, Net};
use systole_plan::coding::{Coding, Uncodable};
use systole_plan::planner::{plan_array, Array};
use systole_plan::{plan, Constraints, PlanError, Spare, StoreChoice};

const TINY: &str = include_str!("../../../constraints/tiny.toml");

fn tiny() -> Board {
    Board::parse(TINY).unwrap()
}

#[test]
fn every_format_gives_the_weights_back() {
    let mut random = Rng::new(3);
    for format in (3..=6).flat_map(Format::of) {
        for round in 0..200 {
            let entries = 1 << format.code_bits;
            let book: Vec<i8> = (0..entries).map(|at| (at as i8).wrapping_mul(3)).collect();
            let count = random.below(90);
            let dense = 1 + random.below(round % 40 + 1);
            let weights: Vec<i8> =
                (0..count).map(|_| if random.one_in(dense) { book[random.below(book.len())] } else { 0 }).collect();
            let code = |weight: i8| book.iter().position(|&value| value == weight);
            let words = format.encode(weights.iter().copied(), code).unwrap();
            let steps = weights.iter().enumerate().filter(|(_, &weight)| weight != 0).map(|(step, _)| step);
            assert_eq!(words.len(), format.words(steps), "{format:?}");
            assert!(words.iter().all(|word| word >> 36 == 0));
            let mut decoder = Decoder::new(format, words.len(), |at| words[at]);
            for (step, &weight) in weights.iter().enumerate() {
                let found = decoder.step(words.len(), |at| words[at]).map_or(0, |code| book[code]);
                assert_eq!(found, weight, "{format:?}, step {step} of {weights:?}");
            }
            // Behind the last word there is nothing.
            let behind: Vec<_> = (0..300).map(|_| decoder.step(words.len(), |at| words[at])).collect();
            assert!(behind.iter().flatten().all(|&code| book[code] == 0 || code == 0));
        }
    }
}

#[test]
fn a_weight_without_a_code_is_not_encoded() {
    let format = Format { code_bits: 3, gap_bits: 2 };
    let code = |weight: i8| (weight == 5).then_some(1);
    assert!(format.encode([5, 5].into_iter(), code).is_some());
    assert_eq!(format.encode([5, 6].into_iter(), code), None);
    // A long gap, and what is left of the last word, take zeros.
    assert_eq!(format.encode([0, 0, 0, 0, 0, 5].into_iter(), code), None);
    assert_eq!(format.encode([5, 0].into_iter(), code), None);
}

#[test]
fn layouts_hold_random_networks() {
    let mut coded = 0;
    for seed in 0..120 {
        let net = with_codebooks(&random_net(seed, &Limits::default()), seed);
        let cols = 2 + seed as usize % 11;
        let multiplier = systole_machine::geometry::Multiplier::Single;
        let array = Array { rows: 4, cols, multiplier, weights: WeightMemory::Coded, pool_words: 0 };
        let plan = match plan_array(&net, &tiny(), array, Spare { slack: 1, overlaid: 2 }) {
            Err(PlanError::Unsupported { .. } | PlanError::Codes { .. }) => continue,
            plan => plan.unwrap(),
        };
        let g = &plan.geometry;
        let Codes { formats, books, depths } = &g.codes;
        assert!(formats.len() <= MAX_FORMATS && books.len() <= 256);
        let words = pack(g, &plan.bindings, &plan.streams, plan.weights()).unwrap();
        let mut rest = plan.weights();
        for (layer, binding) in plan.streams.iter().zip(&plan.bindings) {
            let (rows, behind) = rest.split_at(binding.channel_tiles * binding.reduction * cols);
            rest = behind;
            let format = formats[layer.format];
            for c in 0..cols {
                let (first, count) = (layer.first[c], layer.last[c] + 1 - layer.first[c]);
                assert!(layer.last[c] < depths[c / 8]);
                let cycles = binding.channel_tiles * binding.reduction.max(cols.max(4));
                assert!(count * TURNS <= cycles.max(plan_cycles(&net, binding.layer, cols)), "seed {seed}");
                let word = |at: usize| words[c / 8][first + at];
                let mut decoder = Decoder::new(format, count, word);
                for weight in column(rows, cols, c) {
                    let found = decoder.step(count, word).map_or(0, |code| books[layer.book | code]);
                    assert_eq!(found, weight, "seed {seed}, {}, column {c}", binding.name);
                }
            }
        }
        coded += 1;
    }
    assert!(coded > 60, "{coded} networks in codes");
}

/// Cycles of a tile with a residual, which is read behind the steps.
fn plan_cycles(net: &Net, layer: usize, cols: usize) -> usize {
    match &net.layers[layer].kind {
        LayerKind::Conv(conv) if conv.residual.is_some() => {
            conv.out_channels.div_ceil(cols) * (conv.reduction() + cols.max(4))
        }
        LayerKind::Conv(_) | LayerKind::Pool(_) => 0,
    }
}

#[test]
fn what_cannot_be_coded_is_said() {
    let many = |net: &Net| matches!(Coding::of(net), Err(Uncodable::Values { found, .. }) if found > 64);
    let bytes = (0..50).map(|seed| random_net(seed, &Limits::default())).find(many).unwrap();
    let wanted = Constraints { store: Some(StoreChoice::Codes), ..Constraints::default() };
    let said = plan(&bytes, &tiny(), &wanted).unwrap_err().to_string();
    assert!(said.contains("different weights, a codebook holds 64") && said.contains("--codebook"), "{said}");
    // Seven layers whose codebooks have nearly 64 values each, other ones.
    let large = |net: &Net| matches!(&net.layers[0].kind, LayerKind::Conv(conv) if conv.weights.len() > 200);
    let mut apart = (0..50).map(|seed| random_net(seed, &Limits::default())).find(large).unwrap();
    let template = apart.layers[0].clone();
    apart.layers = (0..7).map(|at| shifted(&template, 9 * at)).collect();
    assert_eq!(Coding::of(&apart).unwrap_err(), Uncodable::Entries { found: 7 * 64 });
    apart.layers.truncate(4);
    assert!(Coding::of(&apart).is_ok());
}

/// The layer with every second value from `shift - 63` on.
fn shifted(layer: &systole_net::Layer, shift: i8) -> systole_net::Layer {
    let mut layer = layer.clone();
    if let LayerKind::Conv(conv) = &mut layer.kind {
        conv.weights.iter_mut().enumerate().for_each(|(at, weight)| *weight = (at % 62) as i8 * 2 - 63 + shift);
    }
    layer
}

//! Plans as files: read back equal, weights included; refused for another network or when damaged.

use serde_json::{json, Value};
use systole_machine::{Board, Plan};
use systole_net::random::{random_net, with_codebooks, Limits};
use systole_net::{LayerKind, Net};
use systole_plan::{plan, Constraints, PlanError, StoreChoice};

/// The first network from `seed` on that begins with a convolution, which the machine wants.
fn planned(seed: u64) -> (Net, Plan) {
    let begins_with_conv = |net: &Net| matches!(net.layers[0].kind, LayerKind::Conv(_));
    let net = (seed..).map(|s| random_net(s, &Limits::default())).find(begins_with_conv).unwrap();
    let board = Board::parse(include_str!("../../../constraints/tiny.toml")).unwrap();
    let made = plan(&net, &board, &Constraints::default()).unwrap();
    (net, made)
}

/// The same in codes.
fn coded(seed: u64) -> (Net, Plan) {
    let (board, store) =
        (Board::parse(include_str!("../../../constraints/tiny.toml")).unwrap(), Some(StoreChoice::Codes));
    let attempt = |seed| {
        let net = with_codebooks(&planned(seed).0, seed);
        let made = plan(&net, &board, &Constraints { store, ..Constraints::default() }).ok()?;
        Some((net, made))
    };
    (seed..).find_map(attempt).unwrap()
}

#[test]
fn a_plan_is_read_back_equal() {
    for seed in (0..60).step_by(3) {
        let (net, made) = if seed % 2 == 0 { planned(seed) } else { coded(seed) };
        assert!(!made.weights().is_empty() && made.streams.is_empty() == (seed % 2 == 0));
        let text = made.to_json();
        let read = systole_plan::read_plan(&text, &net).unwrap();
        assert_eq!(read, made, "seed {seed}");
        assert_eq!(read.to_json(), text);
    }
}

#[test]
fn another_network_is_refused() {
    let (mut net, made) = planned(1);
    let conv = net.layers.iter_mut().find_map(|l| if let LayerKind::Conv(c) = &mut l.kind { Some(c) } else { None });
    conv.unwrap().weights[0] ^= 1;
    let refused = systole_plan::read_plan(&made.to_json(), &net);
    assert!(matches!(refused, Err(PlanError::OtherNetwork { .. })), "{refused:?}");
}

#[test]
fn damage_and_other_versions_are_refused() {
    let (net, made) = planned(2);
    let text = made.to_json();
    assert!(matches!(systole_plan::read_plan(&text[..text.len() / 2], &net), Err(PlanError::Format(_))));
    let moved = made.clone().forged(|draft, _| draft.contents.layers.truncate(draft.layers.len() - 1));
    assert!(matches!(systole_plan::read_plan(&moved.to_json(), &net), Err(PlanError::Format(_))));
    let newer = made.forged(|draft, _| draft.abi += 1);
    assert!(matches!(systole_plan::read_plan(&newer.to_json(), &net), Err(PlanError::OtherAbi { .. })));
}

/// Every number, text and truth value of a JSON text by its path.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, v)| leaves(v, &format!("{path}/{name}"), found)),
        // The first and the last of a list stand for all.
        Value::Array(items) => {
            let ends = items.iter().enumerate().filter(|(i, _)| *i < 2 || i + 1 == items.len());
            ends.for_each(|(i, v)| leaves(v, &format!("{path}/{i}"), found));
        }
        _ => found.push(path.to_string()),
    }
}

/// What replaces a value: numbers that are one off, at the ends of types, of other types.
fn others(value: &Value) -> Vec<Value> {
    let mut others = vec![
        json!(0),
        json!(1),
        json!(2),
        json!(-1),
        json!(65_536),
        json!(1u64 << 32),
        json!(u64::MAX),
        json!(u64::MAX / 2),
        json!(0.5),
        json!(1e308),
        Value::Null,
        json!("x"),
        json!([]),
    ];
    others.extend(value.as_u64().into_iter().flat_map(|n| [json!(n.wrapping_add(1)), json!(n.wrapping_sub(1))]));
    others.extend(value.as_bool().map(|truth| json!(!truth)));
    others.retain(|other| other != value);
    others
}

#[test]
fn a_forged_plan_is_refused_or_still_a_plan_of_the_network() {
    let (mut refused, mut taken) = (0, 0);
    let made = [3, 8, 21].map(planned).into_iter().chain([coded(5)]);
    for (seed, (net, made)) in made.enumerate() {
        let value: Value = serde_json::from_str(&made.to_json()).unwrap();
        let mut paths = Vec::new();
        leaves(&value, "", &mut paths);
        for path in paths {
            for other in others(value.pointer(&path).unwrap()) {
                let mut forged = value.clone();
                *forged.pointer_mut(&path).unwrap() = other.clone();
                match systole_plan::read_plan(&forged.to_string(), &net) {
                    Err(PlanError::OtherNetwork { .. } | PlanError::OtherAbi { .. } | PlanError::Board(_)) => {
                        refused += 1
                    }
                    Err(PlanError::Format(_) | PlanError::Shape { .. } | PlanError::Pairs { .. }) => refused += 1,
                    Err(PlanError::Unsupported { .. } | PlanError::Codes { .. }) => refused += 1,
                    Err(error) => panic!("seed {seed}, {path} = {other}: {error}"),
                    Ok(plan) => {
                        taken += 1;
                        let derived = path.starts_with("/timing") || path.starts_with("/cost");
                        assert!(!derived || plan == made, "seed {seed}, {path} = {other}");
                        let decided = ["/program", "/line_buffers", "/geometry", "/board", "/saving", "/lut_tables"];
                        let free = plan == made || derived || decided.iter().any(|start| path.starts_with(start));
                        assert!(free, "seed {seed}, {path} = {other} was taken");
                        assert_eq!(plan.layers, made.layers, "seed {seed}, {path} = {other}");
                    }
                }
            }
        }
    }
    assert!(refused > 1000 && taken > 100, "{refused} refused, {taken} taken");
}

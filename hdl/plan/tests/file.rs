//! Plans as files: read back equal, weights included; refused for another network or when damaged.

use systole_net::random::{random_net, Limits};
use systole_net::{LayerKind, Net};
use systole_plan::{plan, Board, Plan, PlanError, Wishes};

/// The first network from `seed` on that begins with a convolution, which the machine wants.
fn planned(seed: u64) -> (Net, Plan) {
    let begins_with_conv = |net: &Net| matches!(net.layers[0].kind, LayerKind::Conv(_));
    let net = (seed..).map(|s| random_net(s, &Limits::default())).find(begins_with_conv).unwrap();
    let board = Board::parse(include_str!("../../../constraints/tiny.toml")).unwrap();
    let made = plan(&net, &board, &Wishes::default()).unwrap();
    (net, made)
}

#[test]
fn a_plan_is_read_back_equal() {
    for seed in (0..60).step_by(3) {
        let (net, made) = planned(seed);
        assert!(!made.weights.is_empty());
        let text = made.to_json();
        let read = Plan::from_json(&text, &net).unwrap();
        assert_eq!(read, made, "seed {seed}");
        assert_eq!(read.to_json(), text);
    }
}

#[test]
fn another_network_is_refused() {
    let (mut net, made) = planned(1);
    let conv = net.layers.iter_mut().find_map(|l| if let LayerKind::Conv(c) = &mut l.kind { Some(c) } else { None });
    conv.unwrap().weights[0] ^= 1;
    let refused = Plan::from_json(&made.to_json(), &net);
    assert!(matches!(refused, Err(PlanError::OtherNetwork { .. })), "{refused:?}");
}

#[test]
fn damage_and_other_versions_are_refused() {
    let (net, made) = planned(2);
    let text = made.to_json();
    assert!(matches!(Plan::from_json(&text[..text.len() / 2], &net), Err(PlanError::Format(_))));
    let moved = Plan { layers: made.layers[1..].to_vec(), ..made.clone() };
    assert!(matches!(Plan::from_json(&moved.to_json(), &net), Err(PlanError::Format(_))));
    let newer = Plan { abi: made.abi + 1, ..made };
    assert!(matches!(Plan::from_json(&newer.to_json(), &net), Err(PlanError::OtherAbi { .. })));
}

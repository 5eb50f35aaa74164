//! The bypass networks of the SqueezeNet paper.

use crate::engines::{agrees, design, network};
use systole_model::squeezenet::{Bypass, DesignSpace, Version};
use systole_model::Preprocess;
use systole_net::{LayerKind, Net};

fn bypassed(version: Version, bypass: Bypass) -> Net {
    let design = DesignSpace { bypass, ..design(version) };
    network(&design.graph(7).unwrap(), &Preprocess::caffe())
}

/// Layers that add, and those of them that add a signed map.
fn additions(net: &Net) -> (usize, usize) {
    let kept = net.layers.iter().filter_map(|l| match &l.kind {
        LayerKind::Conv(c) => c.residual.as_ref().map(|r| net.tensors[r.tensor].signed),
        LayerKind::Pool(_) => None,
    });
    kept.fold((0, 0), |(all, signed), s| (all + 1, signed + usize::from(s)))
}

#[test]
fn simple_bypass_agrees_on_every_engine() {
    let net = bypassed(Version::V1_0, Bypass::Simple);
    assert_eq!(additions(&net), (8, 0));
    agrees(&net, 9, 8);
}

#[test]
fn complex_bypass_agrees_on_every_engine() {
    let net = bypassed(Version::V1_1, Bypass::Complex);
    assert_eq!(additions(&net), (16, 16));
    agrees(&net, 6, 8);
}

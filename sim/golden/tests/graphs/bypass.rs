//! The bypass networks of the SqueezeNet paper, a quarter of their filters: golden's scores against the float executor's.

use crate::builder::judged;
use systole_model::squeezenet::{Bypass, DesignSpace, Version};
use systole_model::Preprocess;

/// Of an image's side: so many that the deepest maps of those that calibrate say something of the others.
const PIXELS: usize = 96;

fn bypassed(version: Version, bypass: Bypass) {
    let design =
        DesignSpace { base: 32, incr: 32, classes: 10, input: PIXELS, bypass, ..DesignSpace::released(version) };
    judged(&design.graph(7).unwrap(), &Preprocess::caffe());
}

#[test]
fn simple_bypass_keeps_its_scores() {
    bypassed(Version::V1_0, Bypass::Simple);
}

#[test]
fn complex_bypass_keeps_its_scores() {
    bypassed(Version::V1_0, Bypass::Complex);
    bypassed(Version::V1_1, Bypass::Complex);
}

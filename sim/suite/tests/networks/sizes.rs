//! Images of all sizes and any number of classes: what is planned, what is refused, and small ones on every engine.

use crate::engines::{agrees, board, design, network};
use systole_model::squeezenet::{DesignSpace, Version};
use systole_model::Preprocess;
use systole_net::Net;
use systole_plan::{plan, Constraints, PlanError};

const SIZES: [usize; 8] = [32, 47, 64, 100, 224, 227, 300, 512];
const CLASSES: [usize; 3] = [2, 10, 1000];

fn made(version: Version, input: usize, classes: usize) -> Net {
    let design = DesignSpace { input, classes, base: 8, incr: 8, ..design(version) };
    network(&design.graph(3).unwrap(), &Preprocess::caffe())
}

/// Cycles of an image on an array of 8 x 8, or why there is no plan: never without numbers.
fn interval(net: &Net) -> Result<u64, String> {
    let constraints = Constraints { rows: Some(8), cols: Some(8), ..Constraints::default() };
    match plan(net, &board(), &constraints) {
        Ok(plan) => {
            assert_eq!(plan.timing().macs, net.layers.iter().map(|l| l.macs(&net.tensors)).sum::<u64>());
            assert!(plan.timing().interval >= plan.timing().macs / plan.geometry.macs_per_cycle() as u64);
            Ok(plan.timing().interval)
        }
        Err(error @ PlanError::DoesNotFit { .. }) => Err(error.to_string()),
        Err(error) => panic!("{}: {error}", net.name),
    }
}

#[test]
fn images_of_every_size_are_planned_or_refused_with_numbers() {
    let mut planned = 0;
    for version in [Version::V1_0, Version::V1_1] {
        for size in SIZES {
            let found = interval(&made(version, size, CLASSES[1]));
            println!("{version:?} at {size}: {found:?}");
            match found {
                Ok(_) => planned += 1,
                Err(text) => {
                    assert!(size > 100 && text.contains("needs at least 1") && text.contains("120 are there"), "{text}")
                }
            }
        }
    }
    println!("{planned} planned");
    assert!(planned >= 12);
}

#[test]
fn any_number_of_classes_is_planned() {
    for classes in CLASSES {
        let net = made(Version::V1_1, 64, classes);
        let found = interval(&net).unwrap();
        println!("{classes} classes: {found} cycles");
    }
}

#[test]
fn small_images_and_few_classes_agree_on_every_engine() {
    // The last layer of version 1.0 pads by 1: 3x3 pixels where one has values.
    agrees(&made(Version::V1_0, 33, CLASSES[0]), 6, 6);
    agrees(&made(Version::V1_1, 47, CLASSES[1]), 5, 8);
}

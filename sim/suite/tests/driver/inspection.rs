//! Looking into the real machine: every map dumped, streams looped back, the place of a flipped weight named.

use std::sync::Arc;
use systole_host::{Driver, Options, Reference, Stalls};
use systole_machine::{Plan, WeightMemory};
use systole_net::Tensor;
use systole_rtl::top::compose;
use systole_suite::case::{Bench, Case, Engine};

const STALLS: Stalls = Stalls { seed: 3, source_percent: 30, sink_percent: 40 };

/// Dumps a layer; its map is golden's.
fn dumps(case: &Case, driver: &mut Bench, layer: usize, image: &Tensor) {
    let binding = &case.plan.bindings[layer];
    let dumped = driver.dump(layer, image, &mut |_, _| ()).unwrap();
    assert_eq!(dumped, case.trace(image).layers[binding.layer], "{} of {}", binding.name, case.net.name);
}

#[test]
fn every_layer_is_dumped_with_pauses() {
    for number in 0..3 {
        let case = Case::small(number);
        let mut driver = case.open(Engine::Registers, STALLS);
        for layer in 0..case.plan.layers.len() {
            dumps(&case, &mut driver, layer, &case.image(layer as u64));
            case.answers(&mut driver, &case.image(50));
        }
    }
}

fn every_layer_of_the_digits(engine: Engine) {
    let case = Case::digits();
    let images = case.handwritten();
    let mut driver = case.open(engine, Stalls::NONE);
    for layer in 0..case.plan.layers.len() {
        dumps(&case, &mut driver, layer, &images[0]);
    }
    case.answers(&mut driver, &images[1]);
}

#[test]
fn every_layer_of_the_digits_on_the_model() {
    every_layer_of_the_digits(Engine::Fast);
}

#[test]
fn every_layer_of_the_digits_on_the_verilog() {
    every_layer_of_the_digits(Engine::Verilog);
}

#[test]
#[ignore = "takes minutes; `make lockstep` runs it"]
fn some_layers_of_v1_1() {
    let Some((case, images)) = Case::squeezenet(1) else { return };
    let mut driver = case.open(Engine::Fast, Stalls::NONE);
    let last = case.plan.layers.len() - 1;
    for layer in [0, 1, last / 2, last - 1, last] {
        dumps(&case, &mut driver, layer, &images[0]);
    }
    case.answers(&mut driver, &images[0]);
}

#[test]
fn streams_come_back_from_every_machine() {
    let loaded = Case::loaded(1, WeightMemory::Loaded);
    for (case, engine) in
        [(Case::small(0), Engine::Registers), (Case::small(1), Engine::Verilog), (loaded, Engine::Verilog)]
    {
        for stalls in [Stalls::NONE, STALLS] {
            let mut driver = case.open(engine, stalls);
            let image = case.image(5);
            let ticket = driver.submit_tensor(&image).unwrap();
            assert_eq!(driver.loop_back().unwrap(), None, "{engine:?}");
            assert_eq!(driver.wait(ticket).unwrap().sums, case.sums(&image));
            case.answers(&mut driver, &image);
        }
    }
}

/// Flips a weight of the layer's first channel tile: a bit that counts, of the step in the middle.
fn flipped(plan: &Plan, layer: usize, column: usize) -> Plan {
    plan.clone().forged(|draft, weights| {
        let step = draft.layers[layer].wgt_base + draft.bindings[layer].reduction / 2;
        weights[step * draft.geometry.cols + column] ^= 0x40;
    })
}

#[test]
fn a_flipped_weight_in_the_verilog_is_named_with_its_channel() {
    let case = Case::digits();
    let image = case.handwritten().remove(0);
    let reference = Reference::new(&case.plan, image.clone(), case.trace(&image));
    let (layer, column) = (case.plan.layers.len() / 2, 1);
    let broken = flipped(&case.plan, layer, column);
    let design_hash = compose(&broken).unwrap().design_hash;
    let broken = Case { net: case.net.clone(), plan: Arc::new(broken), design_hash };
    let device = broken.device(Engine::Verilog, Stalls::NONE);
    let mut driver = Driver::open(device, Arc::clone(&case.plan), design_hash, Options::default()).unwrap();
    let found = driver.selftest(std::slice::from_ref(&reference)).unwrap();
    let name = &case.plan.bindings[layer].name;
    assert_eq!(&found.layer.as_ref().expect("a layer that differs").0, name);
    let place = found.place.as_ref().expect("its place");
    assert_eq!((&place.layer, place.channel), (name, column), "{found}");
    assert_eq!(place.wanted, reference.maps[layer].at(place.channel, place.row, place.column));
    assert_ne!(place.found, place.wanted);
}

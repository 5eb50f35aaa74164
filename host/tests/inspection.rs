//! Looking into the machine: maps dumped, streams looped back, the place of a fault named.

mod common;

use common::{Case, Mock, DESIGN};
use std::sync::Arc;
use systole_cycle::ControlMachine;
use systole_golden::Golden;
use systole_host::{Driver, Fault, HostError, Options, PinDevice, Reference, Selftest, Stalls};
use systole_machine::registers as reg;
use systole_net::{LayerKind, Net, Tensor};

const STALLS: Stalls = Stalls { seed: 5, source_percent: 30, sink_percent: 40 };

/// The map of an entry of the plan's layer table.
fn map(case: &Case, layer: usize, image: &Tensor) -> Tensor {
    case.trace(image).layers[case.plan.bindings[layer].layer].clone()
}

#[test]
fn every_layer_is_dumped_as_golden_has_it() {
    for (number, stalls) in [(1, Stalls::NONE), (2, STALLS), (3, Stalls::NONE), (4, STALLS)] {
        let case = Case::new(number);
        let mut driver = case.open(stalls);
        let (image, other) = (case.image(7), case.image(8));
        let ticket = driver.submit_tensor(&other).unwrap();
        for (layer, binding) in case.plan.bindings.iter().enumerate() {
            assert_eq!(driver.layer(&binding.name).unwrap(), layer);
            let (runs, mut told) = (driver.dump_runs(layer), Vec::new());
            let dumped = driver.dump(layer, &image, &mut |done, of| told.push((done, of))).unwrap();
            assert_eq!(dumped, map(&case, layer, &image), "{} of {}", binding.name, case.net.name);
            assert_eq!(told, (0..runs).map(|done| (done, runs)).collect::<Vec<_>>());
            // Ordinary results before and after, checksums too.
            let next = driver.submit_tensor(&other).unwrap();
            assert_eq!(driver.wait(next).unwrap().sums, case.sums(&other));
            let golden = systole_machine::checksum::layer_checksums(&case.plan, &case.trace(&other));
            assert_eq!(driver.checksums().unwrap().into_iter().map(|(_, sum)| sum).collect::<Vec<_>>(), golden);
        }
        assert_eq!(driver.wait(ticket).unwrap().sums, case.sums(&other));
    }
}

#[test]
fn a_layer_that_is_not_there_is_told_with_all_that_are() {
    let case = Case::new(1);
    let error = case.open(Stalls::NONE).layer("conv99").unwrap_err();
    let HostError::NoSuchLayer { found, known } = &error else { panic!("{error}") };
    assert_eq!(found, "conv99");
    assert!(case.plan.bindings.iter().all(|binding| known.contains(&binding.name)), "{error}");
}

#[test]
fn a_fault_in_the_middle_of_a_dump_ends_it() {
    let case = Case::new(2);
    let image = case.image(3);
    for fault in [Fault::OutputLost, Fault::OutputCut { beats: 1 }, Fault::InputShort { bytes: 2 }] {
        let mut driver = case.open_faulty();
        let mut runs = 0;
        // The fault comes with the second run.
        let layer = 0;
        let mut broken = None;
        while broken.is_none() {
            if runs == 1 {
                driver.device_mut().inject_once(fault);
            }
            runs += 1;
            broken = driver.dump(layer, &image, &mut |_, _| ()).err();
            assert!(runs < 3, "{fault:?} was not noticed");
        }
        let control = systole_host::Device::read_reg(driver.device_mut(), reg::CONTROL.offset, 100).unwrap();
        assert_eq!(control, reg::ENABLE.mask(), "{fault:?}: dumping has ended");
        let ticket = driver.submit_tensor(&image).unwrap();
        assert_eq!(driver.wait(ticket).unwrap().sums, case.sums(&image));
    }
}

#[test]
fn streams_that_come_back_are_compared_beat_by_beat() {
    for (number, rows) in [(1, 4), (2, 5), (3, 2)] {
        for stalls in [Stalls::NONE, STALLS] {
            let mut driver = Case::shaped(number, rows, 3).open(stalls);
            assert_eq!(driver.loop_back().unwrap(), None);
        }
    }
    let case = Case::new(1);
    let faults = [
        (Fault::OutputSwapped, 0, "another order"),
        (Fault::OutputBeatLost { beat: 100 }, 100, "lost"),
        (Fault::OutputTlastLost, 0, "TLAST"),
        (Fault::OutputLost, 0, "loses beats"),
        (Fault::InputCut { bytes: 1000 * case.plan.geometry.in_bytes }, 1000, "loses beats"),
    ];
    for (fault, first, likely) in faults {
        let mut driver = case.open_faulty();
        driver.device_mut().inject(fault);
        let found = driver.loop_back().unwrap().unwrap_or_else(|| panic!("{fault:?} was not noticed"));
        assert!(found.beat >= first && found.beat <= first + case.plan.classes, "{fault:?}: {found}");
        assert!(found.to_string().contains(&format!("output beat {} of", found.beat)), "{found}");
        assert!(found.to_string().contains(likely), "{fault:?}: {found}");
        // The self-test says so and computes nothing.
        let reference = Reference::new(&case.plan, case.image(1), case.trace(&case.image(1)));
        driver.device_mut().inject(fault);
        let told = driver.selftest(std::slice::from_ref(&reference)).unwrap();
        assert_eq!(told, Selftest { stream: Some(found), ..Selftest::default() });
        driver.device_mut().heal();
        assert!(driver.selftest(std::slice::from_ref(&reference)).unwrap().passed(), "{fault:?} healed");
    }
}

/// A machine of the case's plan that computes with another network.
fn open_with(case: &Case, net: Net) -> Driver<Mock> {
    let answer = Box::new(move |image: &Tensor| {
        let golden = Golden::new(&net).map_err(|faults| format!("{faults:?}"))?;
        Ok(golden.trace(image)?)
    });
    let top = ControlMachine::new(Arc::clone(&case.plan), DESIGN, answer);
    let device = PinDevice::new("mock:flipped", top, &case.plan, Stalls::NONE).unwrap();
    Driver::open(device, Arc::clone(&case.plan), DESIGN, Options::default()).unwrap()
}

#[test]
fn a_flipped_weight_is_found_in_its_layer_and_channel() {
    let mut named = 0;
    for number in 1..6 {
        let case = Case::new(number);
        let image = case.image(1);
        let reference = Reference::new(&case.plan, image.clone(), case.trace(&image));
        for (layer, binding) in case.plan.bindings.iter().enumerate() {
            let mut net = case.net.clone();
            let LayerKind::Conv(conv) = &mut net.layers[binding.layer].kind else { panic!("a convolution") };
            let at = conv.weights.len() / 2;
            conv.codebook = None;
            conv.weights[at] = if conv.weights[at] > 0 { -100 } else { 100 };
            let wrong = Golden::new(&net).unwrap().trace(&image).unwrap().layers[binding.layer].clone();
            let right = &reference.maps[layer];
            let found = open_with(&case, net).selftest(std::slice::from_ref(&reference)).unwrap();
            if wrong == *right {
                continue;
            }
            assert_eq!(found.layer.as_ref().unwrap().0, binding.name);
            let place = found.place.clone().expect("a place");
            assert_eq!(place.layer, binding.name);
            let at = |map: &Tensor| map.at(place.channel, place.row, place.column);
            assert_eq!((place.found, place.wanted), (at(&wrong), at(right)));
            assert_ne!(place.found, place.wanted);
            // Nothing that the machine computes before it differs.
            let pitch = case.plan.layers[layer].x_last + 1;
            let order = |c: usize, y: usize, x: usize| {
                let (pixel, rows) = (y * pitch + x, case.plan.geometry.rows);
                (pixel / rows, c, pixel % rows)
            };
            let all = (0..right.channels)
                .flat_map(|c| (0..right.height).flat_map(move |y| (0..right.width).map(move |x| (c, y, x))));
            let differing = all.filter(|&(c, y, x)| wrong.at(c, y, x) != right.at(c, y, x));
            let first = differing.map(|(c, y, x)| order(c, y, x)).min();
            assert_eq!(first, Some(order(place.channel, place.row, place.column)));
            let text = found.to_string();
            assert!(text.contains(&format!("row {}, column {}, channel {}", place.row, place.column, place.channel)));
            named += 1;
        }
    }
    assert!(named > 5, "{named} flipped weights had an effect");
}

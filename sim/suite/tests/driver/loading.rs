//! Weights that the driver loads: over the link, checked by the machine, refused where they are not the wanted ones.

use std::path::PathBuf;
use std::sync::Arc;
use systole_host::{Driver, Fault, HostError, Options, Stalls};
use systole_lockstep::core::{compose, Tree, Verilog};
use systole_lockstep::{verify, Core};
use systole_machine::registers as reg;
use systole_machine::WeightMemory;
use systole_suite::case::{Bench, Case, Engine};
use systole_verilator::{Effort, Toolchain};

const ENGINES: [Engine; 3] = [Engine::Fast, Engine::Registers, Engine::Verilog];

fn status(driver: &mut Bench, field: reg::Field) -> u32 {
    let within = driver.deadlines().register;
    let word = systole_host::Device::read_reg(driver.device_mut(), reg::STATUS.offset, within).unwrap();
    field.get(word)
}

#[test]
fn every_engine_takes_weights_checks_them_and_answers_right() {
    for (number, kind) in [(0, WeightMemory::Loaded), (1, WeightMemory::Ultra), (2, WeightMemory::CodedLoaded)] {
        let case = Case::loaded(number, kind);
        for engine in ENGINES {
            let stalls = Stalls { seed: number, source_percent: 20, sink_percent: 30 };
            let mut driver = case.open(engine, stalls);
            case.answers(&mut driver, &case.image(1));
            driver.check_memories().unwrap();
            case.answers(&mut driver, &case.image(2));
            assert_eq!(
                driver.counters().unwrap().in_beats as usize,
                2 * case.plan.input.beats,
                "a check resets nothing"
            );
        }
    }
}

#[test]
fn a_machine_that_holds_the_weights_is_not_loaded_again() {
    let case = Case::loaded(0, WeightMemory::Loaded);
    let driver = case.open(Engine::Registers, Stalls::NONE);
    let mut device = driver.close().unwrap();
    // With a link that takes nothing, a load would fail.
    device.inject(Fault::InputBlocked { bytes: 0 });
    let mut driver = Driver::open(device, Arc::clone(&case.plan), case.design_hash, Options::default()).unwrap();
    driver.device_mut().heal();
    case.answers(&mut driver, &case.image(3));
}

#[test]
fn a_power_cut_takes_the_weights_and_the_driver_brings_them_back() {
    let case = Case::loaded(1, WeightMemory::Loaded);
    for engine in [Engine::Fast, Engine::Registers] {
        let mut driver = case.open(engine, Stalls::NONE);
        let ticket = driver.submit_tensor(&case.image(0)).unwrap();
        systole_host::Device::reset(driver.device_mut()).unwrap();
        assert!(driver.wait(ticket).is_err());
        assert_eq!(status(&mut driver, reg::READY), 1);
        case.answers(&mut driver, &case.image(1));
    }
}

#[test]
fn other_weights_of_the_same_design_give_the_other_networks_answers() {
    let case = Case::loaded(0, WeightMemory::Loaded);
    let other = case.reversed();
    assert_eq!(case.design_hash, other.design_hash, "nothing but weights differs");
    for engine in [Engine::Registers, Engine::Verilog] {
        let mut driver = case.open(engine, Stalls::NONE);
        case.answers(&mut driver, &case.image(0));
        driver.load_weights(other.weights()).unwrap();
        other.answers(&mut driver, &case.image(0));

        let keep = Options { keep_weights: true, ..Options::default() };
        let open = |device, options| Driver::open(device, Arc::clone(&case.plan), case.design_hash, options);
        let device = driver.close().unwrap();
        let error = open(device, keep).err().unwrap();
        let crcs = (other.weights().crc, case.weights().crc);
        let HostError::WeightsDiffer { found, wanted, .. } = error else { panic!("{error}") };
        assert_eq!((found, wanted), crcs);
    }
    let mut driver = case.open(Engine::Fast, Stalls::NONE);
    driver.load_weights(other.weights()).unwrap();
    let ticket = driver.submit_tensor(&case.image(0)).unwrap();
    let error = driver.wait(ticket).unwrap_err().to_string();
    assert!(error.contains("own weights"), "{error}");
}

#[test]
fn corrupt_weights_are_found_by_the_machine_which_then_is_not_enabled() {
    let case = Case::loaded(0, WeightMemory::Ultra);
    for engine in ENGINES {
        let mut driver = case.open(engine, Stalls::NONE);
        let mut damaged = case.reversed().weights();
        let wanted = damaged.crc;
        damaged.words[1] ^= 1 << 9;
        let error = driver.load_weights(damaged).unwrap_err();
        assert!(matches!(error, HostError::WeightsDiffer { wanted: w, .. } if w == wanted), "{error}");
        let within = driver.deadlines().register;
        systole_host::Device::write_reg(driver.device_mut(), reg::CONTROL.offset, reg::ENABLE.mask(), within).unwrap();
        assert_eq!((status(&mut driver, reg::CHECKED), status(&mut driver, reg::READY)), (1, 0));
        let error = driver.submit_tensor(&case.image(0)).unwrap_err();
        assert!(matches!(error, HostError::Recovery { .. }), "{error}");
        driver.load_weights(case.weights()).unwrap();
        case.answers(&mut driver, &case.image(1));
    }
}

#[test]
fn weights_that_are_lost_on_the_way_are_missed_and_sent_again() {
    let case = Case::loaded(0, WeightMemory::Loaded);
    for bytes in [0, 40] {
        let mut device = case.device(Engine::Fast, Stalls::NONE);
        device.inject(Fault::InputCut { bytes });
        let open = |device| Driver::open(device, Arc::clone(&case.plan), case.design_hash, Options::default());
        let error = open(device).err().unwrap();
        let HostError::WeightsLate { taken, words, .. } = error else { panic!("{error}") };
        assert!(taken < words, "{taken} of {words}");
    }
    let mut driver = case.open(Engine::Fast, Stalls::NONE);
    systole_host::Device::reset(driver.device_mut()).unwrap();
    driver.device_mut().inject(Fault::InputCut { bytes: 40 });
    let ticket = driver.submit_tensor(&case.image(0)).unwrap();
    assert!(driver.wait(ticket).is_err(), "neither image nor weights arrive");
    driver.device_mut().heal();
    case.answers(&mut driver, &case.image(0));
}

#[test]
fn images_for_other_designs_are_refused_before_anything_is_sent() {
    let (case, other) = (Case::loaded(0, WeightMemory::Loaded), Case::loaded(1, WeightMemory::Loaded));
    let mut driver = case.open(Engine::Fast, Stalls::NONE);
    let error = driver.load_weights(other.weights()).unwrap_err();
    assert!(matches!(error, HostError::OtherDesignWeights { .. }), "{error}");
    let mut short = case.weights();
    short.words.pop();
    let error = driver.load_weights(short).unwrap_err();
    assert!(matches!(error, HostError::WeightCount { .. }), "{error}");
    case.answers(&mut driver, &case.image(0));

    let initialised = Case::small(0);
    let mut driver = initialised.open(Engine::Fast, Stalls::NONE);
    let error = driver.load_weights(initialised.weights()).unwrap_err();
    assert!(matches!(error, HostError::Unsupported { .. }), "{error}");
    initialised.answers(&mut driver, &initialised.image(0));
}

#[test]
fn every_pin_agrees_while_weights_are_loaded_and_after() {
    let case = Case::loaded(2, WeightMemory::Ultra);
    let images: Vec<_> = (0..2).map(|seed| case.image(seed)).collect();
    let golden: Vec<_> = images.iter().map(|image| case.trace(image)).collect();
    let (tree, design) = compose(&case.plan).unwrap();
    let mut tree = Tree::new(tree).unwrap();
    let workspace = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let (tools, cache) = (Toolchain::locate(&workspace).unwrap(), workspace.join("target/verilator"));
    let mut verilog = Verilog::new(&tools, &design, tree.pins(), Effort::Quick, &cache).unwrap();
    let stalls = systole_lockstep::source::Stalls { seed: 5, source_percent: 20, sink_percent: 20 };
    let lockstep = systole_lockstep::Case { plan: &case.plan, images: &images, golden: &golden, stalls };
    let verdict = verify(&lockstep, &mut [&mut tree, &mut verilog], &mut |_, _| true).unwrap();
    assert_eq!(verdict.ends.len(), images.len());
}

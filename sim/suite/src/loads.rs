//! What every way to a machine must do with weights that are loaded: take them, refuse others, survive a load that breaks off.

use crate::case::Case;
use systole_host::{Device, Driver, Fault, Faulty, HostError, WeightImage};
use systole_machine::registers::{self as reg, Field, Register};

fn field<D: Device>(device: &mut D, register: &Register, field: &Field) -> u32 {
    let within = device.link().round_trip;
    field.get(device.read_reg(register.offset, within).unwrap())
}

fn taken<D: Device>(device: &mut D) -> u32 {
    let within = device.link().round_trip;
    device.read_reg(reg::LOADED_WORDS.offset, within).unwrap()
}

/// Weights are loaded, others in their place, and what is for another design or damaged is not even begun.
pub fn taken_exchanged_and_refused<D: Device>(case: &Case, driver: &mut Driver<D>) {
    case.answers(driver, &case.image(0));
    driver.check_memories().unwrap();
    let other = case.reversed();
    assert_eq!(case.design_hash, other.design_hash, "nothing but weights differs");
    driver.load_weights(other.weights()).unwrap();
    other.answers(driver, &case.image(1));
    refused_before_anything_is_sent(&other, driver);
}

fn refused_before_anything_is_sent<D: Device>(case: &Case, driver: &mut Driver<D>) {
    let file = case.weights().to_bytes();
    assert!(matches!(WeightImage::parse(&file[1..]), Err(HostError::WeightImage { .. })));
    assert!(matches!(WeightImage::parse(&file[..file.len() - 1]), Err(HostError::WeightImage { .. })));
    let (mut strange, mut short) = (case.weights(), case.weights());
    strange.design.0[0] ^= 1;
    short.words.pop();
    let before = driver.counters().unwrap();
    let error = driver.load_weights(strange).unwrap_err();
    assert!(matches!(error, HostError::OtherDesignWeights { .. }), "{error}");
    let error = driver.load_weights(short).unwrap_err();
    assert!(matches!(error, HostError::WeightCount { .. }), "{error}");
    let after = driver.counters().unwrap();
    assert_eq!((before.control, before.in_beats), (after.control, after.in_beats), "the machine noticed nothing");
    case.answers(driver, &case.image(2));
}

/// A machine that has no weights, or half of them: it is not enabled whatever the host writes.
pub fn refuses_to_run<D: Device>(device: &mut D) {
    let within = device.link().round_trip;
    device.write_reg(reg::CONTROL.offset, reg::ENABLE.mask(), within).unwrap();
    assert_eq!(field(device, &reg::STATUS, &reg::READY), 0);
    device.advance(100).unwrap();
    assert_eq!(device.read_reg(reg::CYCLES.word(0), within).unwrap(), 0, "cycles while enabled");
    device.write_reg(reg::CONTROL.offset, 0, within).unwrap();
}

/// A load of the weights during which that happens to the link: what is said of it, and a machine that does not run.
fn broken_off<D: Device>(weights: &Case, driver: &mut Driver<Faulty<D>>, fault: Fault) {
    driver.device_mut().inject(fault);
    let error = driver.load_weights(weights.weights()).unwrap_err();
    let HostError::WeightsLate { taken, words, .. } = error else { panic!("{fault:?}: {error}") };
    assert!(taken < words, "{fault:?}: {taken} of {words}");
    refuses_to_run(driver.device_mut());
}

/// Bytes of about half a load, in whole packets.
fn half(case: &Case) -> usize {
    case.load_bytes() / 2 / case.packet() * case.packet()
}

/// From the middle of the load on nothing arrives: no image is taken before the link is whole and the load, too. The machine
/// must hold the case's own weights.
pub fn cut_off_and_loaded_again<D: Device>(case: &Case, driver: &mut Driver<Faulty<D>>) {
    let other = case.reversed();
    broken_off(&other, driver, Fault::InputCut { bytes: half(case) });
    let error = driver.submit_tensor(&case.image(0)).unwrap_err();
    assert!(matches!(error, HostError::Recovery { .. }) && error.to_string().contains("words of weights"), "{error}");
    driver.device_mut().heal();
    other.answers(driver, &case.image(1));
}

/// Somebody resets the machine softly in the middle of the load: the next image has it loaded anew. The machine must not hold
/// the case's own weights.
pub fn reset_and_loaded_again<D: Device>(case: &Case, driver: &mut Driver<Faulty<D>>) {
    broken_off(case, driver, Fault::SoftReset { bytes: half(case) });
    case.answers(driver, &case.image(1));
}

/// Half a load, by a host that then goes without a word.
pub fn half_a_load<D: Device>(case: &Case, mut device: D) {
    let within = device.link().round_trip;
    device.flush().unwrap();
    device.write_reg(reg::CONTROL.offset, reg::SOFT_RESET.mask(), within).unwrap();
    device.write_reg(reg::WANTED_CRC.offset, case.weights().crc, within).unwrap();
    device.write_reg(reg::CONTROL.offset, reg::LOAD.mask(), within).unwrap();
    let stream = case.plan.geometry.load_stream(&case.weights().words);
    for packet in stream[..half(case)].chunks(case.packet()) {
        let mut sent = 0;
        while sent < packet.len() {
            sent += device.send(&packet[sent..], true).unwrap();
            device.advance(within).unwrap();
        }
    }
    while taken(&mut device) == 0 {
        device.advance(within).unwrap();
    }
    assert!((taken(&mut device) as usize) < case.weights().words.len());
}

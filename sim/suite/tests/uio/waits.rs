//! Waits for the DMA end when they should; what cannot be registers is refused, not read.

use crate::{model, open, slow, BUFFER, CLOCK_MHZ};
use std::fs;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use systole_host::{Device, HostError, UioDevice};
use systole_machine::registers as reg;
use systole_suite::case::{Case, Engine};

/// What a busy computer may add to any wait.
const PATIENCE: Duration = Duration::from_secs(5);
/// Milliseconds to wait for nothing.
const WAIT_MS: u64 = 150;

#[test]
fn a_wait_for_nothing_ends_at_its_deadline() {
    let case = slow(Case::small(0));
    let model = model(&case, Engine::Registers, BUFFER);
    let mut device = UioDevice::open(&case.plan, &model.options).unwrap();
    let cycles = (WAIT_MS as f64 * CLOCK_MHZ * 1e3) as u64;
    let (begun, before) = (Instant::now(), device.now());
    device.advance(cycles).unwrap();
    let took = begun.elapsed();
    assert!(device.now() - before >= cycles);
    let wanted = Duration::from_millis(WAIT_MS);
    assert!(took >= wanted && took < wanted + PATIENCE, "{took:?}");
}

#[test]
fn a_dma_that_stays_in_reset_is_given_up() {
    let case = slow(Case::small(0));
    let model = model(&case, Engine::Registers, BUFFER);
    model.control.stuck.store(true, Ordering::SeqCst);
    let begun = Instant::now();
    let error = UioDevice::open(&case.plan, &model.options).err().unwrap();
    assert!(matches!(error, HostError::Dma { .. }) && error.to_string().contains("still in reset"), "{error}");
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    model.control.stuck.store(false, Ordering::SeqCst);
    case.answers(&mut open(&case, &model, true).unwrap(), &case.image(0));
}

#[test]
fn a_dma_that_reads_all_ones_is_a_dead_link() {
    let case = slow(Case::small(0));
    let model = model(&case, Engine::Registers, BUFFER);
    let mut driver = open(&case, &model, false).unwrap();
    for control in [&model.control.fail_input, &model.control.fail_output] {
        control.store(u32::MAX as usize, Ordering::SeqCst);
        let ticket = driver.submit_tensor(&case.image(1)).unwrap();
        let error = driver.wait(ticket).unwrap_err();
        assert!(matches!(error, HostError::DeadLink { found: u32::MAX, .. }), "{error}");
        case.answers(&mut driver, &case.image(2));
    }
}

#[test]
fn what_is_no_register_is_refused() {
    let case = slow(Case::small(0));
    let model = model(&case, Engine::Registers, BUFFER);
    let mut device = UioDevice::open(&case.plan, &model.options).unwrap();
    for address in [reg::ID.offset + 1, reg::window_bytes(), u32::MAX] {
        let error = device.read_reg(address, 1).unwrap_err();
        assert!(matches!(error, HostError::RegisterRefused { .. }), "{address:#x}: {error}");
        let error = device.write_reg(address, 0, 1).unwrap_err();
        assert!(matches!(error, HostError::RegisterRefused { .. }), "{address:#x}: {error}");
    }
    assert_eq!(device.read_reg(reg::ID.offset, 1).unwrap(), reg::ID.reset);
}

#[test]
fn windows_that_are_too_small_are_refused_with_both_sizes() {
    let case = slow(Case::small(0));
    let model = model(&case, Engine::Registers, BUFFER);
    for (folder, name) in [("uio0", "systole-dma"), ("uio3", "systole-registers")] {
        fs::write(model.options.roots.class.join(format!("uio/{folder}/maps/map0/size")), "0x10").unwrap();
        let error = UioDevice::open(&case.plan, &model.options).err().unwrap();
        assert!(
            matches!(&error, HostError::WindowSmall { device, found: 16, .. } if device.ends_with(name)),
            "{error}"
        );
    }
}

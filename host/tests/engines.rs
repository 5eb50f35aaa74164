//! Engines that fail below the link, and links that do not see the streams' pins.

mod common;

use common::{Case, DESIGN};
use std::sync::Arc;
use systole_cycle::ControlMachine;
use systole_host::{
    BoxError, Cause, Device, Driver, Fault, Faulty, Handshake, HostError, Link, Options, OutBeat, PinDevice, Stall,
    Stalls,
};
use systole_machine::pins::{TopIn, TopOut, TopPins};

/// What is wrong with an engine from some cycle on.
#[derive(Clone, Copy, PartialEq)]
enum Defect {
    /// The streams stand still until the machine is reset by its pin.
    Frozen,
    /// The register bus stands still until then.
    Mute,
    /// The engine gives errors for ever.
    Dead,
}

/// The mock with a defect that begins after so many cycles.
struct Defective {
    top: ControlMachine,
    defect: Option<Defect>,
    cycles: u64,
}

impl TopPins for Defective {
    fn cycle(&mut self, pins: &TopIn) -> Result<TopOut, BoxError> {
        self.cycles = self.cycles.saturating_sub(1);
        let active = self.defect.filter(|_| self.cycles == 0);
        if pins.rst && active != Some(Defect::Dead) && self.cycles == 0 {
            self.defect = None;
        }
        match active {
            Some(Defect::Dead) => Err("the simulator is gone".into()),
            Some(Defect::Frozen) => {
                let still = TopIn { s_axis_tvalid: false, m_axis_tready: false, ..*pins };
                Ok(TopOut { s_axis_tready: false, m_axis_tvalid: false, ..self.top.cycle(&still)? })
            }
            Some(Defect::Mute) => {
                let mute = TopIn { s_axil_awvalid: false, s_axil_wvalid: false, s_axil_arvalid: false, ..*pins };
                let out = self.top.cycle(&mute)?;
                Ok(TopOut { s_axil_awready: false, s_axil_wready: false, s_axil_arready: false, ..out })
            }
            None => self.top.cycle(pins),
        }
    }
}

/// A driver whose engine fails in the middle of the next image.
fn failing(case: &Case, defect: Defect) -> Driver<PinDevice<Defective>> {
    let top = Defective { top: case.top(), defect: None, cycles: 0 };
    let device = PinDevice::new("mock:defective", top, &case.plan, Stalls::NONE).unwrap();
    let mut driver = Driver::open(device, Arc::clone(&case.plan), DESIGN, Options::default()).unwrap();
    let pins = driver.device_mut().pins();
    (pins.defect, pins.cycles) = (Some(defect), case.plan.input.beats as u64 / 2);
    driver
}

fn stall_of(error: HostError) -> Stall {
    match error {
        HostError::Deadline(stall) | HostError::Fault(stall) => *stall,
        other => panic!("{other}"),
    }
}

#[test]
fn a_machine_that_stands_still_is_reset_by_its_pin() {
    let case = Case::new(2);
    let mut driver = failing(&case, Defect::Frozen);
    let hit = driver.submit_tensor(&case.image(0)).unwrap();
    let behind = driver.submit_tensor(&case.image(1)).unwrap();
    let stall = stall_of(driver.wait(hit).unwrap_err());
    assert_eq!(stall.cause, Cause::MachineStuck);
    assert!(stall.to_string().contains("offered, not taken (ready is low)"), "{stall}");
    assert_eq!(driver.wait(behind).unwrap().sums, case.sums(&case.image(1)));
}

#[test]
fn a_bus_that_does_not_answer_is_reset_with_the_machine() {
    let case = Case::new(2);
    let mut driver = failing(&case, Defect::Mute);
    // Beats go on; the driver asks nothing before the deadline's first look.
    driver.device_mut().set_sink_depth(0);
    let tickets: Vec<_> = (0..2).map(|seed| driver.submit_tensor(&case.image(seed)).unwrap()).collect();
    let error = driver.wait(tickets[0]).unwrap_err();
    assert!(matches!(error, HostError::RegisterTimeout { .. }), "{error}");
    driver.device_mut().set_sink_depth(case.plan.classes);
    assert_eq!(driver.wait(tickets[1]).unwrap().sums, case.sums(&case.image(1)));
}

#[test]
fn a_dead_engine_ends_every_image_with_an_error() {
    let case = Case::new(2);
    let mut driver = failing(&case, Defect::Dead);
    let tickets: Vec<_> = (0..3).map(|seed| driver.submit_tensor(&case.image(seed)).unwrap()).collect();
    let errors: Vec<HostError> = tickets.into_iter().map(|ticket| driver.wait(ticket).unwrap_err()).collect();
    assert!(matches!(errors[0], HostError::Engine { .. }), "{}", errors[0]);
    for error in &errors[1..] {
        assert!(matches!(error, HostError::Dropped { .. }), "{error}");
        assert!(error.to_string().contains("the simulator is gone"), "{error}");
    }
    assert!(matches!(driver.submit_tensor(&case.image(0)), Err(HostError::Recovery { .. })));
}

#[test]
fn beats_wider_than_the_pins_are_refused() {
    let case = Case::new(2);
    let plan = (*case.plan).clone().forged(|draft, _| draft.geometry.in_bytes = 16);
    let error = PinDevice::new("mock:wide", case.top(), &plan, Stalls::NONE).err().unwrap();
    assert!(matches!(error, HostError::WideBeats { in_bytes: 16, limit: 8, .. }), "{error}");
}

/// A link that does not show the streams' pins, as on a board.
struct Unseen<D>(D);

impl<D: Device> Device for Unseen<D> {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn link(&self) -> Link {
        self.0.link()
    }

    fn now(&self) -> u64 {
        self.0.now()
    }

    fn read_reg(&mut self, address: u32, within: u64) -> Result<u32, HostError> {
        self.0.read_reg(address, within)
    }

    fn write_reg(&mut self, address: u32, value: u32, within: u64) -> Result<(), HostError> {
        self.0.write_reg(address, value, within)
    }

    fn send(&mut self, bytes: &[u8], ends: bool) -> Result<usize, HostError> {
        self.0.send(bytes, ends)
    }

    fn receive(&mut self, most: usize, beats: &mut Vec<OutBeat>) -> Result<(), HostError> {
        self.0.receive(most, beats)
    }

    fn advance(&mut self, cycles: u64) -> Result<(), HostError> {
        self.0.advance(cycles)
    }

    fn handshake(&self) -> Option<Handshake> {
        None
    }

    fn flush(&mut self) -> Result<(), HostError> {
        self.0.flush()
    }

    fn reset(&mut self) -> Result<(), HostError> {
        self.0.reset()
    }
}

#[test]
fn causes_are_found_from_the_counters_alone() {
    let case = Case::new(2);
    let in_bytes = case.plan.geometry.in_bytes;
    let cause = |fault: Option<Fault>, sink_depth: usize| {
        let mut device = Faulty::new(case.mock(Stalls::NONE));
        device.inner().set_sink_depth(sink_depth);
        let mut driver = Driver::open(Unseen(device), Arc::clone(&case.plan), DESIGN, Options::default()).unwrap();
        fault.into_iter().for_each(|fault| driver.device_mut().0.inject_once(fault));
        let ticket = driver.submit_tensor(&case.image(0)).unwrap();
        let stall = stall_of(driver.wait(ticket).unwrap_err());
        assert!(stall.handshake.is_none() && !stall.to_string().contains("ready is low"));
        stall.cause
    };
    let all = case.plan.classes;
    assert_eq!(cause(Some(Fault::InputCut { bytes: 5 * in_bytes }), all), Cause::InputLost);
    assert_eq!(cause(Some(Fault::InputBlocked { bytes: 5 * in_bytes }), all), Cause::InputBlocked);
    assert_eq!(cause(None, 0), Cause::OutputNotTaken);
    assert_eq!(cause(Some(Fault::OutputLost), all), Cause::OutputLost);
}

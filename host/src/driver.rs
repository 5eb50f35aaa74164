//! The driver: images in, results out, never an endless wait.

mod checking;
mod dumping;
mod loading;
mod loop_back;
mod recovery;
mod turn;

pub use loop_back::LoopBackFault;

use crate::counters::Counters;
use crate::deadline::Deadlines;
use crate::device::{Device, OutBeat};
use crate::error::HostError;
use crate::flight::Flight;
use crate::identity::Identity;
use crate::input::{encode, pack};
use crate::result::{top, Inference, Ranked};
use crate::weights::WeightImage;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use systole_machine::memories::Memory;
use systole_machine::registers as reg;
use systole_machine::Plan;
use systole_net::{Digest, Image, Tensor};

/// How a driver works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Images in flight at most, at least 1; with 3 or more the device never waits for the next one.
    pub window: usize,
    /// Opens a busy device too, and drops its images.
    pub take_over: bool,
    /// Refuses a device that holds other weights, rather than loading the plan's.
    pub keep_weights: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { window: 4, take_over: false, keep_weights: false }
    }
}

/// An image that was submitted. Its result is kept until it is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub(crate) u64);

impl Ticket {
    /// Number of the image since the driver was opened, from 0.
    pub fn image(&self) -> u64 {
        self.0
    }
}

/// A device that is the plan's, and the images in flight in it.
///
/// When an image fails, its own result is the error; the device is reset, and the images behind it are sent again.
pub struct Driver<D> {
    device: D,
    plan: Arc<Plan>,
    identity: Identity,
    options: Options,
    /// Where the device loads them.
    weights: Option<WeightImage>,
    deadlines: Deadlines,
    /// Oldest first; results come in this order.
    flights: VecDeque<Flight>,
    /// Beats of the oldest image's result.
    partial: Vec<OutBeat>,
    finished: BTreeMap<u64, Result<Inference, HostError>>,
    /// Number of the next image.
    next: u64,
    /// Images done since the last reset.
    done: u64,
    /// Cycle in which the latest result was complete or the device was restarted.
    latest: u64,
    /// Cycle of the next look at the error bits.
    look_at: u64,
    /// The last recovery did not succeed.
    broken: bool,
    /// Numbers of the images that were answered since the memories were last found whole.
    doubtful: Range<u64>,
    /// What the memories must hold, once somebody has asked.
    memories: Option<Vec<Memory>>,
}

impl<D: Device> Driver<D> {
    /// Checks that `device` is the design made from `plan`, idle, and starts it. Nothing is written to any other device.
    pub fn open(device: D, plan: Arc<Plan>, design_hash: [u8; 32], options: Options) -> Result<Self, HostError> {
        let weights = plan.geometry.store().is_loaded().then(|| WeightImage::of(&plan, design_hash));
        Driver::begin(device, plan, design_hash, options, weights)
    }

    /// As [`Driver::open`], with other weights in place of the plan's; see [`Driver::load_weights`]. Nothing is written to
    /// the device where they are not for it.
    ///
    /// # Errors
    /// [`HostError::Unsupported`], [`HostError::OtherDesignWeights`], [`HostError::WeightCount`], and those of
    /// [`Driver::open`].
    pub fn open_with_weights(
        device: D,
        plan: Arc<Plan>,
        design_hash: [u8; 32],
        options: Options,
        weights: WeightImage,
    ) -> Result<Self, HostError> {
        loading::check_fit(&weights, device.name(), &plan, Digest(design_hash))?;
        Driver::begin(device, plan, design_hash, options, Some(weights))
    }

    fn begin(
        mut device: D,
        plan: Arc<Plan>,
        design_hash: [u8; 32],
        options: Options,
        weights: Option<WeightImage>,
    ) -> Result<Self, HostError> {
        let identity = Identity::of(&plan, design_hash);
        let deadlines = Deadlines::new(&plan, &device.link());
        let found = Identity::read(&mut device, identity.abi, deadlines.register)?;
        identity.check(device.name(), &found)?;
        if !options.take_over {
            refuse_busy(&mut device, deadlines.register)?;
        }
        let mut driver = Driver {
            device,
            plan,
            identity,
            options,
            weights,
            deadlines,
            flights: VecDeque::new(),
            partial: Vec::new(),
            finished: BTreeMap::new(),
            next: 0,
            done: 0,
            latest: 0,
            look_at: 0,
            broken: false,
            doubtful: 0..0,
            memories: None,
        };
        driver.restart()?;
        Ok(driver)
    }

    /// The result of one image, which must have the network's size.
    pub fn infer(&mut self, image: &Image) -> Result<Inference, HostError> {
        let ticket = self.submit(image)?;
        self.wait(ticket)
    }

    /// Sends an image, waiting only while the window is full. Fails when the image cannot be sent at all.
    pub fn submit(&mut self, image: &Image) -> Result<Ticket, HostError> {
        let tensor = encode(&self.plan, image)?;
        self.submit_tensor(&tensor)
    }

    /// As [`Driver::submit`] for an encoded input tensor, see [`systole_net::Net::encode`].
    pub fn submit_tensor(&mut self, tensor: &Tensor) -> Result<Ticket, HostError> {
        let bytes = pack(&self.plan, tensor)?;
        self.make_ready()?;
        let image = self.next;
        self.next += 1;
        self.flights.push_back(Flight::new(image, bytes));
        if let Err(error) = self.feed() {
            self.fail(error);
        }
        while self.flights.len() > self.options.window.max(1) {
            self.turn();
        }
        Ok(Ticket(image))
    }

    /// The image's result, or why there is none. Waits, but never beyond the deadlines.
    pub fn wait(&mut self, ticket: Ticket) -> Result<Inference, HostError> {
        loop {
            if let Some(result) = self.finished.remove(&ticket.0) {
                return result;
            }
            if !self.flights.iter().any(|flight| flight.image == ticket.0) {
                return Err(HostError::NoSuchImage { image: ticket.0 });
            }
            self.turn();
        }
    }

    /// Waits until no image is in flight; the results are kept.
    pub fn drain(&mut self) {
        while !self.flights.is_empty() {
            self.turn();
        }
    }

    /// The best classes of a result, best first.
    pub fn top(&self, inference: &Inference, count: usize) -> Vec<Ranked> {
        top(&inference.scores, &self.plan.labels, count)
    }

    /// What the device counts and reports.
    pub fn counters(&mut self) -> Result<Counters, HostError> {
        Counters::read(&mut self.device, self.deadlines.register)
    }

    /// Per layer of the plan its name and its checksum of the latest image; first waits until no image is in flight.
    pub fn checksums(&mut self) -> Result<Vec<(String, u32)>, HostError> {
        self.drain();
        let within = self.deadlines.register;
        let plan = Arc::clone(&self.plan);
        let layers = plan.bindings.iter().enumerate().map(|(index, binding)| {
            let chosen = reg::CHECKSUM_LAYER.put(index as u32);
            self.device.write_reg(reg::CHECKSUM_INDEX.offset, chosen, within)?;
            Ok((binding.name.clone(), self.device.read_reg(reg::CHECKSUM_VALUE.offset, within)?))
        });
        layers.collect()
    }

    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    pub fn deadlines(&self) -> Deadlines {
        self.deadlines
    }

    pub fn options(&self) -> Options {
        self.options
    }

    pub fn device(&self) -> &D {
        &self.device
    }

    /// The device as it is, images in flight and all; [`Driver::close`] stops it first.
    pub fn into_device(self) -> D {
        self.device
    }

    /// For what only the transport can do. The driver does not notice beats moved behind its back.
    pub fn device_mut(&mut self) -> &mut D {
        &mut self.device
    }
}

fn refuse_busy<D: Device>(device: &mut D, within: u64) -> Result<(), HostError> {
    let counters = Counters::read(device, within)?;
    if reg::BUSY.get(counters.status) == 0 {
        return Ok(());
    }
    let Counters { images_done, in_beats, .. } = counters;
    Err(HostError::Busy { device: device.name().to_string(), images_done, in_beats })
}

//! The self-test: identity, registers, streams, memories, and images whose every layer is known.

use crate::damage::Damage;
use crate::device::Device;
use crate::difference::Difference;
use crate::driver::{Driver, LoopBackFault};
use crate::error::HostError;
use crate::identity::Identity;
use crate::result::Inference;
use std::fmt;
use systole_machine::checksum::layer_checksums;
use systole_machine::registers as reg;
use systole_machine::Plan;
use systole_net::{Tensor, Trace};

/// One image with what it must give.
#[derive(Clone, Debug)]
pub struct Reference {
    pub image: Tensor,
    pub sums: Vec<i64>,
    /// One per layer of the plan.
    pub checksums: Vec<u32>,
    /// Output map of each; they say where a layer differs.
    pub maps: Vec<Tensor>,
}

impl Reference {
    /// Of an image and what any engine says of it.
    pub fn new(plan: &Plan, image: Tensor, trace: Trace) -> Self {
        let checksums = layer_checksums(plan, &trace);
        let maps = plan.bindings.iter().map(|binding| trace.layers[binding.layer].clone()).collect();
        Reference { image, sums: trace.sums, checksums, maps }
    }
}

/// What is wrong with a device that answers. Empty: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selftest {
    /// Words written to a register, and what it read then.
    pub registers: Vec<(u32, u32)>,
    /// First beat that did not come back as it was sent; nothing was computed then.
    pub stream: Option<LoopBackFault>,
    /// What the check of the memories found.
    pub memories: Option<Damage>,
    /// The first image, counted from 0, that showed something of what follows; those behind it were not run.
    pub image: Option<usize>,
    /// First layer whose checksum differs: name, found, wanted.
    pub layer: Option<(String, u32, u32)>,
    /// Where that layer differs first; nothing when the image ran again and the layer was right.
    pub place: Option<Difference>,
    /// First class whose sum differs: class, found, wanted.
    pub class: Option<(usize, i64, i64)>,
}

/// As in [`Selftest`]: layer, place, class.
type Differences = (Option<(String, u32, u32)>, Option<Difference>, Option<(usize, i64, i64)>);

impl Selftest {
    pub fn passed(&self) -> bool {
        *self == Selftest::default()
    }
}

impl fmt::Display for Selftest {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if self.passed() {
            return f.write_str("passed");
        }
        for (wrote, read) in &self.registers {
            writeln!(f, "register {}: wrote {wrote:#010x}, reads {read:#010x}", reg::WATCHDOG_LIMIT.name)?;
        }
        if let Some(fault) = &self.stream {
            writeln!(f, "streams looped back: {fault}")?;
        }
        if let Some(damage) = &self.memories {
            writeln!(f, "{damage}")?;
        }
        if let Some(image) = self.image {
            writeln!(f, "image {image}:")?;
        }
        if let Some((name, found, wanted)) = &self.layer {
            writeln!(f, "first layer that differs: {name}, checksum {found:#010x}, wanted {wanted:#010x}")?;
            match &self.place {
                Some(place) => writeln!(f, "there first: {place}")?,
                None => writeln!(f, "its map is right when the image runs again: the fault comes and goes")?,
            }
        }
        if let Some((class, found, wanted)) = self.class {
            writeln!(f, "first class that differs: {class}, sum {found}, wanted {wanted}")?;
        }
        Ok(())
    }
}

impl<D: Device> Driver<D> {
    /// Tests the device with the images; first waits until none is in flight. Fails where it does not even answer.
    ///
    /// # Errors
    /// Those of an inference and of [`Driver::check_memories`], but for what is wrong with a device that answers.
    pub fn selftest(&mut self, references: &[Reference]) -> Result<Selftest, HostError> {
        self.drain();
        let within = self.deadlines().register;
        let wanted = *self.identity();
        let found = Identity::read(self.device_mut(), wanted.abi, within)?;
        wanted.check(self.device().name(), &found)?;
        let registers = self.read_back(within)?;
        let stream = self.loop_back()?;
        if stream.is_some() {
            return Ok(Selftest { registers, stream, ..Selftest::default() });
        }
        let memories = match self.check_memories() {
            Ok(()) => None,
            Err(HostError::Damaged(damage)) => Some(*damage),
            Err(error) => return Err(error),
        };
        let found = Selftest { registers, memories, ..Selftest::default() };
        for (image, reference) in references.iter().enumerate() {
            let (layer, place, class) = self.compare(reference)?;
            if layer.is_some() || class.is_some() {
                return Ok(Selftest { image: Some(image), layer, place, class, ..found });
            }
        }
        Ok(found)
    }

    /// Runs an image: the first layer that differs, where, and the first class.
    fn compare(&mut self, reference: &Reference) -> Result<Differences, HostError> {
        let ticket = self.submit_tensor(&reference.image)?;
        let inference = self.wait(ticket)?;
        let found = self.checksums()?;
        let layers = found.into_iter().zip(&reference.checksums).map(|((name, sum), &wanted)| (name, sum, wanted));
        let differs = layers.enumerate().find(|(_, (_, found, wanted))| found != wanted);
        let (at, layer) = differs.unzip();
        let place = match at {
            Some(at) => self.first_difference(at, &reference.image, &reference.maps[at], &mut |_, _| ())?,
            None => None,
        };
        Ok((layer, place, first_class(&inference, &reference.sums)))
    }

    /// Walks a one and a zero through a register without consequences, and puts its word back.
    fn read_back(&mut self, within: u64) -> Result<Vec<(u32, u32)>, HostError> {
        let address = reg::WATCHDOG_LIMIT.offset;
        let device = self.device_mut();
        let kept = device.read_reg(address, within)?;
        let mut wrong = Vec::new();
        for word in (0..reg::WORD_BITS).flat_map(|bit| [1 << bit, !(1 << bit)]) {
            device.write_reg(address, word, within)?;
            let read = device.read_reg(address, within)?;
            if read != word {
                wrong.push((word, read));
            }
        }
        device.write_reg(address, kept, within)?;
        Ok(wrong)
    }
}

fn first_class(inference: &Inference, wanted: &[i64]) -> Option<(usize, i64, i64)> {
    let classes = inference.sums.iter().zip(wanted).enumerate();
    classes.map(|(class, (&found, &wanted))| (class, found, wanted)).find(|(_, found, wanted)| found != wanted)
}

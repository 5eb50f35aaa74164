//! What is behind a handle of the C interface: a driver, its network, and the images that were submitted.

use super::handles::{name, Outcome};
use std::ffi::CStr;
use systole_devices::{references, Opened};
use systole_host::{Damage, Device, Driver, HostError, Ticket, WeightImage};
use systole_net::{regular_file, Image, Net, Scoring};

/// A device that is open.
pub struct Machine {
    pub driver: Driver<Box<dyn Device>>,
    net: Net,
    tickets: Vec<Ticket>,
}

/// What never changes of it.
pub struct Facts {
    pub classes: usize,
    pub height: usize,
    pub width: usize,
    pub scoring: Scoring,
    pub labels: Vec<&'static CStr>,
    pub layers: Vec<&'static CStr>,
    /// Channels, rows and columns of the layers' maps.
    pub shapes: Vec<[usize; 3]>,
    /// JSON of what pictures go through, where that is known.
    pub preprocessing: Option<&'static CStr>,
}

impl Facts {
    pub fn of(machine: &Machine) -> Outcome<Self> {
        let driver = &machine.driver;
        let plan = driver.plan();
        let preprocessing = plan.preprocessing.as_ref().map(serde_json::to_string).transpose();
        let preprocessing = preprocessing.map_err(|error| format!("the preprocessing cannot be told: {error}"))?;
        Ok(Facts {
            classes: plan.classes,
            height: plan.input.height,
            width: plan.input.width,
            scoring: plan.scoring(),
            labels: plan.labels.iter().map(|label| name(label)).collect::<Outcome<_>>()?,
            layers: plan.bindings.iter().map(|binding| name(&binding.name)).collect::<Outcome<_>>()?,
            shapes: (0..plan.bindings.len()).map(|layer| driver.layer_shape(layer)).collect(),
            preprocessing: preprocessing.map(|text| name(&text)).transpose()?,
        })
    }

    /// # Errors
    /// An image of another size.
    pub fn check_image(&self, bytes: usize) -> Result<(), String> {
        let (height, width) = (self.height, self.width);
        let wanted = height * width * 3;
        match bytes == wanted {
            true => Ok(()),
            false => Err(format!("an image of {bytes} bytes; {height} rows of {width} pixels have {wanted}")),
        }
    }

    /// # Errors
    /// Room for another number of sums.
    pub fn check_sums(&self, room: usize) -> Result<(), String> {
        match room == self.classes {
            true => Ok(()),
            false => Err(format!("room for {room} sums; there are {}", self.classes)),
        }
    }

    /// # Errors
    /// A layer that is not there, room for another number of values.
    pub fn check_map(&self, layer: usize, room: usize) -> Result<(), String> {
        let layers = self.shapes.len();
        let shape = self.shapes.get(layer).ok_or_else(|| format!("no layer {layer}; there are {layers}"))?;
        let wanted: usize = shape.iter().product();
        match room == wanted {
            true => Ok(()),
            false => Err(format!("room for {room} values; the map has {wanted}")),
        }
    }
}

impl Machine {
    pub fn new((driver, build): Opened) -> Self {
        Machine { driver, net: build.net, tickets: Vec::new() }
    }

    /// An image of the network's size.
    fn image(&self, rgb: &[u8]) -> Image {
        let map = &self.driver.plan().input;
        Image { height: map.height, width: map.width, rgb: rgb.to_vec() }
    }

    pub fn submit(&mut self, rgb: &[u8]) -> Result<u64, String> {
        let image = self.image(rgb);
        let ticket = self.driver.submit(&image).map_err(|error| error.to_string())?;
        self.tickets.push(ticket);
        Ok(ticket.image())
    }

    pub fn wait(&mut self, image: u64, sums: &mut [i64]) -> Result<(), String> {
        let at = self.tickets.iter().position(|ticket| ticket.image() == image);
        let at = at.ok_or_else(|| format!("image {image} was never submitted, or its result was already taken"))?;
        let ticket = self.tickets.swap_remove(at);
        let inference = self.driver.wait(ticket).map_err(|error| error.to_string())?;
        sums.copy_from_slice(&inference.sums);
        Ok(())
    }

    pub fn dump(&mut self, layer: usize, rgb: &[u8], values: &mut [i32]) -> Result<(), String> {
        let image = self.net.encode(&self.image(rgb)).map_err(|error| error.to_string())?;
        let map = self.driver.dump(layer, &image, &mut |_, _| ()).map_err(|error| error.to_string())?;
        values.copy_from_slice(&map.data);
        Ok(())
    }

    pub fn selftest(&mut self) -> Result<(), String> {
        let references = references(&self.net, self.driver.plan()).map_err(|error| error.to_string())?;
        let found = self.driver.selftest(&references).map_err(|error| error.to_string())?;
        match found.passed() {
            true => Ok(()),
            false => Err(found.to_string()),
        }
    }

    /// What a check of the memories finds damaged; nothing where all are whole.
    pub fn check_memories(&mut self) -> Result<Option<Damage>, String> {
        match self.driver.check_memories() {
            Ok(()) => Ok(None),
            Err(HostError::Damaged(damage)) => Ok(Some(*damage)),
            Err(error) => Err(error.to_string()),
        }
    }

    pub fn load_weights(&mut self, file: &std::path::Path) -> Result<(), String> {
        let read = regular_file::read(file, regular_file::MAX_FILE);
        let bytes = read.map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        let load = WeightImage::parse(&bytes).and_then(|image| self.driver.load_weights(image));
        load.map_err(|error| error.to_string())
    }

    pub fn close(self) -> Outcome<()> {
        self.driver.close().map(drop).map_err(|error| error.to_string().into())
    }
}

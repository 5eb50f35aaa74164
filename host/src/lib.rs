//! The driver: finds a device, checks that it is the planned one, streams images through it, and never waits for ever.
//!
//! ```
//! use std::ffi::OsStr;
//! use std::sync::Arc;
//! use systole_host::{BoxError, Device, Driver, HostError, Options, Registry};
//! use systole_net::Image;
//! use systole_machine::Plan;
//!
//! /// The best class of each image.
//! fn classify(registry: &Registry, plan: Arc<Plan>, design_hash: [u8; 32], images: &[Image]) -> Result<(), HostError> {
//!     let device = registry.open("sim:build/")?;
//!     let mut driver = Driver::open(device, plan, design_hash, Options::default())?;
//!     let results: Vec<_> = driver.stream(images).collect();
//!     for inference in results {
//!         println!("{:?}", driver.top(&inference?, 1));
//!     }
//!     Ok(())
//! }
//!
//! /// Engines are made known by the program that has them; the driver depends on none.
//! fn known(simulator: fn(&OsStr) -> Result<Box<dyn Device>, BoxError>) -> Registry {
//!     let mut registry = Registry::default();
//!     registry.add("sim", simulator);
//!     registry
//! }
//! ```
//!
//! * A [`Device`] moves register words and beats; [`PinDevice`] is one for any model of the machine's pins.
//! * [`Driver`] knows the plan: it packs images, keeps several in flight, gives every wait a deadline, and explains a
//!   missing result with a [`Stall`] before it resets the device and goes on.
//! * [`Faulty`] breaks any device on purpose.

mod bus_clock;
mod counters;
mod counting;
mod damage;
mod deadline;
mod device;
mod difference;
mod dma;
mod driver;
mod error;
mod faulty;
mod flight;
mod handshake;
mod identity;
mod input;
mod pins;
mod register_name;
mod registry;
mod result;
mod selftest;
mod stall;
mod stream;
mod tcp;
mod uart;
mod uio;
mod weights;
mod xdma;

pub use counters::Counters;
pub use damage::{Damage, DamagedMemory};
pub use deadline::Deadlines;
pub use device::{Device, Link, OutBeat};
pub use difference::Difference;
pub use dma::{axi as axi_dma, buffer_bytes, Barrier, DmaDevice, DmaParts, Memory, Side, Words};
pub use driver::{Driver, LoopBackFault, Options, Ticket};
pub use error::{BoxError, HostError};
pub use faulty::{Fault, Faulty};
pub use handshake::Handshake;
pub use identity::Identity;
pub use pins::{BeatLog, PinDevice, Stalls};
pub use registry::{split_address, Registry};
pub use result::{softmax, top, Inference, Ranked};
pub use selftest::{Reference, Selftest};
pub use stall::{Cause, Stall};
pub use stream::Stream;
pub use tcp::{may_listen, serve, Sample, ServeOptions, TcpDevice, TcpWatcher};
pub use uart::{Line, SerialPort, UartDevice, UartOptions};
pub use uio::{Mapped, Roots, UioDevice, UioOptions};
pub use weights::{weights_crc, WeightImage};
pub use xdma::XdmaDevice;

//! The digits' machine, served: a bit of one of its memories turns over while it works.

use crate::common::build;
use serde_json::Value;
use std::fs;
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread::JoinHandle;
use systole_cycle::{Answer, ControlMachine};
use systole_golden::Golden;
use systole_host::{serve, BoxError, HostError, PinDevice, ServeOptions, Stalls};
use systole_machine::pins::{TopIn, TopOut, TopPins};
use systole_net::Net;

/// The memory, by its number in the plan, and a bit of it.
const FLIPPED: (usize, usize) = (5, 3);
/// Its name.
pub const MEMORY: &str = "param";

/// A machine whose bit turns over as soon as it has taken so many images.
struct Flipping {
    top: ControlMachine,
    taken: Arc<AtomicUsize>,
    after: Option<usize>,
}

impl Flipping {
    fn flip(&mut self) {
        if self.after.is_some_and(|images| self.taken.load(Ordering::Relaxed) >= images) {
            self.after = None;
            self.top.flip_bit(FLIPPED.0, FLIPPED.1);
        }
    }
}

impl TopPins for Flipping {
    fn cycle(&mut self, pins: &TopIn) -> Result<TopOut, BoxError> {
        self.flip();
        self.top.cycle(pins)
    }

    fn rest(&mut self, pins: &TopIn, most: u64) -> Result<(u64, TopOut), BoxError> {
        self.flip();
        self.top.rest(pins, most)
    }
}

fn machine(after: usize) -> PinDevice<Flipping> {
    let text = |name: &str| fs::read_to_string(build().join(name)).unwrap();
    let net = Net::read(&build().join("network.net")).unwrap();
    let plan = Arc::new(systole_plan::read_plan(&text("plan.json"), &net).unwrap());
    let manifest: Value = serde_json::from_str(&text("systole.json")).unwrap();
    let hash = manifest["design_hash"].as_str().unwrap();
    let design = std::array::from_fn(|at| u8::from_str_radix(&hash[2 * at..2 * at + 2], 16).unwrap());
    let taken = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&taken);
    let answer: Answer = Box::new(move |image| {
        count.fetch_add(1, Ordering::Relaxed);
        let golden = Golden::new(&net).map_err(|faults| format!("{faults:?}"))?;
        Ok(golden.trace(image)?)
    });
    let top = ControlMachine::new(Arc::clone(&plan), design, answer);
    PinDevice::new("flipping", Flipping { top, taken, after: Some(after) }, &plan, Stalls::NONE).unwrap()
}

/// A served machine; ends with the test.
pub struct Served {
    pub address: String,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<(), HostError>>>,
}

impl Served {
    /// One whose bit turns over with the image of that number, counted from 1.
    pub fn flipping_after(images: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("tcp:{}", listener.local_addr().unwrap());
        let stop = Arc::new(AtomicBool::new(false));
        let options = ServeOptions { stop: Arc::clone(&stop), ..ServeOptions::default() };
        let mut device = machine(images);
        let thread = Some(std::thread::spawn(move || serve(listener, &mut device, &options)));
        Served { address, stop, thread }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.take().unwrap().join().unwrap().unwrap();
    }
}

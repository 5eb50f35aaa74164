//! A served mock, and clients that drive it.

use super::{Case, DESIGN};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use systole_host::{serve, Driver, HostError, Options, ServeOptions, Stalls, TcpDevice};

/// What a message may take in these tests.
pub const BRIEF: Duration = Duration::from_millis(400);

pub struct Served {
    pub address: SocketAddr,
    pub stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<(), HostError>>>,
}

impl Served {
    pub fn start(case: u64, token: Option<&str>) -> Served {
        Served::start_at("127.0.0.1:0", case, token)
    }

    pub fn start_at(address: &str, case: u64, token: Option<&str>) -> Served {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let options = ServeOptions {
            token: token.map(String::from),
            idle: Duration::from_secs(20),
            message: BRIEF,
            stop: Arc::clone(&stop),
        };
        let run = move || serve(listener, &mut Case::new(case).mock(Stalls::NONE), &options);
        Served { address, stop, thread: Some(std::thread::spawn(run)) }
    }

    pub fn device(&self, token: &str) -> Result<TcpDevice, HostError> {
        TcpDevice::connect(&self.address.to_string(), token)
    }

    pub fn driver(&self, case: &Case, take_over: bool) -> Driver<TcpDevice> {
        let options = Options { take_over, ..Options::default() };
        let device = self.patiently();
        Driver::open(device, Arc::clone(&case.plan), DESIGN, options).unwrap()
    }

    /// A device once the server has noticed that the client before has left.
    pub fn patiently(&self) -> TcpDevice {
        let begun = Instant::now();
        loop {
            match self.device("") {
                Ok(device) => return device,
                Err(HostError::ServerBusy { .. }) if begun.elapsed() < 20 * BRIEF => std::thread::sleep(BRIEF / 20),
                Err(error) => panic!("{error}"),
            }
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.take().unwrap().join().unwrap().unwrap();
    }
}

pub fn answers(driver: &mut Driver<TcpDevice>, case: &Case, seeds: std::ops::Range<u64>) {
    let tickets: Vec<_> = seeds.clone().map(|seed| driver.submit_tensor(&case.image(seed)).unwrap()).collect();
    for (seed, ticket) in seeds.zip(tickets) {
        assert_eq!(driver.wait(ticket).unwrap().sums, case.sums(&case.image(seed)));
    }
}

//! Weights to a machine that another computer serves.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread::JoinHandle;
use systole_host::{serve, Faulty, HostError, ServeOptions, Stalls, TcpDevice};
use systole_machine::WeightMemory;
use systole_suite::case::{Case, Engine};
use systole_suite::loads::{
    cut_off_and_loaded_again, half_a_load, refuses_to_run, reset_and_loaded_again, taken_exchanged_and_refused,
};

/// A server with a machine of its own.
struct Server {
    address: String,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<(), HostError>>>,
}

impl Server {
    fn start(engine: Engine, weights: WeightMemory) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, stop) = (listener.local_addr().unwrap().to_string(), Arc::<AtomicBool>::default());
        let options = ServeOptions { stop: Arc::clone(&stop), ..ServeOptions::default() };
        let run = move || {
            let mut device = Case::loaded(0, weights).device(engine, Stalls::NONE);
            serve(listener, &mut device, &options)
        };
        Server { address, stop, thread: Some(std::thread::spawn(run)) }
    }

    fn client(&self) -> TcpDevice {
        loop {
            // Until the client before is seen to be gone.
            match TcpDevice::connect(&self.address, "") {
                Err(HostError::ServerBusy { .. }) => std::thread::yield_now(),
                other => return other.unwrap(),
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.take().map(JoinHandle::join);
    }
}

#[test]
fn weights_across_a_network_to_the_verilog() {
    let case = Case::loaded(0, WeightMemory::Loaded);
    let server = Server::start(Engine::Verilog, WeightMemory::Loaded);
    let mut driver = case.drive(server.client()).unwrap();
    taken_exchanged_and_refused(&case, &mut driver);
}

#[test]
fn a_client_that_vanishes_while_it_loads_weights() {
    let case = Case::loaded(0, WeightMemory::Ultra);
    let server = Server::start(Engine::Registers, WeightMemory::Ultra);
    half_a_load(&case, server.client());
    refuses_to_run(&mut server.client());
    let mut driver = case.drive(Faulty::new(server.client())).unwrap();
    case.answers(&mut driver, &case.image(0));
    cut_off_and_loaded_again(&case, &mut driver);
    reset_and_loaded_again(&case, &mut driver);
}

//! Who has the token always gets in and always gets on: whoever stands at the door, watches, pauses, or pulls a cable.

mod common;

use common::served::{answers, Served, BRIEF};
use common::{Case, DESIGN};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use systole_host::{Device, Driver, HostError, Options, TcpDevice, TcpWatcher};

const TOKEN: &str = "correct horse battery staple";
/// An answer that takes longer is late, in these tests.
const PATIENCE: Duration = Duration::from_millis(600);
/// What a client may take to be let in, beside what a busy computer adds.
const ENTRY: Duration = Duration::from_secs(10);

/// A network between client and server, which can be stopped.
struct Network {
    address: SocketAddr,
    /// Connections before this one carry nothing; none is accepted from then on while `stopped`.
    held: Arc<AtomicUsize>,
    carried: Arc<AtomicUsize>,
    /// What clients said.
    heard: Arc<Mutex<Vec<u8>>>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
    stop: Arc<AtomicBool>,
}

impl Network {
    fn to(server: SocketAddr) -> Network {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let network = Network {
            address: listener.local_addr().unwrap(),
            held: Arc::default(),
            carried: Arc::default(),
            heard: Arc::default(),
            streams: Arc::default(),
            stop: Arc::default(),
        };
        let (held, carried, heard) =
            (Arc::clone(&network.held), Arc::clone(&network.carried), Arc::clone(&network.heard));
        let (streams, stop) = (Arc::clone(&network.streams), Arc::clone(&network.stop));
        std::thread::spawn(move || {
            for (number, client) in listener.incoming().enumerate() {
                let (Ok(client), false) = (client, stop.load(Ordering::SeqCst)) else { return };
                let Ok(server) = TcpStream::connect(server) else { continue };
                carried.store(number + 1, Ordering::SeqCst);
                streams.lock().unwrap().extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
                let (up, down) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let (hold, listen) = (Arc::clone(&held), Arc::clone(&heard));
                std::thread::spawn(move || {
                    carry(up, server, number, &hold, |bytes| listen.lock().unwrap().extend(bytes))
                });
                let hold = Arc::clone(&held);
                std::thread::spawn(move || carry(down, client, number, &hold, |_| ()));
            }
        });
        network
    }

    /// Nothing comes through on the connections that there are.
    fn pause(&self) {
        self.held.store(self.carried.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    /// Nor on those that are made from now on.
    fn pause_all(&self) {
        self.held.store(usize::MAX, Ordering::SeqCst);
    }

    fn go_on(&self) {
        self.held.store(0, Ordering::SeqCst);
    }

    /// Ends all connections.
    fn cut(&self) {
        for stream in self.streams.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn driver(&self, case: &Case) -> Driver<TcpDevice> {
        let device = TcpDevice::connect(&self.address.to_string(), TOKEN).unwrap().with_patience(PATIENCE);
        Driver::open(device, Arc::clone(&case.plan), DESIGN, Options::default()).unwrap()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.go_on();
        self.cut();
        let _ = TcpStream::connect(self.address);
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, number: usize, held: &AtomicUsize, heard: impl Fn(&[u8])) {
    let mut bytes = [0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        heard(&bytes[..count]);
        while number < held.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        if to.write_all(&bytes[..count]).is_err() {
            return;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

/// An image that is in flight when something happens: it fails, within that time.
fn fails(driver: &mut Driver<TcpDevice>, case: &Case, happens: impl FnOnce()) -> (HostError, Duration) {
    let ticket = driver.submit_tensor(&case.image(0)).unwrap();
    happens();
    let begun = Instant::now();
    (driver.wait(ticket).unwrap_err(), begun.elapsed())
}

fn opened(served: &Served, case: &Case) -> Driver<TcpDevice> {
    let begun = Instant::now();
    let device = loop {
        match served.device(TOKEN) {
            Ok(device) => break device,
            // Until the server has noticed that the one before left.
            Err(HostError::ServerBusy { .. }) if begun.elapsed() < ENTRY => std::thread::sleep(BRIEF / 20),
            Err(error) => panic!("{error}"),
        }
    };
    Driver::open(device, Arc::clone(&case.plan), DESIGN, Options::default()).unwrap()
}

#[test]
fn strangers_at_the_door_do_not_keep_the_owner_out() {
    let case = Case::new(2);
    let served = Served::start(2, Some(TOKEN));
    let silent: Vec<_> = (0..150).map_while(|_| TcpStream::connect(served.address).ok()).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let strangers: Vec<_> = (0..100)
        .map(|_| {
            let (stop, address) = (Arc::clone(&stop), served.address);
            std::thread::spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    let Ok(mut stream) = TcpStream::connect(address) else { continue };
                    let _ = stream.set_read_timeout(Some(BRIEF));
                    let _ = stream.write_all(&[16]);
                    let _ = stream.read(&mut [0]);
                }
            })
        })
        .collect();
    for round in 0..5 {
        let begun = Instant::now();
        answers(&mut opened(&served, &case), &case, round..round + 1);
        assert!(begun.elapsed() < ENTRY, "let in after {:?}", begun.elapsed());
    }
    stop.store(true, Ordering::SeqCst);
    drop(silent);
    strangers.into_iter().for_each(|stranger| stranger.join().unwrap());
}

#[test]
fn watchers_do_not_keep_the_driver_out() {
    let case = Case::new(2);
    let served = Served::start(2, Some(TOKEN));
    let mut watchers = Vec::new();
    let error = loop {
        match TcpWatcher::connect(&served.address.to_string(), TOKEN) {
            Ok(watcher) => watchers.push(watcher),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, HostError::ServerFull { .. }), "{error}");
    answers(&mut opened(&served, &case), &case, 0..2);
    assert!(watchers.iter_mut().all(|watcher| watcher.sample().is_ok()));
}

#[test]
fn a_recording_lets_nobody_in_and_has_no_token_in_it() {
    let case = Case::new(2);
    let served = Served::start(2, Some(TOKEN));
    let network = Network::to(served.address);
    answers(&mut network.driver(&case), &case, 0..1);
    let recording = network.heard.lock().unwrap().clone();
    assert!(recording.len() > case.plan.input.beats, "only {} bytes", recording.len());
    assert!(!recording.windows(TOKEN.len()).any(|bytes| bytes == TOKEN.as_bytes()), "the token is on the line");
    let mut replayed = TcpStream::connect(served.address).unwrap();
    replayed.set_read_timeout(Some(10 * BRIEF)).unwrap();
    replayed.write_all(&recording).unwrap();
    let mut said = Vec::new();
    // The server hangs up with what was not read yet: that may end in a reset.
    let _ = replayed.read_to_end(&mut said);
    // Its challenge, and a refusal; nothing of a device.
    assert!(said.len() <= 4 + 33 + 4 + 1 && (said.len() <= 37 || said[41] == 5), "{said:?}");
    answers(&mut opened(&served, &case), &case, 1..2);
}

#[test]
fn an_answer_that_comes_late_is_no_answer_to_the_next_question() {
    let case = Case::new(2);
    let served = Served::start(2, Some(TOKEN));
    let network = Network::to(served.address);
    let mut driver = network.driver(&case);
    answers(&mut driver, &case, 0..2);
    for round in 2..5 {
        let (error, _) = fails(&mut driver, &case, || network.pause_all());
        assert!(matches!(error, HostError::ServerSilent { .. }), "{error}");
        // The client listens on for a part of a wait before it asks anew.
        network.held.store(0, Ordering::SeqCst);
        answers(&mut driver, &case, round..round + 2);
    }
    driver.reset().unwrap();
    answers(&mut driver, &case, 7..9);
}

#[test]
fn a_connection_that_dies_without_a_word_is_made_anew_by_the_same_client() {
    let case = Case::new(2);
    let served = Served::start(2, Some(TOKEN));
    let network = Network::to(served.address);
    let mut driver = network.driver(&case);
    answers(&mut driver, &case, 0..1);
    for round in 1..3 {
        // The server still believes in the connection, and would be busy to anybody else.
        let (error, took) = fails(&mut driver, &case, || network.pause());
        assert!(matches!(error, HostError::ServerSilent { .. }), "{error}");
        assert!(took < PATIENCE + ENTRY, "{took:?}");
        assert!(matches!(served.device(TOKEN), Err(HostError::ServerBusy { .. })));
        answers(&mut driver, &case, round..round + 2);
    }
    let (error, _) = fails(&mut driver, &case, || network.cut());
    assert!(matches!(error, HostError::Io { .. }), "{error}");
    answers(&mut driver, &case, 5..7);
    // Between two images nothing is lost.
    network.cut();
    answers(&mut driver, &case, 7..9);
}

#[test]
fn a_server_that_stands_still_is_noticed_after_one_wait() {
    let case = Case::new(2);
    let served = Served::start(2, Some(TOKEN));
    let network = Network::to(served.address);
    let mut driver = network.driver(&case);
    answers(&mut driver, &case, 0..1);
    let (error, took) = fails(&mut driver, &case, || network.pause_all());
    assert!(matches!(error, HostError::ServerSilent { .. }), "{error}");
    assert!(took < PATIENCE + ENTRY, "a wait for the answer and one at the door: {took:?}");
    let begun = Instant::now();
    let error = driver.submit_tensor(&case.image(0)).unwrap_err();
    assert!(error.to_string().contains("no answer from the server"), "{error}");
    assert!(matches!(error, HostError::Recovery { .. }) && begun.elapsed() < ENTRY, "{:?}: {error}", begun.elapsed());
    network.go_on();
    answers(&mut driver, &case, 1..3);
}

#[test]
fn a_server_that_was_started_anew_is_used_again() {
    let case = Case::new(2);
    let served = Served::start(2, Some(TOKEN));
    let address = served.address;
    let mut driver = opened(&served, &case);
    answers(&mut driver, &case, 0..20);
    fails(&mut driver, &case, || drop(served));
    let _served = Served::start_at(&address.to_string(), 2, Some(TOKEN));
    let before = driver.device().now();
    answers(&mut driver, &case, 1..3);
    assert!(driver.device().now() > before, "time goes on");
}

#[test]
fn a_client_that_takes_over_has_the_other_one_hung_up_on() {
    let case = Case::new(2);
    let served = Served::start(2, Some(TOKEN));
    let mut first = opened(&served, &case);
    answers(&mut first, &case, 0..1);
    assert!(matches!(served.device(TOKEN), Err(HostError::ServerBusy { .. })));
    assert!(matches!(TcpDevice::take_over(&served.address.to_string(), "wrong"), Err(HostError::TokenRefused { .. })));
    let second = TcpDevice::take_over(&served.address.to_string(), TOKEN).unwrap();
    let options = Options { take_over: true, ..Options::default() };
    let mut second = Driver::open(second, Arc::clone(&case.plan), DESIGN, options).unwrap();
    answers(&mut second, &case, 1..3);
    for _ in 0..2 {
        let error = first.submit_tensor(&case.image(0)).unwrap_err();
        assert!(matches!(error, HostError::Recovery { .. }), "{error}");
    }
    answers(&mut second, &case, 3..5);
}

//! A device across a network: right answers, one client at a time, and strangers who cost nothing.

mod common;

use common::served::{answers, Served, BRIEF};
use common::Case;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::Ordering;
use std::time::Instant;
use systole_host::{serve, Device, HostError, ServeOptions, Stalls, TcpWatcher};
use systole_machine::registers as reg;

#[test]
fn images_across_a_network() {
    let case = Case::new(2);
    let served = Served::start(2, None);
    let mut driver = served.driver(&case, false);
    answers(&mut driver, &case, 0..5);
    assert!(driver.device().name().contains("tcp:127.0.0.1") && driver.device().name().contains("mock:small"));
    assert_eq!(driver.counters().unwrap().images_done, 5);
    driver.reset().unwrap();
    answers(&mut driver, &case, 5..7);
}

#[test]
fn a_second_client_is_told_that_the_device_is_busy() {
    let case = Case::new(2);
    let served = Served::start(2, None);
    let mut driver = served.driver(&case, false);
    let error = served.device("").err().unwrap();
    assert!(matches!(error, HostError::ServerBusy { .. }), "{error}");
    answers(&mut driver, &case, 0..2);
    drop(driver);
    answers(&mut served.driver(&case, false), &case, 2..3);
}

#[test]
fn a_client_that_vanishes_leaves_a_usable_device() {
    let case = Case::new(2);
    let served = Served::start(2, None);
    let mut driver = served.driver(&case, false);
    driver.submit_tensor(&case.image(0)).unwrap();
    driver.device_mut().advance(20).unwrap();
    drop(driver);
    answers(&mut served.driver(&case, true), &case, 1..3);
}

#[test]
fn a_server_that_vanishes_ends_every_image_with_an_error() {
    let case = Case::new(2);
    let served = Served::start(2, None);
    let mut driver = served.driver(&case, false);
    let tickets: Vec<_> = (0..3).map(|seed| driver.submit_tensor(&case.image(seed)).unwrap()).collect();
    served.stop.store(true, Ordering::SeqCst);
    let begun = Instant::now();
    let errors: Vec<HostError> = tickets.into_iter().map(|ticket| driver.wait(ticket).unwrap_err()).collect();
    assert!(matches!(&errors[0], HostError::Io { device, .. } if device.starts_with("tcp:")), "{}", errors[0]);
    for error in &errors[1..] {
        assert!(matches!(error, HostError::Dropped { .. }), "{error}");
    }
    assert!(matches!(driver.submit_tensor(&case.image(3)), Err(HostError::Recovery { .. })));
    assert!(begun.elapsed() < 10 * BRIEF, "told after {:?}", begun.elapsed());
    drop(served);
    answers(&mut Served::start(2, None).driver(&case, false), &case, 3..5);
}

/// The first message of a client that wants to drive.
fn greeting() -> Vec<u8> {
    [&57u32.to_le_bytes()[..], b"SYSTOLE2", &[0; 49]].concat()
}

#[test]
fn hostile_bytes_cost_neither_memory_nor_time() {
    let case = Case::new(2);
    let served = Served::start(2, None);
    let greeted = greeting();
    let with_greeting = |more: &[u8]| [&greeted[..], more].concat();
    let hostile: [Vec<u8>; 7] = [
        u32::MAX.to_le_bytes().to_vec(),
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        vec![0; 4],
        with_greeting(&u32::MAX.to_le_bytes()),
        with_greeting(&[9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x77]),
        with_greeting(&[2, 0, 0, 0, 1, 2]),
        with_greeting(&[1, 0, 0, 0]),
    ];
    for bytes in hostile {
        let begun = Instant::now();
        let mut stranger = TcpStream::connect(served.address).unwrap();
        stranger.write_all(&bytes).unwrap();
        stranger.set_read_timeout(Some(20 * BRIEF)).unwrap();
        // Whatever is said back, the server hangs up.
        let _ = stranger.read_to_end(&mut Vec::new());
        assert!(begun.elapsed() < 10 * BRIEF, "{bytes:?} took {:?}", begun.elapsed());
        answers(&mut served.driver(&case, false), &case, 0..1);
    }
}

#[test]
fn a_client_who_would_wait_for_ever_is_refused() {
    let case = Case::new(2);
    let served = Served::start(2, None);
    let mut device = served.patiently();
    let text = device.read_reg(reg::ID.offset, u64::MAX).unwrap_err().to_string();
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse::<u64>().ok());
    assert!(text.contains(&format!("a wait of {} cycles", u64::MAX)), "{text}");
    let limit = numbers.next_back().unwrap();
    let round_trip = device.link().round_trip;
    assert!((2 * round_trip..100 * round_trip).contains(&limit), "{text}");
    assert_eq!(device.read_reg(reg::ID.offset, limit).unwrap(), reg::ID.reset);
    device.write_reg(reg::WATCHDOG_LIMIT.offset, 5, limit).unwrap();
    let error = device.write_reg(reg::WATCHDOG_LIMIT.offset, 6, limit + 1).unwrap_err();
    assert!(matches!(error, HostError::Remote { .. }), "{error}");
    assert_eq!(device.read_reg(reg::WATCHDOG_LIMIT.offset, limit).unwrap(), 5, "what is refused is not done");
    drop(device);
    answers(&mut served.driver(&case, false), &case, 0..1);
}

#[test]
fn a_stranger_who_dawdles_is_dropped() {
    let case = Case::new(2);
    let served = Served::start(2, None);
    let mut stranger = TcpStream::connect(served.address).unwrap();
    let begun = Instant::now();
    // A byte now and then, each well within the time for a message.
    for byte in greeting().into_iter().cycle() {
        if begun.elapsed() > 10 * BRIEF || stranger.write_all(&[byte]).is_err() {
            break;
        }
        std::thread::sleep(BRIEF / 8);
    }
    assert!(begun.elapsed() < 10 * BRIEF, "still listened to after {:?}", begun.elapsed());
    answers(&mut served.driver(&case, false), &case, 0..1);
}

#[test]
fn a_token_is_needed_where_others_can_reach() {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let error = serve(listener, &mut Case::new(2).mock(Stalls::NONE), &ServeOptions::default()).unwrap_err();
    assert!(matches!(error, HostError::OpenToAll { .. }), "{error}");
    let served = Served::start(2, Some("sesame"));
    for wrong in ["", "sesam", "sesame!"] {
        let begun = Instant::now();
        let error = loop {
            match served.device(wrong).err().unwrap() {
                HostError::ServerBusy { .. } if begun.elapsed() < 20 * BRIEF => std::thread::sleep(BRIEF / 20),
                error => break error,
            }
        };
        assert!(matches!(error, HostError::TokenRefused { .. }), "{wrong:?}: {error}");
    }
    std::thread::sleep(BRIEF / 2);
    served.device("sesame").unwrap();
}

#[test]
fn others_watch_while_one_drives() {
    let case = Case::new(2);
    let served = Served::start(2, None);
    let watch = || TcpWatcher::connect(&served.address.to_string(), "").unwrap();
    let (mut watcher, mut another) = (watch(), watch());
    assert_eq!(watcher.sample().unwrap().counters.images_done, 0, "nobody drives yet");
    let mut driver = served.driver(&case, false);
    for round in 0..4 {
        let tickets: Vec<_> = (0..3).map(|seed| driver.submit_tensor(&case.image(seed)).unwrap()).collect();
        let seen = watcher.sample().unwrap();
        assert_eq!(seen.identity, *driver.identity());
        assert!(seen.counters.images_done >= 3 * round, "{:?} in round {round}", seen.counters);
        for (seed, ticket) in (0..).zip(tickets) {
            assert_eq!(driver.wait(ticket).unwrap().sums, case.sums(&case.image(seed)));
        }
    }
    let counters = driver.counters().unwrap();
    std::thread::sleep(2 * BRIEF);
    let seen = another.sample().unwrap().counters;
    assert_eq!((seen.images_done, seen.in_beats), (12, counters.in_beats));
    assert!(matches!(served.device("").err().unwrap(), HostError::ServerBusy { .. }), "a watcher does not drive");
}

#[test]
fn watchers_need_the_token_and_are_few() {
    let served = Served::start(2, Some("sesame"));
    let watch = |token| TcpWatcher::connect(&served.address.to_string(), token);
    assert!(matches!(watch("open").err().unwrap(), HostError::TokenRefused { .. }));
    let mut watchers = Vec::new();
    let error = loop {
        match watch("sesame") {
            Ok(watcher) => watchers.push(watcher),
            Err(error) => break error,
        }
        assert!(watchers.len() < 100, "anybody is let in");
    };
    assert!(matches!(error, HostError::ServerFull { .. }), "{error}");
    assert!(watchers.len() > 1 && watchers.iter_mut().all(|watcher| watcher.sample().is_ok()));
}

//! The serial link: Verilog and clocked model in every cycle, and what it does with good, bad and repeated frames.

#[path = "../datapath/cosim.rs"]
mod cosim;
mod line;

use cosim::{cache, spec, tools, Pair};
use line::{framed, request, Answer, Line};
use systole_machine::serial::{
    self, ANSWER, DATA, DATA_ENDS, END, ESCAPE, IN_BUFFER_BITS, READ, REFUSED, RESET, RESET_MACHINE, TAKE, WRITE,
};
use systole_net::random::Rng;
use systole_rtl::primitive::Primitive;
use systole_rtl::primitives::uart_link::UartLink;
use systole_verilator::lint;

const DIVIDER: u64 = 4;
const ADDR_W: usize = 8;
const CONNECTION: u8 = 0x5a;

fn link(in_bytes: usize) -> UartLink {
    UartLink::new(DIVIDER, in_bytes, ADDR_W)
}

/// A link in a connection, and the line to it.
fn with_line(in_bytes: usize, seed: u64, test: impl FnOnce(&mut Line)) {
    let primitive = link(in_bytes);
    let mut line = Line::new(Pair::new(primitive, &[]), DIVIDER, seed);
    let answer = line.ask(&request(RESET, CONNECTION, 0, 0, 0, &[]));
    assert_eq!((answer.kind, answer.connection, answer.number), (RESET | ANSWER, CONNECTION, 0));
    test(&mut line);
}

#[test]
fn the_verilog_has_no_warning_and_has_the_link_s_numbers() {
    for (divider, in_bytes) in [(4, 1), (434, 4), (65_535, 8)] {
        let primitive = UartLink::new(divider, in_bytes, ADDR_W);
        lint(&tools(), &spec(&primitive, &[]), &cache()).expect("no warning under -Wall");
    }
    let primitive = link(4);
    let (framing, requests) = serial::verilog();
    assert!(primitive.source().contains(&requests), "uart_link.v lacks:\n{requests}");
    for (name, text) in primitive.submodules().into_iter().filter(|(name, _)| ["frame_rx", "frame_tx"].contains(name)) {
        assert!(text.contains(&framing), "{name}.v lacks:\n{framing}");
    }
    let crc = primitive.submodules().into_iter().find(|(name, _)| *name == "frame_crc").unwrap().1;
    for number in [serial::CRC_POLYNOMIAL, serial::CRC_RESIDUE] {
        assert!(crc.contains(&format!("32'h{number:08x}")), "{number:08x}");
    }
}

#[test]
fn illegal_parameters_die_at_elaboration() {
    for (name, value) in [("DIVIDER", 3), ("DIVIDER", 65_536), ("IN_BYTES", 9), ("ADDR_W", 32), ("IN_W", 16)] {
        let mut spec = spec(&link(4), &[]);
        spec.params.retain(|(parameter, _)| parameter != name);
        let refused = lint(&tools(), &spec.param(name, value), &cache()).unwrap_err().to_string();
        assert!(refused.contains("ERROR_uart_") && refused.contains(name), "{name}: {refused}");
    }
}

#[test]
fn a_register_is_accessed_once_however_often_the_request_comes() {
    with_line(4, 1, |line| {
        let write = request(WRITE, CONNECTION, 1, 0x18, 0xdb_c0_00_07, &[]);
        for _ in 0..3 {
            let answer = line.ask(&write);
            assert_eq!((answer.kind, answer.number, answer.response), (WRITE | ANSWER, 1, 0));
        }
        assert_eq!(line.writes, [(0x18, 0xdb_c0_00_07)]);
        let read = request(READ, CONNECTION, 2, 0x18, 0, &[]);
        assert_eq!(line.ask(&read).word, line.ask(&read).word);
        assert_eq!(line.reads, [0x18]);
        let outside = line.ask(&request(READ, CONNECTION, 3, 1 << ADDR_W, 0, &[]));
        assert_eq!((outside.response, line.reads.len()), (2, 1), "beyond the window");
    });
}

#[test]
fn input_counts_once_and_in_order() {
    for in_bytes in [1, 4, 8] {
        with_line(in_bytes, 2, |line| {
            let bytes: Vec<u8> = (0..16 * in_bytes as u32).map(|i| (i * 37 + 0xc0) as u8).collect();
            let (first, second) = bytes.split_at(8 * in_bytes);
            let data = |number, position: usize, bytes: &[u8], ends: u32| {
                request(DATA, CONNECTION, number, position as u32 | ends, bytes.len() as u32, bytes)
            };
            let half = first.len();
            assert_eq!(line.ask(&data(0, half, second, DATA_ENDS)).in_position, 0, "ahead of its place");
            assert_eq!(line.ask(&data(1, 0, first, 0)).in_position as usize, half);
            assert_eq!(line.ask(&data(2, 0, first, 0)).in_position as usize, half, "repeated");
            assert_eq!(line.ask(&data(3, half, second, DATA_ENDS)).in_position as usize, bytes.len());
            line.run(4000);
            let taken: Vec<u8> =
                line.taken.iter().flat_map(|(data, _)| data.to_le_bytes()[..in_bytes].to_vec()).collect();
            assert_eq!(taken, bytes);
            let lasts: Vec<usize> = (0..line.taken.len()).filter(|&at| line.taken[at].1).collect();
            assert_eq!(lasts, [15], "TLAST with the last beat alone");
        });
    }
}

#[test]
fn input_beyond_the_buffer_is_refused() {
    with_line(4, 3, |line| {
        line.s_ready = false;
        let bytes = vec![7; 1 << (IN_BUFFER_BITS - 1)];
        let data =
            |number, position: usize| request(DATA, CONNECTION, number, position as u32, bytes.len() as u32, &bytes);
        let mut position = 0;
        for number in 0..4 {
            let answer = line.ask(&data(number, position));
            assert!(usize::from(answer.in_room) <= 1 << IN_BUFFER_BITS);
            position = answer.in_position.into();
        }
        // One beat has left the buffer for the pins, so a little more than nothing is free.
        assert_eq!(position, 1 << IN_BUFFER_BITS);
    });
}

#[test]
fn output_is_kept_until_it_has_arrived() {
    with_line(4, 4, |line| {
        line.offers = vec![(0xc0db_c0db, false), (2, false), (3, true), (4, true)];
        line.run(400);
        let take = |number, got: u32, most: u32| request(TAKE, CONNECTION, number, got, most, &[]);
        let first = line.ask(&take(0, 0, 10));
        assert_eq!((first.beats.clone(), first.ends), (vec![0xc0db_c0db, 2, 3], true), "up to TLAST");
        assert_eq!(line.ask(&take(1, 0, 10)).beats, first.beats, "asked again");
        let part = line.ask(&take(2, 1, 1));
        assert_eq!((part.beats.clone(), part.ends, part.out_position), (vec![2], false, 1));
        let rest = line.ask(&take(3, 3, 10));
        assert_eq!((rest.beats.clone(), rest.ends), (vec![4], true));
        let wild = line.ask(&take(4, 77, 10));
        assert_eq!((wild.out_position, wild.beats.clone()), (3, vec![4]), "positions that cannot be are not taken");
        assert_eq!(line.ask(&take(5, 4, 10)).beats, [0; 0]);
    });
}

#[test]
fn what_is_damaged_or_of_another_connection_is_refused() {
    with_line(4, 5, |line| {
        let good = request(WRITE, CONNECTION, 1, 0x18, 7, &[]);
        let wrong = |bytes: Vec<u8>, line: &mut Line, what: &str| {
            assert_eq!(line.ask_raw(&bytes).kind, REFUSED, "{what}");
        };
        for at in 1..framed(&good).len() - 1 {
            let mut flipped = framed(&good);
            flipped[at] ^= 1;
            wrong(flipped, line, "flipped");
            let mut lost = framed(&good);
            lost.remove(at);
            wrong(lost, line, "lost");
            let mut twice = framed(&good);
            twice.insert(at, twice[at]);
            wrong(twice, line, "twice");
        }
        wrong(vec![END, 1, 2, ESCAPE, END], line, "an open pair");
        wrong(framed(&request(WRITE, CONNECTION ^ 1, 1, 0x18, 7, &[])), line, "another connection");
        wrong(framed(&request(0x33, CONNECTION, 1, 0, 0, &[])), line, "an unknown kind");
        wrong(framed(&request(DATA, CONNECTION, 1, 0, 4, &[1, 2, 3])), line, "shorter than it says");
        assert!(line.writes.is_empty() && line.taken.is_empty());
        assert_eq!(line.ask(&good).kind, WRITE | ANSWER, "and then it goes on");
        assert_eq!(line.writes, [(0x18, 7)]);
    });
}

#[test]
fn a_reset_begins_anew() {
    with_line(4, 6, |line| {
        line.s_ready = false;
        line.offers = vec![(1, true)];
        line.ask(&request(DATA, CONNECTION, 0, 0, 8, &[1, 2, 3, 4, 5, 6, 7, 8]));
        let before = line.machine_resets;
        let answer = line.ask(&request(RESET, 9, 0, 0, 0, &[]));
        assert_eq!((answer.connection, answer.in_position, answer.out_level), (9, 0, 0));
        assert_eq!(line.machine_resets, before, "the machine goes on");
        line.ask(&request(RESET, 9, 1, RESET_MACHINE, 0, &[]));
        assert!(line.machine_resets > before + 8);
    });
}

#[test]
fn noise_does_no_harm() {
    with_line(4, 7, |line| {
        let mut random = Rng::new(77);
        for round in 0..40u8 {
            for _ in 0..random.below(60) {
                line.send(&[random.bits() as u8]);
            }
            // An end closes whatever the noise was; what answers is that, or this.
            line.send(&[END]);
            line.run(3000);
            let answer: Answer = line.ask(&request(WRITE, CONNECTION, round, 0x18, round.into(), &[]));
            assert_eq!((answer.kind, answer.number), (WRITE | ANSWER, round));
        }
        assert_eq!(line.writes.len(), 40);
        assert!(line.taken.is_empty());
    });
}

//! Every register through the bus, stalled in every way, in the Verilog and in its clocked model.

mod bench;

use std::collections::BTreeMap;

use bench::{cache, config, spec, tools, Bench, LOAD_WORDS, MEMORIES};
use systole_machine::registers::{self as reg, Access, Field, Register, TABLE, WORD_BYTES};
use systole_rtl::primitive::Primitive;
use systole_rtl::primitives::axil_regs::AxilRegs;
use systole_verilator::lint;

const OKAY: u64 = 0;
const SLVERR: u64 = 2;
const ALL_BYTES: u64 = 0xf;
/// How willing the bus master is, of eight: rarely, half of the time, always.
const WILLING: [u64; 3] = [1, 4, 8];

/// A read of a register that must be there.
fn read(bench: &mut Bench, register: Register) -> u32 {
    let (word, response) = bench.read(register.offset);
    assert_eq!(response, OKAY, "{}", register.name);
    word
}

fn field(bench: &mut Bench, register: Register, field: Field) -> u32 {
    field.get(read(bench, register))
}

/// Both words of a counter.
fn counter(bench: &mut Bench, register: Register) -> u64 {
    let low = read(bench, register);
    let (high, response) = bench.read(register.word(1));
    assert_eq!(response, OKAY);
    u64::from(high) << 32 | u64::from(low)
}

/// What the words that do not change by themselves read after reset.
fn fixed(load_words: usize) -> BTreeMap<u32, u32> {
    let mut words = BTreeMap::new();
    for register in TABLE.iter().filter(|r| matches!(r.access, Access::Constant | Access::ReadWrite)) {
        words.insert(register.offset, register.reset);
    }
    let shape = config();
    words.insert(reg::GEOMETRY.offset, reg::ROWS.put(shape.rows as u32) | reg::COLS.put(shape.cols as u32));
    words.insert(reg::LOAD_WORDS.offset, load_words as u32);
    for (register, hash) in [(reg::DESIGN_HASH, shape.design_hash), (reg::WEIGHTS_HASH, shape.weights_hash)] {
        words.extend((0..).zip(reg::hash_words(&hash)).map(|(index, word)| (register.word(index), word)));
    }
    words
}

#[test]
fn the_verilog_has_no_warning() {
    let narrow = AxilRegs::new(config());
    let wide = AxilRegs::new(systole_rtl::primitives::axil_regs::AxilRegsConfig {
        addr_width: 31,
        step_width: 31,
        layer_width: 16,
        lane_width: 16,
        first_width: 32,
        ..config()
    });
    for primitive in [narrow, wide] {
        lint(&tools(), &spec(&primitive, primitive.source()), &cache()).expect("no warning under -Wall");
    }
}

#[test]
fn illegal_parameters_die_at_elaboration() {
    for (name, value) in [
        ("ADDR_W", 7),
        ("ADDR_W", 32),
        ("STEP_W", 32),
        ("LAYER_W", 17),
        ("LANE_W", 17),
        ("FIRST_W", 33),
        ("ROWS", 0),
        ("COLS", 65536),
        ("MEMORIES", 0),
        ("MEMORIES", 17),
    ] {
        let primitive = AxilRegs::new(config());
        let mut spec = spec(&primitive, primitive.source());
        spec.params.retain(|(parameter, _)| parameter != name);
        let refused = lint(&tools(), &spec.param(name, value), &cache()).unwrap_err().to_string();
        assert!(refused.contains("ERROR_axil_regs_") && refused.contains(name), "{name}: {refused}");
    }
}

#[test]
fn verilog_and_model_agree_on_anything() {
    agree_on_anything(Bench::new(), 40_000);
    agree_on_anything(Bench::loaded(), 40_000);
}

fn agree_on_anything(mut bench: Bench, cycles: usize) {
    for cycle in 0..cycles {
        bench.scramble();
        let address = bench.random.bits() % u64::from(reg::window_bytes() + 8 * WORD_BYTES);
        bench.set("s_axil_awaddr_i", if cycle % 2 == 0 { address } else { reg::CONTROL.offset.into() });
        bench.set("s_axil_araddr_i", address);
        if cycle % 1000 > 300 {
            // Quiet spells, in which counters count and the watchdog may bark.
            ["s_axil_awvalid_i", "progress_i", "in_beat_i", "out_beat_i"].iter().for_each(|name| bench.set(name, 0));
            bench.set("busy_i", 1);
        }
        let reset = bench.random.bits() % 500 == 0;
        bench.cycle(reset);
    }
}

#[test]
fn every_address_reads_what_the_table_says() {
    for willing in WILLING {
        let mut bench = Bench::new();
        bench.willing = willing;
        let fixed = fixed(0);
        for address in (0..2 * reg::window_bytes()).step_by(WORD_BYTES as usize) {
            let (word, response) = bench.read(address);
            let expected = if reg::at(address).is_some() { OKAY } else { SLVERR };
            assert_eq!(response, expected, "address {address:#x}");
            if let Some(fixed) = fixed.get(&address) {
                assert_eq!(word, *fixed, "address {address:#x}");
            } else if address == reg::STATUS.offset {
                assert_eq!(word, reg::IDLE.mask() | reg::READY.mask());
            } else {
                assert_eq!(word, 0, "address {address:#x}");
            }
        }
    }
}

/// The bits that a word keeps; of a layer, a lane, an activation's number the machine has as many bits as it needs.
fn stored(address: u32) -> u32 {
    let bits = reg::at(address).map_or(0, |(register, _)| register.stored());
    let low = |width: usize| (1 << width) - 1;
    let shape = config();
    let kept = [
        (reg::CHECKSUM_INDEX, reg::CHECKSUM_LAYER.put(low(shape.layer_width))),
        (reg::DUMP_SOURCE, reg::DUMP_LAYER.put(low(shape.layer_width)) | reg::DUMP_LANE.put(low(shape.lane_width))),
        (reg::DUMP_FIRST, low(shape.first_width)),
    ];
    let narrow = kept.iter().find(|(register, _)| register.offset == address);
    bits & narrow.map_or(u32::MAX, |(_, kept)| *kept)
}

#[test]
fn every_address_keeps_what_the_table_says() {
    for willing in WILLING {
        let mut bench = Bench::loaded();
        bench.willing = willing;
        let mut expected = fixed(LOAD_WORDS);
        for round in 0..4 {
            for address in (0..2 * reg::window_bytes()).step_by(WORD_BYTES as usize) {
                let (data, strobe) = (bench.random.bits() as u32, bench.random.bits() >> 9 & ALL_BYTES);
                let response = bench.write(address, data, strobe);
                let writable = reg::at(address).is_some_and(|(register, _)| register.is_writable());
                assert_eq!(response, if writable { OKAY } else { SLVERR }, "address {address:#x}");
                if let (true, Some(word)) = (writable, expected.get_mut(&address)) {
                    let bytes =
                        (0..4).map(|byte| if strobe >> byte & 1 != 0 { 0xff << (8 * byte) } else { 0 }).sum::<u32>();
                    let kept = stored(address) & bytes;
                    *word = *word & !kept | data & kept;
                }
            }
            for (address, word) in &expected {
                assert_eq!(bench.read(*address), (*word, OKAY), "address {address:#x} in round {round}");
            }
        }
    }
}

#[test]
fn enable_waits_for_the_weights_that_are_wanted() {
    let mut bench = Bench::loaded();
    let control =
        |bench: &mut Bench, fields: u32| assert_eq!(bench.write(reg::CONTROL.offset, fields, ALL_BYTES), OKAY);
    let pulse = |bench: &mut Bench, input: &str| {
        bench.set(input, 1);
        bench.cycle(false);
        bench.set(input, 0);
    };
    let (enable, load) = (reg::ENABLE.mask(), reg::LOAD.mask());
    assert_eq!(bench.write(reg::WANTED_CRC.offset, 0xfeed_f00d, ALL_BYTES), OKAY);
    for (crc, ready) in [(0xfeed_f00c_u32, 0), (0xfeed_f00d, 1)] {
        control(&mut bench, load | enable);
        assert_eq!((bench.out("load_o"), bench.out("enable_o"), read(&mut bench, reg::LOADED_WORDS)), (1, 0, 0));
        (0..3).for_each(|_| pulse(&mut bench, "load_word_i"));
        assert_eq!(read(&mut bench, reg::LOADED_WORDS), 3);
        found(&mut bench, 0, crc, false);
        assert_eq!(field(&mut bench, reg::STATUS, reg::CHECKED), 0, "further memories are to come");
        found(&mut bench, MEMORIES - 1, !crc, true);
        assert_eq!((field(&mut bench, reg::STATUS, reg::CHECKED), bench.out("enable_o")), (1, 0), "still loading");
        control(&mut bench, enable);
        assert_eq!(field(&mut bench, reg::STATUS, reg::READY), ready);
        assert_eq!((read(&mut bench, reg::LOADED_CRC), bench.out("enable_o")), (crc, ready.into()));
    }
    control(&mut bench, enable | reg::SOFT_RESET.mask());
    assert_eq!(field(&mut bench, reg::STATUS, reg::READY), 1, "a soft reset leaves the weights");
    control(&mut bench, enable | reg::CHECK.mask());
    assert_eq!((bench.out("check_o"), bench.out("enable_o")), (1, 0), "being read back");
    bench.cycle(true);
    control(&mut bench, enable);
    assert_eq!(field(&mut bench, reg::STATUS, reg::READY), 0, "a hard reset forgets the check");
}

/// A memory is read back, the last one or not.
fn found(bench: &mut Bench, memory: usize, crc: u32, last: bool) {
    bench.set("found_memory_i", memory as u64);
    bench.set("found_crc_i", crc.into());
    bench.set("found_last_i", last.into());
    bench.set("found_i", 1);
    bench.cycle(false);
    bench.set("found_i", 0);
}

#[test]
fn every_memory_shows_its_crc_once_all_were_read_back() {
    for mut bench in [Bench::new(), Bench::loaded()] {
        let crc = |memory: usize, round: u32| 0x9e37_79b9u32.wrapping_mul(1 + memory as u32) ^ round;
        let shown = |bench: &mut Bench, memory: usize| {
            let index = reg::MEMORY.put(memory as u32);
            assert_eq!(bench.write(reg::MEMORY_INDEX.offset, index, ALL_BYTES), OKAY);
            assert_eq!(read(bench, reg::MEMORY_INDEX), index);
            read(bench, reg::MEMORY_CRC)
        };
        let control = reg::ENABLE.mask() | reg::CHECK.mask();
        for round in 0..3 {
            assert_eq!(bench.write(reg::CONTROL.offset, control, ALL_BYTES), OKAY);
            assert_eq!(["check_o", "enable_o"].map(|name| bench.out(name)), [1, 0]);
            for memory in 0..MEMORIES {
                assert_eq!((field(&mut bench, reg::STATUS, reg::CHECKED), shown(&mut bench, memory)), (0, 0));
                found(&mut bench, memory, crc(memory, round), memory + 1 == MEMORIES);
            }
            assert_eq!(bench.write(reg::CONTROL.offset, reg::ENABLE.mask(), ALL_BYTES), OKAY);
            assert_eq!(field(&mut bench, reg::STATUS, reg::CHECKED), 1);
            for memory in 0..1 << reg::MEMORY.width {
                let wanted = if memory < MEMORIES { crc(memory, round) } else { 0 };
                assert_eq!(shown(&mut bench, memory), wanted, "memory {memory}");
            }
        }
        bench.cycle(true);
        assert_eq!(
            (field(&mut bench, reg::STATUS, reg::CHECKED), shown(&mut bench, 1)),
            (0, 0),
            "a hard reset forgets"
        );
    }
}

#[test]
fn a_machine_with_its_weights_inside_is_enabled_but_while_it_is_checked() {
    let mut bench = Bench::new();
    for (check, enabled) in [(0, 1), (reg::CHECK.mask(), 0), (0, 1)] {
        assert_eq!(bench.write(reg::CONTROL.offset, reg::ENABLE.mask() | check, ALL_BYTES), OKAY);
        assert_eq!(bench.out("enable_o"), enabled);
        assert_eq!(field(&mut bench, reg::STATUS, reg::READY), enabled as u32);
    }
}

#[test]
fn outputs_follow_the_registers() {
    let mut bench = Bench::new();
    assert_eq!(bench.write(reg::CONTROL.offset, reg::ENABLE.mask(), ALL_BYTES), OKAY);
    assert_eq!(bench.out("enable_o"), 1);
    let index = reg::CHECKSUM_LAYER.put(19);
    assert_eq!(bench.write(reg::CHECKSUM_INDEX.offset, index, ALL_BYTES), OKAY);
    assert_eq!(bench.out("chk_layer_o"), 19);
    let source = reg::DUMP_LAYER.put(21) | reg::DUMP_LANE.put(9);
    assert_eq!(bench.write(reg::DUMP_SOURCE.offset, source, ALL_BYTES), OKAY);
    assert_eq!(bench.write(reg::DUMP_FIRST.offset, 4321, ALL_BYTES), OKAY);
    assert_eq!(["dump_layer_o", "dump_lane_o", "dump_first_o"].map(|name| bench.out(name)), [21, 9, 4321]);
    for (fields, wanted) in [(reg::DUMP.mask(), [1, 1, 0]), (reg::LOOP_BACK.mask(), [0, 0, 1])] {
        assert_eq!(bench.write(reg::CONTROL.offset, reg::ENABLE.mask() | fields, ALL_BYTES), OKAY);
        assert_eq!(["enable_o", "dump_o", "loop_o"].map(|name| bench.out(name)), wanted);
    }
    bench.set("chk_value_i", 0xfeed_f00d);
    bench.set("step_i", 1234);
    bench.set("layer_i", 21);
    assert_eq!(read(&mut bench, reg::CHECKSUM_VALUE), 0xfeed_f00d);
    assert_eq!((read(&mut bench, reg::STEP), read(&mut bench, reg::LAYER)), (1234, 21));
    for (busy, ready) in [(0, 0), (1, 0), (1, 1)] {
        bench.set("busy_i", busy);
        bench.set("result_ready_i", ready);
        let status = read(&mut bench, reg::STATUS);
        let seen = [reg::IDLE, reg::BUSY, reg::RESULT_READY, reg::ERROR].map(|field| u64::from(field.get(status)));
        assert_eq!(seen, [1 - busy, busy, ready, 0]);
    }
}

#[test]
fn counters_count_their_own_events_and_a_soft_reset_clears_them() {
    let mut bench = Bench::new();
    let events = [
        ("in_beat_i", reg::IN_BEATS, 3),
        ("out_beat_i", reg::OUT_BEATS, 5),
        ("starved_i", reg::INPUT_STARVED, 7),
        ("blocked_i", reg::OUTPUT_BLOCKED, 11),
        ("busy_i", reg::BUSY_CYCLES, 13),
    ];
    for (event, _, times) in events {
        bench.set(event, 1);
        (0..times).for_each(|_| bench.cycle(false));
        bench.set(event, 0);
    }
    bench.set("image_done_i", 1);
    (0..2).for_each(|_| bench.cycle(false));
    bench.set("image_done_i", 0);
    for (event, register, times) in events {
        assert_eq!(counter(&mut bench, register), times, "{event}");
    }
    assert_eq!((read(&mut bench, reg::IMAGES_DONE), counter(&mut bench, reg::CYCLES)), (2, 0));

    bench.write(reg::CONTROL.offset, reg::ENABLE.mask(), ALL_BYTES);
    let before = counter(&mut bench, reg::CYCLES);
    (0..100).for_each(|_| bench.cycle(false));
    let passed = counter(&mut bench, reg::CYCLES) - before;
    assert!((100..120).contains(&passed), "{passed} cycles");

    bench.write(reg::CONTROL.offset, reg::SOFT_RESET.mask(), ALL_BYTES);
    assert_eq!(bench.out("enable_o"), 0);
    for register in TABLE.iter().filter(|register| register.access == Access::Counter) {
        assert_eq!(read(&mut bench, **register), 0, "{}", register.name);
    }
}

#[test]
fn a_counter_read_low_word_first_is_of_one_moment() {
    let near = 0xffff_ffffu64 - 40;
    let mut bench =
        Bench::changed(|text| text.replace("cycles_q      <= 64'd0", &format!("cycles_q      <= 64'd{near}")));
    bench.write(reg::CONTROL.offset, reg::ENABLE.mask(), ALL_BYTES);
    let mut last = near;
    let mut crossed = false;
    for _ in 0..40 {
        let now = counter(&mut bench, reg::CYCLES);
        assert!(now > last && now < last + 20, "{last:#x} then {now:#x}");
        crossed |= last >> 32 == 0 && now >> 32 == 1;
        last = now;
    }
    assert!(crossed, "the low word wrapped while it was watched");
}

#[test]
fn errors_stay_until_cleared() {
    let mut bench = Bench::new();
    let causes = [("tlast_early_i", reg::TLAST_EARLY), ("tlast_late_i", reg::TLAST_LATE), ("dropped_i", reg::DROPPED)];
    for clear in [reg::CLEAR_ERRORS, reg::SOFT_RESET] {
        let mut seen = 0;
        for (cause, field) in causes {
            bench.set(cause, 1);
            bench.cycle(false);
            bench.set(cause, 0);
            seen |= field.mask();
            assert_eq!((read(&mut bench, reg::ERRORS), bench.out("error_o")), (seen, 1));
            assert_eq!(self::field(&mut bench, reg::STATUS, reg::ERROR), 1);
        }
        bench.write(reg::CONTROL.offset, clear.mask(), ALL_BYTES);
        assert_eq!((read(&mut bench, reg::ERRORS), bench.out("error_o")), (0, 0));
    }
}

#[test]
fn a_soft_reset_lasts_one_cycle_and_leaves_what_the_host_set() {
    let mut bench = Bench::new();
    bench.write(reg::WATCHDOG_LIMIT.offset, 77, ALL_BYTES);
    bench.set("s_axil_awaddr_i", reg::CONTROL.offset.into());
    bench.set("s_axil_wdata_i", (reg::SOFT_RESET.mask() | reg::ENABLE.mask()).into());
    bench.set("s_axil_wstrb_i", ALL_BYTES);
    ["s_axil_awvalid_i", "s_axil_wvalid_i", "s_axil_bready_i"].iter().for_each(|name| bench.set(name, 1));
    bench.cycle(false);
    ["s_axil_awvalid_i", "s_axil_wvalid_i"].iter().for_each(|name| bench.set(name, 0));
    let pulse: Vec<u64> = (0..4)
        .map(|_| {
            bench.cycle(false);
            bench.out("soft_reset_o")
        })
        .collect();
    assert_eq!(pulse, [1, 0, 0, 0]);
    assert_eq!((bench.out("enable_o"), read(&mut bench, reg::WATCHDOG_LIMIT)), (1, 77));
}

#[test]
fn the_watchdog_barks_after_exactly_its_limit() {
    let barks = |limit: u32, busy: u64, cycles: u32, progress_at: Option<(u32, &str)>| {
        let mut bench = Bench::new();
        bench.write(reg::WATCHDOG_LIMIT.offset, limit, ALL_BYTES);
        bench.set("busy_i", busy);
        for cycle in 0..cycles {
            for name in ["progress_i", "in_beat_i", "out_beat_i"] {
                bench.set(name, u64::from(progress_at == Some((cycle, name))));
            }
            bench.cycle(false);
        }
        let error = bench.out("error_o") != 0;
        let bit = field(&mut bench, reg::ERRORS, reg::WATCHDOG) != 0;
        error && bit
    };
    assert!(barks(20, 1, 20, None) && barks(1, 1, 1, None));
    let mut bench = Bench::new();
    bench.write(reg::WATCHDOG_LIMIT.offset, 20, ALL_BYTES);
    bench.set("busy_i", 1);
    (0..19).for_each(|_| bench.cycle(false));
    assert_eq!(bench.out("error_o"), 0, "a cycle before the limit");
    assert!(!barks(0, 1, 50, None), "switched off");
    assert!(!barks(20, 0, 50, None), "nothing in flight");
    for name in ["progress_i", "in_beat_i", "out_beat_i"] {
        assert!(!barks(20, 1, 20, Some((10, name))), "{name}");
        assert!(barks(20, 1, 31, Some((10, name))), "{name}, then silence");
    }
}

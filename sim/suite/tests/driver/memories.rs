//! The memories read back by the machine: what the plan says, every flipped bit found, nothing disturbed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use systole_cycle::ControlMachine;
use systole_host::{Device, Driver, HostError, Options, PinDevice, Stalls};
use systole_lockstep::top::{spec, VerilogTop};
use systole_machine::memories::WEIGHTS;
use systole_machine::pins::TopPins;
use systole_machine::registers as reg;
use systole_machine::weights::codes::WORD_BITS;
use systole_machine::weights::Layout;
use systole_machine::{Plan, WeightMemory};
use systole_net::Tensor;
use systole_rtl::top::compose;
use systole_rtl::Design;
use systole_suite::case::{Case, Engine};
use systole_verilator::{Effort, Toolchain, Verilated};

const STALLS: Stalls = Stalls { seed: 4, source_percent: 20, sink_percent: 30 };
const CHECK: u32 = reg::ENABLE.mask() | reg::CHECK.mask();

fn write<D: Device>(device: &mut D, register: reg::Register, word: u32) {
    let within = device.link().round_trip;
    device.write_reg(register.offset, word, within).unwrap();
}

fn read<D: Device>(device: &mut D, register: reg::Register) -> u32 {
    let within = device.link().round_trip;
    device.read_reg(register.offset, within).unwrap()
}

/// What the machine found, once it has read everything back, which takes no longer than the plan says.
fn found<D: Device>(device: &mut D, plan: &Plan) -> Vec<u32> {
    let due = device.now() + plan.check_cycles();
    device.advance(plan.check_cycles()).unwrap();
    while device.now() < due {
        device.advance(due - device.now()).unwrap();
    }
    assert_eq!(reg::CHECKED.get(read(device, reg::STATUS)), 1, "read back in {} cycles", plan.check_cycles());
    let memories = plan.memory_images().len() as u32;
    (0..memories)
        .map(|memory| {
            write(device, reg::MEMORY_INDEX, reg::MEMORY.put(memory));
            read(device, reg::MEMORY_CRC)
        })
        .collect()
}

/// Has the machine read its memories back.
fn check<D: Device>(device: &mut D, plan: &Plan) -> Vec<u32> {
    write(device, reg::CONTROL, CHECK);
    let found = found(device, plan);
    write(device, reg::CONTROL, reg::ENABLE.mask());
    found
}

fn wanted(plan: &Plan) -> Vec<u32> {
    plan.memories().iter().map(|memory| memory.crc).collect()
}

#[test]
fn every_machine_finds_what_the_plan_says() {
    let kinds = [WeightMemory::Loaded, WeightMemory::Ultra, WeightMemory::Coded, WeightMemory::CodedLoaded];
    let loaded = (1..).zip(kinds).map(|(number, kind)| Case::loaded(number, kind));
    let others = [Case::with_every_memory(), Case::with_numbers_in_block_ram()];
    for case in (0..2).map(Case::small).chain(others).chain(loaded) {
        for engine in [Engine::Fast, Engine::Registers, Engine::Verilog] {
            let mut driver = case.open(engine, STALLS);
            assert_eq!(check(driver.device_mut(), &case.plan), wanted(&case.plan), "{} on {engine:?}", case.net.name);
            case.answers(&mut driver, &case.image(7));
        }
    }
}

#[test]
fn a_check_disturbs_nothing() {
    for engine in [Engine::Registers, Engine::Verilog] {
        let case = Case::small(0);
        let busy = |checks: bool| {
            let mut driver = case.open(engine, Stalls::NONE);
            for image in 0..4 {
                if checks {
                    assert_eq!(check(driver.device_mut(), &case.plan), wanted(&case.plan), "before image {image}");
                }
                case.answers(&mut driver, &case.image(image));
            }
            driver.counters().unwrap().busy_cycles
        };
        assert_eq!(busy(true), busy(false), "cycles of four images");
    }
}

#[test]
fn a_check_waits_for_no_image_and_a_soft_reset_begins_it_anew() {
    for engine in [Engine::Fast, Engine::Registers, Engine::Verilog] {
        let case = Case::small(1);
        let mut driver = case.open(engine, Stalls::NONE);
        let image = case.image(3);
        let ticket = driver.submit_tensor(&image).unwrap();
        // The driver gives the image up when it takes too long.
        let patience = driver.deadlines().result / 2;
        let device = driver.device_mut();
        write(device, reg::CONTROL, CHECK);
        device.advance(case.plan.check_cycles().min(patience)).unwrap();
        let status = read(device, reg::STATUS);
        assert_eq!([reg::BUSY, reg::CHECKED, reg::READY].map(|field| field.get(status)), [1, 0, 0], "{engine:?}");
        write(device, reg::CONTROL, reg::ENABLE.mask());
        assert_eq!(driver.wait(ticket).unwrap().sums, case.sums(&image), "it went on");

        let device = driver.device_mut();
        write(device, reg::CONTROL, CHECK);
        device.advance(case.plan.check_cycles() / 2).unwrap();
        write(device, reg::CONTROL, CHECK | reg::SOFT_RESET.mask());
        assert_eq!(found(device, &case.plan), wanted(&case.plan), "{engine:?}");
        write(device, reg::CONTROL, reg::ENABLE.mask());
        case.answers(&mut driver, &case.image(4));
    }
}

/// The compiled Verilog of a design, started with any memory images.
fn built(design: &Design) -> Verilated {
    let workspace = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let tools = Toolchain::locate(&workspace).unwrap();
    // Damaged tables make the machine do what its assertions forbid.
    let spec = spec(design, Effort::Quick).unchecked();
    Verilated::build(&tools, &spec, Path::new(&workspace.join("target/verilator"))).unwrap()
}

fn device<P: TopPins>(top: P, plan: &Plan) -> PinDevice<P> {
    let mut device = PinDevice::new("flipped", top, plan, Stalls::NONE).unwrap();
    device.reset().unwrap();
    device
}

/// A memory image as `$readmemh` reads it, one bit of one word turned over.
fn flipped(image: &[u8], word: usize, bit: usize) -> Vec<u8> {
    let mut lines: Vec<String> = String::from_utf8_lossy(image).lines().map(String::from).collect();
    let at = lines[word].len() - 1 - bit / 4;
    let digit = u32::from_str_radix(&lines[word][at..at + 1], 16).unwrap() ^ (1 << (bit % 4));
    lines[word].replace_range(at..at + 1, &format!("{digit:x}"));
    (lines.join("\n") + "\n").into_bytes()
}

/// Bits of a memory's words that are tried: each of a word's bits once, in words all over the memory, and each word once.
fn places(words: usize, bits: usize) -> Vec<(usize, usize)> {
    let each_bit = (0..bits).map(|bit| (bit * 7 % words, bit));
    let each_word = (0..words).map(|word| (word, word * 5 % bits));
    each_bit.chain(each_word).collect()
}

/// Words of a memory image.
fn lines(images: &[(String, Vec<u8>)], name: &str) -> Option<usize> {
    let (_, image) = images.iter().find(|(file, _)| file == name)?;
    Some(image.iter().filter(|&&byte| byte == b'\n').count())
}

/// A design's memories in the Verilog: the image of each, by its place in the plan, with its words and their bits.
struct Verilog {
    built: Verilated,
    images: Vec<(String, Vec<u8>)>,
    shapes: Vec<(&'static str, usize, usize)>,
}

impl Verilog {
    fn of(case: &Case) -> Self {
        let (plan, design) = (&case.plan, compose(&case.plan).unwrap().design);
        let images: Vec<(String, Vec<u8>)> =
            design.images.iter().map(|f| (f.name.clone(), f.bytes().to_vec())).collect();
        let g = &plan.geometry;
        let memories = if g.store().is_coded() { g.codes.chunks().len() } else { Layout::new(g.wgt_depth).memories() };
        assert_eq!((memories, g.cols <= 8), (1, true), "the weights are one memory");
        let word_bits = if g.store().is_coded() { WORD_BITS } else { 8 * g.cols };
        let weights = (WEIGHTS, g.store().readback(g).words, word_bits);
        let tables = plan.tables();
        // Of a table that is kept as numbers the file has only the words that differ.
        let words = |name: &str| lines(&images, &format!("{name}.hex")).unwrap();
        let tables: Vec<_> = tables.iter().map(|table| (table.name, words(table.name), table.width)).collect();
        Verilog { built: built(&design), images, shapes: [vec![weights], tables].concat() }
    }

    fn started(&self, images: &[(String, Vec<u8>)]) -> VerilogTop {
        VerilogTop::start(&self.built, self.built.with_images(images).unwrap()).unwrap()
    }

    /// Started with one bit of the number of a table's word turned over, if it is kept as numbers; of so many different words.
    fn renumbered(&self, memory: usize, word: usize) -> Option<VerilogTop> {
        let (name, different, _) = self.shapes[memory];
        let file = self.images.iter().position(|(file, _)| *file == format!("{name}_numbers.hex"))?;
        let text = String::from_utf8_lossy(&self.images[file].1).into_owned();
        let number = usize::from_str_radix(text.lines().nth(word)?, 16).unwrap();
        let mut damaged = self.images.clone();
        damaged[file].1 = flipped(&damaged[file].1, word, 0);
        (number ^ 1 < different).then(|| self.started(&damaged))
    }

    /// Started with one bit of a memory turned over.
    fn flipped(&self, memory: usize, word: usize, bit: usize) -> VerilogTop {
        let name = self.shapes[memory].0;
        // Codebooks are constants of the design, and no memory.
        let start = if name == WEIGHTS { "weights_g" } else { name };
        let file = self.images.iter().position(|(file, _)| file.starts_with(start)).unwrap();
        let mut damaged = self.images.clone();
        damaged[file].1 = flipped(&damaged[file].1, word, bit);
        self.started(&damaged)
    }
}

#[test]
fn every_flipped_bit_of_the_verilogs_memories_is_found_in_its_memory() {
    let case = Case::with_every_memory();
    assert_eq!(case.plan.memories().len(), 8, "every kind of memory");
    every_flip_is_found(&case);
    let coded = Case::loaded(4, WeightMemory::Coded);
    assert!(coded.plan.memories().iter().any(|memory| memory.name == "stream"));
    every_flip_is_found(&coded);
    every_flip_is_found(&Case::with_numbers_in_block_ram());
}

fn every_flip_is_found(case: &Case) {
    let (plan, verilog) = (&case.plan, Verilog::of(case));
    let run = |top: VerilogTop| check(&mut device(top, plan), plan);
    let right = wanted(plan);
    assert_eq!(run(verilog.started(&verilog.images)), right);
    for (memory, &(name, words, bits)) in verilog.shapes.iter().enumerate() {
        for (word, bit) in places(words, bits) {
            let found = run(verilog.flipped(memory, word, bit));
            let differ: Vec<usize> = (0..right.len()).filter(|&at| found[at] != right[at]).collect();
            assert_eq!(differ, [memory], "bit {bit} of word {word} of {name}");
        }
        for (word, top) in (0..words).filter_map(|word| Some((word, verilog.renumbered(memory, word)?))) {
            let found = run(top);
            let differ: Vec<usize> = (0..right.len()).filter(|&at| found[at] != right[at]).collect();
            assert_eq!(differ, [memory], "number of word {word} of {name}");
        }
    }
}

#[test]
fn the_driver_names_the_damaged_memory_of_the_verilog_and_the_images_in_doubt() {
    let case = Case::with_every_memory();
    let verilog = Verilog::of(&case);
    let image = case.image(1);
    let open = |top: VerilogTop| case.drive(device(top, &case.plan)).unwrap();
    let mut driver = open(verilog.started(&verilog.images));
    case.answers(&mut driver, &image);
    driver.check_memories().unwrap();
    case.answers(&mut driver, &image);
    for (memory, &(name, words, bits)) in verilog.shapes.iter().enumerate() {
        for (word, bit) in [(0, 0), (words - 1, bits - 1)] {
            let mut driver = open(verilog.flipped(memory, word, bit));
            let ticket = driver.submit_tensor(&image).unwrap();
            // A damaged program may give no answer at all.
            let answered = driver.wait(ticket).is_ok();
            let Err(HostError::Damaged(damage)) = driver.check_memories() else { panic!("{name} was found whole") };
            assert_eq!(
                (damage.names().as_str(), damage.doubtful),
                (name, 0..u64::from(answered)),
                "bit {bit} of {word}"
            );
        }
    }
}

#[test]
fn the_driver_names_the_damaged_memory_of_the_simulators() {
    let case = Case::with_every_memory();
    let weight = (*case.plan).clone().forged(|_, weights| weights[5] ^= 1);
    let parameter = (*case.plan).clone().forged(|draft, _| draft.contents.params[1].mult ^= 1);
    for (name, plan) in [(WEIGHTS, weight), ("param", parameter)] {
        let design_hash = compose(&plan).unwrap().design_hash;
        let damaged = Case { net: case.net.clone(), plan: Arc::new(plan), design_hash };
        for engine in [Engine::Fast, Engine::Registers] {
            let device = damaged.device(engine, STALLS);
            let mut driver = Driver::open(device, Arc::clone(&case.plan), design_hash, Options::default()).unwrap();
            driver.submit_tensor(&case.image(1)).unwrap();
            let Err(HostError::Damaged(damage)) = driver.check_memories() else { panic!("{name} was found whole") };
            assert_eq!((damage.names().as_str(), damage.doubtful), (name, 0..1), "{engine:?}");
        }
    }
}

#[test]
fn every_flipped_bit_of_the_mocks_memories_is_found_in_its_memory() {
    let case = Case::small(0);
    let right = wanted(&case.plan);
    for (memory, image) in case.plan.memory_images().iter().enumerate() {
        for bit in (0..8 * image.bytes.len()).step_by(101) {
            let answer = Box::new(|_: &Tensor| unreachable!("no image is sent"));
            let mut top = ControlMachine::new(Arc::clone(&case.plan), case.design_hash, answer);
            top.flip_bit(memory, bit);
            let found = check(&mut device(top, &case.plan), &case.plan);
            let differ: Vec<usize> = (0..right.len()).filter(|&at| found[at] != right[at]).collect();
            assert_eq!(differ, [memory], "bit {bit} of {}", image.name);
        }
    }
}

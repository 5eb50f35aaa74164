//! A machine on a card as the kernel module xdma shows it, in a folder: a file of registers, and a pipe in either direction.

use rustix::fs::{fcntl_setfl, mkfifoat, Mode, OFlags, CWD};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread::JoinHandle;
use systole_host::{Barrier, Device, Mapped, OutBeat};
use systole_machine::registers::{self as reg, window_bytes};
use systole_machine::Plan;
use systole_suite::window::{serve_registers, Looks, Seen};
use tempfile::TempDir;

/// Cycles that pass between two looks at the files.
const CYCLES: u64 = 64;

/// Bytes that a pipe takes whole or not at all.
const CHUNK: usize = 4096;

/// What goes wrong on purpose.
#[derive(Default)]
pub struct Control {
    stop: AtomicBool,
    /// Packets stay in the pipe to the card.
    pub hold_input: AtomicBool,
    /// Results stay on the card.
    pub hold_output: AtomicBool,
    /// The next packet loses its second half and its TLAST.
    pub lose_input: AtomicBool,
    /// All registers read all ones.
    pub dead: AtomicBool,
}

/// The files, and the thread that answers them.
pub struct Model {
    pub base: PathBuf,
    pub barrier: Barrier,
    pub control: Arc<Control>,
    to_card: File,
    thread: Option<JoinHandle<()>>,
    _folder: TempDir,
}

fn pipe(path: &Path, flags: OFlags) -> File {
    mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR).unwrap();
    let pipe = OpenOptions::new().read(true).write(true).open(path).unwrap();
    fcntl_setfl(&pipe, flags | OFlags::NONBLOCK).unwrap();
    pipe
}

impl Model {
    /// `device` makes the machine of the plan, in the model's own thread.
    pub fn start<D: Device>(device: impl FnOnce() -> D + Send + 'static, plan: &Plan) -> Model {
        let in_bytes = plan.geometry.in_bytes;
        let [image, looped] = [plan.input.beats, plan.loop_beats()].map(|beats| beats * in_bytes);
        let folder = tempfile::tempdir().unwrap();
        let at = |end: &str| folder.path().join(format!("xdma0{end}"));
        let user = at("_user");
        let user = OpenOptions::new().read(true).write(true).create_new(true).open(user).unwrap();
        user.set_len(window_bytes().into()).unwrap();
        let to_card = pipe(&at("_h2c_0"), OFlags::empty());
        // A direct pipe keeps packets apart: a read ends where a write did.
        let from_card = pipe(&at("_c2h_0"), OFlags::DIRECT);
        let clogged = to_card.try_clone().unwrap();
        let (looks, control) = (Looks::default(), Arc::new(Control::default()));
        let (base, barrier, told) = (at(""), looks.barrier(), Arc::clone(&control));
        let run = move || {
            let _told = looks.while_alive();
            let registers = Seen::new(Mapped::new(&user, window_bytes() as usize).unwrap());
            let (gathered, results) = (Vec::new(), Vec::new());
            let mut card = Card {
                device: device(),
                registers,
                to_card,
                from_card,
                image,
                looped,
                in_bytes,
                gathered,
                results,
                control: told,
            };
            while !card.control.stop.load(Ordering::SeqCst) {
                card.look();
                looks.count();
            }
        };
        Model { base, barrier, control, to_card: clogged, thread: Some(std::thread::spawn(run)), _folder: folder }
    }

    /// Fills the pipe to the card, so that the next write waits; the bytes of it.
    pub fn clog(&self) -> usize {
        self.control.hold_input.store(true, Ordering::SeqCst);
        let chunks = std::iter::repeat_with(|| (&self.to_card).write(&[0; CHUNK]));
        chunks.map_while(Result::ok).sum()
    }

    /// Takes those bytes out again, and lets the machine have the rest.
    pub fn unclog(&self, bytes: usize) {
        (&self.to_card).read_exact(&mut vec![0; bytes]).unwrap();
        self.control.hold_input.store(false, Ordering::SeqCst);
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.control.stop.store(true, Ordering::SeqCst);
        self.thread.take().map(JoinHandle::join);
    }
}

struct Card<D> {
    device: D,
    registers: Seen,
    to_card: File,
    from_card: File,
    /// Bytes of an image, and of a packet that is looped back.
    image: usize,
    looped: usize,
    in_bytes: usize,
    /// Of a packet that is coming in; of results that go out.
    gathered: Vec<u8>,
    results: Vec<OutBeat>,
    control: Arc<Control>,
}

impl<D: Device> Card<D> {
    fn look(&mut self) {
        self.device.advance(CYCLES).unwrap();
        serve_registers(&mut self.registers, &mut self.device, self.control.dead.load(Ordering::SeqCst));
        if !self.control.hold_input.load(Ordering::SeqCst) {
            self.take_packet();
        }
        if !self.control.hold_output.load(Ordering::SeqCst) {
            self.give_result();
        }
    }

    /// A pipe does not say where a packet ends, its length does; weights need no ends.
    fn take_packet(&mut self) {
        let control = self.registers.own(reg::CONTROL.offset as usize);
        let packet = if reg::LOOP_BACK.get(control) == 1 { self.looped } else { self.image };
        let mut bytes = vec![0; packet - self.gathered.len()];
        match self.to_card.read(&mut bytes) {
            Ok(count) => self.gathered.extend_from_slice(&bytes[..count]),
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
        }
        if reg::LOAD.get(control) == 1 {
            let whole = self.gathered.len() / self.in_bytes * self.in_bytes;
            let taken = self.device.send(&self.gathered[..whole], true).unwrap();
            self.gathered.drain(..taken);
        }
        if self.gathered.len() < packet {
            return;
        }
        let lost = self.control.lose_input.load(Ordering::SeqCst);
        let kept = if lost { packet / 2 } else { packet };
        if self.device.send(&self.gathered[..kept], !lost).unwrap() > 0 {
            self.control.lose_input.store(false, Ordering::SeqCst);
            self.gathered.clear();
        }
    }

    fn give_result(&mut self) {
        self.device.receive(usize::MAX, &mut self.results).unwrap();
        let Some(end) = self.results.iter().position(|beat| beat.last) else { return };
        let bytes: Vec<u8> = self.results[..=end].iter().flat_map(|beat| beat.data.to_le_bytes()).collect();
        match self.from_card.write(&bytes) {
            Ok(count) => assert_eq!(count, bytes.len()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(error) => panic!("{error}"),
        }
        self.results.drain(..=end);
    }
}

//! A machine, its AXI DMA and its buffers as Linux shows them, in files: what the driver writes there reaches the machine.

use crate::kernel::Buffer;
use std::fs::{self, File};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread::JoinHandle;
use systole_host::axi_dma::{Channel, COMPLETE, HALTED, IDLE, INTERNAL_ERROR, RESET, RUN};
use systole_host::{Device, Mapped, OutBeat, Roots, UioOptions};
use systole_machine::wiring::BUFFER_REGION;
use systole_suite::window::{serve_registers, Looks, Seen};
use tempfile::TempDir;

/// Sizes of the windows, and where the buffers lie as the DMA sees them.
const PAGE: usize = 0x1000;
const DMA_BYTES: usize = 0x1_0000;
const INPUT_AT: u64 = 0x1_6000_0000;
const OUTPUT_AT: u64 = 0x1_6100_0000;
/// Cycles that pass between two looks at the files.
const CYCLES: u64 = 64;

/// Directions of a transfer, as Linux numbers them.
const TO_DEVICE: u64 = 1;
const FROM_DEVICE: u64 = 2;

/// What goes wrong on purpose.
#[derive(Default)]
pub struct Control {
    stop: AtomicBool,
    /// Status bits that the next transfer of the input ends with, of the results.
    pub fail_input: AtomicUsize,
    pub fail_output: AtomicUsize,
    /// Input bytes of the next transfer that do not reach the machine.
    pub lose_input: AtomicUsize,
    /// The DMA does not come out of reset.
    pub stuck: AtomicBool,
    /// All registers read all ones.
    pub dead: AtomicBool,
}

/// The files, and the thread that answers them.
pub struct Model {
    pub options: UioOptions,
    pub control: Arc<Control>,
    thread: Option<JoinHandle<()>>,
    _folder: TempDir,
}

fn file(path: &Path, bytes: usize) -> File {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = File::options().read(true).write(true).create(true).truncate(true).open(path).unwrap();
    file.set_len(bytes as u64).unwrap();
    file
}

fn text(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

impl Model {
    /// `device` makes the machine, in the model's own thread; the buffers have these sizes.
    pub fn start<D: Device>(device: impl FnOnce() -> D + Send + 'static, input: usize, output: usize) -> Model {
        Model::start_in(BUFFER_REGION, device, input, output)
    }

    /// As [`Model::start`], with the buffers in memory that is reserved as `region` says.
    pub fn start_in<D: Device>(
        region: &'static str,
        device: impl FnOnce() -> D + Send + 'static,
        input: usize,
        output: usize,
    ) -> Model {
        let folder = tempfile::tempdir().unwrap();
        let (dev, class) = (folder.path().join("dev"), folder.path().join("class"));
        for (number, name, bytes) in [(3, "systole-registers", PAGE), (0, "systole-dma", DMA_BYTES)] {
            let shown = class.join(format!("uio/uio{number}"));
            text(&shown.join("name"), &format!("{name}\n"));
            text(&shown.join("maps/map0/size"), &format!("{bytes:#x}\n"));
            file(&dev.join(format!("uio{number}")), bytes);
        }
        for (name, bytes, address) in [("systole-input", input, INPUT_AT), ("systole-output", output, OUTPUT_AT)] {
            let shown = class.join(format!("u-dma-buf/{name}"));
            text(&shown.join("size"), &format!("{bytes}\n"));
            text(&shown.join("phys_addr"), &format!("{address:#x}\n"));
            file(&dev.join(name), bytes);
        }
        let buffers = [("systole-input", TO_DEVICE), ("systole-output", FROM_DEVICE)]
            .map(|(name, way)| Buffer::new(&dev.join(name), &class.join("u-dma-buf").join(name), region, way));
        let control = Arc::new(Control::default());
        let looks = Looks::default();
        let barrier = looks.barrier();
        let options = UioOptions {
            roots: Roots { dev: dev.clone(), class },
            registers: "systole-registers".into(),
            dma: "systole-dma".into(),
            input: "systole-input".into(),
            output: "systole-output".into(),
            barrier: Some(barrier),
        };
        let open = |name: &str| File::options().read(true).write(true).open(dev.join(name)).unwrap();
        let (registers, dma) = (open("uio3"), open("uio0"));
        let told = Arc::clone(&control);
        let run = move || {
            let _told = looks.while_alive();
            let mapped = |file: &File, bytes: usize| Mapped::new(file, bytes).unwrap();
            Machine {
                device: device(),
                registers: Seen::new(mapped(&registers, PAGE)),
                dma: Seen::new(mapped(&dma, DMA_BYTES)),
                buffers,
                armed: None,
                sending: None,
                pending: Vec::new(),
                control: told,
                looks,
            }
            .run();
        };
        Model { options, control, thread: Some(std::thread::spawn(run)), _folder: folder }
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.control.stop.store(true, Ordering::SeqCst);
        self.thread.take().map(JoinHandle::join);
    }
}

struct Machine<D> {
    device: D,
    registers: Seen,
    dma: Seen,
    /// Images, results.
    buffers: [Buffer; 2],
    /// Bytes of the input's transfer, and whether its TLAST comes with them.
    sending: Option<(Vec<u8>, bool)>,
    /// Bytes that the results' transfer has room for, and beats that came.
    armed: Option<usize>,
    pending: Vec<OutBeat>,
    control: Arc<Control>,
    looks: Looks,
}

impl<D: Device> Machine<D> {
    fn run(mut self) {
        self.reset_dma();
        while !self.control.stop.load(Ordering::SeqCst) {
            self.device.advance(CYCLES).unwrap();
            self.buffers.iter_mut().for_each(Buffer::look);
            serve_registers(&mut self.registers, &mut self.device, self.control.dead.load(Ordering::SeqCst));
            self.serve_dma(Channel::Input);
            self.serve_dma(Channel::Output);
            self.begin_input();
            self.send();
            self.begin_output();
            self.deliver();
            self.looks.count();
        }
    }

    fn reset_dma(&mut self) {
        for channel in [Channel::Input, Channel::Output] {
            self.dma.put(channel.control(), 0);
            self.dma.put(channel.status(), HALTED);
            self.dma.put(channel.length(), 0);
        }
        (self.armed, self.sending) = (None, None);
        self.pending.clear();
        self.device.flush().unwrap();
    }

    fn serve_dma(&mut self, channel: Channel) {
        let control = self.dma.written(channel.control());
        if self.dma.own(channel.control()) & RESET != 0 {
            if !self.control.stuck.load(Ordering::SeqCst) {
                self.reset_dma();
            }
            return;
        }
        if control.is_some_and(|control| control & RUN != 0) {
            let status = self.dma.own(channel.status()) & !HALTED | IDLE;
            self.dma.put(channel.status(), status);
        }
        let before = self.dma.own(channel.status());
        if let Some(cleared) = self.dma.written(channel.status()) {
            self.dma.put(channel.status(), before & !(cleared & COMPLETE));
        }
        self.dma.written(channel.address());
        self.dma.written(channel.high_address());
    }

    fn address(&self, channel: Channel) -> u64 {
        u64::from(self.dma.own(channel.address())) | u64::from(self.dma.own(channel.high_address())) << 32
    }

    fn begin_input(&mut self) {
        let Some(length) = self.dma.written(Channel::Input.length()) else { return };
        assert_eq!(self.address(Channel::Input), INPUT_AT, "the driver's address of the input buffer");
        assert_eq!(self.dma.own(Channel::Input.status()) & HALTED, 0, "a length while the DMA is halted");
        let mut bytes = self.buffers[0].memory_of_device()[..length as usize].to_vec();
        self.dma.put(Channel::Input.length(), 0);
        let lost = self.control.lose_input.swap(0, Ordering::SeqCst);
        let failing = self.control.fail_input.swap(0, Ordering::SeqCst) as u32;
        if failing != 0 {
            return self.dma.put(Channel::Input.status(), failing | HALTED);
        }
        bytes.truncate(bytes.len() - lost);
        self.dma.put(Channel::Input.status(), self.dma.own(Channel::Input.status()) & !IDLE);
        self.sending = Some((bytes, lost == 0));
    }

    /// The transfer goes to the machine as soon as that takes it.
    fn send(&mut self) {
        let Some((bytes, ends)) = &self.sending else { return };
        if bytes.is_empty() || self.device.send(bytes, *ends).unwrap() > 0 {
            self.sending = None;
            self.dma.put(Channel::Input.status(), COMPLETE | IDLE);
        }
    }

    fn begin_output(&mut self) {
        let Some(length) = self.dma.written(Channel::Output.length()) else { return };
        assert_eq!(self.address(Channel::Output), OUTPUT_AT, "the driver's address of the output buffer");
        assert!(length as usize <= self.buffers[1].memory_of_device().len());
        self.armed = Some(length as usize);
        self.dma.put(Channel::Output.status(), self.dma.own(Channel::Output.status()) & !IDLE);
    }

    /// A whole result goes to memory, if somebody waits for one.
    fn deliver(&mut self) {
        let Some(room) = self.armed else { return };
        if !self.pending.iter().any(|beat| beat.last) {
            self.device.receive(usize::MAX, &mut self.pending).unwrap();
        }
        let Some(end) = self.pending.iter().position(|beat| beat.last) else { return };
        let bytes: Vec<u8> = self.pending.drain(..=end).flat_map(|beat| beat.data.to_le_bytes()).collect();
        self.armed = None;
        let overrun = if bytes.len() > room { INTERNAL_ERROR } else { 0 };
        let failing = self.control.fail_output.swap(0, Ordering::SeqCst) as u32 | overrun;
        if failing != 0 {
            self.dma.put(Channel::Output.status(), failing | HALTED);
            return;
        }
        assert_ne!(bytes.len(), room, "the model tells a length by its change");
        self.buffers[1].memory_of_device()[..bytes.len()].copy_from_slice(&bytes);
        self.dma.put(Channel::Output.length(), bytes.len() as u32);
        self.dma.put(Channel::Output.status(), COMPLETE | IDLE);
    }
}

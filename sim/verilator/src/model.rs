//! One running instance of a design: ports, evaluation, clock, VCD.

use std::ffi::{c_char, c_void, CStr, CString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::shared::{CImage, Port, Shared};

/// Room for the runtime's message, in bytes.
const MESSAGE_BYTES: usize = 1024;
/// Time units of the VCD per clock cycle: inputs settle at the start, the edge rises in the middle.
const CYCLE_TIME: u64 = 10;
/// Bits in one word of a wide port.
const WORD: u32 = u32::BITS;

/// One instance of a design. Belongs to one thread at a time; several may run at once, of the same design too.
///
/// The clock rests low. A cycle is: set inputs, [`eval`](Model::eval) if outputs that depend on them at once are
/// wanted, [`tick`](Model::tick).
pub struct Model {
    raw: *mut c_void,
    slots: Vec<Slot>,
    cycles: u64,
    tracing: bool,
    shared: Arc<Shared>,
}

/// Where a port's value lies, and its width in bits.
#[derive(Clone, Copy)]
struct Slot {
    at: *mut c_void,
    width: u32,
}

// SAFETY: the runtime keeps a model's state in the model; its thread-local state is used only inside one call.
unsafe impl Send for Model {}

impl Model {
    pub(crate) fn new(shared: Arc<Shared>) -> Result<Self> {
        let images = Arc::clone(&shared);
        Self::start(shared, images.images())
    }

    pub(crate) fn start(shared: Arc<Shared>, images: &[(CString, Vec<u8>)]) -> Result<Self> {
        let given: Vec<_> = images
            .iter()
            .map(|(name, bytes)| CImage { name: name.as_ptr(), bytes: bytes.as_ptr(), length: bytes.len() })
            .collect();
        let mut text = [0 as c_char; MESSAGE_BYTES];
        // SAFETY: the images and the text live through the call; the shim ends the text with a zero.
        let raw = unsafe { (shared.calls.new)(given.as_ptr(), given.len(), text.as_mut_ptr(), text.len()) };
        if raw.is_null() {
            let images = images.iter().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
            return Err(Error::Start { top: shared.top.clone(), reason: message(&text), images });
        }
        let slot = |(index, width)| {
            // SAFETY: `index` is one of the table that the same library gave.
            let at = unsafe { (shared.calls.port)(raw, index) };
            Slot { at, width }
        };
        let slots = shared.ports.iter().map(|port| port.width).enumerate().map(slot).collect();
        Ok(Self { raw, slots, cycles: 0, tracing: false, shared })
    }

    /// Resolves a port by name; do it once, outside the loop. Errors: [`Error::NoPort`].
    pub fn port(&self, name: &str) -> Result<Port> {
        self.shared.port(name)
    }

    /// Sets a port of up to 64 bits.
    ///
    /// # Panics
    /// When the value does not fit, the port is wider than 64 bits, or it belongs to another design.
    #[inline]
    pub fn set(&mut self, port: Port, value: u64) {
        let Slot { at, width } = self.slot(port);
        assert!(width >= u64::BITS || value >> width == 0, "{value:#x} does not fit {}", self.describe(port));
        // SAFETY: Verilator stores a port of this width in this type, and nothing else refers to it during the call.
        unsafe {
            match width {
                0..=8 => *at.cast::<u8>() = value as u8,
                9..=16 => *at.cast::<u16>() = value as u16,
                17..=32 => *at.cast::<u32>() = value as u32,
                33..=64 => *at.cast::<u64>() = value,
                _ => panic!("{} is set by words", self.describe(port)),
            }
        }
    }

    /// The value of a port of up to 64 bits, zero-extended.
    ///
    /// # Panics
    /// When the port is wider than 64 bits or belongs to another design.
    #[inline]
    pub fn get(&self, port: Port) -> u64 {
        let Slot { at, width } = self.slot(port);
        // SAFETY: Verilator stores a port of this width in this type, and nothing else refers to it during the call.
        unsafe {
            match width {
                0..=8 => (*at.cast::<u8>()).into(),
                9..=16 => (*at.cast::<u16>()).into(),
                17..=32 => (*at.cast::<u32>()).into(),
                33..=64 => *at.cast::<u64>(),
                _ => panic!("{} is read by words", self.describe(port)),
            }
        }
    }

    /// Like [`Model::set`] for a two's-complement value, of which the port's low bits are kept.
    ///
    /// # Panics
    /// As [`Model::set`]; a value fits when the port's width can hold it with its sign.
    #[inline]
    pub fn set_signed(&mut self, port: Port, value: i64) {
        let spare = u64::BITS.saturating_sub(self.slot(port).width);
        assert!(value << spare >> spare == value, "{value} does not fit {}", self.describe(port));
        self.set(port, (value as u64) << spare >> spare);
    }

    /// Like [`Model::get`], sign-extended from the port's width.
    #[inline]
    pub fn get_signed(&self, port: Port) -> i64 {
        let spare = u64::BITS.saturating_sub(self.slot(port).width);
        (self.get(port) as i64) << spare >> spare
    }

    /// The words of a port wider than 64 bits, least significant first.
    ///
    /// # Panics
    /// When the port has 64 bits or fewer, or belongs to another design.
    #[inline]
    pub fn words(&self, port: Port) -> &[u32] {
        let Slot { at, width } = self.wide(port);
        // SAFETY: Verilator stores a wide port as this many words; no one writes them while `self` is borrowed.
        unsafe { std::slice::from_raw_parts(at.cast(), width.div_ceil(WORD) as usize) }
    }

    /// Sets a port wider than 64 bits, from words, least significant first.
    ///
    /// # Panics
    /// When the count of words is not that of the port, bits above its width are set, or as [`Model::words`].
    pub fn set_words(&mut self, port: Port, words: &[u32]) {
        let Slot { at, width } = self.wide(port);
        assert_eq!(words.len() as u32, width.div_ceil(WORD), "words for {}", self.describe(port));
        let spare = words.len() as u32 * WORD - width;
        let top = words[words.len() - 1];
        assert!(top << spare >> spare == top, "bits beyond the width of {}", self.describe(port));
        // SAFETY: the port has exactly this many words, and `words` cannot overlap them: `self` is borrowed mutably.
        unsafe { std::ptr::copy_nonoverlapping(words.as_ptr(), at.cast(), words.len()) }
    }

    /// Bits `lsb .. lsb + width` of any port, zero-extended: one lane of a bus. `width` is 1 to 64.
    ///
    /// # Panics
    /// When the range leaves the port.
    pub fn get_bits(&self, port: Port, lsb: u32, width: u32) -> u64 {
        let whole = self.lane(port, lsb, width);
        if whole <= u64::BITS {
            return self.get(port) >> lsb & mask(width);
        }
        let words = self.words(port);
        let first = (lsb / WORD) as usize;
        let wide = words[first..].iter().take(3).rev().fold(0u128, |sum, &word| sum << WORD | u128::from(word));
        (wide >> (lsb % WORD)) as u64 & mask(width)
    }

    /// Sets bits `lsb .. lsb + width` of any port to the low `width` bits of `value`; the others stay.
    ///
    /// # Panics
    /// When the range leaves the port.
    pub fn set_bits(&mut self, port: Port, lsb: u32, width: u32, value: u64) {
        let whole = self.lane(port, lsb, width);
        let value = value & mask(width);
        if whole <= u64::BITS {
            let kept = self.get(port) & !(mask(width) << lsb);
            return self.set(port, kept | value << lsb);
        }
        let at = self.wide(port).at.cast::<u32>();
        let (hole, fill) = (u128::from(mask(width)) << (lsb % WORD), u128::from(value) << (lsb % WORD));
        for (offset, word) in ((lsb / WORD)..=(lsb + width - 1) / WORD).enumerate() {
            let shift = offset as u32 * WORD;
            // SAFETY: `word` is below the port's count of words, since the range lies inside the port.
            unsafe {
                let word = at.add(word as usize);
                *word = *word & !((hole >> shift) as u32) | (fill >> shift) as u32;
            }
        }
    }

    /// [`Model::set`] by name: for the few ports that are set once. Errors: [`Error::NoPort`].
    pub fn poke(&mut self, name: &str, value: u64) -> Result<()> {
        let port = self.port(name)?;
        self.set(port, value);
        Ok(())
    }

    /// [`Model::get`] by name. Errors: [`Error::NoPort`].
    pub fn peek(&self, name: &str) -> Result<u64> {
        self.port(name).map(|port| self.get(port))
    }

    /// Lets the inputs take effect on everything that is not clocked.
    ///
    /// # Panics
    /// When the Verilog calls `$finish`, `$stop` or `$fatal`, or does not settle.
    #[inline]
    pub fn eval(&mut self) {
        // SAFETY: `raw` is the live model of this library.
        if unsafe { (self.shared.calls.eval)(self.raw) } != 0 {
            self.fail();
        }
    }

    /// One clock cycle: rising edge, falling edge. Afterwards the outputs show the registers' new values.
    ///
    /// # Panics
    /// As [`Model::eval`]; when the design has no clock of the name in its specification.
    #[inline]
    pub fn tick(&mut self) {
        self.rise();
        self.fall();
    }

    /// The rising edge alone: registers take what the inputs set before it say. The first half of [`Model::tick`].
    ///
    /// With [`Model::fall`], a driver that looks at combinational outputs needs two evaluations per cycle, not
    /// three: rise, set inputs, fall (which evaluates them), look, and round again.
    #[inline]
    pub fn rise(&mut self) {
        let clock = self.clock();
        if self.tracing {
            self.eval();
            self.dump(0);
        }
        self.set(clock, 1);
        self.eval();
        if self.tracing {
            self.dump(CYCLE_TIME / 2);
        }
        self.cycles += 1;
    }

    /// The falling edge alone, and the effect of inputs set since the rising one.
    #[inline]
    pub fn fall(&mut self) {
        let clock = self.clock();
        self.set(clock, 0);
        self.eval();
    }

    /// `count` cycles with the inputs as they are.
    pub fn run(&mut self, count: u64) {
        (0..count).for_each(|_| self.tick());
    }

    /// Rising edges so far.
    pub fn cycles(&self) -> u64 {
        self.cycles
    }

    /// Writes a VCD to `path` from now until [`Model::trace_close`]; ten time units are one cycle, counted from the
    /// model's first, and the edge is in their middle.
    ///
    /// Errors: [`Error::NoTrace`] without `trace` in the specification; [`Error::Io`] when the file cannot be written.
    pub fn trace_open(&mut self, path: &Path) -> Result<()> {
        self.trace_close();
        let calls = self.shared.calls.trace.ok_or_else(|| Error::NoTrace { top: self.shared.top.clone() })?;
        let refused = || std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        std::fs::File::create(path).map_err(Error::io("write", path))?;
        let name = CString::new(path.as_os_str().as_bytes())
            .map_err(|_| Error::io("write", path)(std::io::ErrorKind::InvalidInput.into()))?;
        // SAFETY: `raw` is the live model; the name lives through the call.
        if unsafe { (calls.open)(self.raw, name.as_ptr()) } != 0 {
            return Err(Error::io("write", path)(refused()));
        }
        self.tracing = true;
        Ok(())
    }

    /// Ends the VCD, if one is open.
    pub fn trace_close(&mut self) {
        if let (true, Some(calls)) = (self.tracing, self.shared.calls.trace) {
            // SAFETY: a trace of the live model is open.
            unsafe { (calls.close)(self.raw) };
            self.tracing = false;
        }
    }

    fn dump(&mut self, phase: u64) {
        if let Some(calls) = self.shared.calls.trace {
            // SAFETY: a trace of the live model is open, as `tracing` says.
            unsafe { (calls.dump)(self.raw, self.cycles * CYCLE_TIME + phase) };
        }
    }

    #[inline]
    fn slot(&self, port: Port) -> Slot {
        assert_eq!(port.tag, self.shared.tag, "a port of another design given to {}", self.shared.top);
        self.slots[port.index as usize]
    }

    fn wide(&self, port: Port) -> Slot {
        let slot = self.slot(port);
        assert!(slot.width > u64::BITS, "{} has no words", self.describe(port));
        slot
    }

    /// The port's whole width, after checking that the lane lies in it.
    fn lane(&self, port: Port, lsb: u32, width: u32) -> u32 {
        let whole = self.slot(port).width;
        let fits = (1..=u64::BITS).contains(&width) && lsb.checked_add(width).is_some_and(|end| end <= whole);
        assert!(fits, "bits {lsb} + {width} of {}", self.describe(port));
        whole
    }

    #[inline]
    fn clock(&self) -> Port {
        let Shared { clock, clock_name, top, .. } = &*self.shared;
        clock.unwrap_or_else(|| panic!("module {top} has no one-bit input {clock_name} to tick"))
    }

    fn describe(&self, port: Port) -> String {
        let info = &self.shared.ports[port.index as usize];
        format!("port {} of {}, {} bits", info.name, self.shared.top, info.width)
    }

    #[cold]
    fn fail(&self) -> ! {
        let mut text = [0 as c_char; MESSAGE_BYTES];
        // SAFETY: the shim writes at most this many bytes and ends them with a zero.
        unsafe { (self.shared.calls.complaint)(text.as_mut_ptr(), text.len()) };
        panic!("module {} in cycle {}: {}", self.shared.top, self.cycles, message(&text))
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").field("top", &self.shared.top).field("cycles", &self.cycles).finish_non_exhaustive()
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.trace_close();
        // SAFETY: `raw` came from the same library and is freed once.
        unsafe { (self.shared.calls.free)(self.raw) }
    }
}

/// The low `width` bits, 1 to 64.
fn mask(width: u32) -> u64 {
    u64::MAX >> (u64::BITS - width)
}

/// The text that the shim wrote.
fn message(text: &[c_char]) -> String {
    // SAFETY: the buffer was zeroed and the shim ends what it writes with a zero inside it.
    unsafe { CStr::from_ptr(text.as_ptr()) }.to_string_lossy().into_owned()
}

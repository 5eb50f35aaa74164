//! Everything that can go wrong between a caller and a device, with the numbers and what to do.

use crate::damage::Damage;
use crate::stall::Stall;
use systole_net::{Digest, NetError};

/// An error of another crate, as it comes out of a pin-level model or a factory.
pub use systole_machine::pins::BoxError;

/// `device` is the device's name, by custom its address; cycles are the machine's.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error(
        "{found:?} is no device address; write <scheme>:<rest> with one of the schemes {known}, for example sim:build/"
    )]
    Address { found: String, known: String },
    #[error("cannot open {address}: {source}")]
    Open { address: String, source: BoxError },
    #[error("{device}: the engine failed while it was to {action}: {source}")]
    Engine { device: String, action: &'static str, source: BoxError },
    #[error("{device}: {found} bytes are no whole beats of {in_bytes} bytes; pack images with the device's own plan")]
    Beats { device: String, found: usize, in_bytes: usize },
    #[error("{device}: the plan's input beats have {in_bytes} bytes, a model's pins carry at most {limit}; plan for a narrower stream")]
    WideBeats { device: String, in_bytes: usize, limit: usize },

    #[error("{device}: cannot {action}: {source}")]
    Io { device: String, action: &'static str, source: std::io::Error },
    #[error("{device} is in use by another process; end that one first")]
    InUse { device: String },
    #[error("{device}: no answer at {baud} baud within {millis} ms; check cable, rate and bitstream")]
    LineSilent { device: String, baud: u32, millis: u64 },
    #[error("{device}: the port does not take the last {bytes} bytes; check the cable and the adapter")]
    LineBlocked { device: String, bytes: usize },
    #[error("{device}: the link is in connection {found}, this program began connection {wanted}: power was cut, or another program uses the line; send the images again")]
    LinkRestarted { device: String, found: u8, wanted: u8 },

    #[error("no UIO device is called {name}; there are: {found}; load the design's device-tree overlay")]
    NoUio { name: String, found: String },
    #[error(
        "{device}: the register window has {found} bytes, {wanted} are needed; load the design's device-tree overlay"
    )]
    WindowSmall { device: String, found: usize, wanted: usize },
    #[error("{device}: the buffer {} has {found} bytes, this network needs {wanted}; enlarge it in the device tree", .buffer.display())]
    BufferSmall { device: String, buffer: std::path::PathBuf, found: usize, wanted: usize },
    #[error("{device}: the {channel} transfer failed, DMA status {status}")]
    Dma { device: String, channel: String, status: String },
    #[error("{} is not there, or no card's; cards there: {found}; load the kernel module xdma and a design with AXI-Lite master, H2C and C2H stream", .node.display())]
    NoCard { node: std::path::PathBuf, found: String },
    #[error("no permission for {}; give this user read and write access to the card's nodes by a udev rule, or run as root", .node.display())]
    CardForbidden { node: std::path::PathBuf },
    #[error("{}: not yours to use; serial ports belong to the group dialout: `sudo usermod -aG dialout $USER`, then log in again", .port.display())]
    PortForbidden { port: std::path::PathBuf },
    #[error("{device}: the card took {found} of the {wanted} bytes of a packet; send the images again, and if that does not help look what the kernel says of xdma")]
    PacketCut { device: String, found: usize, wanted: usize },
    #[error("{device}: {what}; wait until the module's time limit ends its transfers (10 s unless set), then try again, or load the design again")]
    CardStuck { device: String, what: String },
    #[error("{device} is busy with another client; try again when that one is done, or take the device over (that drops its images)")]
    ServerBusy { device: String },
    #[error("{device}: as many watch as may; end one of them")]
    ServerFull { device: String },
    #[error("{device}: the other end hung up or says what nobody understands; it must be a systole serve of this version that is reached without a detour")]
    NoServer { device: String },
    #[error("{device}: no answer from the server within {millis} ms; check the network and the server, the next image tries again")]
    ServerSilent { device: String, millis: u64 },
    /// Behind the error that broke the connection.
    #[error("{why}")]
    ServerLost { why: String },
    #[error("{device} wants a token, and not this one; give it the server's with --token-file")]
    TokenRefused { device: String },
    #[error("{address} can be reached from other machines; listen at 127.0.0.1, or require a token")]
    OpenToAll { address: String },
    #[error("{device}: {message}")]
    Remote { device: String, message: String },
    #[error("{device}: an image of {found} bytes; a message to a server holds {limit}")]
    MessageLarge { device: String, found: usize, limit: usize },

    #[error("{device}: a wait of {found} cycles for a register; the server waits {limit} at most, ask for no more")]
    WaitLong { device: String, found: u64, limit: u64 },

    #[error("{device}: no answer to the {action} of register {register} within {cycles} cycles; the machine's clock or the link is down")]
    RegisterTimeout { device: String, action: &'static str, register: String, cycles: u64 },
    #[error("{device}: the {action} of register {register} was refused with response {response}; the design has another register table")]
    RegisterRefused { device: String, action: &'static str, register: String, response: u8 },
    #[error("{device}: every register reads {found:#010x}: the link is down; check power, cable and bitstream, then open again")]
    DeadLink { device: String, found: u32 },

    #[error("{device}: the identity register reads {found:#010x}, a machine has {wanted:#010x}; load the design's bitstream, or give another address")]
    NotAMachine { device: String, found: u32, wanted: u32 },
    #[error("{device}: interface version {found}, this plan needs {wanted}; generate and load the design again")]
    Abi { device: String, found: u32, wanted: u32 },
    #[error("{device}: the array has {} rows and {} columns, the plan has {} and {}; load the plan's design", .found.0, .found.1, .wanted.0, .wanted.1)]
    Geometry { device: String, found: (usize, usize), wanted: (usize, usize) },
    #[error("{device}: {what} hash {found}, the plan has {wanted}; {advice}")]
    Hash { device: String, what: &'static str, found: Digest, wanted: Digest, advice: &'static str },
    #[error("no image of weights: {what}; generate it again")]
    WeightImage { what: String },
    #[error("the weights are for the design {found}, this one is {wanted}; only networks that differ in nothing but their weights share a design")]
    OtherDesignWeights { found: Digest, wanted: Digest },
    #[error("the image has {found} words of weights, the design takes {wanted}; generate it again")]
    WeightCount { found: usize, wanted: usize },
    #[error("{device}: the weights that the machine reads back have CRC {found:08x}, {wanted:08x} is wanted: others are loaded, or bits were lost; load this plan's weights (without --keep-weights), and if that does not help test link and memory")]
    WeightsDiffer { device: String, found: u32, wanted: u32 },
    #[error("{device}: of {words} words of weights {taken} arrived within {allowed} cycles and were not read back; the link loses beats or stopped")]
    WeightsLate { device: String, allowed: u64, taken: usize, words: usize },
    /// A check of the memories found other contents than the plan's.
    #[error("{0}")]
    Damaged(Box<Damage>),
    #[error("{device}: the memories were not read back within {allowed} cycles; the machine's clock or the link stopped, or another program resets it")]
    CheckLate { device: String, allowed: u64 },
    #[error(
        "{device}: the machine was reset while its memories were compared; end whatever else uses it, and check again"
    )]
    CheckLost { device: String },
    #[error("{device} is busy: {images_done} images done, {in_beats} beats in, another in flight; close the other program, or take the device over (that drops its images)")]
    Busy { device: String, images_done: u32, in_beats: u64 },

    /// A result did not come in time.
    #[error("{0}")]
    Deadline(Box<Stall>),
    /// The machine itself reports an error.
    #[error("{0}")]
    Fault(Box<Stall>),
    #[error("{device}: the result of image {image} ended with TLAST after {found} of {wanted} beats; the link loses beats or the design is another")]
    ResultShort { device: String, image: u64, found: usize, wanted: usize },
    #[error("{device}: the result of image {image} has no TLAST on its last beat, beat {wanted}; the link loses TLAST or the design is another")]
    ResultLong { device: String, image: u64, wanted: usize },
    #[error(
        "{device}: {beats} beats came while no image was in flight; the link repeats beats or the design is another"
    )]
    Unexpected { device: String, beats: usize },
    #[error("{device}: image {image} was dropped: {reason}; send it again")]
    Dropped { device: String, image: u64, reason: String },
    #[error("{device} cannot be brought back after an error: {source}; the next image tries again, if that fails too power-cycle the device or load it again")]
    Recovery { device: String, source: Box<HostError> },
    #[error("{device}: still {what} after a soft reset, {register} reads {found:#010x}; load the design again")]
    StillActive { device: String, what: &'static str, register: &'static str, found: u32 },
    #[error("{device} has no {what}")]
    Unsupported { device: String, what: &'static str },

    #[error("there is no layer {found} whose map can be dumped; there are: {known} (in place of a pooled map dump the one that is pooled)")]
    NoSuchLayer { found: String, known: String },
    #[error("image {image} was never submitted, or its result was already taken")]
    NoSuchImage { image: u64 },
    #[error(transparent)]
    Image(#[from] NetError),
}

//! What the machine tells its registers.

/// The inputs of one cycle that come from the machine; `bool`s are high for one cycle per event, but for the first two.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    /// An image is in flight.
    pub busy: bool,
    /// A result beat waits.
    pub result_ready: bool,
    /// Of the layer that [`super::RegisterFile::checksum_layer`] named a cycle ago.
    pub checksum: u32,
    pub step: u32,
    pub layer: u32,
    pub progress: bool,
    pub in_beat: bool,
    pub out_beat: bool,
    pub starved: bool,
    pub blocked: bool,
    pub image_done: bool,
    pub tlast_early: bool,
    pub tlast_late: bool,
    pub dropped: bool,
    /// A word of the weights was taken.
    pub load_word: bool,
    /// A memory that is read back, its CRC, and whether it is the last one.
    pub found: Option<(usize, u32)>,
    pub found_last: bool,
}

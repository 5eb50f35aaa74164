//! Where weights have to find room, and the forms that do, the most promising first.

use crate::quantize::forms::budget::{even, even_bytes, Choice, Climb, Sensitivity, TRIED};
use crate::quantize::forms::choice::{WeightFormat, WeightFormats};
use crate::quantize::forms::variant::Variant;
use crate::quantize::{Progress, QuantizeError};
use systole_net::{LayerKind, Net};

/// How often a caller may refuse a step up before no more are tried.
const MISSES: usize = 6;

/// Where weights have to find room.
pub enum Room<'a> {
    /// In so many bytes as stored, see [`systole_net::store_bytes`].
    Bytes(usize),
    /// Wherever the caller says, who is asked about networks whose weights have the forms in question. Either all weights are
    /// plain bytes, or none is: a machine has one store for all of them.
    Asked(&'a dyn Fn(&Net) -> bool),
}

impl Room<'_> {
    /// Whether the network's weights find room.
    pub(in crate::quantize) fn takes(&self, net: &Net, progress: &mut dyn FnMut(Progress)) -> bool {
        match self {
            Room::Bytes(budget) => stored(net) <= *budget,
            Room::Asked(fits) => {
                progress(Progress { map: "asking whether that finds room", done: 0, total: 1 });
                fits(&net.clone().fold_border())
            }
        }
    }
}

/// Bytes of all weights as stored.
fn stored(net: &Net) -> usize {
    let bytes = net.layers.iter().map(|layer| match &layer.kind {
        LayerKind::Conv(conv) => net.layer_store_bytes(conv),
        LayerKind::Pool(_) => 0,
    });
    bytes.sum()
}

/// Fails early where a caller has no room for the smallest forms tried, before anything is measured.
///
/// # Errors
/// [`QuantizeError::NoRoom`].
pub(in crate::quantize) fn check(
    (plain, variants): (&Net, &[Variant]),
    room: &Room,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), QuantizeError> {
    let all = TRIED.iter().copied().min_by_key(WeightFormat::bits).unwrap_or_default();
    let smallest = WeightFormats { all, ..WeightFormats::default() };
    match room {
        Room::Asked(_) if !room.takes(&Variant::all_in_place(variants, plain, &smallest), progress) => {
            Err(QuantizeError::NoRoom)
        }
        Room::Asked(_) | Room::Bytes(_) => Ok(()),
    }
}

/// Forms to be calibrated, by what single layers lose: a mixture, and one form for all.
pub(in crate::quantize) struct Candidates<'a> {
    climb: Climb<'a>,
    even: Option<WeightFormats>,
    /// Whether the mixture is to be calibrated, and whether it came last.
    mixed: bool,
    mixed_last: bool,
    /// How many steps it goes back where it finds no room.
    back: usize,
}

impl<'a> Candidates<'a> {
    /// # Errors
    /// [`QuantizeError::Budget`], [`QuantizeError::NoRoom`].
    pub fn new(
        (plain, variants): (&Net, &[Variant]),
        layers: &'a [Sensitivity],
        room: &Room,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, QuantizeError> {
        let coded = |choice: &Choice| matches!(room, Room::Bytes(_)) || choice.form.has_codes();
        let mut climb = Climb::new(layers, coded);
        let mut takes = |formats: &WeightFormats, bytes: usize| match room {
            Room::Bytes(budget) => bytes <= *budget,
            Room::Asked(_) => room.takes(&Variant::all_in_place(variants, plain, formats), progress),
        };
        let misses = if let Room::Bytes(_) = room { usize::MAX } else { MISSES };
        if !climb.up(misses, &mut |climb| takes(&climb.formats(), climb.bytes())) {
            return Err(match room {
                Room::Bytes(wanted) => QuantizeError::Budget { wanted: *wanted, least: climb.bytes() },
                Room::Asked(_) => QuantizeError::NoRoom,
            });
        }
        let even = even(&mut |formats| takes(formats, even_bytes(layers, formats.all)));
        Ok(Candidates { climb, even, mixed: true, mixed_last: false, back: 1 })
    }

    pub fn next(&mut self) -> Option<WeightFormats> {
        self.mixed_last = std::mem::take(&mut self.mixed);
        match self.mixed_last {
            true => Some(self.climb.formats()),
            false => self.even.take(),
        }
    }

    /// The last one was too large once it was calibrated: zeros came out otherwise than in single layers.
    pub fn too_large(&mut self) {
        if self.mixed_last {
            self.mixed = self.climb.down(self.back);
            self.back *= 2;
        }
    }
}

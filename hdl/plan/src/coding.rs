//! Weights as codes: which codebooks hold a network's weights, and how its symbols are divided on an array of some columns.

use crate::lower::Stream;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use systole_machine::geometry::CHUNK_COLUMNS;
use systole_machine::weights::codes::{
    stacks, Codes, Format, LayerStreams, CODE_BITS, MAX_ENTRIES, MAX_FORMATS, MAX_GAP_BITS, TURNS,
};
use systole_machine::ChannelWindow;
use systole_net::{Conv, LayerKind, Net};

/// Gaps that a symbol may have.
const GAPS: usize = MAX_GAP_BITS + 1;
/// Formats that cost a LUT less for every bit of a word.
const CHEAP_FORMATS: usize = 3;
/// A further format must save one word in so many.
const WORTH: usize = 100;

/// A network whose weights are in a few codebooks.
#[derive(Debug)]
pub struct Coding {
    books: Vec<i8>,
    layers: Vec<Layer>,
    /// Layouts that were asked for, by columns: many shapes have the same.
    layouts: Mutex<BTreeMap<usize, Option<Arc<Layout>>>>,
}

/// What a layer's streams are made of.
#[derive(Debug)]
struct Layer {
    code_bits: usize,
    /// First entry of its codebook, and whether the codebook has a zero.
    book: usize,
    has_zero: bool,
    channels: Channels,
}

/// Channels in the order of their steps, which depends on the columns where groups share channel tiles.
#[derive(Debug)]
enum Channels {
    OnAll(Vec<Channel>),
    /// The convolution, and the channels of its input.
    ByColumns(Box<Conv>, usize),
}

impl Channels {
    fn new(conv: &Conv, inputs: usize) -> Channels {
        match conv.groups(inputs) {
            1 => Channels::OnAll(channels(conv, inputs, 1)),
            _ => Channels::ByColumns(Box::new(conv.clone()), inputs),
        }
    }

    fn on(&self, cols: usize) -> Cow<'_, [Channel]> {
        match self {
            Channels::OnAll(channels) => channels.into(),
            Channels::ByColumns(conv, inputs) => channels(conv, *inputs, cols).into(),
        }
    }
}

/// Where a channel's weights are not zero, in the order of its steps.
#[derive(Clone, Debug)]
struct Channel {
    steps: usize,
    /// First and last such step, and the symbols of those behind the first, for each gap.
    weights: Option<(usize, usize, [usize; GAPS])>,
}

/// Why a network's weights cannot be coded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uncodable {
    /// A layer has more different weights than a codebook has entries.
    Values { layer: String, found: usize },
    /// So many entries have the codebooks of all layers.
    Entries { found: usize },
}

impl std::fmt::Display for Uncodable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let most = 1 << CODE_BITS.end();
        match self {
            Uncodable::Values { layer, found } => {
                write!(f, "layer {layer} has {found} different weights, a codebook holds {most}")
            }
            Uncodable::Entries { found } => {
                write!(f, "the layers' codebooks have {found} entries in all, a design holds {MAX_ENTRIES}")
            }
        }
    }
}

/// Symbols and addresses for an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub codes: Codes,
    pub streams: Vec<LayerStreams>,
}

impl Coding {
    /// # Errors
    /// [`Uncodable`].
    pub fn of(net: &Net) -> Result<Coding, Uncodable> {
        let convs = net.layers.iter().filter_map(|layer| match &layer.kind {
            LayerKind::Conv(conv) => Some((layer.name.as_str(), conv, net.tensors[layer.input].channels)),
            LayerKind::Pool(_) => None,
        });
        let convs: Vec<_> = convs.collect();
        let sets: Vec<BTreeSet<i8>> = convs.iter().map(|(_, conv, _)| values(conv)).collect();
        let mut bits = Vec::with_capacity(sets.len());
        for (set, (name, _, _)) in sets.iter().zip(&convs) {
            match code_bits(set.len()) {
                Some(found) => bits.push(found),
                None => return Err(Uncodable::Values { layer: (*name).into(), found: set.len() }),
            }
        }
        let (books, places) = codebooks(&sets, &bits);
        if books.len() > MAX_ENTRIES {
            return Err(Uncodable::Entries { found: books.len() });
        }
        let layer = |(((_, conv, inputs), code_bits), book): (((&str, &Conv, usize), usize), usize)| Layer {
            code_bits,
            book,
            has_zero: books[book..].iter().take(1 << code_bits).any(|&value| value == 0),
            channels: Channels::new(conv, inputs),
        };
        let layers = convs.into_iter().zip(bits).zip(places).map(layer).collect();
        Ok(Coding { books, layers, layouts: Mutex::default() })
    }

    /// Bits of the widest code.
    pub fn code_bits(&self) -> usize {
        self.layers.iter().map(|layer| layer.code_bits).max().unwrap_or(*CODE_BITS.start())
    }

    /// The smallest streams for an array of `cols` columns; `None` where a layer's tiles are too short to read its words in.
    ///
    /// `convs` are the convolutions as the array takes them, in the network's order.
    pub fn layout<'s>(&self, cols: usize, convs: impl Iterator<Item = &'s Stream>) -> Option<Arc<Layout>> {
        let known = self.layouts.lock().ok().and_then(|layouts| layouts.get(&cols).cloned());
        known.unwrap_or_else(|| {
            let layout = self.laid_out(cols, convs).map(Arc::new);
            if let Ok(mut layouts) = self.layouts.lock() {
                layouts.insert(cols, layout.clone());
            }
            layout
        })
    }

    fn laid_out<'s>(&self, cols: usize, convs: impl Iterator<Item = &'s Stream>) -> Option<Layout> {
        // Of each layer: its words by format, all columns together.
        let turns: Vec<usize> = convs.map(|stream| stream.array_cycles(cols) / TURNS).collect();
        let mut sizes: Vec<BTreeMap<Format, usize>> = Vec::with_capacity(self.layers.len());
        let channels: Vec<_> = self.layers.iter().map(|layer| layer.channels.on(cols)).collect();
        for ((layer, channels), &turns) in self.layers.iter().zip(&channels).zip(&turns) {
            let formats = CODE_BITS.filter(|&bits| bits >= layer.code_bits).flat_map(Format::of);
            let size = |format: Format| {
                let words = layer.words(channels, cols, format)?;
                words.iter().all(|&words| words <= turns).then(|| (format, words.iter().sum()))
            };
            sizes.push(formats.filter_map(size).collect());
        }
        let formats = choose(&sizes)?;
        let mut codes = Codes { depths: Vec::new(), formats: formats.clone(), books: self.books.clone() };
        let mut next = vec![0; stacks(cols)];
        let mut streams = Vec::with_capacity(self.layers.len());
        for ((layer, channels), sizes) in self.layers.iter().zip(&channels).zip(&sizes) {
            let (format, _) = best(sizes, &formats)?;
            let words = layer.words(channels, cols, formats[format])?;
            let mut first = Vec::with_capacity(cols);
            for (c, words) in words.iter().enumerate() {
                let next = &mut next[c / CHUNK_COLUMNS];
                first.push(*next);
                *next += words;
            }
            let last = first.iter().zip(&words).map(|(first, words)| first + words - 1).collect();
            streams.push(LayerStreams { format, book: layer.book, first, last });
        }
        codes.depths = next;
        Some(Layout { codes, streams })
    }
}

/// The weights that occur, and zero where a codebook of as many bits has room for it: streams end early, and gaps are passed over, by zeros.
fn values(conv: &Conv) -> BTreeSet<i8> {
    let mut seen = [false; 256];
    for &weight in &conv.weights {
        seen[usize::from(weight as u8)] = true;
    }
    let mut set: BTreeSet<i8> = (0..=255u8).filter(|&w| seen[usize::from(w)]).map(|w| w as i8).collect();
    // A zero makes streams shorter; there is room for it in all but a full codebook.
    if !set.len().is_power_of_two() || set.len() < 1 << CODE_BITS.start() {
        set.insert(0);
    }
    set
}

fn code_bits(values: usize) -> Option<usize> {
    CODE_BITS.into_iter().find(|&bits| values <= 1 << bits)
}

/// All codebooks one behind another, and where each layer's begins: layers of equal codes share one as long as it holds them.
fn codebooks(sets: &[BTreeSet<i8>], bits: &[usize]) -> (Vec<i8>, Vec<usize>) {
    let mut order: Vec<usize> = (0..sets.len()).collect();
    order.sort_by_key(|&layer| (std::cmp::Reverse(bits[layer]), std::cmp::Reverse(sets[layer].len()), layer));
    let mut books: Vec<(usize, BTreeSet<i8>)> = Vec::new();
    let mut book_of = vec![0; sets.len()];
    for layer in order {
        let grown = |(at, (of, book)): (usize, &(usize, BTreeSet<i8>))| {
            let union = book.union(&sets[layer]).count();
            (*of == bits[layer] && union <= 1 << of).then_some((union - book.len(), at))
        };
        let found = books.iter().enumerate().filter_map(grown).min();
        let at = found.map_or(books.len(), |(_, at)| at);
        if at == books.len() {
            books.push((bits[layer], BTreeSet::new()));
        }
        books[at].1.extend(&sets[layer]);
        book_of[layer] = at;
    }
    // Larger ones come first, so that each begins at a multiple of its entries.
    let (mut values, mut places) = (Vec::new(), Vec::new());
    for (bits, book) in books {
        places.push(values.len());
        values.extend(book);
        values.resize(places[places.len() - 1] + (1 << bits), 0);
    }
    (values, book_of.into_iter().map(|book| places[book]).collect())
}

/// Channels of a convolution of so many input channels, on an array of `cols` columns.
fn channels(conv: &Conv, inputs: usize, cols: usize) -> Vec<Channel> {
    let taps = conv.kernel_h * conv.kernel_w;
    let groups = conv.groups(inputs);
    let window = ChannelWindow::of(groups, conv.in_channels, conv.out_channels / groups, cols);
    let channel = |(output, weights): (usize, &[i8])| {
        let before = conv.first_seen(output, inputs) - window.first(output / cols);
        let mut found: Option<(usize, usize, [usize; GAPS])> = None;
        // A tap's input channels come one after another.
        for (tap, seen) in (0..taps).flat_map(|tap| (0..conv.in_channels).map(move |seen| (tap, seen))) {
            if weights[seen * taps + tap] == 0 {
                continue;
            }
            let step = tap * window.channels + before + seen;
            match &mut found {
                None => found = Some((step, step, [0; GAPS])),
                Some((_, last, symbols)) => {
                    for (gap_bits, symbols) in symbols.iter_mut().enumerate() {
                        *symbols += ((step - *last - 1) >> gap_bits) + 1;
                    }
                    *last = step;
                }
            }
        }
        Channel { steps: taps * window.channels, weights: found }
    };
    conv.weights.chunks(conv.reduction()).enumerate().map(channel).collect()
}

impl Layer {
    /// Words of each column's stream; `None` where they would need a zero that the codebook has not.
    fn words(&self, channels: &[Channel], cols: usize, format: Format) -> Option<Vec<usize>> {
        let words = |c| {
            let (mut symbols, mut next, mut at) = (0, 0, 0);
            for channel in channels.iter().skip(c).step_by(cols) {
                if let Some((first, last, within)) = channel.weights {
                    symbols += ((at + first - next) >> format.gap_bits) + 1 + within[format.gap_bits];
                    next = at + last + 1;
                }
                at += channel.steps;
            }
            // Without a zero a stream has a weight for every step of all columns.
            let steps = channels.len().div_ceil(cols) * channels[0].steps;
            (self.has_zero || symbols == steps && format.gap_bits == 0)
                .then(|| symbols.div_ceil(format.per_word()).max(1))
        };
        (0..cols).map(words).collect()
    }
}

/// The best of some formats for a layer: its place among them, and its words.
fn best(sizes: &BTreeMap<Format, usize>, formats: &[Format]) -> Option<(usize, usize)> {
    let words = formats.iter().enumerate().filter_map(|(at, format)| Some((at, *sizes.get(format)?)));
    words.min_by_key(|&(at, words)| (words, at))
}

/// Few formats with few words: each layer's best, then again and again without the one that is worth least.
fn choose(sizes: &[BTreeMap<Format, usize>]) -> Option<Vec<Format>> {
    let own = |sizes: &BTreeMap<Format, usize>| {
        sizes.iter().min_by_key(|(format, words)| (**words, **format)).map(|(f, _)| *f)
    };
    let mut formats: Vec<Format> = sizes.iter().map(own).collect::<Option<BTreeSet<_>>>()?.into_iter().collect();
    let total = |formats: &[Format]| {
        sizes.iter().map(|sizes| best(sizes, formats).map(|(_, words)| words)).sum::<Option<usize>>()
    };
    loop {
        let without = |at: usize| {
            let mut fewer = formats.clone();
            fewer.remove(at);
            total(&fewer).map(|words| (words, fewer))
        };
        let now = total(&formats)?;
        let least = (0..formats.len()).filter_map(without).min();
        match least {
            Some((words, fewer))
                if formats.len() > MAX_FORMATS || formats.len() > CHEAP_FORMATS && words - now < now / WORTH =>
            {
                formats = fewer;
            }
            _ if formats.len() > MAX_FORMATS => return None,
            _ => return Some(formats),
        }
    }
}

//! How bits get from where they arise to where they are read, compiled to copies of lanes or of parts of lanes.

use systole_machine::words::mask;
use systole_rtl::primitive::{Shape, Values};
use systole_rtl::top::{Origin, Piece};

/// A number as an origin: one lane.
pub const CONSTANT: Shape = Shape { lanes: 1, width: 64 };

/// Part of one lane to part of another: `(from[from_lane] >> from_bit & mask) << to_bit`.
#[derive(Clone, Copy, Debug)]
struct Part {
    from_lane: usize,
    from_bit: usize,
    to_lane: usize,
    to_bit: usize,
    mask: u64,
}

#[derive(Clone, Debug)]
enum Copy {
    All,
    Parts(Vec<Part>),
}

/// A copy from an origin, known to its owner, into port `port` of `cell`, or into output `port` of the top itself.
#[derive(Clone, Debug)]
pub struct Route {
    pub cell: Option<usize>,
    pub port: usize,
    copy: Copy,
}

impl Route {
    /// Copies; true if `to` changed.
    pub fn carry(&self, from: &[u64], to: &mut [u64]) -> bool {
        match &self.copy {
            // Only changed ports are carried, so this one has changed.
            Copy::All => {
                to.copy_from_slice(from);
                true
            }
            Copy::Parts(parts) => {
                let mut changed = 0;
                for p in parts {
                    let new = (from[p.from_lane] >> p.from_bit & p.mask) << p.to_bit;
                    let old = to[p.to_lane] & p.mask << p.to_bit;
                    to[p.to_lane] ^= old ^ new;
                    changed |= old ^ new;
                }
                changed != 0
            }
        }
    }
}

/// One route per origin that takes part in driving a sink; constants are written into `initial` at once.
pub fn routes(
    pieces: &[Piece],
    shape_of: impl Fn(&Origin) -> Shape,
    sink: Shape,
    initial: &mut [u64],
) -> Vec<(Origin, Copied)> {
    if let [Piece { origin, low: 0, width }] = pieces {
        let from = shape_of(origin);
        if !matches!(origin, Origin::Constant(_)) && from == sink && *width == sink.lanes * sink.width {
            return vec![(*origin, Copied(Copy::All))];
        }
    }
    let (mut at, mut out) = (0, Vec::new());
    for piece in pieces {
        let parts = parts(piece, shape_of(&piece.origin), sink, at);
        at += piece.width;
        match piece.origin {
            Origin::Constant(value) => {
                Route { cell: None, port: 0, copy: Copy::Parts(parts) }.carry(&[value], initial);
            }
            origin => out.push((origin, Copied(Copy::Parts(parts)))),
        }
    }
    out
}

/// A compiled copy without its sink.
pub struct Copied(Copy);

impl Copied {
    pub fn into_port(self, cell: Option<usize>, port: usize) -> Route {
        Route { cell, port, copy: self.0 }
    }
}

fn parts(piece: &Piece, from: Shape, to: Shape, to_low: usize) -> Vec<Part> {
    let (mut done, mut parts) = (0, Vec::new());
    while done < piece.width {
        let (from_at, to_at) = (piece.low + done, to_low + done);
        let ((from_lane, from_bit, from_room), (to_lane, to_bit, to_room)) = (from.place(from_at), to.place(to_at));
        let width = (piece.width - done).min(from_room).min(to_room);
        parts.push(Part { from_lane, from_bit, to_lane, to_bit, mask: mask(width) });
        done += width;
    }
    parts
}

/// The value of pieces, as lanes of `shape`, from the values at their origins.
pub fn gather<'v>(
    pieces: &[Piece],
    shape: Shape,
    ports: &'v Values,
    shape_of: impl Fn(&Origin) -> Shape,
    output: impl Fn(usize, usize) -> &'v [u64],
) -> Vec<u64> {
    let mut value = shape.zero();
    for (origin, copied) in routes(pieces, shape_of, shape, &mut value) {
        let route = copied.into_port(None, 0);
        match origin {
            Origin::Port(port) => route.carry(&ports[port], &mut value),
            Origin::Instance { instance, port } => route.carry(output(instance, port), &mut value),
            Origin::Constant(_) => false,
        };
    }
    value
}

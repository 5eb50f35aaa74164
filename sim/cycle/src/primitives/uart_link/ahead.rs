//! What the link compares in the cycles before it is used: a byte takes at least forty cycles, so it is settled by then.

use super::registers::Registers;
use systole_machine::serial::{CRC_BYTES, DATA, DATA_ENDS, REQUEST_BYTES};

/// Registers between the request's header and the decisions.
#[derive(Clone, Debug, Default)]
pub(super) struct Ahead {
    /// The request brings bytes, so many.
    is_data: bool,
    length: u16,
    room: u16,
    /// Bytes of the whole request, and whether so many have come.
    wanted: u16,
    pub(super) counted: bool,
    follows: bool,
    room_enough: bool,
    /// The bytes belong behind those that have come in, and there is room for them; how many there are.
    pub(super) fits: Option<u16>,
    /// The coming byte is behind the header, and so many of them come yet; it is one of them, the last of them; where it goes.
    behind: bool,
    left: i32,
    pub(super) in_body: bool,
    pub(super) ends: bool,
    pub(super) put_at: u16,
    /// Beats that the host says it has since the last time; it can have them.
    got: u16,
    pub(super) acknowledges: bool,
}

impl Ahead {
    /// The registers after a cycle that began with `q`.
    pub(super) fn after(q: &Registers) -> Ahead {
        let (old, request) = (&q.ahead, q.request());
        let body = q.count.wrapping_sub(REQUEST_BYTES as u16);
        let fits = old.is_data && request.connection == q.connection && old.follows && old.room_enough;
        let length = if old.is_data { request.second as u16 } else { 0 };
        Ahead {
            is_data: request.kind == DATA,
            length,
            room: q.room(),
            wanted: old.length.wrapping_add((REQUEST_BYTES + CRC_BYTES) as u16),
            counted: q.count == old.wanted,
            follows: request.first as u16 == q.in_position,
            room_enough: old.length <= old.room,
            fits: fits.then_some(length),
            behind: usize::from(q.count) >= REQUEST_BYTES,
            left: i32::from(old.length) - i32::from(body),
            in_body: old.behind && old.left > 0,
            ends: request.first & DATA_ENDS != 0 && old.left == 1,
            put_at: q.in_position.wrapping_add(body),
            got: (request.first as u16).wrapping_sub(q.out_position),
            acknowledges: old.got <= q.level,
        }
    }
}

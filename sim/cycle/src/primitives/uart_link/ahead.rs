//! What the link compares in the cycles before it is used: a byte takes at least forty cycles, so it is settled by then.

/// Registers between the request's header and the decisions.
#[derive(Clone, Debug, Default)]
pub(super) struct Ahead {
    /// The request brings bytes, so many.
    pub(super) is_data: bool,
    pub(super) length: u16,
    pub(super) room: u16,
    /// Bytes of the whole request, and whether so many have come.
    pub(super) wanted: u16,
    pub(super) counted: bool,
    pub(super) follows: bool,
    pub(super) room_enough: bool,
    /// The bytes belong behind those that have come in, and there is room for them; how many there are.
    pub(super) fits: Option<u16>,
    /// The coming byte is behind the header, and so many of them come yet; it is one of them, the last of them; where it goes.
    pub(super) behind: bool,
    pub(super) left: i32,
    pub(super) in_body: bool,
    pub(super) ends: bool,
    pub(super) put_at: u16,
    /// Beats that the host says it has since the last time; it can have them.
    pub(super) got: u16,
    pub(super) acknowledges: bool,
}

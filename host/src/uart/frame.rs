//! Frames of the serial link: requests to bytes of the line, bytes of the line to answers. Rules: docs/devices/uart.md.

use crate::device::OutBeat;
use systole_machine::serial::{
    ANSWER, ANSWER_BYTES, BEAT_BYTES, CRC_BYTES, END, ESCAPE, ESCAPED_END, ESCAPED_ESCAPE, OUT_BUFFER_BITS,
    REQUEST_BYTES, TAKE,
};

/// Bytes of the longest answer; whatever is longer is noise.
const LONGEST: usize = ANSWER_BYTES + (BEAT_BYTES << OUT_BUFFER_BITS) + 1 + CRC_BYTES;
/// Bytes on the line around a frame's own.
const ENDS: usize = 2;

/// What the host asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    pub kind: u8,
    pub connection: u8,
    pub number: u8,
    pub first: u32,
    pub second: u32,
    pub body: &'a [u8],
}

impl Request<'_> {
    /// As it stands on the line.
    pub fn framed(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(REQUEST_BYTES + self.body.len() + CRC_BYTES);
        bytes.extend([self.kind, self.connection, self.number]);
        bytes.extend(self.first.to_le_bytes());
        bytes.extend(self.second.to_le_bytes());
        bytes.extend(self.body);
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        let mut line = Vec::with_capacity(bytes.len() + ENDS);
        line.push(END);
        for byte in bytes {
            match byte {
                END => line.extend([ESCAPE, ESCAPED_END]),
                ESCAPE => line.extend([ESCAPE, ESCAPED_ESCAPE]),
                _ => line.push(byte),
            }
        }
        line.push(END);
        line
    }
}

/// What the device says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub kind: u8,
    pub connection: u8,
    pub number: u8,
    /// The bus's response to a register access, and the word read.
    pub response: u8,
    pub word: u32,
    /// Input bytes that have arrived intact, and room for more.
    pub in_position: u16,
    pub in_room: u16,
    /// Output beats that the host has, and how many wait behind them.
    pub out_position: u16,
    pub out_level: u16,
    pub beats: Vec<OutBeat>,
}

impl Answer {
    /// Bytes on the line of an answer with `beats` beats, without pairs.
    pub fn line_bytes(beats: usize) -> usize {
        ANSWER_BYTES + CRC_BYTES + ENDS + if beats > 0 { BEAT_BYTES * beats + 1 } else { 0 }
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let half = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let (head, body) = bytes.split_at_checked(ANSWER_BYTES)?;
        let beats = match head[0] {
            kind if kind == TAKE | ANSWER => beats(body)?,
            _ if body.is_empty() => Vec::new(),
            _ => return None,
        };
        Some(Answer {
            kind: head[0],
            connection: head[1],
            number: head[2],
            response: head[3],
            word: u32::from_le_bytes([head[4], head[5], head[6], head[7]]),
            in_position: half(8),
            in_room: half(10),
            out_position: half(12),
            out_level: half(14),
            beats,
        })
    }
}

/// Beats, and behind them whether the last one bore TLAST.
fn beats(body: &[u8]) -> Option<Vec<OutBeat>> {
    let (&ends, words) = body.split_last()?;
    if words.len() % BEAT_BYTES != 0 || ends > 1 {
        return None;
    }
    let words = words.chunks(BEAT_BYTES).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
    let mut beats: Vec<OutBeat> = words.map(|data| OutBeat { data, last: false }).collect();
    if let Some(beat) = beats.last_mut() {
        beat.last = ends == 1;
    }
    Some(beats)
}

/// Finds answers among the bytes of the line. After garbage it is right again at the next end.
#[derive(Default)]
pub struct Unframer {
    bytes: Vec<u8>,
    escaped: bool,
    broken: bool,
}

impl Unframer {
    /// The answer that ends with this byte, if one does.
    pub fn push(&mut self, byte: u8) -> Option<Answer> {
        match (byte, self.escaped) {
            (END, _) => return self.end(),
            (ESCAPE, false) => self.escaped = true,
            (byte, escaped) => {
                let byte = match (escaped, byte) {
                    (true, ESCAPED_END) => END,
                    (true, ESCAPED_ESCAPE) => ESCAPE,
                    (true, _) => {
                        self.broken = true;
                        byte
                    }
                    (false, byte) => byte,
                };
                self.escaped = false;
                self.broken |= self.bytes.len() == LONGEST;
                if !self.broken {
                    self.bytes.push(byte);
                }
            }
        }
        None
    }

    fn end(&mut self) -> Option<Answer> {
        let whole = !std::mem::take(&mut self.broken) & !std::mem::take(&mut self.escaped);
        let bytes = std::mem::take(&mut self.bytes);
        let (frame, crc) = bytes.split_at_checked(bytes.len().checked_sub(CRC_BYTES)?)?;
        let intact = crc32fast::hash(frame).to_le_bytes() == crc;
        if whole && intact {
            Answer::parse(frame)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Request, Unframer};
    use systole_machine::serial::{ANSWER, END, ESCAPE, READ, REQUEST_BYTES};

    /// A request is as long as an answer with these bytes behind its header.
    fn answer(word: u32) -> Vec<u8> {
        let body = [1, 2, 3, 4, 5];
        assert_eq!(REQUEST_BYTES + body.len(), super::ANSWER_BYTES);
        Request {
            kind: READ | ANSWER,
            connection: END,
            number: ESCAPE,
            first: word << 8,
            second: word >> 24,
            body: &body,
        }
        .framed()
    }

    #[test]
    fn frames_survive_garbage_before_them() {
        let mut unframer = Unframer::default();
        for garbage in [&b""[..], &[ESCAPE], &[1, 2, 3], &[END, ESCAPE, 7], &[0; 5000]] {
            assert!(garbage.iter().all(|&byte| unframer.push(byte).is_none()));
            let line = answer(0xdb_c0_12_34);
            let found: Vec<_> = line.iter().filter_map(|&byte| unframer.push(byte)).collect();
            assert_eq!(found.len(), 1, "{garbage:?}");
            assert_eq!((found[0].connection, found[0].number, found[0].word), (END, ESCAPE, 0xdb_c0_12_34));
        }
    }

    #[test]
    fn no_damaged_byte_passes() {
        let line = answer(7);
        for at in 1..line.len() - 1 {
            for damage in 0..10 {
                let mut damaged = line.clone();
                match damage {
                    8 => drop(damaged.remove(at)),
                    9 => damaged.insert(at, damaged[at]),
                    bit => damaged[at] ^= 1 << bit,
                }
                let mut unframer = Unframer::default();
                assert!(damaged.iter().all(|&byte| unframer.push(byte).is_none()), "byte {at}, damage {damage}");
            }
        }
    }
}

//! Damage to protocol buffers that keeps their framing: fields lost, doubled, exchanged, numbers at the ends of their types.

use crate::bytes::EXTREMES;
use crate::random::Random;

/// Messages in messages: more than a parser's stack holds.
const DEEP: usize = 20_000;

enum Field {
    Varint(u64, u64),
    /// Fixed size, with its tag.
    Fixed(u64, Vec<u8>),
    Bytes(u64, Vec<u8>),
}

fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in 0..10 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << (7 * shift);
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take<'a>(bytes: &mut &'a [u8], count: u64) -> Option<&'a [u8]> {
    let (piece, rest) = bytes.split_at_checked(usize::try_from(count).ok()?)?;
    *bytes = rest;
    Some(piece)
}

/// The fields of a message, `None` if it is none.
fn parse(mut bytes: &[u8]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = read_varint(&mut bytes)?;
        fields.push(match tag & 7 {
            0 => Field::Varint(tag, read_varint(&mut bytes)?),
            1 => Field::Fixed(tag, take(&mut bytes, 8)?.to_vec()),
            2 => {
                let length = read_varint(&mut bytes)?;
                Field::Bytes(tag, take(&mut bytes, length)?.to_vec())
            }
            5 => Field::Fixed(tag, take(&mut bytes, 4)?.to_vec()),
            _ => return None,
        });
    }
    (!fields.is_empty()).then_some(fields)
}

fn print(fields: &[Field]) -> Vec<u8> {
    let mut out = Vec::new();
    for field in fields {
        match field {
            Field::Varint(tag, value) => {
                varint(*tag, &mut out);
                varint(*value, &mut out);
            }
            Field::Fixed(tag, bytes) => {
                varint(*tag, &mut out);
                out.extend(bytes);
            }
            Field::Bytes(tag, bytes) => {
                varint(*tag, &mut out);
                varint(bytes.len() as u64, &mut out);
                out.extend(bytes);
            }
        }
    }
    out
}

/// The message with one of its fields, at any depth, damaged; as it is if it is none.
pub fn damage(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let Some(mut fields) = parse(bytes) else { return bytes.to_vec() };
    let at = random.below(fields.len());
    if let (Field::Bytes(_, inner), true) = (&mut fields[at], random.chance(75)) {
        if parse(inner).is_some() {
            *inner = damage(inner, random);
            return print(&fields);
        }
    }
    let other = random.below(fields.len());
    match random.below(6) {
        0 => drop(fields.remove(at)),
        1 => {
            let copy = print(&fields[at..=at]);
            fields.extend(parse(&copy).unwrap_or_default());
        }
        2 => fields.swap(at, other),
        _ => change(&mut fields[at], random),
    }
    print(&fields)
}

fn change(field: &mut Field, random: &mut Random) {
    match field {
        Field::Varint(_, value) => *value = EXTREMES[random.below(EXTREMES.len())],
        Field::Fixed(_, bytes) => bytes.fill([0, 0xff, 0x7f, 0x80][random.below(4)]),
        Field::Bytes(tag, bytes) => match random.below(5) {
            0 => bytes.clear(),
            1 => *tag += 8,
            2 => *bytes = nested(*tag),
            3 => bytes.extend(bytes.clone()),
            _ => crate::bytes::damage(bytes, random),
        },
    }
}

/// A message that holds itself, over and over; the length of the outer ones grows, so it is built from the inside.
fn nested(tag: u64) -> Vec<u8> {
    let mut heads: Vec<Vec<u8>> = Vec::new();
    let mut length = 0;
    for _ in 0..DEEP {
        let mut head = Vec::new();
        varint(tag, &mut head);
        varint(length, &mut head);
        length += head.len() as u64;
        heads.push(head);
    }
    heads.into_iter().rev().flatten().collect()
}

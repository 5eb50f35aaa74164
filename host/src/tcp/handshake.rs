//! How a conversation begins: what the client wants, and the proof that it knows the token where the server wants one. The
//! token itself never goes over the line: the proof is of numbers that both ends draw anew each time, so that a recording of
//! it is worth nothing.

use super::message::{Incoming, Reader, Writer, LARGEST_GREETING};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::time::Instant;

/// Begins a conversation; changes whenever older ends would misunderstand each other.
pub const GREETING: &[u8; 8] = b"SYSTOLE2";
/// What a proof is of, first of all: a proof made for anything else is none.
const PURPOSE: &[u8] = b"systole: a client proves its token\0";

/// A number that nobody can guess or has seen before.
pub type Nonce = [u8; 32];

/// Who drives: drawn by the server for each client, known to these two.
pub type Session = [u8; 16];

/// No session yet.
pub const NO_SESSION: Session = [0; 16];

/// What a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Intent {
    Drive,
    /// Drive, and have whoever drives now hung up on.
    TakeOver,
    Watch,
}

/// The first message of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Greeting {
    pub intent: Intent,
    /// The session that it had before its connection broke.
    pub session: Session,
    pub nonce: Nonce,
}

/// A number from the operating system's generator.
pub fn draw<const N: usize>() -> io::Result<[u8; N]> {
    let mut number = [0; N];
    let mut filled = 0;
    while filled < N {
        filled += rustix::rand::getrandom(&mut number[filled..], rustix::rand::GetRandomFlags::empty())?;
    }
    Ok(number)
}

impl Greeting {
    pub fn new(intent: Intent, session: Session) -> io::Result<Self> {
        Ok(Greeting { intent, session, nonce: draw()? })
    }

    pub fn bytes(&self) -> Vec<u8> {
        Writer(GREETING.to_vec()).bytes(&[self.intent as u8]).bytes(&self.session).bytes(&self.nonce).0
    }

    pub fn parse(message: &[u8]) -> io::Result<Self> {
        let mut reader = Reader(message);
        let (greeting, intent) = (reader.array()?, reader.byte()?);
        let intent = [Intent::Drive, Intent::TakeOver, Intent::Watch].into_iter().find(|known| *known as u8 == intent);
        let (session, nonce) = (reader.array()?, reader.array()?);
        match intent.filter(|_| greeting == *GREETING && reader.rest().is_empty()) {
            Some(intent) => Ok(Greeting { intent, session, nonce }),
            None => Err(ErrorKind::InvalidData.into()),
        }
    }

    fn proof(&self, token: &str, challenge: &Nonce) -> Hmac<Sha256> {
        let made = Hmac::<Sha256>::new_from_slice(token.as_bytes()).expect("a key may have any length");
        made.chain_update(PURPOSE).chain_update(self.bytes()).chain_update(challenge)
    }

    /// What the client answers to the server's challenge.
    pub fn prove(&self, token: &str, challenge: &Nonce) -> Vec<u8> {
        self.proof(token, challenge).finalize().into_bytes().to_vec()
    }

    /// Whether who sent `proof` knows the token; compared in a time that does not tell where it differs.
    pub fn is_proved(&self, token: &str, challenge: &Nonce, proof: &[u8]) -> bool {
        self.proof(token, challenge).verify_slice(proof).is_ok()
    }
}

/// The first message of a stream.
pub fn first(incoming: &mut Incoming, stream: &mut TcpStream, deadline: Instant) -> io::Result<Greeting> {
    Greeting::parse(&incoming.message(stream, LARGEST_GREETING, deadline)?)
}

#[cfg(test)]
mod tests {
    use super::{draw, Greeting, Intent, NO_SESSION};

    #[test]
    fn a_greeting_comes_back_and_nothing_else_is_one() {
        let greeting = Greeting::new(Intent::Watch, [7; 16]).unwrap();
        let bytes = greeting.bytes();
        assert_eq!(Greeting::parse(&bytes).unwrap(), greeting);
        assert!((0..bytes.len()).all(|end| Greeting::parse(&bytes[..end]).is_err()));
        assert!(Greeting::parse(&[&bytes[..], &[0]].concat()).is_err());
        let other = |at: usize, value: u8| Greeting::parse(&[&bytes[..at], &[value], &bytes[at + 1..]].concat());
        assert!(other(7, b'1').is_err() && other(8, 3).is_err());
    }

    #[test]
    fn a_proof_is_of_the_token_both_numbers_and_the_intent() {
        let (greeting, challenge) = (Greeting::new(Intent::Drive, NO_SESSION).unwrap(), draw().unwrap());
        let proof = greeting.prove("sesame", &challenge);
        assert!(greeting.is_proved("sesame", &challenge, &proof));
        assert!(!greeting.is_proved("sesam", &challenge, &proof));
        assert!(!greeting.is_proved("sesame", &draw().unwrap(), &proof), "a recording is worth nothing");
        assert!(!Greeting::new(Intent::Drive, NO_SESSION).unwrap().is_proved("sesame", &challenge, &proof));
        assert!(!Greeting { intent: Intent::TakeOver, ..greeting }.is_proved("sesame", &challenge, &proof));
        for end in 0..proof.len() {
            assert!(!greeting.is_proved("sesame", &challenge, &proof[..end]));
        }
    }
}

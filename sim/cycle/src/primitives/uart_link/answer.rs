//! What the link answers, byte by byte.

use super::registers::{Act, Registers, Request, State};
use super::UartLinkModel;
use systole_machine::serial::{ANSWER, ANSWER_BYTES, BEAT_BYTES, READ, REFUSED, TAKE};
use systole_rtl::ports::uart_link::In;

impl UartLinkModel {
    /// Next byte of the answer, and whether it is the last.
    pub(super) fn outgoing(&self) -> Option<(u8, bool)> {
        let q = &self.q;
        match q.state {
            State::Head => Some((q.answer[0], q.sent + 1 == ANSWER_BYTES && q.kind != TAKE)),
            State::Beats => q.settled.then(|| (q.out_word.0.to_le_bytes()[q.sent], false)),
            State::Last => Some((q.ended.into(), true)),
            _ => None,
        }
    }

    pub(super) fn clock_answer(
        &mut self,
        old: &Registers,
        request: &Request,
        act: Option<Act>,
        taken: bool,
        inputs: &In,
    ) {
        let q = &mut self.q;
        let beat_over = old.sent + 1 == BEAT_BYTES;
        q.moved = old.state == State::Look || old.state == State::Beats && taken && beat_over;
        q.settled = !q.moved && !old.moved;
        match old.state {
            State::Rest => {
                q.kind = if matches!(act, None | Some(Act::Refuse)) { REFUSED } else { request.kind };
                (q.number, q.left) = (request.number, request.second as u16);
                q.state = match act {
                    None => State::Rest,
                    Some(Act::Access { fresh: true, outside: false }) if request.kind == READ => State::Reading,
                    Some(Act::Access { fresh: true, outside: false }) => State::Writing,
                    Some(_) => State::Look,
                };
            }
            State::Reading if inputs.s_axil_rvalid => q.state = State::Look,
            State::Writing if inputs.s_axil_bvalid => q.state = State::Look,
            State::Look => {
                q.answer = answer(old);
                q.left = old.left.min(old.level());
                (q.out_read, q.sent, q.ended, q.state) = (old.out_position, 0, false, State::Head);
            }
            State::Head if taken => {
                let over = old.sent + 1 == ANSWER_BYTES;
                q.answer.rotate_left(1);
                q.sent = if over { 0 } else { old.sent + 1 };
                if over {
                    q.state = match (old.kind == TAKE, old.left) {
                        (false, _) => State::Rest,
                        (true, 0) => State::Last,
                        (true, _) => State::Beats,
                    };
                }
            }
            State::Beats if taken => {
                q.sent = if beat_over { 0 } else { old.sent + 1 };
                if beat_over {
                    (q.out_read, q.left) = (old.out_read.wrapping_add(1), old.left - 1);
                    q.ended = old.out_word.1;
                    if old.left == 1 || old.out_word.1 {
                        q.state = State::Last;
                    }
                }
            }
            State::Last if taken => q.state = State::Rest,
            _ => {}
        }
    }
}

/// The header of the answer.
fn answer(q: &Registers) -> [u8; ANSWER_BYTES] {
    let mut bytes = vec![q.kind | ANSWER, q.connection, q.number, q.response];
    bytes.extend(q.word.to_le_bytes());
    for value in [q.in_position, q.room(), q.out_position, q.level()] {
        bytes.extend(value.to_le_bytes());
    }
    std::array::from_fn(|at| bytes[at])
}

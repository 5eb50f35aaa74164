//! What a request leads to, and its register accesses.

use super::registers::{Act, Registers, Request, State};
use super::UartLinkModel;
use systole_machine::serial::{DATA, READ, REQUEST_BYTES, RESET, TAKE, WRITE};
use systole_machine::words::mask;
use systole_rtl::ports::uart_link::In;

const SLVERR: u8 = 2;

impl UartLinkModel {
    /// What begins at this edge, if a request is over and nothing else is being done.
    pub(super) fn act(&self, request: &Request) -> Option<Act> {
        let q = &self.q;
        let whole = q.over.filter(|_| q.state == State::Rest)?;
        let fresh = q.done != Some(request.number);
        let outside = u64::from(request.first) > mask(self.addr_width);
        Some(match request.kind {
            RESET if whole => Act::Clear,
            _ if !whole || request.connection != q.connection => Act::Refuse,
            READ | WRITE => Act::Access { fresh, outside },
            TAKE => Act::Take,
            DATA => Act::Data,
            _ => Act::Refuse,
        })
    }

    pub(super) fn clock_request(&mut self) {
        let q = &mut self.q;
        q.over = self.unframe.end.then_some(self.unframe.good && q.ahead.counted);
        if self.unframe.end {
            q.count = 0;
        } else if self.unframe.valid {
            if usize::from(q.count) < REQUEST_BYTES {
                q.head.rotate_left(1);
                q.head[REQUEST_BYTES - 1] = self.unframe.data;
            }
            q.count = q.count.saturating_add(1);
        }
    }

    pub(super) fn clock_access(&mut self, old: &Registers, request: &Request, act: Option<Act>, inputs: &In) {
        let q = &mut self.q;
        q.aw_valid &= !inputs.s_axil_awready;
        q.w_valid &= !inputs.s_axil_wready;
        q.ar_valid &= !inputs.s_axil_arready;
        if let Some(Act::Access { fresh: true, outside }) = act {
            let write = request.kind == WRITE;
            q.done = Some(request.number);
            q.addr = request.first & mask(self.addr_width) as u32;
            (q.word, q.response) = (if write { request.second } else { 0 }, SLVERR);
            (q.aw_valid, q.w_valid, q.ar_valid) = (write && !outside, write && !outside, !write && !outside);
        }
        if old.state == State::Reading && inputs.s_axil_rvalid {
            (q.word, q.response) = (inputs.s_axil_rdata as u32, inputs.s_axil_rresp as u8);
        }
        if old.state == State::Writing && inputs.s_axil_bvalid {
            q.response = inputs.s_axil_bresp as u8;
        }
        if act == Some(Act::Clear) {
            (q.done, q.aw_valid, q.w_valid, q.ar_valid, q.word, q.response) = (None, false, false, false, 0, 0);
        }
    }
}

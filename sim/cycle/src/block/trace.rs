//! Waveforms: any tree of blocks as VCD, with the names that the Verilog has.

use rust_hdl::prelude::{Atom, Block, Probe, VCDValue};
use std::io::{Error, Result, Write};
use vcd::{IdCode, SimulationCommand, TimescaleUnit, Writer};

/// A VCD being written. Every sample holds all ports and wires of all blocks, written where they changed.
pub struct Trace<W: Write> {
    writer: Writer<W>,
    /// In the order of visits.
    signals: Vec<(IdCode, Option<VCDValue>)>,
}

impl<W: Write> Trace<W> {
    /// Writes the header: scopes and widths below `name`, the top module's instance name.
    pub fn new(sink: W, name: &str, tree: &dyn Block) -> Result<Self> {
        let mut writer = Writer::new(sink);
        writer.timescale(1, TimescaleUnit::NS)?;
        let mut header = Header { writer, signals: Vec::new(), failed: None };
        tree.accept(name, &mut header);
        let Header { mut writer, signals, failed } = header;
        failed.map_or(Ok(()), Err)?;
        writer.enddefinitions()?;
        Ok(Trace { writer, signals })
    }

    /// Writes what has changed at `time` (ns); the first sample writes everything.
    pub fn sample(&mut self, time: u64, tree: &dyn Block) -> Result<()> {
        let first = self.signals.iter().all(|s| s.1.is_none());
        self.writer.timestamp(time)?;
        if first {
            self.writer.begin(SimulationCommand::Dumpvars)?;
        }
        let mut changes = Changes { trace: self, at: 0, failed: None };
        tree.accept("", &mut changes);
        changes.failed.map_or(Ok(()), Err)?;
        if first {
            self.writer.end()?;
        }
        Ok(())
    }
}

struct Header<W: Write> {
    writer: Writer<W>,
    signals: Vec<(IdCode, Option<VCDValue>)>,
    failed: Option<Error>,
}

impl<W: Write> Probe for Header<W> {
    fn visit_start_scope(&mut self, name: &str, _node: &dyn Block) {
        note(&mut self.failed, self.writer.add_module(name));
    }

    fn visit_atom(&mut self, name: &str, signal: &dyn Atom) {
        match self.writer.add_wire(signal.bits() as u32, name) {
            Ok(code) => self.signals.push((code, None)),
            Err(error) => note(&mut self.failed, Err(error)),
        }
    }

    fn visit_end_scope(&mut self, _name: &str, _node: &dyn Block) {
        note(&mut self.failed, self.writer.upscope());
    }
}

struct Changes<'t, W: Write> {
    trace: &'t mut Trace<W>,
    at: usize,
    failed: Option<Error>,
}

impl<W: Write> Probe for Changes<'_, W> {
    fn visit_atom(&mut self, _name: &str, signal: &dyn Atom) {
        let (code, last) = &mut self.trace.signals[self.at];
        self.at += 1;
        let value = signal.vcd();
        if last.as_ref() == Some(&value) {
            return;
        }
        let written = match &value {
            VCDValue::Single(bit) => self.trace.writer.change_scalar(*code, *bit),
            VCDValue::Vector(bits) => self.trace.writer.change_vector(*code, bits),
            other => Err(Error::other(format!("a block hands out {other:?}, which is no bus"))),
        };
        note(&mut self.failed, written);
        *last = Some(value);
    }
}

/// A probe cannot return an error, so the first one is kept.
fn note(failed: &mut Option<Error>, result: Result<()>) {
    if let (Err(error), true) = (result, failed.is_none()) {
        *failed = Some(error);
    }
}

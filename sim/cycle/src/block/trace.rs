//! Waveforms: any tree of blocks as VCD, with the names that the Verilog has, and numbers as words beside them.

use rust_hdl::prelude::{Atom, Block, Probe, VCDValue};
use std::io::{Error, Result, Write};
use vcd::{IdCode, SimulationCommand, TimescaleUnit, Value, VarType, Writer};

/// A signal whose numbers have names. Beside it, where it is first seen, stands a variable of strings.
#[derive(Clone, Debug, Default)]
pub struct Named {
    pub signal: &'static str,
    /// The variable's name.
    pub variable: &'static str,
    /// What each number is called.
    pub texts: Vec<String>,
}

/// A VCD being written. Every sample holds all ports and wires of all blocks, written where they changed.
pub struct Trace<W: Write> {
    writer: Writer<W>,
    /// In the order of visits.
    signals: Vec<(IdCode, Option<VCDValue>)>,
    /// Place of the signal whose numbers have names, and the variable of strings.
    words: Option<(usize, IdCode)>,
    texts: Vec<String>,
}

impl<W: Write> Trace<W> {
    /// Writes the header: scopes and widths below `name`, the top module's instance name.
    pub fn new(sink: W, name: &str, tree: &dyn Block) -> Result<Self> {
        Self::with_names(sink, name, tree, &Named::default())
    }

    /// [`Trace::new`], with the numbers of a signal as words.
    pub fn with_names(sink: W, name: &str, tree: &dyn Block, named: &Named) -> Result<Self> {
        let mut writer = Writer::new(sink);
        writer.timescale(1, TimescaleUnit::NS)?;
        let mut header = Header { writer, signals: Vec::new(), named, words: None, failed: None };
        tree.accept(name, &mut header);
        let Header { mut writer, signals, words, failed, .. } = header;
        failed.map_or(Ok(()), Err)?;
        writer.enddefinitions()?;
        Ok(Trace { writer, signals, words, texts: named.texts.iter().map(|text| word(text)).collect() })
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

struct Header<'n, W: Write> {
    writer: Writer<W>,
    signals: Vec<(IdCode, Option<VCDValue>)>,
    named: &'n Named,
    words: Option<(usize, IdCode)>,
    failed: Option<Error>,
}

impl<W: Write> Probe for Header<'_, W> {
    fn visit_start_scope(&mut self, name: &str, _node: &dyn Block) {
        note(&mut self.failed, self.writer.add_module(name));
    }

    fn visit_atom(&mut self, name: &str, signal: &dyn Atom) {
        match self.writer.add_wire(signal.bits() as u32, name) {
            Ok(code) => self.signals.push((code, None)),
            Err(error) => note(&mut self.failed, Err(error)),
        }
        if name == self.named.signal && self.words.is_none() {
            match self.writer.add_var(VarType::String, 1, self.named.variable, None) {
                Ok(code) => self.words = Some((self.signals.len() - 1, code)),
                Err(error) => note(&mut self.failed, Err(error)),
            }
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
        let at = self.at;
        let (code, last) = &mut self.trace.signals[at];
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
        if let Some((_, words)) = self.trace.words.filter(|(signal, _)| *signal == at) {
            let text = number(&value).and_then(|number| self.trace.texts.get(number)).map_or("-", String::as_str);
            note(&mut self.failed, self.trace.writer.change_string(words, text));
        }
        *last = Some(value);
    }
}

/// The number that a bus holds.
fn number(value: &VCDValue) -> Option<usize> {
    let bits = |bits: &[Value]| bits.iter().fold(0, |number, bit| 2 * number + usize::from(*bit == Value::V1));
    match value {
        VCDValue::Single(bit) => Some(bits(&[*bit])),
        VCDValue::Vector(all) => Some(bits(all)),
        VCDValue::String(_) | VCDValue::Composite(_) => None,
    }
}

/// A text as a VCD can hold it: without anything that ends a word.
fn word(text: &str) -> String {
    let kept = text.chars().map(|letter| if letter.is_ascii_graphic() && letter != '\\' { letter } else { '_' });
    let word: String = kept.collect();
    if word.is_empty() {
        "-".into()
    } else {
        word
    }
}

/// A probe cannot return an error, so the first one is kept.
fn note(failed: &mut Option<Error>, result: Result<()>) {
    if let (Err(error), true) = (result, failed.is_none()) {
        *failed = Some(error);
    }
}

//! The top level's pins by number, found once by name.

use crate::block::TopBlock;
use crate::error::CycleError;
use systole_machine::pins::{InPin, OutPin, TopIn, TopOut, INPUTS, OUTPUTS, RESET};
use systole_machine::words::mask;

/// The inputs that are ports of a tree: its reset is an argument of its clock.
fn ports() -> impl Iterator<Item = &'static InPin> {
    INPUTS.iter().filter(|(name, _)| *name != RESET)
}

/// Where the pins are in a tree.
pub struct Pins {
    inputs: Vec<usize>,
    outputs: Vec<usize>,
}

impl Pins {
    /// # Errors
    /// [`CycleError::MissingPort`] if the tree is no top level.
    pub fn find(tree: &TopBlock) -> Result<Self, CycleError> {
        let missing = |direction, port, known: &[String]| CycleError::MissingPort {
            module: tree.module().to_string(),
            direction,
            port,
            known: known.join(", "),
        };
        let input =
            |&(name, _): &InPin| tree.input_index(name).ok_or_else(|| missing("input", name, &tree.inputs.names));
        let output =
            |&(name, _): &OutPin| tree.output_index(name).ok_or_else(|| missing("output", name, &tree.outputs.names));
        Ok(Pins {
            inputs: ports().map(input).collect::<Result<_, _>>()?,
            outputs: OUTPUTS.iter().map(output).collect::<Result<_, _>>()?,
        })
    }

    /// Applies inputs; bits that a pin does not have are dropped.
    pub fn apply(&self, tree: &mut TopBlock, inputs: &TopIn) {
        for (&at, (_, value)) in self.inputs.iter().zip(ports()) {
            let width = tree.inputs.shapes[at].width;
            tree.set(at, &[value(inputs) & mask(width)]);
        }
    }

    /// The outputs of a tree at rest.
    pub fn read(&self, tree: &TopBlock) -> TopOut {
        let mut out = TopOut::default();
        for (&at, (_, put)) in self.outputs.iter().zip(&OUTPUTS) {
            put(&mut out, tree.get(at)[0]);
        }
        out
    }
}

//! `systole_top`: the core behind its registers, and the whole design with the hashes in it.

use super::describe::Top;
use super::expression::constant;
use super::machine::{core, printed};
use super::shapes::Shapes;
use crate::composed::Composed;
use crate::design::{Design, File};
use crate::error::RtlError;
use crate::primitive::{Direction, Primitive};
use crate::primitives::axil_regs::{AxilRegs, AxilRegsConfig};
use crate::primitives::events::Events;
use systole_machine::geometry::clog2;
use systole_machine::registers::address_bits;
use systole_machine::Plan;

pub const TOP: &str = "systole_top";
/// What all pins of the register bus begin with.
const BUS: &str = "s_axil_";
/// Stands in the registers while the design is hashed.
const NO_HASH: [u8; 32] = [0; 32];

/// Everything made from a plan at once.
pub struct Machine {
    /// What the tree of the simulator is made of.
    pub composed: Composed,
    /// The files.
    pub design: Design,
    /// What the register `design_hash` says: [`Design::hash`] of the same design with zeros in that register.
    pub design_hash: [u8; 32],
}

/// Composes the machine of a plan. Deterministic; writes nothing.
///
/// # Errors
/// Composition errors by name: the primitives and the plan do not fit together.
pub fn compose(plan: &Plan) -> Result<Machine, RtlError> {
    let (_, blank) = build(plan, NO_HASH)?;
    let design_hash = blank.hash();
    let (composed, design) = build(plan, design_hash)?;
    Ok(Machine { composed, design, design_hash })
}

fn build(plan: &Plan, design_hash: [u8; 32]) -> Result<(Composed, Design), RtlError> {
    let (top, images) = system(plan, design_hash);
    let composed = top.build()?;
    let design = Design::new(&composed, images)?;
    Ok((composed, design))
}

/// The top level and the memory images.
pub(super) fn system(plan: &Plan, design_hash: [u8; 32]) -> (Top, Vec<File>) {
    let registers = registers(plan, design_hash);
    let (core, images) = core(plan);
    let mut t = Top::new(TOP, &printed(plan, format!("{} behind AXI4-Lite registers and AXI4-Streams", plan.network)));
    let is_stream = |name: &str| name.starts_with("s_axis_") || name.starts_with("m_axis_");
    let streams: Vec<_> = core.ports().iter().filter(|p| is_stream(&p.name)).cloned().collect();
    let bus: Vec<_> = registers.ports().into_iter().filter(|p| p.name.starts_with(BUS)).collect();
    for p in &streams {
        port(&mut t, &p.name, p.direction, p.lanes, p.width, &p.comment);
    }
    for p in &bus {
        port(&mut t, p.name, p.direction, p.lanes, p.width, "");
    }
    let registers = t.primitive("registers", "What the host sees.", registers);
    for p in &bus {
        registers.same_name(p.name, p.direction);
    }
    registers.open("error_o");
    if !plan.geometry.store().is_loaded() {
        registers.open("load_o").input("load_word_i", constant(0, 1));
    }
    registers.by_name();
    let core = t.top("core", "The machine.", core);
    for p in &streams {
        core.same_name(&p.name, p.direction);
    }
    core.also_reset_by("soft_reset").by_name();
    (t, images)
}

fn port(t: &mut Top, name: &str, direction: Direction, lanes: usize, width: usize, comment: &str) {
    match direction {
        Direction::Input => t.input(name, lanes, width, comment),
        Direction::Output => t.output(name, lanes, width, comment),
    }
}

/// What tells the registers of a plan's machine what happens at the streams.
pub fn events(plan: &Plan) -> Events {
    Shapes::new(plan).events()
}

/// The registers of a plan's machine, in a design of that hash.
pub fn registers(plan: &Plan, design_hash: [u8; 32]) -> AxilRegs {
    let shapes = Shapes::new(plan);
    let loaded = plan.geometry.store().is_loaded();
    AxilRegs::new(AxilRegsConfig {
        addr_width: address_bits() as usize,
        rows: plan.geometry.rows,
        cols: plan.geometry.cols,
        step_width: shapes.widths.pc,
        layer_width: shapes.layer_bits(),
        lane_width: clog2(plan.geometry.rows),
        first_width: shapes.first_bits(),
        memories: 1 + plan.tables().len(),
        design_hash,
        load_words: if loaded { plan.geometry.load_words() } else { 0 },
        weights_hash: if loaded { NO_HASH } else { plan.weights_hash.0 },
    })
}

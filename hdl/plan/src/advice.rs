//! What would let a network fit: changes, each of them tried.

pub mod smaller;

use crate::candidate_search::any;
use crate::coding::Coding;
use crate::constraints::{Constraints, StoreChoice, WeightChoice};
use crate::timed::Costed;
use smaller::{with_classes, with_codes, with_share_of_image};
use systole_machine::weights::codes::CODE_BITS;
use systole_machine::Board;
use systole_net::Net;

/// Eighths of an image's sides that are tried.
const EIGHTHS: [usize; 5] = [7, 6, 5, 4, 3];

/// What was tried and makes a network fit that does not fit a board within the constraints: other constraints, weights as codes of few bits, the smallest
/// of the `listed` boards that holds it, fewer classes, a smaller image.
pub fn advice(net: &Net, board: &Board, constraints: &Constraints, listed: &[Board]) -> String {
    let mut found = other_constraints(net, board, constraints);
    found.extend(fewer_values(net, board, constraints));
    found.extend(other_board(net, board, constraints, listed));
    found.extend(fewer_classes(net, board, constraints));
    found.extend(smaller_image(net, board, constraints));
    match found.is_empty() {
        true => {
            "tried without success: other limits and shapes, codes of few bits, the listed boards, fewer classes, smaller images".into()
        }
        false => format!("what fits: {}", found.join("; or ")),
    }
}

/// Whether the search finds any plan, fast or slow.
pub fn holds(net: &Net, board: &Board, constraints: &Constraints) -> bool {
    any(net, board, constraints).is_some()
}

fn shape(plan: &Costed) -> String {
    format!("array of {} x {}", plan.draft.geometry.rows, plan.draft.geometry.cols)
}

/// Each constraint dropped by itself, with what the plan then takes.
fn other_constraints(net: &Net, board: &Board, w: &Constraints) -> Vec<String> {
    let free = Board { rows: None, cols: None, ..board.clone() };
    let fixed = w.rows.or(w.cols).or(board.rows).or(board.cols).is_some();
    let whole_part = Constraints { max_dsp: Some(board.device.dsp), max_lut: Some(board.device.lut), ..w.clone() };
    type Change<'a> = (bool, &'a Board, Constraints, fn(&Costed) -> String);
    let options: [Change; 7] = [
        (fixed, &free, Constraints { rows: None, cols: None, ..w.clone() }, |p| {
            format!("--rows {} --cols {}", p.draft.geometry.rows, p.draft.geometry.cols)
        }),
        (w.max_bram18.is_some(), board, Constraints { max_bram18: None, ..w.clone() }, |p| {
            format!("--max-bram18 {}", p.cost.ram18())
        }),
        (w.max_activations.is_some(), board, Constraints { max_activations: None, ..w.clone() }, |p| {
            format!("--max-activations {}", p.draft.activation_bytes())
        }),
        (w.max_macs.is_some(), board, Constraints { max_macs: None, ..w.clone() }, |p| {
            format!("--max-macs {}", p.draft.geometry.macs_per_cycle())
        }),
        (true, board, whole_part, |p| {
            let total = p.cost.total();
            format!("--max-dsp {} --max-lut {}, which leaves less room to route", total.dsp, total.lut)
        }),
        (w.weights == Some(WeightChoice::Initialised), board, Constraints { weights: None, ..w.clone() }, |_| {
            "--weights loaded".into()
        }),
        (
            w.store == Some(StoreChoice::Bytes),
            board,
            Constraints { store: Some(StoreChoice::Codes), ..w.clone() },
            |_| "--store codes".into(),
        ),
    ];
    let tried = options.into_iter().filter(|option| option.0);
    let found: Vec<String> =
        tried.filter_map(|(_, board, constraints, say)| any(net, board, &constraints).map(|plan| say(&plan))).collect();
    match found.is_empty() {
        true => more_of_all(net, board, w).into_iter().collect(),
        false => found,
    }
}

/// All limits of the constraints dropped together, where there are several.
fn more_of_all(net: &Net, board: &Board, w: &Constraints) -> Option<String> {
    let constraints = Constraints { max_bram18: None, max_activations: None, max_macs: None, ..w.clone() };
    let plan = any(net, board, &constraints)?;
    let limits = [
        w.max_bram18.map(|_| format!("--max-bram18 {}", plan.cost.ram18())),
        w.max_activations.map(|_| format!("--max-activations {}", plan.draft.activation_bytes())),
        w.max_macs.map(|_| format!("--max-macs {}", plan.draft.geometry.macs_per_cycle())),
    ];
    Some(limits.into_iter().flatten().collect::<Vec<_>>().join(" ")).filter(|all| !all.is_empty())
}

/// The smallest listed board that holds the network.
fn other_board(net: &Net, board: &Board, constraints: &Constraints, listed: &[Board]) -> Option<String> {
    let mut others: Vec<&Board> = listed.iter().filter(|other| other.device.name != board.device.name).collect();
    others.sort_by_key(|other| (other.device.lut, other.device.bram18));
    let free = Constraints { weights: constraints.weights, store: constraints.store, ..Constraints::default() };
    let alone = if *constraints == free { "" } else { " without other limits" };
    let holds = |other: &&Board| Some(format!("--board {}{alone} ({})", other.name, shape(&any(net, other, &free)?)));
    others.iter().find_map(holds)
}

/// The most bits of codes in which the weights fit, fewer than they have.
fn fewer_values(net: &Net, board: &Board, w: &Constraints) -> Option<String> {
    if w.store == Some(StoreChoice::Bytes) {
        return None;
    }
    let bits = Coding::of(net).map_or(*CODE_BITS.end() + 1, |coding| coding.code_bits());
    let constraints = Constraints { store: Some(StoreChoice::Codes), ..w.clone() };
    let holds = |&bits: &usize| any(&with_codes(net, bits as u32), board, &constraints).is_some();
    let bits = (*CODE_BITS.start()..bits).rev().find(holds)?;
    Some(format!("codes of {bits} bits (systole quantize --codebook {bits})"))
}

/// As many classes as fit.
fn fewer_classes(net: &Net, board: &Board, constraints: &Constraints) -> Option<String> {
    let holds = |classes: usize| any(&with_classes(net, classes), board, constraints).is_some();
    let (mut fits, mut too_many) = (2, net.classes());
    if too_many <= fits || !holds(fits) {
        return None;
    }
    while too_many - fits > 1 + fits / 16 {
        let middle = (fits + too_many) / 2;
        match holds(middle) {
            true => fits = middle,
            false => too_many = middle,
        }
    }
    Some(format!("{fits} classes of {}", net.classes()))
}

/// As large an image as fits, for networks that take images of any size.
fn smaller_image(net: &Net, board: &Board, constraints: &Constraints) -> Option<String> {
    let smaller = |&eighths: &usize| {
        let [down, up] = [false, true].map(|up| with_share_of_image(net, eighths, 8, up));
        let (down, up) = (down?, up?);
        any(&down, board, constraints)?;
        if up.tensors != down.tensors {
            any(&up, board, constraints)?;
        }
        let image = &down.tensors[Net::INPUT];
        Some(format!("images of {} x {}", image.height, image.width))
    };
    EIGHTHS.iter().find_map(smaller)
}

//! What was selected, for the report: forms with what they lose, boards with what they hold.

use crate::args::limits::LimitArgs;
use crate::preparation::pace::SLOWER;
use crate::selection::changes;
use crate::selection::forms::{words, Made};
use crate::selection::place::{Held, Place};
use crate::selection::select::{lacking, Selection};
use systole_report::figures::Figures;
use systole_report::fitted::{Accuracy, BoardFit, Change, Fitted, Form, NextSmaller, Placed};
use systole_report::plan::Sheet;

/// `figures`: of the forms that are used, in their order, where images were given; `labelled`: whether these had labels.
pub fn fitted(selection: &Selection, figures: Option<(Vec<Figures>, bool)>, limits: &LimitArgs) -> Fitted {
    let forms: Vec<Form> = selection.made.iter().map(form).collect();
    let used = selection.used();
    let boards = selection.places.iter().map(|place| board(place, &forms, limits)).collect();
    let mut taken: Vec<Form> = used.iter().map(|&at| forms[at].clone()).collect();
    if let Some((figures, labelled)) = figures {
        taken.iter_mut().zip(&figures).for_each(|(form, figures)| form.accuracy = on_images(figures, labelled));
    }
    let net = &selection.made[0].net;
    let next_smaller = selection.next_smaller().map(|at| NextSmaller {
        board: selection.places[at].target.board.name.clone(),
        changes: selection.changes.iter().map(change).collect(),
    });
    let preprocessing = net.preprocessing.clone();
    Fitted { network: net.name.clone(), preprocessing, slower: SLOWER, forms: taken, boards, next_smaller }
}

fn form(made: &Made) -> Form {
    let Made { form, report, .. } = made;
    let sum = |of: fn(&systole_model::LayerReport) -> usize| report.layers.iter().map(of).sum();
    let measured_on = if report.held_back { "images held back" } else { "images that calibrated" };
    Form {
        form: form.to_string(),
        words: words(*form),
        weights: sum(|layer| layer.weight_bytes),
        stored: sum(|layer| layer.stored),
        accuracy: Accuracy {
            images: report.images,
            measured_on: measured_on.into(),
            same_best_class: report.same_best_class,
            score_error: report.score_error,
            top1: None,
            float_top1: None,
        },
    }
}

fn on_images(figures: &Figures, labelled: bool) -> Accuracy {
    let float = figures.float.as_ref();
    Accuracy {
        images: figures.evaluated,
        measured_on: "images given".into(),
        same_best_class: float.map_or(0, |float| float.same),
        score_error: float.map_or(0.0, |float| float.score_error),
        top1: labelled.then_some(figures.top1),
        float_top1: float.filter(|_| labelled).map(|float| float.top1),
    }
}

fn board(place: &Place, forms: &[Form], limits: &LimitArgs) -> BoardFit {
    let (board, held) = (&place.target.board, place.held());
    let placed = |held: &Held| {
        let mut sheet = Sheet::new(&held.plan);
        limits.name_clock(&mut sheet);
        Placed::of(&sheet, &forms[held.made])
    };
    let lacks = place.misfit.as_ref().filter(|_| held.is_none()).map(lacking);
    BoardFit {
        board: board.name.clone(),
        title: board.title.clone(),
        device: board.device.name.clone(),
        fits: held.is_some(),
        placed: held.map(placed),
        lacks,
    }
}

fn change(change: &changes::Change) -> Change {
    let plan = &change.plan;
    Change {
        change: change.what.clone(),
        form: change.form.to_string(),
        rows: plan.geometry.rows,
        cols: plan.geometry.cols,
        interval_cycles: plan.timing().interval,
        sentence: change.sentence(),
    }
}

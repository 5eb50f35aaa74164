//! Every board's best form: each form is quantised once, and only as long as a board wants it.

use crate::error::{CliError, Nowhere};
use crate::selection::changes::{changes, Change};
use crate::selection::forms::{all, words, Made};
use crate::selection::place::Place;
use crate::verify::Told;
use std::path::Path;
use systole_model::{quantize, Graph, Preprocess, QuantizeOptions, WeightFormat, WeightFormats};
use systole_net::Image;
use systole_plan::PlanError;

/// The boards from small to large, the forms that were made, and what would let the largest board without one hold it.
pub struct Selection {
    pub made: Vec<Made>,
    pub places: Vec<Place>,
    pub changes: Vec<Change>,
}

impl Selection {
    /// The place that the changes are for: the largest board that holds no form.
    pub fn next_smaller(&self) -> Option<usize> {
        self.places.iter().rposition(|place| place.held().is_none())
    }

    /// Forms that some board takes, by their place among those made.
    pub fn used(&self) -> Vec<usize> {
        let taken = |at: &usize| self.places.iter().any(|place| place.held().is_some_and(|held| held.made == *at));
        (0..self.made.len()).filter(taken).collect()
    }
}

/// What boards are to hold.
pub struct Asked<'a> {
    pub model: &'a Path,
    pub source: (&'a Graph, &'a Preprocess, &'a [Image]),
    pub options: QuantizeOptions,
    /// Name of the network, in place of the model's own.
    pub name: Option<&'a str>,
    /// The model for images of that height and width, where it can be read for such.
    pub resized: &'a dyn Fn([usize; 2]) -> Option<Graph>,
}

impl Asked<'_> {
    fn made(&self, form: WeightFormat, told: Told) -> Result<Made, CliError> {
        let weights = WeightFormats { all: form, ..WeightFormats::default() };
        let options = QuantizeOptions { weights, ..self.options.clone() };
        let mut show = |step: systole_model::Progress| {
            told(&format!("{}: {}", words(form), step.map), step.done as u64, step.total as u64);
        };
        let (graph, preprocess, images) = self.source;
        let made = quantize(graph, preprocess, images, &options, &mut show);
        let (mut net, report) =
            made.map_err(|source| CliError::Quantize { path: self.model.into(), source: Box::new(source) })?;
        if let Some(name) = self.name {
            net.name = name.into();
        }
        Ok(Made { form, net, report })
    }
}

/// # Errors
/// What is wrong with the model or its images; [`CliError::HeldNowhere`] with the numbers.
pub fn select(asked: &Asked, mut places: Vec<Place>, told: Told) -> Result<Selection, CliError> {
    places.sort_by_key(Place::size);
    let mut selection = Selection { made: Vec::new(), places, changes: Vec::new() };
    for form in all() {
        if selection.places.iter().all(Place::is_decided) {
            break;
        }
        selection.made.push(asked.made(form, told)?);
        plan_all(&mut selection, told)?;
    }
    let Some(at) = selection.next_smaller() else { return Ok(selection) };
    let Selection { made, places, .. } = &selection;
    let found = changes(made, &places[at], asked.resized, told);
    match places.iter().any(|place| place.held().is_some()) {
        true => Ok(Selection { changes: found, ..selection }),
        false => Err(nowhere(places, &found)),
    }
}

/// Plans the last form on the boards that have none yet.
fn plan_all(selection: &mut Selection, told: Told) -> Result<(), CliError> {
    let at = selection.made.len() - 1;
    let (made, boards) = (&selection.made[at], selection.places.len() as u64);
    for (done, place) in selection.places.iter_mut().enumerate() {
        if place.is_decided() {
            continue;
        }
        told(&format!("planning {} on {}", words(made.form), place.target.board.name), done as u64, boards);
        if at == 0 {
            place.expect(&made.net);
        }
        place.consider(at, made)?;
    }
    Ok(())
}

/// The refusal: what each board lacks, from large to small, and what was tried and would fit the largest.
fn nowhere(places: &[Place], changes: &[Change]) -> CliError {
    let refused = || places.iter().rev().filter_map(|place| Some((&place.target.board.name, place.misfit.as_ref()?)));
    let Some((board, misfit)) = refused().next() else { return CliError::NoBoards };
    let lacks = match misfit {
        PlanError::DoesNotFit(misfit) => misfit.lacks.clone(),
        _ => Vec::new(),
    };
    let advice = match changes {
        [] => format!("tried for {board} without success: the whole device, fewer classes, smaller images"),
        some => {
            let said: Vec<String> = some.iter().map(Change::sentence).collect();
            format!("what fits {board}: {}", said.join("; or "))
        }
    };
    let boards = refused().map(|(board, misfit)| (board.clone(), lacking(misfit))).collect();
    CliError::HeldNowhere(Box::new(Nowhere { boards, lacks, advice }))
}

/// What a board lacks, in a line.
pub fn lacking(misfit: &PlanError) -> String {
    match misfit {
        PlanError::DoesNotFit(misfit) => misfit.summary.clone(),
        other => other.to_string(),
    }
}

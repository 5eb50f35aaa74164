//! Whether the machine can run a model, before any image is looked at: asked alike by `check` and `quantize`.

use systole_model::{outline, Graph, Op, Problem};
use systole_plan::lower::Lowered;
use systole_plan::PlanError;

/// Everything that no later step would take, whatever the images and the board; empty when there is nothing.
pub fn problems(graph: &Graph) -> Vec<Problem> {
    match outline(graph) {
        Err(problems) => problems,
        Ok(net) => Lowered::refusals(&net).into_iter().map(|refusal| problem(graph, refusal)).collect(),
    }
}

fn problem(graph: &Graph, refusal: PlanError) -> Problem {
    let (node, why, nearest) = match refusal {
        PlanError::Unsupported { layer, what, instead } => (layer, what, instead),
        other => (String::new(), other.to_string(), "another form of this network".to_string()),
    };
    let operator = graph.nodes.iter().find(|n| n.name == node).map_or("layer", |n| n.op.name()).to_string();
    Problem { node, operator, attribute: None, why, nearest }
}

/// What depends on the values in images: for a network that has no problem so far.
pub fn reservations(graph: &Graph) -> Vec<String> {
    let clips: Vec<&str> =
        graph.nodes.iter().filter(|n| matches!(n.op, Op::Clip { .. })).map(|n| n.name.as_str()).collect();
    match clips.first() {
        Some(first) => vec![format!(
            "{} clip(s), the first {first}: with images quantize may still refuse one whose weights are too large for its limit",
            clips.len()
        )],
        None => Vec::new(),
    }
}

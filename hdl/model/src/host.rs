//! What files do with the scores at their end, which is left to the host: for comparisons with tools that do it too.

use crate::graph::Graph;

/// How the builder notes such an operation.
pub(crate) const LEFT: &str = "left to the host";

/// The note of an operation that changes no order.
pub(crate) const RISES: &str = "left to the host, it keeps the order of the classes";

/// How such a note goes on where the host cuts scores at two ends.
pub(crate) const SATURATES: &str = ", which saturates at ";

const HARD_SIGMOID: &str = "HardSigmoid";

/// An operation that is left to the host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HostOperation<'a> {
    /// By its name in the file.
    pub node: &'a str,
    pub operator: &'a str,
    /// Between which values of its input the operation saturates.
    pub ends: Option<[f32; 2]>,
}

/// The operations behind the scores, in their order.
pub fn operations(graph: &Graph) -> Vec<HostOperation<'_>> {
    let notes = graph.notes.iter().filter_map(|note| note.split_once(&format!("): {LEFT}")));
    let sites = notes.filter_map(|(site, how)| Some((site.rsplit_once(" (")?, ends(how))));
    sites.map(|((node, operator), ends)| HostOperation { node, operator, ends }).collect()
}

/// Those of them that cut the scores before anything else is done to them: an integer network has these.
fn cuts<'a>(operations: &[HostOperation<'a>]) -> usize {
    // A HardSigmoid makes other numbers of what it cut.
    let made = operations.iter().position(|operation| operation.ends.is_none() || operation.operator == HARD_SIGMOID);
    let made = made.unwrap_or(operations.len());
    made + usize::from(operations.get(made).is_some_and(|operation| operation.ends.is_some()))
}

/// Between which values the scores are cut behind the machine, before anything else is done to them.
pub fn score_ends(graph: &Graph) -> Option<[f32; 2]> {
    let operations = operations(graph);
    let ends = operations[..cuts(&operations)].iter().filter_map(|operation| operation.ends);
    ends.reduce(|before, [least, most]| before.map(|end| end.max(least).min(most)))
}

/// The scores as the file cuts them, before anything else is done to them.
pub fn cut(graph: &Graph, mut scores: Vec<f32>) -> Vec<f32> {
    if let Some([least, most]) = score_ends(graph) {
        scores.iter_mut().for_each(|score| *score = score.max(least).min(most));
    }
    scores
}

/// The operations that make numbers equal behind others, of which an integer network knows nothing.
pub fn later_cuts(graph: &Graph) -> Vec<HostOperation<'_>> {
    let mut operations = operations(graph);
    let later = operations.split_off(cuts(&operations));
    later.into_iter().filter(|operation| operation.ends.is_some()).collect()
}

fn ends(how: &str) -> Option<[f32; 2]> {
    let (ends, _) = how.strip_prefix(SATURATES)?.split_once(';')?;
    let (least, most) = ends.split_once("..")?;
    Some([least.parse().ok()?, most.parse().ok()?])
}

impl HostOperation<'_> {
    /// What the operation makes of one value per class; `None` where that needs constants of the file.
    pub fn apply(&self, scores: &[f32]) -> Option<Vec<f32>> {
        if let Some([least, most]) = self.ends {
            let inside = scores.iter().map(|score| score.max(least).min(most));
            return Some(match self.operator {
                HARD_SIGMOID => inside.map(|score| (score - least) / (most - least)).collect(),
                _ => inside.collect(),
            });
        }
        match self.operator {
            "Softmax" => Some(softmax(scores)),
            "LogSoftmax" => Some(softmax(scores).iter().map(|p| p.ln()).collect()),
            "Sigmoid" => Some(scores.iter().map(|s| 1.0 / (1.0 + (-s).exp())).collect()),
            "ArgMax" => Some(vec![largest(scores) as f32]),
            _ => None,
        }
    }
}

fn softmax(scores: &[f32]) -> Vec<f32> {
    let most = scores.iter().copied().fold(f32::MIN, f32::max);
    let powers: Vec<f32> = scores.iter().map(|s| (s - most).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.iter().map(|p| p / sum).collect()
}

/// The first of the largest.
fn largest(scores: &[f32]) -> usize {
    (0..scores.len()).fold(0, |best, i| if scores[i] > scores[best] { i } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::FileImage;

    #[test]
    fn notes_name_node_and_operator() {
        let notes = [
            "a (Dropout): changes no value",
            "q (QuantizeLinear): left to the host, which saturates at -0.5..1.25; it does not round",
            "/n (x) (Softmax): left to the host",
        ];
        let notes = notes.map(str::to_string).to_vec();
        let image = FileImage::default();
        let graph = Graph { name: String::new(), nodes: Vec::new(), notes, image };
        let stored = HostOperation { node: "q", operator: "QuantizeLinear", ends: Some([-0.5, 1.25]) };
        let softmax = HostOperation { node: "/n (x)", operator: "Softmax", ends: None };
        assert_eq!(operations(&graph), [stored, softmax]);
        assert_eq!(stored.apply(&[-1.0, 1.0, 2.0]).unwrap(), [-0.5, 1.0, 1.25]);
    }

    #[test]
    fn cuts_are_the_scores_until_something_else_is_made_of_them() {
        let cut = |operator: &str, ends: &str| format!("n ({operator}): {LEFT}{SATURATES}{ends}; it does not round");
        let graph = |notes: &[String]| Graph { notes: notes.to_vec(), ..Graph::default() };
        let softmax = "s (Softmax): left to the host".to_string();
        let (wide, narrow) = (cut("QuantizeLinear", "-2..3"), cut("QuantizeLinear", "-1..8"));
        let sigmoid = cut("HardSigmoid", "-2.5..2.5");
        let cases = [
            (vec![], None, 0),
            (vec![wide.clone(), narrow.clone()], Some([-1.0, 3.0]), 0),
            (vec![wide.clone(), softmax.clone(), narrow.clone()], Some([-2.0, 3.0]), 1),
            (vec![softmax, narrow.clone()], None, 1),
            (vec![wide, sigmoid.clone(), narrow.clone()], Some([-2.0, 2.5]), 1),
            (vec![sigmoid, narrow], Some([-2.5, 2.5]), 1),
        ];
        for (notes, ends, later) in cases {
            let graph = graph(&notes);
            assert_eq!((score_ends(&graph), later_cuts(&graph).len()), (ends, later), "{notes:?}");
        }
        assert_eq!(super::cut(&graph(&[cut("QuantizeLinear", "-2..3")]), vec![-3.0, 1.0, 4.0]), [-2.0, 1.0, 3.0]);
    }

    #[test]
    fn softmax_of_equals_is_even_and_the_first_of_equals_is_largest() {
        let of = |operator| HostOperation { node: "", operator, ends: None }.apply(&[2.0, 2.0, 1.0, 2.0]).unwrap();
        assert_eq!(of("ArgMax"), [0.0]);
        let powers = of("Softmax");
        assert!((powers.iter().sum::<f32>() - 1.0).abs() < 1e-6 && powers[0] == powers[3] && powers[2] < powers[0]);
        assert!(HostOperation { node: "", operator: "Mul", ends: None }.apply(&[1.0]).is_none());
    }
}

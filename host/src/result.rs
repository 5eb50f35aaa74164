//! Results: integer sums to scores, the best classes with their labels, softmax.

use systole_machine::Plan;

/// The result of one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Inference {
    /// Number of the image since the driver was opened, from 0.
    pub image: u64,
    /// Exact sum per class.
    pub sums: Vec<i64>,
    /// Real score per class: the mean over all pixels, cut where the model file cuts it.
    pub scores: Vec<f64>,
    /// Device cycle in which the image was first handed to the link, and in which the result was complete.
    pub submitted_at: u64,
    pub finished_at: u64,
}

/// One class in a ranking.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    pub class: usize,
    /// Empty when the network has no labels.
    pub label: String,
    pub score: f64,
}

/// Real class scores, as the network's own definition has them.
pub(crate) fn scores(plan: &Plan, sums: &[i64]) -> Vec<f64> {
    let scoring = plan.scoring();
    sums.iter().map(|&sum| scoring.of(sum)).collect()
}

/// The `count` best classes, best first; equal scores in class order.
pub fn top(scores: &[f64], labels: &[String], count: usize) -> Vec<Ranked> {
    let mut classes: Vec<usize> = (0..scores.len()).collect();
    classes.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    let ranked =
        |class: usize| Ranked { class, label: labels.get(class).cloned().unwrap_or_default(), score: scores[class] };
    classes.into_iter().take(count).map(ranked).collect()
}

/// Probabilities: exponentials, scaled to sum 1.
pub fn softmax(scores: &[f64]) -> Vec<f64> {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = scores.iter().map(|score| (score - largest).exp()).collect();
    let total: f64 = powers.iter().sum();
    powers.iter().map(|power| power / total).collect()
}

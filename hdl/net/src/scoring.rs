//! How the machine's sums become the scores of the classes.

use crate::{LayerKind, Net, NetError};

/// What the host makes of the sums.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scoring {
    /// Real value of one count of a sum.
    pub unit: f64,
    /// Between which values the scores are, where the model file cuts what lies beyond: those beyond an end are equal.
    pub ends: Option<[f64; 2]>,
}

impl Scoring {
    /// The score of a class.
    pub fn of(&self, sum: i64) -> f64 {
        let score = sum as f64 * self.unit;
        self.ends.map_or(score, |[least, most]| score.max(least).min(most))
    }
}

impl Net {
    /// How its sums become scores: the mean over all pixels in real units, cut where the file cuts it.
    pub fn scoring(&self) -> Result<Scoring, NetError> {
        match self.layers.last().map(|layer| &layer.kind) {
            Some(LayerKind::Conv(conv)) => {
                Ok(Scoring { unit: conv.out_scale / self.sum_pixels() as f64, ends: self.score_ends })
            }
            _ => Err(NetError::Empty),
        }
    }

    /// Real class scores from the integer sums.
    pub fn scores(&self, sums: &[i64]) -> Result<Vec<f64>, NetError> {
        let scoring = self.scoring()?;
        if sums.len() != self.classes() {
            return Err(NetError::Classes { found: sums.len(), wanted: self.classes() });
        }
        Ok(sums.iter().map(|&sum| scoring.of(sum)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_beyond_an_end_are_equal_and_others_what_they_were() {
        let all = |ends| [-90, -3, 5, 70, 71].map(|sum| Scoring { unit: 0.5, ends }.of(sum));
        assert_eq!(all(None), [-45.0, -1.5, 2.5, 35.0, 35.5]);
        assert_eq!(all(Some([-2.0, 30.0])), [-2.0, -1.5, 2.5, 30.0, 30.0]);
    }
}

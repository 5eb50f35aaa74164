//! What the usual preprocessings give on the same labelled images, beside the one in use.

use crate::table::Table;
use serde::Serialize;
use systole_net::Preprocess;

/// One side of 5 % of a normal distribution, and the least difference that is spoken of.
const SIGNIFICANT: f64 = 1.645;
const LEAST: f64 = 3.0;

/// A preprocessing on labelled images.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tried {
    pub preprocess: Preprocess,
    pub right: usize,
    /// Different best classes.
    pub classes: usize,
    /// Per image its best class, and whether that is its label.
    #[serde(skip)]
    pub best: Vec<usize>,
    #[serde(skip)]
    pub hits: Vec<bool>,
}

/// What the usual preprocessings give on the same images; the first is the one in use.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alternatives {
    pub images: usize,
    pub tried: Vec<Tried>,
}

impl Alternatives {
    fn best(&self) -> &Tried {
        self.tried.iter().rev().max_by_key(|tried| tried.right).expect("the one in use is among them")
    }

    /// A line each, and the best.
    pub fn text(&self) -> String {
        let heads = [format!("preprocessing, on {} labelled images", self.images), "right".into(), "classes".into()];
        let mut table = Table::new(1, &heads.each_ref().map(String::as_str));
        for (at, tried) in self.tried.iter().enumerate() {
            let what = if at == 0 { format!("{}, in use", tried.preprocess) } else { tried.preprocess.to_string() };
            table.row([what, tried.right.to_string(), tried.classes.to_string()]);
        }
        format!("{} best: {}\n", table.text(), self.best().preprocess.name)
    }

    /// What to look at, where another one is right more often than chance makes it.
    pub fn warning(&self) -> Option<String> {
        let (used, best) = (self.tried.first()?, self.best());
        let pairs = || used.hits.iter().zip(&best.hits);
        let (won, lost) = (pairs().filter(|(u, b)| !**u && **b).count(), pairs().filter(|(u, b)| **u && !**b).count());
        let (won, lost) = (won as f64, lost as f64);
        (won - lost >= LEAST.max(SIGNIFICANT * (won + lost).sqrt())).then(|| {
            format!(
                "{} of {} images are right with {}, {} with {}, which is in use",
                best.right, self.images, best.preprocess, used.right, used.preprocess
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(used: &[bool], other: &[bool]) -> Option<String> {
        let tried = |name: &str, hits: &[bool]| Tried {
            preprocess: Preprocess { name: name.into(), ..Preprocess::unit() },
            right: hits.iter().filter(|hit| **hit).count(),
            classes: 1,
            best: Vec::new(),
            hits: hits.to_vec(),
        };
        Alternatives { images: used.len(), tried: vec![tried("used", used), tried("other", other)] }.warning()
    }

    #[test]
    fn an_alternative_must_be_better_than_chance() {
        let hits = |right: usize| (0..40).map(|i| i < right).collect::<Vec<_>>();
        let text = judged(&hits(1), &hits(27)).unwrap();
        assert!(text.starts_with("27 of 40 images are right with other ("), "{text}");
        assert!(text.contains(", 1 with used (") && text.ends_with("which is in use"), "{text}");
        assert_eq!(judged(&hits(27), &hits(1)), None);
        assert_eq!(judged(&hits(20), &hits(22)), None);
        assert_eq!(judged(&hits(20), &hits(20)), None);
        // Three more of forty, but thirteen others the other way round.
        let (used, other): (Vec<bool>, Vec<bool>) = (0..40).map(|i| (i < 13, (13..29).contains(&i))).unzip();
        assert_eq!(judged(&used, &other), None);
    }
}

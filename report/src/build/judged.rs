//! How a build answers labelled images: how often it is right, what it takes for what, and the photographs that went worst.

use crate::figures::Figures;
use crate::html::wide;
use crate::picture::photograph;
use crate::svg::{anchored, legend, rect, svg, About, WIDTH};
use crate::table::{grouped, percent};
use crate::ReportError;
use maud::{html, Markup};
use std::collections::BTreeMap;
use systole_net::Image;

/// Classes of the table at most: those that are confused most.
const CLASSES: usize = 20;
/// Characters of a class's name.
const NAME: usize = 18;
/// Pixels left of the table's squares, above and below them, and of the largest square.
const LEFT: f64 = 210.0;
const ABOVE: f64 = 120.0;
const BELOW: f64 = 26.0;
const SIDE: f64 = 34.0;
/// Opacity of the smallest share.
const FAINTEST: f64 = 0.15;

/// A class with its name, and how probable it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    pub class: usize,
    pub name: String,
    pub probability: f64,
}

/// A photograph and the best classes, the best first.
#[derive(Clone, Debug, PartialEq)]
pub struct Photograph {
    pub name: String,
    pub image: Image,
    pub label: Named,
    pub integers: Vec<Named>,
    /// Where there is a float model.
    pub float: Vec<Named>,
}

/// Labelled images and their answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    pub figures: Figures,
    /// Label and answer of each image.
    pub pairs: Vec<[usize; 2]>,
    /// Names of the classes; empty where there are none.
    pub names: Vec<String>,
    /// The worst first.
    pub worst: Vec<Photograph>,
}

impl Judged {
    /// How often it is right.
    pub fn answers(&self) -> Markup {
        let Figures { evaluated, top1, top5, float } = &self.figures;
        let share = |count: usize| percent(count as f64 / (*evaluated).max(1) as f64);
        let row = |who: &str, top1: usize, top5: usize| {
            html! { tr { th scope="row" { (who) } td { (share(top1)) } td { (share(top5)) } } "\n" }
        };
        html! {
            p { (grouped(*evaluated as u64)) " labelled images." } "\n"
            table { "\n"
                tr { th {} th scope="col" { "best class right" } th scope="col" { "among the best five" } } "\n"
                (row("integers", *top1, *top5))
                @if let Some(float) = float { (row("floating point", float.top1, float.top5)) }
            }
            @if let Some(float) = float {
                p { "Same best class on " (share(float.same)) ", score error " (percent(float.score_error)) "." } "\n"
            }
        }
    }

    /// What is taken for what: a square for each pair of the classes that are confused most.
    pub fn confusion(&self) -> Markup {
        let mut counts: BTreeMap<[usize; 2], usize> = BTreeMap::new();
        self.pairs.iter().for_each(|pair| *counts.entry(*pair).or_default() += 1);
        let classes = self.most_confused();
        let mut wrong: Vec<_> = counts.iter().filter(|([label, answer], _)| label != answer).collect();
        wrong.sort_by_key(|(pair, count)| (std::cmp::Reverse(**count), **pair));
        let rows = wrong.iter().take(CLASSES);
        html! {
            p {
                @if wrong.is_empty() { "Every image is answered right." }
                @else {
                    "The " (classes.len()) " classes with most wrong answers, right ones on the diagonal; the stronger the colour, the \
                     larger a label's share. Then the pairs that are confused most."
                }
            } "\n"
            (legend(&[("good", "right"), ("lost", "wrong")]))
            (self.squares(&classes, &counts))
            @if !wrong.is_empty() {
                (wide("Pairs of classes", &html! {
                    table { "\n"
                        thead { tr { th scope="col" { "label" } th scope="col" { "answered" } th scope="col" { "images" } } } "\n"
                        @for ([label, answer], count) in rows {
                            tr { td { (self.name(*label)) } td { (self.name(*answer)) } td { (count) } } "\n"
                        }
                    }
                }))
            }
        }
    }

    /// Classes by wrong answers that they have or are, the most first; in the order of their numbers.
    fn most_confused(&self) -> Vec<usize> {
        let mut wrong: BTreeMap<usize, usize> = BTreeMap::new();
        for [label, answer] in &self.pairs {
            let miss = usize::from(label != answer);
            *wrong.entry(*label).or_default() += miss;
            *wrong.entry(*answer).or_default() += miss;
        }
        let mut order: Vec<_> = wrong.into_iter().collect();
        order.sort_by_key(|(class, count)| (std::cmp::Reverse(*count), *class));
        let mut classes: Vec<usize> = order.into_iter().take(CLASSES).map(|(class, _)| class).collect();
        classes.sort_unstable();
        classes
    }

    fn squares(&self, classes: &[usize], counts: &BTreeMap<[usize; 2], usize>) -> Markup {
        let side = SIDE.min((WIDTH - LEFT) / classes.len().max(1) as f64);
        let of = |label: usize| self.pairs.iter().filter(|pair| pair[0] == label).count().max(1) as f64;
        let place = |at: usize, start: f64| start + at as f64 * side;
        let body = html! {
            @for (row, &label) in classes.iter().enumerate() {
                @let y = place(row, ABOVE);
                (anchored("end", LEFT - 8.0, y + side * 0.65, &self.name(label)))
                @let x = place(row, LEFT) + side * 0.65;
                text transform=(format!("translate({x:.2} {:.2}) rotate(-55)", ABOVE - 6.0)) { (self.name(label)) }
                @for (column, &answer) in classes.iter().enumerate() {
                    (rect("frame", [place(column, LEFT), y], [side - 1.0, side - 1.0]))
                    @if let Some(&count) = counts.get(&[label, answer]) {
                        (self.square([label, answer], count, [place(column, LEFT), y, side - 1.0], count as f64 / of(label)))
                    }
                }
            }
            (anchored("start", LEFT, ABOVE + classes.len() as f64 * side + 18.0, "answered, to the right; label, downwards")) "\n"
        };
        let says = format!("Labels and answers of {} classes; the table below has the largest errors", classes.len());
        svg(&About { title: "Confusion", says: &says }, ABOVE + classes.len() as f64 * side + BELOW, &body)
    }

    fn square(&self, [label, answer]: [usize; 2], count: usize, [x, y, side]: [f64; 3], share: f64) -> Markup {
        let class = if label == answer { "good" } else { "lost" };
        let says = format!("{}, answered {}: {count}", self.name(label), self.name(answer));
        html! {
            g tabindex="0" aria-label=(says) opacity=(format!("{:.2}", share.clamp(FAINTEST, 1.0))) {
                (rect(class, [x, y], [side, side])) title { (says) }
            }
        }
    }

    /// A class's name, cut where it is long.
    fn name(&self, class: usize) -> String {
        let name = self.names.get(class).map_or(String::new(), Clone::clone);
        let short: String = name.chars().take(NAME).collect();
        match (name.is_empty(), name.chars().count() > NAME) {
            (true, _) => format!("class {class}"),
            (_, true) => format!("{}…", short.trim_end()),
            (..) => name,
        }
    }

    /// The photographs whose label is least probable.
    ///
    /// # Errors
    /// [`ReportError::Picture`].
    pub fn worst(&self) -> Result<Markup, ReportError> {
        let list = self.worst.iter().map(shown).collect::<Result<Vec<_>, _>>()?;
        Ok(html! {
            p { "Images whose label the integers hold least probable, as the network sees them." } "\n"
            div class="worst" { "\n" @for one in &list { (one) } } "\n"
        })
    }
}

fn shown(one: &Photograph) -> Result<Markup, ReportError> {
    Ok(html! {
        article {
            (photograph(&one.name, &one.image)?)
            p { b { (one.label.name) } ", held " (percent(one.label.probability)) " probable" } "\n"
            (best("integers", &one.integers, one.label.class))
            @if !one.float.is_empty() { (best("floating point", &one.float, one.label.class)) }
        } "\n"
    })
}

/// The best classes; the label among them is marked.
fn best(who: &str, classes: &[Named], label: usize) -> Markup {
    html! {
        p class="quiet" { (who) } "\n"
        ol {
            @for class in classes {
                li {
                    @if class.class == label { b { (class.name) " ✓" } } @else { (class.name) }
                    " " (percent(class.probability))
                }
            }
        } "\n"
    }
}

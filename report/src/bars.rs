//! Bars below one another: names, bars on a common scale with its ticks, figures. They stay readable on a phone.

use crate::scale::{short, ticks};
use crate::svg::legend;
use maud::{html, Markup};

/// One line: a name, coloured bars on a scale of 0..=1, a figure.
pub struct Line {
    pub name: String,
    /// Class, from, length.
    pub bars: Vec<(&'static str, f64, f64)>,
    pub figure: String,
}

/// What the scale below the bars shows.
pub struct Axis<'a> {
    pub unit: &'a str,
    /// What the scale ends with.
    pub most: f64,
}

/// Shares in per cent.
pub const PERCENT: Axis = Axis { unit: "per cent", most: 100.0 };

/// Lines below one another, their scale, and what the colours mean where there are several.
pub fn bars(about: &str, lines: &[Line], axis: &Axis, colours: &[(&str, &str)]) -> Markup {
    html! {
        @if !colours.is_empty() { (legend(colours)) }
        div class="bars" role="group" aria-label=(about) { "\n"
            @for line in lines { (row(line)) }
            (foot(axis))
        } "\n"
    }
}

fn row(line: &Line) -> Markup {
    html! {
        div class="row" {
            span class="name" { (line.name) }
            div class="bar" {
                @for &(class, from, length) in &line.bars {
                    @let style = format!("left:{:.2}%;width:{:.2}%", from * 100.0, length.min(1.0 - from).max(0.0) * 100.0);
                    i class=(class) style=(style) {}
                }
            }
            span class="value" { (line.figure) }
        } "\n"
    }
}

fn foot(axis: &Axis) -> Markup {
    html! {
        div class="row foot" {
            span {}
            div class="scale" {
                @for tick in ticks(axis.most) {
                    span style=(format!("left:{:.2}%", tick / axis.most * 100.0)) { (short(tick)) }
                }
            }
            span class="unit" { (axis.unit) }
        } "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::{bars, Line, PERCENT};

    #[test]
    fn bars_have_names_figures_and_a_scale() {
        let line = Line { name: "a<b".into(), bars: vec![("lost", 0.5, 0.75)], figure: "75 %".into() };
        let text = bars("shares", &[line], &PERCENT, &[("lost", "lost")]).into_string();
        for part in ["a&lt;b", "class=\"lost\" style=\"left:50.00%;width:50.00%\"", ">75 %<", ">100<", "per cent"] {
            assert!(text.contains(part), "{part} not in {text}");
        }
    }
}

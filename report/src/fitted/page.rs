//! Boards and forms as a page for a browser.

use super::text::{board_rows, form_rows};
use super::{BoardFit, Fitted};
use crate::html::{document, sections, wide};
use crate::preprocessing::sentence;
use maud::{html, Markup};

/// The page. The same result, the same bytes.
pub fn page(fitted: &Fitted) -> String {
    let (boards, forms) = (board_rows(fitted), form_rows(fitted));
    let missing: Vec<&BoardFit> = fitted.boards.iter().rev().filter(|board| !board.fits).collect();
    let lacks = html! {
        ul { @for board in &missing { li { (board.board) ": " (board.lacks.as_deref().unwrap_or_default()) } } }
    };
    let next = html! {
        @if let Some(next) = &fitted.next_smaller {
            p { "Would fit " (next.board) ", each planned:" }
            ul { @for change in &next.changes { li { (change.sentence) } } }
        }
    };
    let mut parts = vec![table("Boards", &boards), table("Weights and what they lose", &forms)];
    if !missing.is_empty() {
        parts.push(("Boards that hold no form", html! { (lacks) (next) }));
    }
    let body = html! { p { (sentence(fitted.preprocessing.as_ref()).trim()) } (sections(&parts)) };
    document(&format!("{} on {} boards", fitted.network, boards.1.len()), &body)
}

/// A section's name, and its table.
fn table<'a>(name: &'a str, (heading, rows): &(Vec<&str>, Vec<Vec<String>>)) -> (&'a str, Markup) {
    let table = html! {
        table {
            tr { @for name in heading { th { (name) } } }
            @for row in rows { tr { @for cell in row { td { (cell) } } } }
        }
    };
    (name, wide(name, &table))
}

//! What all pages for a browser share: document and style. Text in them is escaped by `maud`; they load nothing.

use maud::{html, Markup, PreEscaped, DOCTYPE};

/// For light and dark, for a desk, a phone and paper.
const STYLE: &str = include_str!("assets/style.css");

/// A page around a body, with the style of all pages.
pub fn document(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE) "\n"
        html lang="en" { "\n"
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (title) }
                // Browsers ask the server for an icon otherwise.
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            } "\n"
            body { "\n" main { h1 { (title) } "\n" (body) } } "\n"
        } "\n"
    };
    page.into_string()
}

/// Sections under their headings.
pub fn sections(list: &[(&str, Markup)]) -> Markup {
    html! { @for (heading, body) in list { h2 id=(anchor(heading)) { (heading) } "\n" (body) } }
}

/// Links to sections, those of [`sections`].
pub fn contents(list: &[(&str, Markup)]) -> Markup {
    html! {
        nav aria-label="Sections" {
            ul { @for (heading, _) in list { li { a href={ "#" (anchor(heading)) } { (heading) } } } }
        } "\n"
    }
}

/// A heading as the name of its place: letters, digits and hyphens.
fn anchor(heading: &str) -> String {
    let lower = heading.to_lowercase();
    lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// What may be wider than the window, by name: it scrolls in a box of its own, by keys too.
pub fn wide(name: &str, content: &Markup) -> Markup {
    html! { div class="wide" role="region" aria-label=(name) tabindex="0" { (content) } "\n" }
}

/// A script of the page.
pub fn script(text: &str) -> Markup {
    html! { script { (PreEscaped(text)) } "\n" }
}

#[cfg(test)]
mod tests {
    use super::{anchor, document};
    use maud::html;

    #[test]
    fn names_cannot_break_the_page() {
        assert!(document("<x>", &html! {}).contains("<title>&lt;x&gt;</title>"));
        assert_eq!(anchor("The array's time per layer"), "the-array-s-time-per-layer");
    }

    #[test]
    fn pages_follow_light_dark_phone_and_paper_and_load_nothing() {
        let page = document("x", &html! {});
        for part in ["prefers-color-scheme:dark", "name=\"viewport\"", "@media print", "@media(max-width:40em)"] {
            assert!(page.contains(part), "{part}");
        }
        assert!(!page.contains("http") && !page.contains("url(") && !page.contains("@import"));
    }
}

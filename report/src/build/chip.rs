//! The chip's RAM as a map: a square for each block, coloured by what takes it.

use crate::plan::Sheet;
use crate::svg::{legend, rect, svg, About, WIDTH};
use crate::table::percent;
use maud::{html, Markup};
use systole_machine::Plan;

/// Squares of a line, and the part of one that is coloured.
const ACROSS: usize = 60;
const FILLED: f64 = 0.86;
/// Colours for what takes most; the rest is one.
const OWN: usize = 6;
const CLASSES: [&str; OWN + 1] = ["c0", "c1", "c2", "c3", "c4", "c5", "c6"];
const FREE: &str = "frame";
const LINK: &str = "the link";

/// A kind of memory of the chip.
struct Kind {
    title: &'static str,
    available: usize,
    /// Who takes how many blocks.
    users: Vec<(String, usize)>,
}

/// A map for each kind of memory.
pub fn section(sheet: &Sheet, plan: &Plan) -> Markup {
    let device = &plan.board.device;
    let by = |count: &dyn Fn(&systole_machine::report::CostLine) -> usize| {
        let lines = sheet.modules.iter().map(|line| (line.module.clone(), count(line)));
        lines.filter(|(_, count)| *count > 0).collect::<Vec<_>>()
    };
    let mut blocks = by(&|line| line.ram18());
    blocks.extend((sheet.link_bram18 > 0).then(|| (LINK.to_string(), sheet.link_bram18)));
    let kinds = [
        Kind { title: "Block RAM of 18 Kbit", available: device.bram18, users: blocks },
        Kind { title: "UltraRAM of 288 Kbit", available: device.uram, users: by(&|line| line.uram) },
    ];
    html! {
        p { "Each square is a block of the chip; where on the chip it lies is for place and route to say." } "\n"
        @for kind in kinds.iter().filter(|kind| !kind.users.is_empty()) { (map(kind)) }
    }
}

fn map(kind: &Kind) -> Markup {
    let users = coloured(kind);
    let entries: Vec<(&str, String)> =
        users.iter().map(|(class, name, count)| (*class, format!("{name}: {count}"))).collect();
    let shown: Vec<(&str, &str)> = entries.iter().map(|(class, text)| (*class, text.as_str())).collect();
    let squares = users.iter().flat_map(|(class, _, count)| std::iter::repeat_n(*class, *count));
    let side = WIDTH / ACROSS as f64;
    let all: usize = users.iter().map(|user| user.2).sum();
    let body = html! {
        @for (at, class) in squares.enumerate() {
            @let place = [(at % ACROSS) as f64 * side, (at / ACROSS) as f64 * side];
            (rect(class, place, [side * FILLED, side * FILLED]))
        }
    };
    let used: usize = kind.users.iter().map(|user| user.1).sum();
    let says = format!("{used} of {} blocks are used", kind.available);
    html! {
        h3 { (kind.title) ": " (used) " of " (kind.available) ", " (percent(used as f64 / kind.available.max(1) as f64)) } "\n"
        (legend(&shown))
        (svg(&About { title: kind.title, says: &says }, all.div_ceil(ACROSS) as f64 * side, &body))
    }
}

/// Colour, name and blocks: those that take most first, then all others, then what is free.
fn coloured(kind: &Kind) -> Vec<(&'static str, String, usize)> {
    let mut users = kind.users.clone();
    users.sort_by_key(|user| std::cmp::Reverse(user.1));
    let rest: usize = users.iter().skip(OWN).map(|user| user.1).sum();
    let used: usize = users.iter().map(|user| user.1).sum();
    let own = users.into_iter().take(OWN).zip(CLASSES).map(|((name, count), class)| (class, name, count));
    let others = (rest > 0).then(|| (CLASSES[OWN], "others".to_string(), rest));
    let free = kind.available.saturating_sub(used);
    own.chain(others).chain((free > 0).then(|| (FREE, "free".to_string(), free))).collect()
}

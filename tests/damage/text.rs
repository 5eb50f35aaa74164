//! Damage to text: numbers, names and lines, and brackets without end.

use crate::random::Random;

/// Levels of brackets: more than a parser's stack holds.
pub const DEEP: usize = 200_000;
/// In place of a number or a word.
pub const ODD: [&str; 24] = [
    "0",
    "1",
    "-1",
    "2",
    "3",
    "17",
    "65536",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "-1e308",
    "1e999",
    "0.5",
    "NaN",
    "inf",
    "null",
    "true",
    "\"x\"",
    "[]",
    "{}",
];

pub fn damage(text: &str, random: &mut Random) -> String {
    match random.below(8) {
        0..=3 => words(text, random),
        4 => lines(text, random),
        5 => deep(text, random),
        _ => swapped(text, random),
    }
}

/// Where words and numbers begin and end.
fn tokens(text: &str) -> Vec<(usize, usize)> {
    let inside = |c: char| c.is_alphanumeric() || "._-+".contains(c);
    let mut found = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (inside(c), start) {
            (true, None) => start = Some(at),
            (false, Some(begin)) => {
                found.push((begin, at));
                start = None;
            }
            _ => {}
        }
    }
    found
}

fn number(text: &str) -> bool {
    text.parse::<f64>().is_ok()
}

/// A number, or sometimes a word, becomes an odd one.
fn words(text: &str, random: &mut Random) -> String {
    let all = tokens(text);
    let numbers: Vec<(usize, usize)> = all.iter().copied().filter(|&(a, b)| number(&text[a..b])).collect();
    let places = if numbers.is_empty() || random.chance(20) { all } else { numbers };
    let Some(&(a, b)) = places.get(random.below(places.len())) else { return text.to_string() };
    format!("{}{}{}", &text[..a], ODD[random.below(ODD.len())], &text[b..])
}

/// A line is lost, doubled, or moved to the end.
fn lines(text: &str, random: &mut Random) -> String {
    let mut all: Vec<&str> = text.lines().collect();
    let at = random.below(all.len());
    let Some(&line) = all.get(at) else { return String::new() };
    match random.below(3) {
        0 => drop(all.remove(at)),
        1 => all.insert(at, line),
        _ => {
            all.remove(at);
            all.push(line);
        }
    }
    all.join("\n")
}

fn deep(text: &str, random: &mut Random) -> String {
    let all = tokens(text);
    let at = all.get(random.below(all.len())).map_or(0, |token| token.0);
    let open = random.pick(&["[", "{", "{\"a\":", "layer {", "("]);
    format!("{}{}{}", &text[..at], open.repeat(DEEP), &text[at..])
}

/// Two words change places.
fn swapped(text: &str, random: &mut Random) -> String {
    let all = tokens(text);
    let (i, j) = (random.below(all.len()), random.below(all.len()));
    let (Some(&first), Some(&second)) = (all.get(i.min(j)), all.get(i.max(j))) else { return String::new() };
    if first == second {
        return text.to_string();
    }
    let piece = |(a, b): (usize, usize)| &text[a..b];
    let (before, between, behind) = (&text[..first.0], &text[first.1..second.0], &text[second.1..]);
    format!("{before}{}{between}{}{behind}", piece(second), piece(first))
}

//! Waveforms read back.

use std::collections::BTreeMap;

/// Path of a signal -> (time, value) of every change.
pub type Changes = BTreeMap<String, Vec<(u64, String)>>;

/// Reads as much VCD as both writers print; paths begin with the scope `top`.
pub fn read(top: &str, text: &str) -> Changes {
    let (mut scopes, mut names, mut changes, mut time) = (Vec::new(), BTreeMap::new(), Changes::new(), 0);
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["$scope", _, name, ..] => scopes.push(name.to_string()),
            ["$upscope", ..] => drop(scopes.pop()),
            ["$var", _, _, code, name, ..] => {
                let path = scopes.iter().skip_while(|s| *s != top).cloned().collect::<Vec<_>>().join(".");
                names.entry(code.to_string()).or_insert_with(Vec::new).push(format!("{path}.{name}"));
            }
            [stamp] if stamp.starts_with('#') => time = stamp[1..].parse().unwrap(),
            [vector, code] if vector.starts_with('b') => note(&mut changes, &names, code, time, &vector[1..]),
            [scalar] if scalar.starts_with(['0', '1']) => note(&mut changes, &names, &scalar[1..], time, &scalar[..1]),
            _ => (),
        }
    }
    changes
}

fn note(changes: &mut Changes, names: &BTreeMap<String, Vec<String>>, code: &str, time: u64, value: &str) {
    let digits = value.trim_start_matches('0').to_string();
    for name in &names[code] {
        let list: &mut Vec<(u64, String)> = changes.entry(name.clone()).or_default();
        if list.last().map(|l| &l.1) != Some(&digits) {
            list.push((time, digits.clone()));
        }
    }
}

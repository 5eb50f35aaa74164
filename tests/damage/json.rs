//! Damage to JSON that stays JSON: numbers, types, fields and elements.

use crate::random::Random;
use crate::text::ODD;
use serde_json::{Map, Value};

/// Text of a value, damaged in one place.
pub fn damage(text: &str, random: &mut Random) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(text) else { return text.to_string() };
    let mut places = Vec::new();
    collect(&value, &mut String::new(), &mut places);
    let place = places[random.below(places.len())].clone();
    let other = places[random.below(places.len())].clone();
    let given = value.pointer(&other).cloned().unwrap_or(Value::Null);
    let Some(target) = value.pointer_mut(&place) else { return text.to_string() };
    match target {
        Value::Object(fields) if random.chance(70) => object(fields, random),
        Value::Array(items) if random.chance(80) => array(items, random),
        target if random.chance(30) => *target = given,
        target => *target = odd(target, random),
    }
    value.to_string()
}

/// Pointers to every value.
fn collect(value: &Value, path: &mut String, places: &mut Vec<String>) {
    places.push(path.clone());
    let keys: Vec<String> = match value {
        Value::Object(fields) => fields.keys().map(|key| key.replace('~', "~0").replace('/', "~1")).collect(),
        Value::Array(items) => (0..items.len()).map(|i| i.to_string()).collect(),
        _ => Vec::new(),
    };
    for key in keys {
        let length = path.len();
        path.push('/');
        path.push_str(&key);
        let child = match value {
            Value::Object(_) | Value::Array(_) => value.pointer(&format!("/{key}")),
            _ => None,
        };
        if let Some(child) = child {
            collect(child, path, places);
        }
        path.truncate(length);
    }
}

/// A field is lost, added, or exchanged with another.
fn object(fields: &mut Map<String, Value>, random: &mut Random) {
    let keys: Vec<String> = fields.keys().cloned().collect();
    let (Some(a), Some(b)) = (keys.get(random.below(keys.len())), keys.get(random.below(keys.len()))) else { return };
    match random.below(3) {
        0 => drop(fields.remove(a)),
        1 => drop(fields.insert("unknown".to_string(), Value::from(1))),
        _ => {
            let (x, y) = (fields[a].clone(), fields[b].clone());
            fields.insert(a.clone(), y);
            fields.insert(b.clone(), x);
        }
    }
}

/// Elements are lost, doubled, exchanged, or far too many.
fn array(items: &mut Vec<Value>, random: &mut Random) {
    let (i, j) = (random.below(items.len()), random.below(items.len()));
    match random.below(5) {
        0 => items.clear(),
        1 => drop(items.pop()),
        2 if !items.is_empty() => items.push(items[i].clone()),
        3 if !items.is_empty() => items.swap(i, j),
        _ => *items = items.iter().cycle().take(items.len() * 3).cloned().collect(),
    }
}

/// Another number, or a value of another type.
fn odd(value: &Value, random: &mut Random) -> Value {
    if let (Some(number), true) = (value.as_i64(), random.chance(40)) {
        let near = [number.wrapping_add(1), number.wrapping_sub(1), number.wrapping_mul(2), number / 2, -number];
        return Value::from(near[random.below(near.len())]);
    }
    serde_json::from_str(ODD[random.below(ODD.len())]).unwrap_or_else(|_| Value::from("NaN"))
}

//! The JSON of all commands as one JSON Schema (draft 2020-12): a definition for each command, under its name, and for what they
//! share. Objects are closed: a field that is not here fails the test that holds this against what the commands print.

mod answers;
mod models;
mod plans;
mod shape;

use crate::session::JSON_SCHEMA;
use serde_json::{json, Map, Value};
use shape::reference;

/// Definitions that are whole outputs.
pub const OUTPUTS: [&str; 15] = [
    "check", "dump", "doctor", "eval", "explore", "fit", "model", "plan", "quantize", "refusal", "run", "selftest",
    "simulate", "top", "verify",
];

/// The schema as text.
pub fn document() -> String {
    let mut definitions = Map::new();
    for (name, shape) in [models::shapes(), plans::shapes(), answers::shapes()].concat() {
        let shape = if OUTPUTS.contains(&name) { versioned(shape) } else { shape };
        definitions.insert(name.into(), shape);
    }
    let any: Vec<Value> = OUTPUTS.iter().map(|name| reference(name)).collect();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What the commands of systole print with --json",
        "description": format!("Version {JSON_SCHEMA}: it grows when a field goes or changes what it means, not when one comes."),
        "anyOf": any,
        "$defs": definitions,
    });
    format!("{schema:#}\n")
}

/// An output, which has the number of its schema.
fn versioned(mut shape: Value) -> Value {
    shape["properties"]["schema"] = json!({ "const": JSON_SCHEMA });
    if let Some(required) = shape["required"].as_array_mut() {
        required.insert(0, "schema".into());
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::{document, OUTPUTS};
    use serde_json::Value;

    /// Every reference has its definition, and every definition is a reference's or an output.
    #[test]
    fn definitions_are_whole() {
        let schema: Value = serde_json::from_str(&document()).unwrap();
        let definitions = schema["$defs"].as_object().unwrap();
        let text = document();
        for name in text.split("\"#/$defs/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(definitions.contains_key(name), "{name}");
        }
        for name in definitions.keys() {
            assert!(
                OUTPUTS.contains(&name.as_str()) || text.contains(&format!("#/$defs/{name}\"")),
                "{name} is nobody's"
            );
        }
        assert!(OUTPUTS.iter().all(|name| definitions[*name]["properties"]["schema"]["const"] == 1));
    }
}

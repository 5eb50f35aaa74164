//! Shapes of values, as a JSON Schema has them.

use serde_json::{json, Map, Value};

/// A definition and its name.
pub type Named = (&'static str, Value);

/// An object of these fields and no others; `?` behind a name: the field may be absent.
pub fn object(fields: &[(&str, Value)]) -> Value {
    let name = |field: &str| field.trim_end_matches('?').to_string();
    let properties: Map<String, Value> = fields.iter().map(|(field, shape)| (name(field), shape.clone())).collect();
    let required: Vec<&str> = fields.iter().map(|(field, _)| *field).filter(|field| !field.ends_with('?')).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

pub fn list(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}

/// So many of one shape.
pub fn several(of: Value, count: usize) -> Value {
    json!({ "type": "array", "items": of, "minItems": count, "maxItems": count })
}

pub fn or_null(shape: Value) -> Value {
    json!({ "anyOf": [shape, { "type": "null" }] })
}

pub fn one_of(words: &[&str]) -> Value {
    json!({ "enum": words })
}

pub fn any_of(shapes: &[Value]) -> Value {
    json!({ "anyOf": shapes })
}

pub fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

pub fn text() -> Value {
    json!({ "type": "string" })
}

pub fn boolean() -> Value {
    json!({ "type": "boolean" })
}

/// A whole number, not negative.
pub fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

pub fn integer() -> Value {
    json!({ "type": "integer" })
}

pub fn number() -> Value {
    json!({ "type": "number" })
}

/// A number that JSON has no word for where it is not finite: null then.
pub fn perhaps_infinite() -> Value {
    json!({ "type": ["number", "null"] })
}

//! The page of operators is what the importers' tables say.

use systole_model::{operators, operators_page, Support};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operators.md");

/// To print the page anew: `cargo run -p systole-model --example operators > docs/operators.md`.
#[test]
fn the_page_is_what_the_tables_say() {
    let found = std::fs::read_to_string(PAGE).unwrap();
    let wanted = operators_page();
    let difference = found.lines().zip(wanted.lines()).find(|(found, wanted)| found != wanted);
    assert_eq!(difference, None);
    assert!(found == wanted, "print the page anew with: cargo run -p systole-model --example operators");
}

#[test]
fn names_are_unique_and_forms_are_given() {
    for (format, all) in operators() {
        for (index, operator) in all.iter().enumerate() {
            assert!(all[..index].iter().all(|o| o.name != operator.name), "{format}: {}", operator.name);
            assert!(!operator.form.is_empty());
        }
    }
    let [(_, onnx), (_, caffe), (_, compressed), _] = operators();
    let support = |all: &[systole_model::Operator], name: &str| all.iter().find(|o| o.name == name).unwrap().support;
    assert_eq!(support(&onnx, "Conv"), Support::Yes);
    assert_eq!((support(&caffe, "BatchNorm"), support(&compressed, "BatchNorm")), (Support::Folded, Support::No));
}

//! Prints the page of operators: `cargo run -p systole-model --example operators > docs/operators.md`.

fn main() {
    print!("{}", systole_model::operators_page());
}

//! Prints the page of operators: `cargo run -p systole-model --example operators > hdl/model/OPERATORS.md`.

fn main() {
    print!("{}", systole_model::operators_page());
}

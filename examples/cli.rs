//! Prints the page of the command line: `cargo run --example cli > docs/cli.md`.

fn main() {
    print!("{}", systole::cli_page(systole::command()));
}

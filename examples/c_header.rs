//! Prints the C header: `cargo run --example c_header > host/c/systole.h`.

fn main() {
    print!("{}", systole::c_header());
}

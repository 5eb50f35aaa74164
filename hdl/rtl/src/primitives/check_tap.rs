//! A memory's bytes for the memory check.

/// The Verilog of what a memory needs for the check.
pub(super) const SUBMODULES: [(&str, &str); 3] = [
    ("delay", include_str!("../../v/delay.v")),
    ("mux_stage", include_str!("../../v/mux_stage.v")),
    ("check_tap", include_str!("../../v/check_tap.v")),
];

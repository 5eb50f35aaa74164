//! The printed core in a simulator of four states: from the first image on no result depends on what was never written.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;
use systole_golden::Golden;
use systole_lockstep::core::compose;
use systole_lockstep::source::beats;
use systole_machine::{Board, Plan};
use systole_net::random::{net_with_unread_rows, random_image};
use systole_plan::planner::plan_shape;
use systole_plan::Spare;
use systole_rtl::Design;

const IMAGES: u64 = 2;

/// Plays beats into the core and prints every result.
const BENCH: &str = r#"`timescale 1ns/1ps
module bench;
    reg clk = 0, rst = 1, ready = 0;
    reg [@WIDTH@:0] beats [0:@BEATS@];
    integer at = 0, got = 0;
    wire taken, valid, last;
    wire [31:0] data;
    wire more = at < @BEATS@;
    systole_core core (
        .clk_i(clk), .rst_i(rst), .enable_i(1'b1), .s_axis_tdata_i(beats[at][@WIDTH@:1]), .s_axis_tvalid_i(more && !rst),
        .s_axis_tlast_i(beats[at][0]), .s_axis_tready_o(taken), .m_axis_tdata_o(data), .m_axis_tvalid_o(valid),
        .m_axis_tlast_o(last), .m_axis_tready_i(1'b1), .chk_layer_i(0), .loop_i(1'b0), .dump_i(1'b0), .dump_layer_i(0),
        .dump_lane_i(0), .dump_first_i(0)
    );
    always #5 clk = !clk;
    initial begin
        $readmemh("@FILE@", beats);
        repeat (4) @(negedge clk);
        rst = 0;
        repeat (@CYCLES@) @(negedge clk);
        $display("TIMEOUT");
        $finish;
    end
    always @(posedge clk) if (!rst) begin
        if (more && taken) at <= at + 1;
        if (valid) begin
            $display("SUM %0d", $signed(data));
            got = got + 1;
            if (got == @SUMS@) $finish;
        end
    end
endmodule
"#;

fn write_design(design: &Design, folder: &Path) {
    for file in design.verilog.iter().chain(&design.images) {
        fs::write(folder.join(&file.name), file.bytes()).unwrap();
    }
}

/// The test bench for these beats, and the beats, TLAST in the lowest bit.
fn write_bench(plan: &Plan, beats: &[(u64, bool)], folder: &Path) {
    let lines = beats.iter().fold(String::new(), |mut text, (data, last)| {
        writeln!(text, "{:x}", u128::from(*data) << 1 | u128::from(*last)).unwrap();
        text
    });
    fs::write(folder.join("beats.hex"), lines + "0\n").unwrap();
    let numbers = [
        ("@WIDTH@", 8 * plan.geometry.in_bytes),
        ("@BEATS@", beats.len()),
        ("@CYCLES@", 4 * (IMAGES as usize + 1) * plan.timing().latency as usize),
        ("@SUMS@", IMAGES as usize * plan.classes),
    ];
    let text = numbers
        .iter()
        .fold(BENCH.replace("@FILE@", "beats.hex"), |text, (name, number)| text.replace(name, &number.to_string()));
    fs::write(folder.join("bench.v"), text).unwrap();
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|e| panic!("{program}: {e}; `make setup` installs Icarus"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{program}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn the_first_image_has_no_unknown_sum() {
    sums_are_goldens(include_str!("../../../constraints/tiny.toml"));
}

#[test]
fn multipliers_of_gw5a_give_the_sums_of_the_golden_model() {
    sums_are_goldens(include_str!("../../../constraints/tang-mega-138k.toml"));
}

/// Icarus runs the machine for a board.
fn sums_are_goldens(board: &str) {
    let board = Board::parse(board).unwrap();
    let net = net_with_unread_rows(1, (4, 9));
    let plan = plan_shape(&net, &board, 5, 4, Spare::ROOMY).unwrap();
    let images: Vec<_> = (0..IMAGES).map(|seed| random_image(&net, seed)).collect();
    let golden = Golden::new(&net).unwrap();
    let wanted: Vec<String> =
        images.iter().flat_map(|image| golden.trace(image).unwrap().sums).map(|sum| format!("SUM {sum}")).collect();
    let folder = tempfile::tempdir().unwrap();
    let design = compose(&plan).unwrap().1;
    write_design(&design, folder.path());
    write_bench(&plan, &beats(&plan, &images), folder.path());
    let sources: Vec<&str> = design.verilog.iter().map(|file| file.name.as_str()).collect();
    run("iverilog", &[&["-g2005", "-o", "sim", "-s", "bench", "bench.v"][..], &sources[..]].concat(), folder.path());
    let out = run("vvp", &["-n", "sim"], folder.path());
    assert_eq!(out.lines().filter(|line| line.starts_with("SUM")).collect::<Vec<_>>(), wanted, "{out}");
}

//! Models that run: clocks, widths, memories, several instances, traces.

mod common;

use std::path::Path;
use std::thread;

use common::{quick, tools, COUNTER};
use systole_verilator::{BuildSpec, Direction, Error, PortInfo, Verilated};

/// Builds into a cache that lasts between runs.
fn build(spec: &BuildSpec) -> Verilated {
    Verilated::build(&tools(), spec, Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap()
}

const WIDE: &str = "
module wide (input wire clk_i, input wire [99:0] a_i, input wire signed [7:0] s_i, input wire [39:0] m_i,
    output wire [99:0] not_o, output reg [99:0] kept_o, output wire signed [15:0] negated_o, output wire [39:0] m_o);
  assign not_o = ~a_i;
  assign negated_o = -{{8{s_i[7]}}, s_i};
  assign m_o = m_i + 40'd1;
  always @(posedge clk_i) kept_o <= a_i;
endmodule
";

const ROM: &str = "
module rom #(parameter INIT = \"none.hex\") (input wire clk_i, input wire [1:0] addr_i, output reg [11:0] data_o);
  reg [11:0] mem [0:3];
  initial $readmemh(INIT, mem);
  always @(posedge clk_i) data_o <= mem[addr_i];
endmodule
";

#[test]
fn a_counter_counts_and_wraps() {
    let counter = build(&quick("counter", COUNTER).param("WIDTH", 3));
    let names: Vec<_> = counter.ports().iter().map(|port| port.name.as_str()).collect();
    assert_eq!(names, ["clk_i", "count_o", "enable_i", "next_is_zero_o", "rst_i"]);
    let (enable, count, zero) =
        (counter.port("enable_i").unwrap(), counter.port("count_o").unwrap(), counter.port("next_is_zero_o").unwrap());
    let mut model = counter.model().unwrap();
    model.set(enable, 1);
    for cycle in 0..20 {
        model.eval();
        assert_eq!((model.get(count), model.get(zero)), (cycle % 8, u64::from(cycle % 8 == 7)), "cycle {cycle}");
        model.tick();
    }
    model.set(enable, 0);
    model.eval();
    assert_eq!(model.get(zero), 0);
    assert_eq!(model.cycles(), 20);
}

#[test]
fn half_cycles_show_combinational_outputs() {
    let counter = build(&quick("counter", COUNTER).param("WIDTH", 1));
    let mut model = counter.model().unwrap();
    for expected in [0, 1, 0, 1] {
        model.poke("enable_i", 1).unwrap();
        model.fall();
        assert_eq!(model.peek("next_is_zero_o").unwrap(), expected);
        model.rise();
    }
}

#[test]
fn wide_and_signed_ports() {
    let wide = build(&quick("wide", WIDE));
    let info = PortInfo { name: "not_o".into(), direction: Direction::Output, width: 100 };
    assert!(wide.ports().contains(&info));
    let port = |name| wide.port(name).unwrap();
    let mut model = wide.model().unwrap();
    model.set_words(port("a_i"), &[0x0123_4567, 0x89ab_cdef, 0xffff_0000, 0xa]);
    model.set_signed(port("s_i"), -128);
    model.set(port("m_i"), (1 << 40) - 1);
    model.tick();
    assert_eq!(model.words(port("not_o")), [0xfedc_ba98, 0x7654_3210, 0x0000_ffff, 0x5]);
    assert_eq!(model.words(port("kept_o")), [0x0123_4567, 0x89ab_cdef, 0xffff_0000, 0xa]);
    assert_eq!((model.get_signed(port("negated_o")), model.get(port("m_o"))), (128, 0));
    model.set_signed(port("s_i"), 5);
    model.eval();
    assert_eq!(model.get_signed(port("negated_o")), -5);
}

#[test]
fn lanes_of_a_wide_port() {
    let wide = build(&quick("wide", WIDE));
    let (a, inverted, m) = (wide.port("a_i").unwrap(), wide.port("not_o").unwrap(), wide.port("m_i").unwrap());
    let mut model = wide.model().unwrap();
    let mut expected = 0u128;
    for (lsb, width, value) in
        [(0, 1, 1), (3, 64, 0xdead_beef_0bad_cafe), (31, 2, 3), (95, 5, 0x15), (36, 64, u64::MAX)]
    {
        model.set_bits(a, lsb, width, value);
        let mask = u128::from(u64::MAX >> (64 - width)) << lsb;
        expected = expected & !mask | u128::from(value) << lsb;
        model.eval();
        for (lsb, width) in [(0, 64), (64, 36), (lsb, width), (1, 63), (37, 1)] {
            let want = (expected >> lsb) as u64 & (u64::MAX >> (64 - width));
            assert_eq!(model.get_bits(a, lsb, width), want, "bits {lsb} + {width}");
            assert_eq!(model.get_bits(inverted, lsb, width), !want & (u64::MAX >> (64 - width)));
        }
    }
    model.set_bits(m, 8, 8, 0x5a);
    model.set_bits(m, 0, 4, 0xf);
    assert_eq!((model.get(m), model.get_bits(m, 9, 4)), (0x5a0f, 0xd));
}

#[test]
#[should_panic(expected = "0x100 does not fit port s_i of wide, 8 bits")]
fn a_value_that_does_not_fit_is_refused() {
    let wide = build(&quick("wide", WIDE));
    let port = wide.port("s_i").unwrap();
    wide.model().unwrap().set(port, 0x100);
}

#[test]
#[should_panic(expected = "a port of another design given to wide")]
fn a_port_of_another_design_is_refused() {
    let port = build(&quick("counter", COUNTER)).port("enable_i").unwrap();
    build(&quick("wide", WIDE)).model().unwrap().set(port, 1);
}

#[test]
fn memory_images_come_from_memory() {
    let spec = quick("rom", ROM).param("INIT", "\"w0.hex\"").image("w0.hex", "abc\n001\nfff\n5a5\n");
    let rom = build(&spec);
    let other = [("w0.hex".to_string(), b"@1 7 // one word\n".to_vec())];
    for (mut model, expected) in
        [(rom.model().unwrap(), [0xabc, 1, 0xfff, 0x5a5]), (rom.with_images(&other).unwrap(), [0, 7, 0, 0])]
    {
        for (addr, word) in expected.into_iter().enumerate() {
            model.poke("addr_i", addr as u64).unwrap();
            model.tick();
            assert_eq!(model.peek("data_o").unwrap(), word, "word {addr}");
        }
    }
}

#[test]
fn a_missing_or_malformed_image_is_an_error() {
    let rom = build(&quick("rom", ROM).param("INIT", "\"w0.hex\"").image("w1.hex", "0"));
    let text = rom.model().unwrap_err().to_string();
    assert!(text.contains("w0.hex") && text.contains("not found") && text.contains("images given: w1.hex"), "{text}");
    let malformed = [("w0.hex".to_string(), b"hello".to_vec())];
    assert!(matches!(rom.with_images(&malformed), Err(Error::Start { .. })));
}

#[test]
fn instances_do_not_share_state() {
    let counter = build(&quick("counter", COUNTER));
    let other = build(&quick("counter", COUNTER).param("WIDTH", 4));
    let count = |verilated: &Verilated, cycles| {
        let mut model = verilated.model().unwrap();
        model.poke("enable_i", 1).unwrap();
        model.run(cycles);
        model.peek("count_o").unwrap()
    };
    thread::scope(|scope| {
        let handles: Vec<_> = (0..6)
            .map(|n| {
                let (counter, other) = (&counter, &other);
                scope.spawn(move || (n, count(counter, 1000 + n), count(other, 1000 + n)))
            })
            .collect();
        for handle in handles {
            let (n, eight, four) = handle.join().unwrap();
            assert_eq!((eight, four), ((1000 + n) % 256, (1000 + n) % 16));
        }
    });
}

#[test]
fn a_model_moves_between_threads() {
    let mut model = build(&quick("counter", COUNTER)).model().unwrap();
    model.poke("enable_i", 1).unwrap();
    model.run(2);
    let model = thread::spawn(move || {
        model.run(3);
        model
    });
    assert_eq!(model.join().unwrap().peek("count_o").unwrap(), 5);
}

#[test]
fn a_trace_covers_its_window() {
    let counter = build(&quick("counter", COUNTER).trace(true));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("window.vcd");
    let mut model = counter.model().unwrap();
    model.poke("enable_i", 1).unwrap();
    model.run(5);
    model.trace_open(&path).unwrap();
    model.run(2);
    model.trace_close();
    model.run(5);
    let vcd = std::fs::read_to_string(&path).unwrap();
    assert!(vcd.contains("count_o"), "{vcd}");
    let times: Vec<_> = vcd.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(times, ["#50", "#55", "#60", "#65"]);
    assert!(vcd.contains("b00000111 ") && !vcd.contains("b00001000 "), "{vcd}");
    let refused = model.trace_open(&folder.path().join("no/such/folder.vcd"));
    assert!(matches!(refused, Err(Error::Io { .. })));
    let plain = build(&quick("counter", COUNTER)).model().unwrap().trace_open(&path);
    assert!(matches!(plain, Err(Error::NoTrace { .. })));
}

#[test]
#[should_panic(expected = "module stops in cycle 3: ")]
fn a_stop_in_the_verilog_is_a_panic_that_says_when() {
    let text = "module stops (input wire clk_i); reg [1:0] n = 0; always @(posedge clk_i) begin n <= n + 2'd1; if (n == 3) $stop; end endmodule";
    build(&quick("stops", text)).model().unwrap().run(9);
}

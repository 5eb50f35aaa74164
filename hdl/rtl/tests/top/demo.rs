//! Small primitives, and a top of tops that uses every kind of connection.
// Every test binary that takes this file in leaves some of it unused.
#![allow(dead_code)]

use systole_rtl::primitive::{Module, Parameter, Port, Primitive};
use systole_rtl::top::{bits, concat, constant, Top};

/// An instance of one of the modules below.
pub struct Demo {
    module: &'static Module,
    parameters: Vec<Parameter>,
    pub lanes: usize,
    pub width: usize,
}

impl Primitive for Demo {
    fn verilog(&self) -> &'static Module {
        self.module
    }

    fn parameters(&self) -> Vec<Parameter> {
        self.parameters.clone()
    }
}

fn integer(name: &'static str, value: usize) -> Parameter {
    Parameter::Integer(name, value as u64)
}

/// Counts enabled cycles; one register.
pub fn counter(width: usize) -> Demo {
    Demo { module: &COUNTER, parameters: vec![integer("WIDTH", width)], lanes: 1, width }
}

static COUNTER: Module = Module { name: "demo_counter", source: COUNTER_TEXT, ports: counter_ports };

fn counter_ports(of: &dyn Fn(&str) -> usize) -> Vec<Port> {
    vec![Port::input("en_i", 1, 1), Port::output("count_o", 1, of("WIDTH"))]
}

const COUNTER_TEXT: &str = "`default_nettype none
module demo_counter #(parameter WIDTH = 4) (
    input wire clk_i, input wire rst_i, input wire en_i, output reg [WIDTH-1:0] count_o
);
    always @(posedge clk_i)
        if (rst_i) count_o <= {WIDTH{1'b0}};
        else if (en_i) count_o <= count_o + {{(WIDTH-1){1'b0}}, 1'b1};
endmodule
`default_nettype wire
";

/// Adds lane by lane without a register.
pub fn adder(lanes: usize, width: usize) -> Demo {
    Demo { module: &ADDER, parameters: vec![integer("LANES", lanes), integer("WIDTH", width)], lanes, width }
}

static ADDER: Module = Module { name: "demo_adder", source: ADDER_TEXT, ports: adder_ports };

fn adder_ports(of: &dyn Fn(&str) -> usize) -> Vec<Port> {
    let (lanes, width) = (of("LANES"), of("WIDTH"));
    vec![Port::input("a_i", lanes, width), Port::input("b_i", lanes, width), Port::output("sum_o", lanes, width)]
}

const ADDER_TEXT: &str = "`default_nettype none
module demo_adder #(parameter LANES = 2, parameter WIDTH = 4) (
    input wire clk_i, input wire rst_i,
    input wire [LANES*WIDTH-1:0] a_i, input wire [LANES*WIDTH-1:0] b_i, output wire [LANES*WIDTH-1:0] sum_o
);
    genvar l;
    generate for (l = 0; l < LANES; l = l + 1) begin : g_lane
        assign sum_o[l*WIDTH +: WIDTH] = a_i[l*WIDTH +: WIDTH] + b_i[l*WIDTH +: WIDTH];
    end endgenerate
    wire unused = &{1'b0, clk_i, rst_i};
endmodule
`default_nettype wire
";

/// One register per lane.
pub fn register(lanes: usize, width: usize) -> Demo {
    Demo { module: &REGISTER, parameters: vec![integer("LANES", lanes), integer("WIDTH", width)], lanes, width }
}

static REGISTER: Module = Module { name: "demo_register", source: REGISTER_TEXT, ports: register_ports };

fn register_ports(of: &dyn Fn(&str) -> usize) -> Vec<Port> {
    let (lanes, width) = (of("LANES"), of("WIDTH"));
    vec![Port::input("data_i", lanes, width), Port::output("data_o", lanes, width)]
}

const REGISTER_TEXT: &str = "`default_nettype none
module demo_register #(parameter LANES = 2, parameter WIDTH = 4) (
    input wire clk_i, input wire rst_i, input wire [LANES*WIDTH-1:0] data_i, output reg [LANES*WIDTH-1:0] data_o
);
    always @(posedge clk_i)
        if (rst_i) data_o <= {LANES*WIDTH{1'b0}};
        else       data_o <= data_i;
endmodule
`default_nettype wire
";

fn table(module: &'static Module) -> Demo {
    Demo { module, parameters: vec![Parameter::Text("INIT", "table.hex".into())], lanes: 0, width: 0 }
}

/// Names a memory image.
pub fn image() -> Demo {
    static IMAGE: Module = Module { name: "demo_image", source: "", ports: |_| Vec::new() };
    table(&IMAGE)
}

/// Has a port that cannot be.
pub fn wide() -> Demo {
    static WIDE: Module = Module { name: "demo_rom", source: "", ports: |_| vec![Port::input("data_i", 2, 65)] };
    table(&WIDE)
}

/// Adds a count to the lanes of a register, and hands out a word whose fields are cut and joined again.
pub fn inner() -> Top<Demo> {
    let mut t = Top::new("demo_inner", "adds a count to every lane, one cycle late");
    t.input("lanes_i", 5, 13, "");
    t.input("en_i", 1, 1, "counts");
    t.output("lanes_o", 5, 13, "lanes_i and the count, one cycle later");
    t.output("word_o", 1, 26, "count, lane 1's upper part, lane 4's lowest bit, lane 0's lower part");
    t.primitive("count", "How often en_i was high.", counter(6)).input("en_i", "en_i").output("count_o", "count_now");
    t.primitive("hold", "", register(5, 13)).input("data_i", "sum").output("data_o", "lanes_o");
    let wide = || concat([constant(0, 7), "count_now".into()]);
    t.assign_lanes("counts", 5, 13, concat([wide(), wide(), wide(), wide(), wide()]));
    t.primitive("add", "Combinational.", adder(5, 13)).inputs([("a_i", "lanes_i"), ("b_i", "counts")]).by_name();
    t.assign(
        "word_o",
        26,
        concat(["count_now".into(), bits("sum", 25, 20), "sum[52]".into(), constant(0b10110, 5), "low".into()]),
    );
    t.assign("low", 8, "lanes_o[7:0]");
    t
}

/// A top with an inner top whose reset is its own, and a bus wider than a machine word regrouped into other lanes.
pub fn outer() -> Top<Demo> {
    let mut t = Top::new("demo_outer", "an inner top between registers");
    t.input("lanes_i", 5, 13, "what is added to");
    t.input("en_i", 1, 1, "");
    t.input("clear_i", 1, 1, "resets the inner top, one cycle late");
    t.output("wide_o", 1, 26, "");
    t.output("sum_o", 13, 5, "the inner lanes in other groups");
    t.output("field_o", 1, 9, "");
    t.primitive("clear", "", register(1, 1)).input("data_i", "clear_i").output("data_o", "clear_q");
    t.top("core", "Cleared apart from the rest.", inner())
        .inputs([("lanes_i", "lanes_i"), ("en_i", "en_i")])
        .outputs([("lanes_o", "core_lanes"), ("word_o", "core_word")])
        .also_reset_by("clear_q[0]");
    t.primitive("regroup", "", register(13, 5)).input("data_i", "core_lanes").output("data_o", "sum_o");
    t.primitive("spare", "", counter(3)).input("en_i", constant(1, 1)).open("count_o");
    t.assign("wide_o", 26, "core_word");
    t.assign("core_mid", 9, bits("core_word", 16, 8));
    t.assign("field_o", 9, "core_mid");
    t
}

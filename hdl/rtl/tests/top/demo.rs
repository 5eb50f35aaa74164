//! Three small primitives and a top of tops that uses every kind of connection.

use systole_rtl::primitive::{Parameter, Port, Primitive, Values};
use systole_rtl::top::{bits, concat, constant, Top};

/// Counts enabled cycles; one register.
pub struct Counter {
    pub width: usize,
    pub count: u64,
}

impl Primitive for Counter {
    fn module(&self) -> &'static str {
        "demo_counter"
    }
    fn source(&self) -> &'static str {
        "`default_nettype none
module demo_counter #(parameter WIDTH = 4) (
    input wire clk_i, input wire rst_i, input wire en_i, output reg [WIDTH-1:0] count_o
);
    always @(posedge clk_i)
        if (rst_i) count_o <= {WIDTH{1'b0}};
        else if (en_i) count_o <= count_o + {{(WIDTH-1){1'b0}}, 1'b1};
endmodule
`default_nettype wire
"
    }
    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::Integer("WIDTH", self.width as u64)]
    }
    fn ports(&self) -> Vec<Port> {
        vec![Port::input("en_i", 1, 1), Port::output("count_o", 1, self.width)]
    }
    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        outputs[0][0] = self.count;
    }
    fn clock(&mut self, reset: bool, inputs: &Values) {
        self.count = if reset { 0 } else { (self.count + inputs[0][0]) % (1 << self.width) };
    }
}

/// Adds lane by lane without a register.
pub struct Adder {
    pub lanes: usize,
    pub width: usize,
}

impl Primitive for Adder {
    fn module(&self) -> &'static str {
        "demo_adder"
    }
    fn source(&self) -> &'static str {
        "`default_nettype none
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
"
    }
    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::Integer("LANES", self.lanes as u64), Parameter::Integer("WIDTH", self.width as u64)]
    }
    fn ports(&self) -> Vec<Port> {
        let (lanes, width) = (self.lanes, self.width);
        vec![Port::input("a_i", lanes, width), Port::input("b_i", lanes, width), Port::output("sum_o", lanes, width)]
    }
    fn outputs(&self, inputs: &Values, outputs: &mut Values) {
        for (lane, out) in outputs[0].iter_mut().enumerate() {
            *out = (inputs[0][lane] + inputs[1][lane]) % (1 << self.width);
        }
    }
    fn clock(&mut self, _reset: bool, _inputs: &Values) {}
}

/// One register per lane.
pub struct Register {
    pub lanes: usize,
    pub width: usize,
    pub value: Vec<u64>,
}

impl Register {
    pub fn new(lanes: usize, width: usize) -> Self {
        Register { lanes, width, value: vec![0; lanes] }
    }
}

impl Primitive for Register {
    fn module(&self) -> &'static str {
        "demo_register"
    }
    fn source(&self) -> &'static str {
        "`default_nettype none
module demo_register #(parameter LANES = 2, parameter WIDTH = 4) (
    input wire clk_i, input wire rst_i, input wire [LANES*WIDTH-1:0] data_i, output reg [LANES*WIDTH-1:0] data_o
);
    always @(posedge clk_i)
        if (rst_i) data_o <= {LANES*WIDTH{1'b0}};
        else       data_o <= data_i;
endmodule
`default_nettype wire
"
    }
    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::Integer("LANES", self.lanes as u64), Parameter::Integer("WIDTH", self.width as u64)]
    }
    fn ports(&self) -> Vec<Port> {
        vec![Port::input("data_i", self.lanes, self.width), Port::output("data_o", self.lanes, self.width)]
    }
    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        outputs[0].copy_from_slice(&self.value);
    }
    fn clock(&mut self, reset: bool, inputs: &Values) {
        match reset {
            true => self.value.fill(0),
            false => self.value.copy_from_slice(&inputs[0]),
        }
    }
}

/// Adds a count to the lanes of a register, and hands out a word whose fields are cut and joined again.
pub fn inner() -> Top {
    let mut t = Top::new("demo_inner", "adds a count to every lane, one cycle late");
    t.input("lanes_i", 5, 13, "");
    t.input("en_i", 1, 1, "counts");
    t.output("lanes_o", 5, 13, "lanes_i and the count, one cycle later");
    t.output("word_o", 1, 26, "count, lane 1's upper part, lane 4's lowest bit, lane 0's lower part");
    t.primitive("count", "How often en_i was high.", Counter { width: 6, count: 0 })
        .input("en_i", "en_i")
        .output("count_o", "count_now");
    t.primitive("hold", "", Register::new(5, 13)).input("data_i", "sum").output("data_o", "lanes_o");
    let wide = || concat([constant(0, 7), "count_now".into()]);
    t.assign_lanes("counts", 5, 13, concat([wide(), wide(), wide(), wide(), wide()]));
    t.primitive("add", "Combinational.", Adder { lanes: 5, width: 13 })
        .inputs([("a_i", "lanes_i"), ("b_i", "counts")])
        .by_name();
    t.assign(
        "word_o",
        26,
        concat(["count_now".into(), bits("sum", 25, 20), "sum[52]".into(), constant(0b10110, 5), "low".into()]),
    );
    t.assign("low", 8, "lanes_o[7:0]");
    t
}

/// A top with an inner top whose reset is its own, and a bus wider than a machine word regrouped into other lanes.
pub fn outer() -> Top {
    let mut t = Top::new("demo_outer", "an inner top between registers");
    t.input("lanes_i", 5, 13, "what is added to");
    t.input("en_i", 1, 1, "");
    t.input("clear_i", 1, 1, "resets the inner top, one cycle late");
    t.output("wide_o", 1, 26, "");
    t.output("sum_o", 13, 5, "the inner lanes in other groups");
    t.output("field_o", 1, 9, "");
    t.primitive("clear", "", Register::new(1, 1)).input("data_i", "clear_i").output("data_o", "clear_q");
    t.top("core", "Cleared apart from the rest.", inner())
        .inputs([("lanes_i", "lanes_i"), ("en_i", "en_i")])
        .outputs([("lanes_o", "core_lanes"), ("word_o", "core_word")])
        .also_reset_by("clear_q[0]");
    t.primitive("regroup", "", Register::new(13, 5)).input("data_i", "core_lanes").output("data_o", "sum_o");
    t.primitive("spare", "", Counter { width: 3, count: 0 }).input("en_i", constant(1, 1)).open("count_o");
    t.assign("wide_o", 26, "core_word");
    t.assign("core_mid", 9, bits("core_word", 16, 8));
    t.assign("field_o", 9, "core_mid");
    t
}

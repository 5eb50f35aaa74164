//! The machine under the names and with the marks that Vivado's block designs go by.

use super::BoardTop;
use systole_machine::geometry::RESULT_BITS;
use systole_machine::pins::{INPUTS, OUTPUTS, RESET};
use systole_machine::registers::{address_bits, WORD_BITS, WORD_BYTES};
use systole_machine::wiring::AxiDma;
use systole_machine::Plan;

/// Module and name in the block design.
const MODULE: &str = "systole_axi";
/// What the names of the buses begin with, and what Vivado calls such a bus.
const BUSES: [(&str, &str); 3] = [("s_axis_", "axis"), ("m_axis_", "axis"), ("s_axil_", "aximm")];

/// A pin of the machine as a port here: no suffix, an address as wide as the window that the processor sees.
struct Port {
    pin: &'static str,
    is_input: bool,
    bits: usize,
}

impl Port {
    fn name(&self) -> &'static str {
        self.pin.trim_end_matches("_i").trim_end_matches("_o")
    }

    /// Bits of the machine's own pin.
    fn inner_bits(&self) -> usize {
        if self.name().ends_with("addr") {
            address_bits() as usize
        } else {
            self.bits
        }
    }

    fn mark(&self) -> String {
        let (prefix, kind) =
            BUSES.into_iter().find(|(p, _)| self.name().starts_with(p)).expect("every pin is of a bus");
        let (bus, signal) = (prefix.trim_end_matches('_'), self.name()[prefix.len()..].to_uppercase());
        let info = format!("(* X_INTERFACE_INFO = \"xilinx.com:interface:{kind}:1.0 {bus} {signal}\" *)");
        match signal.as_str() {
            "AWADDR" => format!("(* X_INTERFACE_PARAMETER = \"PROTOCOL AXI4LITE\" *)\n    {info}"),
            _ => info,
        }
    }

    fn declaration(&self) -> String {
        let direction = if self.is_input { "input " } else { "output" };
        let range = if self.bits == 1 { String::new() } else { format!("[{}:0] ", self.bits - 1) };
        format!("    {}\n    {direction} wire {range}{}", self.mark(), self.name())
    }

    fn connection(&self) -> String {
        let (name, inner) = (self.name(), self.inner_bits());
        let part = if inner < self.bits { format!("[{}:0]", inner - 1) } else { String::new() };
        format!("        .{}({name}{part})", self.pin)
    }
}

fn bits(pin: &str, plan: &Plan) -> usize {
    match pin.trim_end_matches("_i").trim_end_matches("_o") {
        "s_axis_tdata" => 8 * plan.geometry.in_bytes,
        "m_axis_tdata" => RESULT_BITS,
        "s_axil_awaddr" | "s_axil_araddr" => AxiDma::REGISTERS_BYTES.trailing_zeros() as usize,
        "s_axil_wdata" | "s_axil_rdata" => WORD_BITS as usize,
        "s_axil_wstrb" => WORD_BYTES as usize,
        "s_axil_bresp" | "s_axil_rresp" => 2,
        _ => 1,
    }
}

fn ports(plan: &Plan) -> Vec<Port> {
    let inputs = INPUTS.iter().map(|(pin, _)| (*pin, true));
    let outputs = OUTPUTS.iter().map(|(pin, _)| (*pin, false));
    let pins = inputs.chain(outputs).filter(|(pin, _)| *pin != RESET);
    pins.map(|(pin, is_input)| Port { pin, is_input, bits: bits(pin, plan) }).collect()
}

/// The wrapper of a plan's machine, whose module is `machine`.
pub fn top(plan: &Plan, machine: &str) -> BoardTop {
    let ports = ports(plan);
    let declarations: Vec<String> = ports.iter().map(Port::declaration).collect();
    let connections: Vec<String> = ports.iter().map(Port::connection).collect();
    let unread: Vec<String> = (ports.iter().filter(|p| p.inner_bits() < p.bits))
        .map(|p| format!("{}[{}:{}]", p.name(), p.bits - 1, p.inner_bits()))
        .collect();
    let text = format!(
        "// {MODULE}: the machine under the names that Vivado's block designs go by. The registers repeat every {window} bytes.
`default_nettype none

module {MODULE} (
    (* X_INTERFACE_INFO = \"xilinx.com:signal:clock:1.0 aclk CLK\" *)
    (* X_INTERFACE_PARAMETER = \"ASSOCIATED_BUSIF s_axis:m_axis:s_axil, ASSOCIATED_RESET aresetn\" *)
    input  wire aclk,
    (* X_INTERFACE_INFO = \"xilinx.com:signal:reset:1.0 aresetn RST\" *)
    (* X_INTERFACE_PARAMETER = \"POLARITY ACTIVE_LOW\" *)
    input  wire aresetn,
{declarations}
);
    reg rst_q;
    always @(posedge aclk) rst_q <= !aresetn;

    {machine} machine (
        .clk_i(aclk),
        .{RESET}(rst_q),
{connections}
    );

    wire unused = &{{1'b0, {unread}}};
endmodule

`default_nettype wire
",
        window = systole_machine::registers::window_bytes(),
        declarations = declarations.join(",\n"),
        connections = connections.join(",\n"),
        unread = unread.join(", "),
    );
    BoardTop { module: MODULE.into(), file: format!("{MODULE}.v"), text, cells: Vec::new() }
}

// slot_add: moves a slot on in a line buffer; combinational. All sums are made side by side, the late carry only selects.
`default_nettype none

module slot_add #(
    parameter SLOT_W = 8  // bits of a line buffer's tile count n
) (
    input  wire [SLOT_W-1:0] slot_i,   // below n
    input  wire [SLOT_W-1:0] slots_i,  // below n
    input  wire [SLOT_W:0]   back_i,   // slots - n, signed
    input  wire              carry_i,  // one more
    output wire [SLOT_W-1:0] slot_o    // (slot + slots + carry) mod n
);
    // The lowest bit of both operands puts the one more into the sum's own carry chain.
    wire [SLOT_W:0]   slot  = {1'b0, slot_i};
    wire [SLOT_W-1:0] sum   = slot_i + slots_i;
    wire [SLOT_W:0]   sum_n = slot + back_i;
    wire [SLOT_W:0]   inc   = {slot_i, 1'b1} + {slots_i, 1'b1};
    wire [SLOT_W+1:0] inc_n = {slot, 1'b1} + {back_i, 1'b1};

    wire [SLOT_W-1:0] without = sum_n[SLOT_W] ? sum : sum_n[SLOT_W-1:0];
    wire [SLOT_W-1:0] with_it = inc_n[SLOT_W+1] ? inc[SLOT_W:1] : inc_n[SLOT_W:1];
    assign slot_o = carry_i ? with_it : without;

    wire unused = &{1'b0, inc[0], inc_n[0]};
endmodule

`default_nettype wire

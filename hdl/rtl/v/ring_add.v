// ring_add: moves a slot on in a ring; combinational. All sums are made side by side, the late carry only selects.
`default_nettype none

module ring_add #(
    parameter SLOT_W = 8  // bits of a ring's tile count
) (
    input  wire [SLOT_W-1:0] slot_i,   // below n_i
    input  wire [SLOT_W-1:0] slots_i,  // below n_i
    input  wire              carry_i,  // one more
    input  wire [SLOT_W-1:0] n_i,      // tiles in the ring
    output wire [SLOT_W-1:0] slot_o    // (slot + slots + carry) mod n
);
    wire [SLOT_W+1:0] slot  = {2'b00, slot_i};
    wire [SLOT_W+1:0] slots = {2'b00, slots_i};
    wire [SLOT_W+1:0] n     = {2'b00, n_i};

    wire [SLOT_W+1:0] sum   = slot + slots;
    wire [SLOT_W+1:0] sum_n = slot + slots - n;
    wire [SLOT_W+1:0] inc   = slot + slots + 1'b1;
    wire [SLOT_W+1:0] inc_n = slot + slots + 1'b1 - n;

    wire [SLOT_W-1:0] without = sum_n[SLOT_W+1] ? sum[SLOT_W-1:0] : sum_n[SLOT_W-1:0];
    wire [SLOT_W-1:0] with_it = inc_n[SLOT_W+1] ? inc[SLOT_W-1:0] : inc_n[SLOT_W-1:0];
    assign slot_o = carry_i ? with_it : without;

    wire unused = &{1'b0, sum[SLOT_W+1:SLOT_W], sum_n[SLOT_W], inc[SLOT_W+1:SLOT_W], inc_n[SLOT_W]};
endmodule

`default_nettype wire

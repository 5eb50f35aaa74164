// checksums: a running checksum per layer and image parity, readable for the last image that was completed.
`default_nettype none

module checksums #(
    parameter LAYERS  = 16,  // layers
    parameter LAYER_W = 4    // bits of a layer index, 2^LAYER_W >= LAYERS
) (
    input  wire               clk_i,
    input  wire               rst_i,
    input  wire               col_valid_i,  // all beside lane_check_i
    input  wire               col_start_i,  // first column of the layer's image
    input  wire [LAYER_W-1:0] col_layer_i,
    input  wire [15:0]        lane_check_i,
    input  wire               done_i,       // some image was completed, and so all layers' checksums of it
    input  wire               bank_i,       // parity of the last image that was completed
    input  wire [LAYER_W-1:0] index_i,
    output wire [31:0]        value_o       // one cycle after index_i; 0 before an image was completed, and for no layer
);
    localparam DEPTH = 1 << LAYER_W;
    localparam [31:0] COUNT = LAYERS;

    generate
        if (LAYERS < 1 || DEPTH < LAYERS) begin : g_check_layer
            ERROR_checksums_LAYER_W_too_small check ();
        end
    endgenerate

    // A layer's first image goes to bank 0.
    reg [DEPTH-1:0] bank_q;
    wire bank = bank_q[col_layer_i];  // before a start
    always @(posedge clk_i)
        if (rst_i) bank_q <= {DEPTH{1'b1}};
        else if (col_valid_i && col_start_i) bank_q[col_layer_i] <= !bank;

    (* ram_style = "distributed" *) reg [31:0] mem [0:2*DEPTH-1];
    reg valid_q, start_q, same_q;
    reg [LAYER_W:0] key_q;
    reg [15:0] check_q;
    reg [31:0] kept_q, sum_q, value_q;
    wire [31:0] prior = start_q ? 32'd0 : same_q ? sum_q : kept_q;
    wire [31:0] sum = {prior[30:0], prior[31]} + {16'd0, check_q};

    always @(posedge clk_i) begin
        valid_q <= col_valid_i;
        if (col_valid_i) begin
            start_q <= col_start_i;
            check_q <= lane_check_i;
            key_q   <= {bank ^ col_start_i, col_layer_i};
            // A layer's bank changes with a start alone, and a start needs no sum.
            same_q  <= col_layer_i == key_q[LAYER_W-1:0];
            kept_q  <= mem[{bank, col_layer_i}];
        end
        if (valid_q) begin
            sum_q      <= sum;
            mem[key_q] <= sum;
        end
        value_q <= done_i && {1'b0, index_i} < COUNT[LAYER_W:0] ? mem[{bank_i, index_i}] : 32'd0;
        if (rst_i) valid_q <= 1'b0;
    end

    assign value_o = value_q;
endmodule

`default_nettype wire

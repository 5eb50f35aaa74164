// frame_tx: the bytes of a frame to a line's bytes: an end before it, pairs for what must not stand on the line, CRC, end.
`default_nettype none

module frame_tx (
    input  wire       clk_i,
    input  wire       rst_i,
    input  wire [7:0] data_i,
    input  wire       valid_i,
    input  wire       last_i,   // with a frame's last byte
    output wire       ready_o,
    output wire [7:0] data_o,   // to the line
    output wire       valid_o,
    input  wire       ready_i
);
    // Printed from hdl/machine/src/serial.rs; do not edit.
    localparam [7:0] END = 8'hc0;
    localparam [7:0] ESCAPE = 8'hdb;
    localparam [7:0] ESCAPED_END = 8'hdc;
    localparam [7:0] ESCAPED_ESCAPE = 8'hdd;

    localparam [1:0] REST = 2'd0, BODY = 2'd1, CHECK = 2'd2, OVER = 2'd3;

    reg [1:0]   state_q;
    reg [1:0]   index_q;    // byte of the CRC
    reg         escaped_q;  // the pair's first byte is out
    reg [7:0]   data_q;
    reg         valid_q;
    wire [31:0] crc;
    wire        intact;

    wire       room    = !valid_q || ready_i;
    wire       body    = state_q == BODY;
    wire       offered = body ? valid_i : state_q == CHECK;
    wire [7:0] value   = body ? data_i : crc[{index_q, 3'd0} +: 8];

    // A byte is looked at in the first cycle in which it is offered, and goes out in a later one.
    reg        offered_q, special_q;
    reg [7:0]  value_q, second_q;
    wire       taken   = room && offered_q && (escaped_q || !special_q);
    always @(posedge clk_i) begin
        offered_q <= offered && !taken && !rst_i;
        special_q <= value == END || value == ESCAPE;
        value_q   <= value;
        second_q  <= value == END ? ESCAPED_END : ESCAPED_ESCAPE;
    end

    frame_crc check (
        .clk_i    (clk_i),
        .rst_i    (rst_i || state_q == REST),
        .data_i   (data_i),
        .valid_i  (taken && body),
        .crc_o    (crc),
        .intact_o (intact)
    );

    always @(posedge clk_i) begin
        if (room) begin
            valid_q   <= offered_q || state_q == OVER || state_q == REST && valid_i;
            data_q    <= !offered_q ? END : escaped_q ? second_q : special_q ? ESCAPE : value_q;
            escaped_q <= offered_q && special_q && !escaped_q;
            case (state_q)
                REST: if (valid_i) state_q <= BODY;
                BODY: if (taken && last_i) state_q <= CHECK;
                CHECK: if (taken && index_q == 2'd3) state_q <= OVER;
                OVER: state_q <= REST;
            endcase
            if (taken) index_q <= body ? 2'd0 : index_q + 2'd1;
        end
        if (rst_i) begin
            state_q   <= REST;
            valid_q   <= 1'b0;
            escaped_q <= 1'b0;
        end
    end

    assign ready_o = taken && body;
    assign data_o  = data_q;
    assign valid_o = valid_q;

    wire unused_intact = &{1'b0, intact};
endmodule

`default_nettype wire

// four_state: a host that reads every register of a machine in the state that it has after reset, has the memories read back, and
// reads all again. Says which registers are not all zeros and ones, and what was found in each memory.
`timescale 1ns / 1ps
`default_nettype none

module four_state;
    parameter IN_W         = 8;     // bits of an input beat
    parameter WINDOW       = 256;   // bytes of registers
    parameter CONTROL      = 12;    // addresses
    parameter MEMORY_INDEX = 184;
    parameter MEMORY_CRC   = 188;
    parameter CHECK        = 16;    // to be written to control
    parameter MEMORIES     = 6;
    parameter PATIENCE     = 1000;  // cycles in which the memories are read back

    reg clk = 1'b0;
    reg rst = 1'b1;
    always #5 clk = !clk;

    reg  [7:0]  awaddr, araddr;
    reg  [31:0] wdata;
    reg         awvalid = 1'b0, wvalid = 1'b0, arvalid = 1'b0;
    wire        awready, wready, arready, bvalid, rvalid;
    wire [1:0]  bresp, rresp;
    wire [31:0] rdata, sum;
    wire        ready, sum_valid, sum_last;

    systole_top machine (
        .clk_i(clk), .rst_i(rst),
        .s_axis_tdata_i({IN_W{1'b0}}), .s_axis_tvalid_i(1'b0), .s_axis_tlast_i(1'b0), .s_axis_tready_o(ready),
        .m_axis_tdata_o(sum), .m_axis_tvalid_o(sum_valid), .m_axis_tlast_o(sum_last), .m_axis_tready_i(1'b1),
        .s_axil_awaddr_i(awaddr), .s_axil_awvalid_i(awvalid), .s_axil_awready_o(awready),
        .s_axil_wdata_i(wdata), .s_axil_wstrb_i(4'hf), .s_axil_wvalid_i(wvalid), .s_axil_wready_o(wready),
        .s_axil_bresp_o(bresp), .s_axil_bvalid_o(bvalid), .s_axil_bready_i(1'b1),
        .s_axil_araddr_i(araddr), .s_axil_arvalid_i(arvalid), .s_axil_arready_o(arready),
        .s_axil_rdata_o(rdata), .s_axil_rresp_o(rresp), .s_axil_rvalid_o(rvalid), .s_axil_rready_i(1'b1)
    );

    task write(input [31:0] address, input [31:0] data);
        begin
            awaddr  = address[7:0];
            wdata   = data;
            awvalid = 1'b1;
            wvalid  = 1'b1;
            @(negedge clk);
            awvalid = 1'b0;
            wvalid  = 1'b0;
            while (bvalid !== 1'b1) @(negedge clk);
            @(negedge clk);
        end
    endtask

    reg [31:0] word;
    task read(input [31:0] address);
        begin
            araddr  = address[7:0];
            arvalid = 1'b1;
            @(negedge clk);
            arvalid = 1'b0;
            while (rvalid !== 1'b1) @(negedge clk);
            word = rdata;
            if ((^word) === 1'bx || (^rresp) === 1'bx) $display("x %0d", address);
            @(negedge clk);
        end
    endtask

    integer i;
    task read_all;
        for (i = 0; i < WINDOW; i = i + 4) read(i);
    endtask

    initial begin
        repeat (2) @(negedge clk);
        rst = 1'b0;
        read_all;
        write(CONTROL, CHECK);
        repeat (PATIENCE) @(negedge clk);
        for (i = 0; i < MEMORIES; i = i + 1) begin
            write(MEMORY_INDEX, i);
            read(MEMORY_CRC);
            $display("crc %0d", word);
        end
        write(CONTROL, 0);
        read_all;
        $display("done");
        $finish(0);
    end
endmodule

`default_nettype wire

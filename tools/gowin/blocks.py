"""Models of GW5A's block RAM for simulation, as Gowin's UG300 describes them: without output registers, not in the modes that Yosys leaves out."""

INITS = [f"INIT_RAM_{n:02X}" for n in range(64)]
# Bits of a block, and of a byte's data: with parity bits nine, without them eight.
FORMS = {9: (64 * 288, "X9"), 8: (64 * 256, "")}


def head(name, bits, parameters, ports):
    """A module's head with its contents in one vector, address 0 in the lowest bits."""
    inits = ", ".join(f"parameter [{bits // 64 - 1}:0] {init} = 0" for init in INITS)
    whole = ", ".join(reversed(INITS))
    return f"module {name} #({parameters}, {inits}) ({ports});\n    reg [{bits - 1}:0] mem = {{{whole}}};\n"


def place(address, width, byte):
    """Verilog for the first bit of the word at an address, which counts the bits without parity bits."""
    return f"({address} / ({width} < {byte} ? {width} : {width} / {byte} * 8)) * {width}"


def read_or_write(port, width, byte, mode):
    """A port of a block: a read of what was there before the clock edge, or a write by bytes; with mode 1 what is written is read."""
    written = f"(WRE{port} && ({width} < {2 * byte} || AD{port}[n{port} / {byte}]))"
    at = f"{place(f'AD{port}', width, byte)} + n{port}"
    return f"""    integer n{port};
    initial DO{port} = 0;
    always @(posedge CLK{port}) if (CE{port}) for (n{port} = 0; n{port} < {width}; n{port} = n{port} + 1) begin
        if {written} mem[{at}] <= DI{port}[n{port}];
        if (!WRE{port} || {mode} == 1) DO{port}[n{port}] <= {written} ? DI{port}[n{port}] : mem[{at}];
    end
"""


def models():
    """Verilog of SP, DPB and SDPB, and of the same with nine bits a byte."""
    text = ""
    for byte, (bits, ending) in FORMS.items():
        word, half = 4 * byte, 2 * byte
        text += head(
            f"SP{ending}",
            bits,
            "parameter READ_MODE = 0, WRITE_MODE = 0, BIT_WIDTH = 0, BLK_SEL = 0, RESET_MODE = \"SYNC\"",
            f"input CLK, CE, OCE, RESET, WRE, input [2:0] BLKSEL, input [13:0] AD, input [{word - 1}:0] DI, output reg [{word - 1}:0] DO",
        )
        text += read_or_write("", "BIT_WIDTH", byte, "WRITE_MODE") + "endmodule\n"
        name = "DPX9B" if ending else "DPB"
        text += head(
            name,
            bits,
            "parameter READ_MODE0 = 0, READ_MODE1 = 0, WRITE_MODE0 = 0, WRITE_MODE1 = 0, BIT_WIDTH_0 = 0, BIT_WIDTH_1 = 0, "
            "BLK_SEL_0 = 0, BLK_SEL_1 = 0, RESET_MODE = \"SYNC\"",
            "input CLKA, CEA, OCEA, RESETA, WREA, CLKB, CEB, OCEB, RESETB, WREB, input [2:0] BLKSELA, BLKSELB, input [13:0] ADA, ADB, "
            f"input [{half - 1}:0] DIA, DIB, output reg [{half - 1}:0] DOA, DOB",
        )
        text += read_or_write("A", "BIT_WIDTH_0", byte, "WRITE_MODE0") + read_or_write("B", "BIT_WIDTH_1", byte, "WRITE_MODE1") + "endmodule\n"
        name = "SDPX9B" if ending else "SDPB"
        text += head(
            name,
            bits,
            "parameter READ_MODE = 0, BIT_WIDTH_0 = 0, BIT_WIDTH_1 = 0, BLK_SEL_0 = 0, BLK_SEL_1 = 0, RESET_MODE = \"SYNC\"",
            "input CLKA, CEA, CLKB, CEB, OCE, RESET, input [2:0] BLKSELA, BLKSELB, input [13:0] ADA, ADB, "
            f"input [{word - 1}:0] DI, output [{word - 1}:0] DO",
        )
        text += f"    wire [{word - 1}:0] DIA = DI, DIB = 0; reg [{word - 1}:0] DOA, DOB; wire WREA = 1, WREB = 0; assign DO = DOB;\n"
        text += read_or_write("A", "BIT_WIDTH_0", byte, "0") + read_or_write("B", "BIT_WIDTH_1", byte, "0") + "endmodule\n"
    return text

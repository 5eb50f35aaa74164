"""The proofs, as data."""

import dataclasses
import re

import engine


@dataclasses.dataclass(frozen=True)
class Proof:
    """A harness with its parameters, how it is decided, and faults that it has to find."""

    name: str
    harness: str
    parameters: dict = dataclasses.field(default_factory=dict)
    method: str = "pdr"  # for ever; bmc: for `depth` cycles
    depth: int = 0
    reached_in: int = 60  # cycles in which every cover is reached
    cut: tuple = ()  # modules in whose place those of the folder cut stand
    faults: tuple = ()  # (module, text, text in its place)
    quick: bool = False  # part of the tests
    unreachable: tuple = ()  # covers that these parameters rule out

    def circuit(self, change=None, folder=None):
        return engine.Circuit(folder or self.name, self.harness, self.parameters.items(), change, self.cut)

    def module(self):
        """The module that the harness is about."""
        return self.harness.removesuffix("_formal")


def constant(module, name):
    """The value of a localparam of a module."""
    text = (engine.MODULES / f"{module}.v").read_text(encoding="utf-8")
    return int(re.search(rf"localparam \[\d+:0\] {name} = \d+'h(\w+);", text)[1], 16)


REGISTERS = {
    "WINDOW": 8,
    "PLAIN": constant("axil_regs", "WATCHDOG_LIMIT_ADDR"),
    "CONSTANT": constant("axil_regs", "ID_ADDR"),
    "CONTENT": constant("axil_regs", "ID_VALUE"),
    "COUNTER": constant("axil_regs", "CYCLES_ADDR"),
}

LINE = {
    "END_BYTE": constant("frame_rx", "END"),
    "ESCAPE_BYTE": constant("frame_rx", "ESCAPE"),
    "END_SECOND": constant("frame_rx", "ESCAPED_END"),
    "ESCAPE_SECOND": constant("frame_rx", "ESCAPED_ESCAPE"),
}
CRC = {name: constant("frame_crc", name) for name in ("POLYNOMIAL", "RESIDUE")}
# Parameters that tell no size: the page leaves them out.
NUMBERS = {*REGISTERS, *LINE, *CRC}

PROOFS = [
    Proof("skid", "skid_formal", quick=True, faults=(
        ("skid", "wire free = m_ready_i | ~valid_q;", "wire free = 1'b1;"),
        ("skid", "spare_valid_q ? spare_q : s_data_i;", "s_data_i;"),
    )),
    Proof("loop-back, 6 bytes", "loop_back_formal", {"IN_BYTES": 6}, quick=True, faults=(
        ("loop_back", "wire goes    = loop_i && s_valid_i && back_ready_i;", "wire goes    = loop_i && s_valid_i;"),
        ("loop_back", "s_last_i && at_last;", "s_last_i;"),
    )),
    Proof("loop-back, 4 bytes", "loop_back_formal", {"IN_BYTES": 4}, quick=True, faults=(
        ("loop_back", "assign m_valid_o    = s_valid_i && !loop_i;", "assign m_valid_o    = s_valid_i;"),
    )),
    Proof("port B", "port_b_formal", quick=True, faults=(
        ("port_b", "pool_read_i && !whole && !pool_write_i;", "pool_read_i && !whole;"),
        ("port_b", "BANK[LANE_W-1:0] < lane ? addr_b : addr_a;", "BANK[LANE_W-1:0] <= lane ? addr_b : addr_a;"),
    )),
    Proof("collector", "collector_formal", quick=True, faults=(
        ("collector", "held_q != ALMOST[IN_W-1:0] : room_q", "1'b1 : room_q"),
        ("collector", "(!count_end_q || gone) &&", ""),
        ("collector", "wire fits_next = BEATS > 1 && (", "wire fits_next = 1'b0 && ("),
        ("collector", "wire store     = judged && s_last_i == final_q;", "wire store     = judged;"),
    )),
    Proof("collector, a beat a word", "collector_formal",
          {"ROWS": 2, "BEATS": 1, "CHANNELS": 1, "SLOTS": 1, "BASE": 0, "ADDR_W": 1, "IN_W": 1, "IMAGE_BEATS": 1, "BEAT_W": 1}, quick=True, faults=(
        ("collector", "tile_written_q <= grant_i && pending_last_q;", "tile_written_q <= grant_i;  if (word) tile_written_q <= 1'b1;"),
    )),
    Proof("result FIFO, 4 words", "pool_fifo_formal", {"WORDS": 4, "WIDTH": 2}, faults=(
        ("pool_fifo", "take_q  <= take_q + {{(LEN_W-1){1'b0}}, pop_i};", "take_q  <= take_q + {{(LEN_W-1){1'b0}}, pop_i && !push_i};"),
    )),
    Proof("result FIFO, 2 words", "pool_fifo_formal", {"WORDS": 2, "WIDTH": 2, "BLOCK": 1}, quick=True, faults=(
        ("pool_fifo", "out_q   <= word_q;", "if (push_i || pop_i) out_q   <= word_q;"),
    )),
    Proof("weight loader", "weight_loader_formal", faults=(
        ("weight_loader", "assign s_ready_o = state_q == TAKE && !written;", "assign s_ready_o = state_q == TAKE;"),
    )),
    Proof("weight loader, a beat a word", "weight_loader_formal", {"IN_BYTES": 9, "BEATS": 1, "WORDS": 2, "ADDR_W": 1}, quick=True, faults=(
        ("weight_loader", "if (group_end) addr_q <= addr_q + 1'b1;", "addr_q <= addr_q + 1'b1;"),
    )),
    Proof("memory check", "memory_check_formal", cut=("frame_crc",), faults=(
        ("memory_check", "(settling && !walked_q)", "1'b0"),
        ("memory_check", "count_q == COUNT_EMIT[COUNT_W-1:0]", "count_q == {COUNT_W{1'b0}}"),
    )),
    Proof("results, order", "results_formal", {"CLASSES": 2, "CLASS_W": 1, "SUMS": 0}, faults=(
        ("results", "at_last_q   <= CLASSES == 1 || (!at_last_q && index_q == BEFORE_LAST);", "at_last_q   <= 1'b1;"),
    )),
    Proof("results, sums", "results_formal", {"CLASSES": 3, "CLASS_W": 2, "SUMS": 1}, method="bmc", depth=20, faults=(
        ("results", "col_tile_first_i ? FROM_OFFSET", "1'b0 ? FROM_OFFSET"),
        ("results", "if (accumulate) class_q <= class_now + 1'b1;", "class_q <= class_now + 1'b1;"),
    )),
    Proof("registers", "axil_formal", REGISTERS, reached_in=15, faults=(
        ("axil_regs", "(!b_valid_q || s_axil_bready_i)", "1'b1"),
        ("axil_regs", "{8{w_strb_q[1]}}", "{8{w_strb_q[2]}}"),
        ("axil_regs", "high_q <= value[63:32];", "high_q <= value[31:0];"),
        ("axil_regs", "r_resp_q <= mapped ? OKAY : SLVERR;", "r_resp_q <= OKAY;"),
    )),
    Proof("serial sender", "uart_tx_formal", reached_in=90, quick=True, faults=(
        ("uart_tx", "left_q  <= 4'd10;", "left_q  <= 4'd9;"),
    )),
    Proof("serial receiver, quiet line", "uart_rx_formal", {"NOISE": 0}, method="bmc", depth=90, reached_in=110, faults=(
        ("uart_rx", "localparam [31:0] HALF = DIVIDER / 2 - 1;", "localparam [31:0] HALF = DIVIDER + 2;"),
    ), unreachable=("noise",)),
    Proof("serial receiver, noise before", "uart_rx_formal", {"NOISE": 1}, method="bmc", depth=100, reached_in=180, faults=(
        ("uart_rx", "if (bit_q == 4'd0) busy_q <= !line;", "if (bit_q == 4'd0) busy_q <= 1'b1;"),
    )),
    Proof("frame's CRC", "frame_crc_formal", CRC, quick=True, faults=(
        ("frame_crc", "i < 8", "i < 7"),
    )),
    Proof("frames in", "frame_rx_formal", LINE, quick=True, faults=(
        ("frame_rx", "valid_i && data_i == ESCAPE && !escaped_q;", "valid_i && data_i == ESCAPE;"),
        ("frame_rx", "good_q  <= ended_q && sound_q && intact;", "good_q  <= ended_q && intact;"),
    )),
    Proof("frames out and in", "frame_formal", cut=("frame_crc",), method="bmc", depth=20, reached_in=24, faults=(
        ("frame_tx", "special_q <= value == END || value == ESCAPE;", "special_q <= value == END;"),
        ("frame_tx", "index_q == 2'd3) state_q <= OVER", "index_q == 2'd2) state_q <= OVER"),
    )),
    Proof("sequencer, without pools", "sequencer_formal", {"POOLS": 0}, method="bmc", depth=20, reached_in=40, faults=(
        ("seq_issue", "localparam [31:0] CNT_ENOUGH = MIN_INTERVAL - 2;", "localparam [31:0] CNT_ENOUGH = MIN_INTERVAL - 3;"),
        ("seq_issue", "wire [ARR_W+1:0] nxt_arr = {ahead_arr_i, 1'b1}", "wire [ARR_W+1:0] nxt_arr = {ahead_arr_i, 1'b0}"),
        ("seq_issue", "in_level_q     <= take ? in_level - nxt_free_in_i : in_level;", "in_level_q     <= in_level;"),
    )),
]

# Modules that are broken on purpose, and the proof of each that has to find it.
MUTATED = {
    "skid": "skid",
    "loop_back": "loop-back, 6 bytes",
    "port_b": "port B",
    "collector": "collector",
    "pool_fifo": "result FIFO, 2 words",
    "weight_loader": "weight loader, a beat a word",
    "frame_crc": "frame's CRC",
    "uart_tx": "serial sender",
    "frame_rx": "frames in",
}


def proof(name):
    return next(proof for proof in PROOFS if proof.name == name)

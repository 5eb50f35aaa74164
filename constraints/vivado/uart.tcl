# A machine on a serial line: the top level is Verilog, there is no processor.

proc make_design {} {}

proc prepare_placement {} {}

proc write_handoff {} {}

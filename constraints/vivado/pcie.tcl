# A machine on a PCIe card: block design with the XDMA core, registers by its AXI-Lite master, streams by a channel each way.
source [file join $here blocks.tcl]

proc make_design {} {
    global machine_top input_bits output_bits clock_mhz lanes lane_speed reference_mhz reference_port reset_port request_port
    create_bd_design systole_system
    create_bd_cell -type module -reference $machine_top machine
    cell dma xdma CONFIG.xdma_axi_intf_mm AXI_Stream CONFIG.xdma_rnum_chnl 1 CONFIG.xdma_wnum_chnl 1 \
        CONFIG.pl_link_cap_max_link_width X$lanes CONFIG.pl_link_cap_max_link_speed ${lane_speed}_GT/s \
        CONFIG.axi_data_width ${input_bits}_bit CONFIG.axisten_freq $clock_mhz \
        CONFIG.axilite_master_en true CONFIG.cfg_mgmt_if false
    cell buffer util_ds_buf CONFIG.C_BUF_TYPE IBUFDSGTE
    # Results are narrower than the DMA; the last word of a result is marked where it is not full.
    cell widen axis_dwidth_converter CONFIG.S_TDATA_NUM_BYTES [expr {$output_bits / 8}] \
        CONFIG.M_TDATA_NUM_BYTES [expr {$input_bits / 8}] CONFIG.HAS_TLAST 1 CONFIG.HAS_TKEEP 0 CONFIG.HAS_MI_TKEEP 1
    utility zero constant CONFIG.CONST_WIDTH 1 CONFIG.CONST_VAL 0

    create_bd_intf_port -mode Slave -vlnv xilinx.com:interface:diff_clock_rtl:1.0 $reference_port
    set_property CONFIG.FREQ_HZ [expr {round($reference_mhz * 1e6)}] [get_bd_intf_ports $reference_port]
    create_bd_intf_port -mode Master -vlnv xilinx.com:interface:pcie_7x_mgt_rtl:1.0 pcie_mgt
    create_bd_port -dir I -type rst $reset_port
    set_property CONFIG.POLARITY ACTIVE_LOW [get_bd_ports $reset_port]
    create_bd_port -dir O $request_port
    connect_bd_intf_net [get_bd_intf_ports $reference_port] [get_bd_intf_pins buffer/CLK_IN_D]
    connect_bd_intf_net [get_bd_intf_pins dma/pcie_mgt] [get_bd_intf_ports pcie_mgt]
    connect_bd_net [get_bd_ports $reset_port] [get_bd_pins dma/sys_rst_n]
    # The slot's clock is always wanted.
    connect_bd_net [get_bd_pins zero/dout] [get_bd_ports $request_port]

    net buffer/IBUF_OUT dma/sys_clk
    net dma/axi_aclk machine/aclk widen/aclk
    net dma/axi_aresetn machine/aresetn widen/aresetn
    # The machine asks for no interrupt; the channels' own are inside the core.
    net zero/dout dma/usr_irq_req

    bus dma/M_AXI_LITE machine/s_axil
    bus dma/M_AXIS_H2C_0 machine/s_axis
    bus machine/m_axis widen/S_AXIS
    bus widen/M_AXIS dma/S_AXIS_C2H_0

    assign_addresses
    validate_bd_design
    check_width dma CONFIG.axi_data_width ${input_bits}_bit
    save_bd_design
    finish_design
}

# The registers at the beginning of the card's first window, where the driver maps them.
proc assign_addresses {} {
    global registers registers_bytes
    assign_bd_address -target_address_space dma/M_AXI_LITE -offset $registers -range $registers_bytes \
        [get_bd_addr_segs machine/s_axil/reg0]
}

# The core's own constraints place the lanes in another order than the card wires them.
proc prepare_placement {} {
    global transceivers lanes
    set cells [get_cells -hierarchical -filter {NAME =~ *gtp_channel.gtpe2_channel_i}]
    if {[llength $cells] != $lanes} { error "systole: [llength $cells] transceivers are in the netlist, the card has $lanes lanes" }
    reset_property LOC $cells
    foreach cell $cells {
        if {![regexp {pipe_lane\[(\d+)\]} $cell whole lane]} { error "systole: which lane is $cell?" }
        set_property LOC [lindex $transceivers $lane] $cell
    }
}

# What the card's flash memory is written with.
proc write_handoff {} {
    global results flash_megabytes
    set bit [file join $results systole.bit]
    write_cfgmem -force -format bin -interface spix4 -size $flash_megabytes -loadbit "up 0x0 $bit" \
        -file [file join $results systole.bin]
}

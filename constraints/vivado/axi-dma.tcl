# A machine beside a processor: block design with AXI DMA in simple mode. Sourced by build.tcl; the settings are global.
source [file join $here blocks.tcl]

# The processor with its board's preset, one clock for the machine, a bus each way, one interrupt input.
proc make_processor {} {
    global processor clock_mhz memory_bits control_bits
    if {$processor eq "zynq7000"} {
        set made [cell ps processing_system7]
        apply_bd_automation -rule xilinx.com:bd_rule:processing_system7 \
            -config {make_external "FIXED_IO, DDR" apply_board_preset "1" Master "Disable" Slave "Disable"} $made
        set_property -dict [list \
            CONFIG.PCW_FPGA0_PERIPHERAL_FREQMHZ $clock_mhz CONFIG.PCW_USE_M_AXI_GP0 1 CONFIG.PCW_USE_S_AXI_HP0 1 \
            CONFIG.PCW_S_AXI_HP0_DATA_WIDTH $memory_bits CONFIG.PCW_USE_FABRIC_INTERRUPT 1 CONFIG.PCW_IRQ_F2P_INTR 1] $made
        return [dict create clock ps/FCLK_CLK0 reset ps/FCLK_RESET0_N irq ps/IRQ_F2P control ps/M_AXI_GP0 \
            memory ps/S_AXI_HP0 clocked {ps/M_AXI_GP0_ACLK ps/S_AXI_HP0_ACLK}]
    }
    set made [cell ps zynq_ultra_ps_e]
    apply_bd_automation -rule xilinx.com:bd_rule:zynq_ultra_ps_e -config {apply_board_preset "1"} $made
    # A preset that fixes the dividers of all clocks would give the machine the preset's clock.
    set_property CONFIG.PSU__OVERRIDE__BASIC_CLOCK 0 $made
    set_property -dict [list \
        CONFIG.PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ $clock_mhz CONFIG.PSU__USE__M_AXI_GP0 1 CONFIG.PSU__USE__M_AXI_GP1 0 \
        CONFIG.PSU__USE__M_AXI_GP2 0 CONFIG.PSU__USE__S_AXI_GP2 1 CONFIG.PSU__SAXIGP2__DATA_WIDTH $memory_bits \
        CONFIG.PSU__MAXIGP0__DATA_WIDTH $control_bits CONFIG.PSU__USE__IRQ0 1] $made
    return [dict create clock ps/pl_clk0 reset ps/pl_resetn0 irq ps/pl_ps_irq0 control ps/M_AXI_HPM0_FPD \
        memory ps/S_AXI_HP0_FPD clocked {ps/maxihpm0_fpd_aclk ps/saxihp0_fpd_aclk}]
}

proc make_design {} {
    global input_bits output_bits length_bits machine_top
    create_bd_design systole_system
    set ps [make_processor]
    create_bd_cell -type module -reference $machine_top machine
    cell dma axi_dma CONFIG.c_include_sg 0 CONFIG.c_sg_length_width $length_bits \
        CONFIG.c_m_axi_mm2s_data_width $input_bits CONFIG.c_m_axis_mm2s_tdata_width $input_bits \
        CONFIG.c_m_axi_s2mm_data_width $output_bits CONFIG.c_addr_width 32
    cell control smartconnect CONFIG.NUM_SI 1 CONFIG.NUM_MI 2
    cell memory smartconnect CONFIG.NUM_SI 2 CONFIG.NUM_MI 1
    cell reset proc_sys_reset
    utility interrupts concat CONFIG.NUM_PORTS 2

    net [dict get $ps clock] reset/slowest_sync_clk control/aclk memory/aclk machine/aclk \
        dma/s_axi_lite_aclk dma/m_axi_mm2s_aclk dma/m_axi_s2mm_aclk {*}[dict get $ps clocked]
    net [dict get $ps reset] reset/ext_reset_in
    net reset/peripheral_aresetn control/aresetn memory/aresetn machine/aresetn dma/axi_resetn
    net dma/mm2s_introut interrupts/In0
    net dma/s2mm_introut interrupts/In1
    net interrupts/dout [dict get $ps irq]

    bus [dict get $ps control] control/S00_AXI
    bus control/M00_AXI machine/s_axil
    bus control/M01_AXI dma/S_AXI_LITE
    bus dma/M_AXI_MM2S memory/S00_AXI
    bus dma/M_AXI_S2MM memory/S01_AXI
    bus memory/M00_AXI [dict get $ps memory]
    bus dma/M_AXIS_MM2S machine/s_axis
    bus machine/m_axis dma/S_AXIS_S2MM

    assign_addresses [dict get $ps memory]
    validate_bd_design
    check_width dma CONFIG.c_m_axis_mm2s_tdata_width $input_bits
    check_width dma CONFIG.c_s_axis_s2mm_tdata_width $output_bits
    save_bd_design
    finish_design
}

# The machine and the DMA where the device tree has them; the DMA sees the lower DRAM and nothing else.
proc assign_addresses {memory} {
    global registers registers_bytes dma dma_bytes
    assign_bd_address -target_address_space ps/Data -offset $registers -range $registers_bytes \
        [get_bd_addr_segs machine/s_axil/reg0]
    assign_bd_address -target_address_space ps/Data -offset $dma -range $dma_bytes [get_bd_addr_segs dma/S_AXI_LITE/Reg]
    foreach space {dma/Data_MM2S dma/Data_S2MM} {
        set dram 0
        foreach segment [get_bd_addr_segs -addressables -of_objects [get_bd_intf_pins $memory]] {
            if {[string match *DDR_LOW* $segment]} {
                assign_bd_address -target_address_space $space $segment
                incr dram
            } else {
                exclude_bd_addr_seg -target_address_space $space $segment
            }
        }
        if {$dram != 1} { error "systole: $space sees $dram DRAM segments behind $memory, one is needed" }
    }
}

# Hardware description for PYNQ (.hwh) and for Vitis and PetaLinux (.xsa). The latter is without the bitstream: Vivado looks for
# that in an implementation run, and this build has none.
proc write_handoff {} {
    global work results
    set found [find $work systole_system.hwh]
    if {$found eq ""} { error "systole: Vivado wrote no systole_system.hwh" }
    file copy -force $found [file join $results systole.hwh]
    write_hw_platform -fixed -force [file join $results systole.xsa]
}

proc find {folder name} {
    foreach file [glob -nocomplain -directory $folder *] {
        if {[file tail $file] eq $name} { return $file }
        if {[file isdirectory $file]} {
            set deeper [find $file $name]
            if {$deeper ne ""} { return $deeper }
        }
    }
    return ""
}

proc prepare_placement {} {}

# Vivado's commands as far as the build scripts use them: tclsh stub.tcl BUILD.tcl SETUP_SLACK CRITICAL_IN_STAGE [MISSING_IP...]
# Files must exist, pins must exist and fit, every bus and clock must be connected; what happened is printed as RECORD lines.

set missing [lassign $argv script slack critical_in]
array set ip_versions {processing_system7 5.5 zynq_ultra_ps_e 3.5 axi_dma 7.1 smartconnect 1.0 proc_sys_reset 5.0 xlconcat 2.1
    xdma 4.1 util_ds_buf 2.2 axis_dwidth_converter 1.1 xlconstant 1.1}
foreach name $missing { unset ip_versions($name) }
set critical 0
set files {}
set reports [list]
set wired [dict create]
set bused [dict create]
set cells [dict create]
set configured [dict create]
set ports [dict create]
set addressed {}
set excluded {}

proc record {args} { puts "RECORD [join $args { }]" }
proc refuse {text} { error "stub: $text" }
proc option {args name default} {
    set at [lsearch -exact $args $name]
    if {$at < 0} { return $default }
    return [lindex $args [expr {$at + 1}]]
}

# ---- Project
proc create_project {args} {
    global project project_part
    set project [lindex $args end-2]
    set project_part [option $args -part ""]
    file mkdir $project
    record part $project_part
}
proc current_project {} { return project }
# Boards of the board store and the part that each gives its project.
set board_store {
    tul.com.tw:pynq-z2:part0:1.0 xc7z020clg400-1
    digilentinc.com:arty-z7-20:part0:1.0 xc7z020clg400-1
    digilentinc.com:arty-z7-20:part0:1.1 xc7z020clg400-1
    digilentinc.com:zybo-z7-20:part0:1.0 xc7z020clg400-1
    digilentinc.com:zybo-z7-20:part0:1.2 xc7z020clg400-1
    xilinx.com:zcu104:part0:1.0 xczu7ev-ffvc1156-2-e
    xilinx.com:zcu104:part0:1.1 xczu7ev-ffvc1156-2-e
    xilinx.com:kv260_som:part0:1.3 xck26-sfvc784-2LV-c
    xilinx.com:kv260_som:part0:1.4 xck26-sfvc784-2LV-c
    em.avnet.com:ultra96v2:part0:1.0 xczu3eg-sbva484-1-e
    avnet.com:ultra96v2:part0:1.2 xczu3eg-sbva484-1-i
    avnet-tria:ultra96v2:part0:1.3 xczu3eg-sbva484-1-i
}
proc get_board_parts {args} {
    return [lsearch -all -inline -glob [dict keys $::board_store] [lindex $args end]]
}
proc get_ipdefs {pattern} {
    global ip_versions
    set found {}
    foreach {name version} [array get ip_versions] { lappend found xilinx.com:ip:$name:$version xilinx.com:ip:$name:0.9 }
    return [lsearch -all -inline -glob $found $pattern]
}
proc add_files {args} {
    global files
    set named [lindex $args end]
    foreach file $named {
        if {![file isfile $file]} { refuse "no file $file" }
        if {[file pathtype $file] ne "absolute"} { refuse "$file depends on the current folder" }
        lappend files $file
        record file $file
    }
}
proc get_files {args} {
    global files
    set found {}
    foreach pattern [lindex $args end] {
        foreach file $files { if {$file eq $pattern || [file tail $file] eq $pattern} { lappend found $file } }
    }
    if {[llength $found] == 0} { refuse "no file matches $args" }
    return $found
}
proc get_filesets {name} { return $name }
proc update_compile_order {args} {}
proc set_msg_config {args} { record accepts [option $args -id ""] [option $args -new_severity ""] }
proc get_msg_config {args} { return $::critical }
proc happens {stage} { if {$::critical_in eq $stage} { incr ::critical } }

# ---- Modules in Verilog: buses and pins by their marks.
proc module_text {module} {
    foreach file $::files {
        if {[file extension $file] ne ".v"} continue
        set handle [open $file]
        set text [read $handle]
        close $handle
        if {[regexp "module ${module}\[ #(\]" $text]} { return $text }
    }
    refuse "no file has the module $module"
}
proc module_pins {module} {
    set pins [dict create]
    foreach line [split [module_text $module] "\n"] {
        regexp {X_INTERFACE_INFO = "xilinx.com:(interface|signal):([a-z]+):1.0 ([a-z_]+) ([A-Z]+)"} $line all kind type bus signal
        if {![regexp {^ +(input|output) +wire (\[(\d+):0\] )?(\w+),?$} $line all direction range high name]} continue
        set bits [expr {$high eq "" ? 1 : $high + 1}]
        if {$kind eq "signal"} { dict set pins pin $name $direction } else {
            if {$name ne "${bus}_[string tolower $signal]"} { refuse "$name is marked as $bus $signal" }
            dict set pins bus $bus type $type
            dict set pins bus $bus signals $signal [list $direction $bits]
        }
    }
    return $pins
}

# ---- IP: buses as name {master|slave kind}, pins as name {in|out}, required pins.
proc ip_buses {name configuration} {
    switch $name {
        processing_system7 { return {M_AXI_GP0 {master mm} S_AXI_HP0 {slave mm}} }
        zynq_ultra_ps_e { return {M_AXI_HPM0_FPD {master mm} S_AXI_HP0_FPD {slave mm}} }
        axi_dma { return {S_AXI_LITE {slave mm} M_AXI_MM2S {master mm} M_AXI_S2MM {master mm} M_AXIS_MM2S {master axis} S_AXIS_S2MM {slave axis}} }
        smartconnect {
            set buses {}
            for {set i 0} {$i < [dict get $configuration CONFIG.NUM_SI]} {incr i} { lappend buses [format S%02d_AXI $i] {slave mm} }
            for {set i 0} {$i < [dict get $configuration CONFIG.NUM_MI]} {incr i} { lappend buses [format M%02d_AXI $i] {master mm} }
            return $buses
        }
        xdma { return {M_AXI_LITE {master mm} M_AXIS_H2C_0 {master axis} S_AXIS_C2H_0 {slave axis} pcie_mgt {master mgt}} }
        util_ds_buf { return {CLK_IN_D {slave clock}} }
        axis_dwidth_converter { return {S_AXIS {slave axis} M_AXIS {master axis}} }
    }
    return {}
}
proc ip_pins {name} {
    switch $name {
        processing_system7 { return {FCLK_CLK0 out FCLK_RESET0_N out IRQ_F2P in M_AXI_GP0_ACLK in S_AXI_HP0_ACLK in} }
        zynq_ultra_ps_e { return {pl_clk0 out pl_resetn0 out pl_ps_irq0 in maxihpm0_fpd_aclk in saxihp0_fpd_aclk in} }
        axi_dma { return {s_axi_lite_aclk in m_axi_mm2s_aclk in m_axi_s2mm_aclk in axi_resetn in mm2s_introut out s2mm_introut out} }
        smartconnect { return {aclk in aresetn in} }
        proc_sys_reset { return {slowest_sync_clk in ext_reset_in in peripheral_aresetn out} }
        xlconcat - ilconcat { return {In0 in In1 in dout out} }
        xdma { return {sys_clk in sys_rst_n in usr_irq_req in axi_aclk out axi_aresetn out usr_irq_ack out user_lnk_up out} }
        util_ds_buf { return {IBUF_OUT out} }
        axis_dwidth_converter { return {aclk in aresetn in} }
        xlconstant - ilconstant { return {dout out} }
    }
    refuse "unknown IP $name"
}

proc create_bd_design {name} { set ::design $name }
proc create_bd_cell {args} {
    global cells configured
    set name [lindex $args end]
    if {[option $args -type ""] eq "module"} {
        set module [option $args -reference ""]
        dict set cells $name [list module $module [module_pins $module]]
        record module $name $module
    } elseif {[option $args -type ""] eq "inline_hdl"} {
        lassign [split [option $args -vlnv ""] :] vendor library ip
        if {$library ne "inline_hdl" || $ip ni {ilconcat ilconstant}} { refuse "no inline HDL $args" }
        dict set cells $name [list ip $ip]
        record inline $name $ip
    } else {
        lassign [split [option $args -vlnv ""] :] vendor library ip version
        if {![info exists ::ip_versions($ip)]} { refuse "no IP $ip" }
        if {$version ne $::ip_versions($ip)} { refuse "$ip $version is not the newest" }
        dict set cells $name [list ip $ip]
        record ip $name $ip
    }
    dict set configured $name [dict create]
    return $name
}
proc get_bd_cells {name} { if {![dict exists $::cells $name]} { refuse "no cell $name" }; return $name }
proc apply_bd_automation {args} { record automation [option $args -rule ""] }
proc set_property {args} {
    global configured cells
    set object [lindex $args end]
    if {[lindex $args 0] eq "-dict"} { set pairs [lindex $args 1] } else { set pairs [lrange $args 0 1] }
    foreach {name value} $pairs {
        record property $object $name $value
        if {$name eq "board_part"} { set ::project_part [dict get $::board_store $value] }
        if {[dict exists $cells $object]} { dict set configured $object $name $value }
        if {$name eq "CONFIG.PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ"} { require_free_clocks $object }
    }
}
# A preset may fix the dividers of the clocks, as the Ultra96-V2's does: a frequency that is asked for then changes nothing.
proc require_free_clocks {cell} {
    set free CONFIG.PSU__OVERRIDE__BASIC_CLOCK
    if {![dict exists $::configured $cell $free] || [dict get $::configured $cell $free] ne "0"} { refuse "$cell has fixed clocks" }
}
proc get_property {name object} {
    if {$name eq "SLACK"} { return $object }
    if {![dict exists $::configured $object $name]} { refuse "$object has no $name yet" }
    return [dict get $::configured $object $name]
}
# Ports of the design, as seen from inside: an input drives, a bus that is slave outside is master inside.
proc create_bd_port {args} { dict set ::ports [lindex $args end] [string map {I out O in} [option $args -dir ""]] }
proc create_bd_intf_port {args} {
    if {![regexp {interface:(diff_clock|pcie_7x_mgt)_rtl:} [option $args -vlnv ""] all kind]} { refuse "unknown bus of $args" }
    set role [string map {Slave master Master slave} [option $args -mode ""]]
    dict set ::ports [lindex $args end] [list $role [string map {diff_clock clock pcie_7x_mgt mgt} $kind]]
}
proc get_bd_ports {name} { if {![dict exists $::ports $name]} { refuse "no port $name" }; return $name }
proc get_bd_intf_ports {name} { return [get_bd_ports $name] }
proc bus_role {path} {
    if {[dict exists $::ports $path]} { return [dict get $::ports $path] }
    lassign [split $path /] cell bus
    return [dict get [buses_of $cell] $bus]
}
proc pin_direction {path} {
    if {[dict exists $::ports $path]} { return [dict get $::ports $path] }
    lassign [split $path /] cell pin
    set what [dict get $::cells [get_bd_cells $cell]]
    if {[lindex $what 0] eq "ip"} { set pins [ip_pins [lindex $what 1]] } else { set pins [dict get [lindex $what 2] pin] }
    if {![dict exists $pins $pin]} { refuse "$cell has no pin $pin" }
    return [string map {input in output out} [dict get $pins $pin]]
}
proc get_bd_pins {path} { pin_direction $path; return $path }
proc buses_of {cell} {
    set what [dict get $::cells [get_bd_cells $cell]]
    if {[lindex $what 0] eq "ip"} { return [ip_buses [lindex $what 1] [dict get $::configured $cell]] }
    set buses [dict create]
    dict for {name bus} [dict get [lindex $what 2] bus] {
        set valid [expr {[dict get $bus type] eq "axis" ? "TVALID" : "AWVALID"}]
        set role [expr {[lindex [dict get $bus signals $valid] 0] eq "input" ? "slave" : "master"}]
        dict set buses $name [list $role [expr {[dict get $bus type] eq "axis" ? "axis" : "mm"}]]
    }
    return $buses
}
proc get_bd_intf_pins {path} {
    lassign [split $path /] cell bus
    if {![dict exists [buses_of $cell] $bus]} { refuse "$cell has no bus $bus" }
    return $path
}
proc connect_bd_net {source sink} {
    if {[pin_direction $source] ne "out" || [pin_direction $sink] ne "in"} { refuse "$source cannot drive $sink" }
    if {[dict exists $::wired $sink]} { refuse "$sink is driven twice" }
    dict set ::wired $sink $source
}
proc connect_bd_intf_net {master slave} {
    set roles {}
    foreach path [list $master $slave] {
        lappend roles [bus_role $path]
        if {[dict exists $::bused $path]} { refuse "$path is connected twice" }
    }
    if {[lindex $roles 0 0] ne "master" || [lindex $roles 1 0] ne "slave" || [lindex $roles 0 1] ne [lindex $roles 1 1]} {
        refuse "$master cannot go to $slave"
    }
    dict set ::bused $master $slave
    dict set ::bused $slave $master
    record bus $master $slave
}

# ---- Addresses
proc get_bd_addr_segs {args} {
    if {[lindex $args 0] eq "-addressables"} {
        set at [lindex $args end]
        return [list $at/HP0_DDR_LOW $at/HP0_QSPI $at/HP0_LPS_OCM]
    }
    lassign [split [lindex $args end] /] cell bus segment
    get_bd_intf_pins $cell/$bus
    if {$segment ne [expr {$cell eq "dma" ? "Reg" : "reg0"}]} { refuse "$cell/$bus has no segment $segment" }
    return $cell/$bus/$segment
}
proc assign_bd_address {args} {
    set segment [lindex $args end]
    set space [option $args -target_address_space ""]
    lappend ::addressed [list $space $segment]
    record address $space $segment [option $args -offset all] [option $args -range all]
}
proc exclude_bd_addr_seg {args} { lappend ::excluded [lindex $args end] }

# The widths that boot firmware gives the ports of a processor which it knows nothing else of.
proc validate_ports {} {
    global configured cells
    set widths [dict create \
        zynq_ultra_ps_e {CONFIG.PSU__SAXIGP2__DATA_WIDTH 128 CONFIG.PSU__MAXIGP0__DATA_WIDTH 128} \
        processing_system7 {CONFIG.PCW_S_AXI_HP0_DATA_WIDTH 64}]
    dict for {name wanted} [dict get $widths [lindex [dict get $cells ps] 1]] {
        set found [dict get $configured ps $name]
        if {$found != $wanted} { refuse "$name is $found, boot firmware sets $wanted" }
    }
}
proc validate_dma {wide narrow} {
    global configured
    validate_ports
    if {[llength $::addressed] != 4 || [llength $::excluded] != 4} { refuse "segments: $::addressed, excluded: $::excluded" }
    if {[dict get $configured dma CONFIG.c_m_axis_mm2s_tdata_width] != $wide} { refuse "the DMA's stream is not $wide bits" }
    dict set configured dma CONFIG.c_s_axis_s2mm_tdata_width $narrow
}
proc validate_card {wide narrow} {
    global configured
    if {[llength $::addressed] != 1} { refuse "segments: $::addressed" }
    if {[dict get $configured dma CONFIG.axi_data_width] ne "${wide}_bit"} { refuse "the DMA's streams are not $wide bits" }
    foreach {side bits} [list S $narrow M $wide] {
        if {8 * [dict get $configured widen CONFIG.${side}_TDATA_NUM_BYTES] != $bits} { refuse "the results' $side side is not $bits bits" }
    }
    set speed [dict get $configured dma CONFIG.pl_link_cap_max_link_speed]
    set lanes [string trimleft [dict get $configured dma CONFIG.pl_link_cap_max_link_width] X]
    set gigabits [expr {[string trimright $speed _GT/s] * $lanes * 8 / 10}]
    if {abs($gigabits * 1e3 - $wide * [dict get $configured dma CONFIG.axisten_freq]) > 1} { refuse "$lanes lanes of $speed do not fit the streams" }
}
proc validate_bd_design {} {
    global cells wired bused configured
    dict for {cell what} $cells {
        foreach bus [dict keys [buses_of $cell]] { if {![dict exists $bused $cell/$bus]} { refuse "$cell/$bus goes nowhere" } }
        if {[lindex $what 0] eq "ip"} { set pins [ip_pins [lindex $what 1]] } else { set pins [dict get [lindex $what 2] pin] }
        foreach pin [dict keys $pins] {
            if {[pin_direction $cell/$pin] eq "in" && ![dict exists $wired $cell/$pin]} { refuse "$cell/$pin is not driven" }
        }
    }
    dict for {port direction} $::ports {
        if {$direction ne "out" && ![dict exists $wired $port] && ![dict exists $bused $port]} { refuse "$port goes nowhere" }
        if {$direction eq "out" && $port ni [dict values $wired]} { refuse "$port drives nothing" }
    }
    set streams [dict get [lindex [dict get $cells machine] 2] bus]
    set wide [lindex [dict get $streams s_axis signals TDATA] 1]
    set narrow [lindex [dict get $streams m_axis signals TDATA] 1]
    if {[lindex [dict get $cells dma] 1] eq "xdma"} { validate_card $wide $narrow } else { validate_dma $wide $narrow }
    foreach stream {s_axis m_axis} {
        if {![dict exists $streams $stream signals TLAST]} { refuse "$stream has no TLAST" }
    }
    happens design
    record validated $::design
}
proc save_bd_design {} {
    global design project files
    set file [file join $project $design.bd]
    close [open $file w]
    lappend files $file
}
proc generate_target {what file} {
    file mkdir [file join $::project gen hw_handoff]
    close [open [file join $::project gen hw_handoff $::design.hwh] w]
}
proc make_wrapper {args} {
    set file [file join $::project ${::design}_wrapper.v]
    set handle [open $file w]
    puts $handle "module ${::design}_wrapper ();\nendmodule"
    close $handle
    return $file
}

# ---- Implementation
proc synth_design {args} {
    module_text [option $args -top ""]
    if {[option $args -part ""] ne $::project_part} { refuse "another part than the project's" }
    foreach file [get_files_of .hex] { if {![file isfile [file tail $file]]} { refuse "[file tail $file] is not in [pwd]" } }
    happens synthesis
    record synthesis [option $args -top ""]
}
proc get_files_of {ending} { return [lsearch -all -inline -glob $::files *$ending] }
proc opt_design {} {}
proc get_cells {args} {
    set cells {}
    for {set lane 3} {$lane >= 0} {incr lane -1} { lappend cells "core/pipe_lane\[$lane\].gt_wrapper_i/gtp_channel.gtpe2_channel_i" }
    return $cells
}
proc reset_property {name cells} { record reset $name [llength $cells] }
proc write_cfgmem {args} {
    lassign [option $args -loadbit ""] up address bit
    if {![file isfile $bit]} { refuse "no bitstream $bit" }
    close [open [option $args -file ""] w]
}
proc place_design {} { happens implementation }
proc phys_opt_design {} {}
proc route_design {} { record routed }
proc report_timing_summary {args} {}
proc report_utilization {args} {}
proc get_timing_paths {args} { return [expr {"-setup" in $args ? $::slack : 0.05}] }
proc check_timing {args} { return "1. checking no_clock (0)" }
proc write_bitstream {args} { close [open [lindex $args end] w]; record bitstream [lindex $args end] }
proc write_hw_platform {args} {
    # Vivado takes the bitstream from an implementation run of the project; there is none after synth_design.
    if {"-include_bit" in $args} { refuse "Unable to get BIT file from implementation run" }
    close [open [lindex $args end] w]
    record platform [lindex $args end]
}

source $script

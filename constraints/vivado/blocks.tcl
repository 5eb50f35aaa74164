# What all block designs do. Sourced by the script of the link; the settings are global.

proc cell {name ip args} {
    set made [create_bd_cell -type ip -vlnv [newest_ip $ip] $name]
    if {[llength $args] > 0} { set_property -dict $args $made }
    return $made
}

# A cell of wires alone, xlconcat or xlconstant; newer installations have it as inline HDL instead.
proc utility {name kind args} {
    if {[llength [get_ipdefs "xilinx.com:ip:xl$kind:*"]] > 0} { return [cell $name xl$kind {*}$args] }
    set made [create_bd_cell -type inline_hdl -vlnv xilinx.com:inline_hdl:il$kind $name]
    set_property -dict $args $made
    return $made
}

proc net {source args} {
    foreach pin $args { connect_bd_net [get_bd_pins $source] [get_bd_pins $pin] }
}

proc bus {master slave} { connect_bd_intf_net [get_bd_intf_pins $master] [get_bd_intf_pins $slave] }

proc check_width {cell property wanted} {
    set found [get_property $property [get_bd_cells $cell]]
    if {$found != $wanted} { error "systole: $property of $cell is $found bits, the machine has $wanted" }
}

# One netlist for the whole design, so that every message is seen here.
proc finish_design {} {
    global top
    set design [get_files systole_system.bd]
    set_property synth_checkpoint_mode None $design
    generate_target all $design
    add_files -norecurse [make_wrapper -files $design -top]
    set_property top $top [get_filesets sources_1]
    update_compile_order -fileset sources_1
}

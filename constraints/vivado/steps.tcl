# What every build does. Sourced by build.tcl; the settings are global.

# The newest version of an IP core of this installation.
proc newest_ip {name} {
    set found [lsort -dictionary [get_ipdefs "xilinx.com:ip:$name:*"]]
    if {[llength $found] == 0} { error "systole: this Vivado has no IP core $name" }
    return [lindex $found end]
}

# The newest board of the board store that matches.
proc newest_board {pattern} {
    set found [lsort -dictionary [get_board_parts -quiet $pattern]]
    if {[llength $found] == 0} {
        error "systole: no board $pattern; install it with: xhub::install \[xhub::get_xitems -filter {NAME =~ *$::board*}\]"
    }
    return [lindex $found end]
}

# Verilog, memory images and constraints of the machine.
proc add_sources {} {
    global here sources images constraints
    foreach file [concat $sources $images $constraints] {
        if {![file isfile [file join $here $file]]} { error "systole: [file join $here $file] is missing; generate again" }
    }
    add_files -norecurse [absolute $sources]
    add_files -norecurse [absolute $images]
    set_property file_type {Memory Initialization Files} [get_files [absolute $images]]
    if {[llength $constraints] > 0} { add_files -fileset constrs_1 -norecurse [absolute $constraints] }
    update_compile_order -fileset sources_1
}

proc absolute {files} {
    set paths {}
    foreach file $files { lappend paths [file normalize [file join $::here $file]] }
    return $paths
}

# Runs a part of the build; a critical warning in it is an error. Memory images are looked up beside the Verilog.
proc stage {name body} {
    global here verilog_folder
    set before [critical_warnings]
    set back [pwd]
    cd [file join $here $verilog_folder]
    set failed [catch { uplevel 1 $body } message]
    cd $back
    if {$failed} { error "systole: $name failed: $message" }
    set count [expr {[critical_warnings] - $before}]
    if {$count > 0} { error "systole: $name gave $count critical warning(s), see vivado.log; nothing is written" }
}

proc critical_warnings {} { return [get_msg_config -count -severity {CRITICAL WARNING}] }

# Stops when the worst path has no slack, or when there is no path at all.
proc require_slack {kind} {
    set path [get_timing_paths -max_paths 1 -nworst 1 -$kind]
    if {[llength $path] == 0} { error "systole: no path has a $kind requirement; is the clock constrained?" }
    set slack [get_property SLACK $path]
    puts "systole: $kind slack $slack ns"
    if {![string is double -strict $slack] || $slack < 0} {
        error "systole: timing is not met: $kind slack $slack ns, see results/timing.txt; nothing is written"
    }
}

# Stops when a register has no clock.
proc require_constrained {} {
    set report [check_timing -return_string -override_defaults {no_clock}]
    if {[regexp {checking no_clock \((\d+)\)} $report all count] && $count > 0} {
        error "systole: $count register pins have no clock; nothing is written"
    }
}

# Builds the bitstream from an empty folder: vivado -mode batch -source build.tcl
# Stops, and leaves no bitstream, on negative slack, on a path that nothing constrains and on critical warnings.

set here [file dirname [file normalize [info script]]]
source [file join $here settings.tcl]
source [file join $here steps.tcl]
source [file join $here $link.tcl]

set work [file join $here work]
set results [file join $here results]
file mkdir $results
# What an earlier build made is not this one's.
file delete {*}[glob -nocomplain -directory $results systole.*]

create_project -force systole $work -part $part
if {$board_part ne ""} { set_property board_part [newest_board $board_part] [current_project] }
foreach id $accepted { set_msg_config -id $id -new_severity WARNING }
add_sources

stage design { make_design }
stage synthesis { synth_design -top $top -part $part }
stage implementation {
    prepare_placement
    opt_design
    place_design
    phys_opt_design
    route_design
}
report_timing_summary -file [file join $results timing.txt]
report_utilization -hierarchical -file [file join $results utilization.txt]
require_slack setup
require_slack hold
require_constrained
stage bitstream { write_bitstream -force [file join $results systole.bit] }
stage handoff { write_handoff }
puts "systole: [file join $results systole.bit] is ready"

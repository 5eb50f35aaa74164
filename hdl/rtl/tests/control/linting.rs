//! Every control leaf passes `verilator --lint-only -Wall` in every shape.

use crate::cosim::{cache, spec, tools};
use crate::shape::{geometry, input_map, widths};
use crate::SHAPES;
use systole_rtl::leaf::Leaf;
use systole_rtl::leaves::{collector::Collector, pool::Pool, port_b::PortB, sequencer::Sequencer};

#[test]
fn control_leaves_lint_clean() {
    let tools = tools();
    for (rows, cols) in SHAPES {
        for in_bytes in [1, 8] {
            let g = geometry(rows, cols, in_bytes, rows.min(3));
            let w = widths(&g);
            let map = input_map(&g, 3, 4, 5);
            let leaves: [Box<dyn Leaf>; 4] = [
                Box::new(Sequencer::new(&g, &w)),
                Box::new(Pool::new(&g, &w)),
                Box::new(Collector::new(&g, &map, 0, &w)),
                Box::new(PortB::new(&g, &w)),
            ];
            for leaf in leaves {
                let linted = systole_verilator::lint(&tools, &spec(leaf.as_ref(), &[]), &cache());
                linted.unwrap_or_else(|error| panic!("{} {:?}: {error}", leaf.module(), leaf.parameters()));
            }
        }
    }
}

//! Every control primitive passes `verilator --lint-only -Wall` in every shape.

use crate::cosim::{cache, spec, tools};
use crate::shape::{geometry, input_map, widths};
use crate::SHAPES;
use systole_machine::geometry::Geometry;
use systole_rtl::primitive::Primitive;
use systole_rtl::primitives::{collector::Collector, pool::Pool, port_b::PortB, sequencer::Sequencer};

#[test]
fn control_primitives_lint_clean() {
    let tools = tools();
    for (rows, cols) in SHAPES {
        for in_bytes in [1, 8] {
            let (pool_passes, pool_words) = if in_bytes == 1 { (1, 0) } else { (5, 16) };
            let g = Geometry { pool_passes, pool_words, ..geometry(rows, cols, in_bytes, rows.min(3)) };
            let w = widths(&g);
            let map = input_map(&g, 3, 4, 5);
            let primitives: [Box<dyn Primitive>; 4] = [
                Box::new(Sequencer::new(&g, &w)),
                Box::new(Pool::new(&g, &w, rows % 2 == 0)),
                Box::new(Collector::new(&g, &map, 0, &w)),
                Box::new(PortB::new(&g, &w)),
            ];
            for primitive in primitives {
                let linted = systole_verilator::lint(&tools, &spec(primitive.as_ref(), &[]), &cache());
                linted.unwrap_or_else(|error| panic!("{} {:?}: {error}", primitive.module(), primitive.parameters()));
            }
        }
    }
}

//! Port B's arbiter.

use crate::cosim::Pair;
use crate::shape::{geometry, widths};
use crate::SHAPES;
use systole_net::random::Rng;
use systole_rtl::primitives::port_b::PortB;

#[test]
fn port_b_serves_one_and_grants_it() {
    let mut random = Rng::new(53);
    for (rows, cols) in SHAPES {
        let g = geometry(rows, cols, 4, 1);
        let port = PortB::new(&g, &widths(&g));
        let mut pair = Pair::new(port, &[]);
        let mut grants = [0; 3];
        for cycle in 0..3000 {
            pair.scramble(&mut random);
            for (name, rare) in [("drain_write_i", 3), ("in_write_i", 3), ("pool_write_i", 2), ("pool_read_i", 2)] {
                pair.set(name, &[random.one_in(rare).into()]);
            }
            for name in ["pool_write_lane_i", "pool_read_lane_i"] {
                pair.set(name, &[random.below(rows) as u64]);
            }
            pair.cycle(cycle % 100 == 99);
            let now = ["in_grant_o", "pool_write_grant_o", "pool_read_grant_o"].map(|name| pair.seen(name)[0]);
            assert!(now.iter().sum::<u64>() <= 1, "one at a time");
            grants.iter_mut().zip(now).for_each(|(count, grant)| *count += grant);
        }
        assert!(grants.iter().all(|&count| count > 100), "everybody had a turn: {grants:?}");
    }
}

//! The Pareto front of a network on a board.

use std::sync::atomic::{AtomicUsize, Ordering};
use systole_machine::Board;
use systole_net::random::{random_net, Limits};
use systole_net::Net;
use systole_plan::explore::{explore, Figures};
use systole_plan::{plan, Constraints, PlanError};

fn tiny() -> Board {
    let mut board = Board::parse(include_str!("../../../constraints/tiny.toml")).unwrap();
    (board.rows, board.cols) = (None, None);
    board
}

#[test]
fn no_plan_of_the_front_beats_another_and_none_beats_the_front() {
    let mut fronts = 0;
    for seed in 0..12 {
        let net = random_net(seed, &Limits::default());
        let told = AtomicUsize::new(0);
        let found = explore(&net, &tiny(), &Constraints::default(), &|_, _| {
            told.fetch_add(1, Ordering::Relaxed);
        });
        let plans = match found {
            Ok(plans) => plans,
            Err(PlanError::Unsupported { .. }) => continue,
            Err(e) => panic!("{e}"),
        };
        let figures: Vec<Figures> = plans.iter().map(Figures::of).collect();
        assert!(figures.windows(2).all(|w| w[0].cycles <= w[1].cycles), "{figures:?}");
        for a in &figures {
            assert!(figures.iter().all(|b| !b.beats(a)), "{a:?} of {figures:?}");
        }
        let chosen = Figures::of(&plan(&net, &tiny(), &Constraints::default()).unwrap());
        assert!(!figures.iter().any(|f| f.cycles > chosen.cycles && chosen.beats(f)), "{chosen:?}, {figures:?}");
        assert!(told.into_inner() >= plans.len());
        fronts += usize::from(plans.len() > 1);
    }
    assert!(fronts > 3, "a front is more than one plan");
}

/// A network that the machine has steps for.
fn plannable() -> Net {
    let fits = |net: &Net| plan(net, &tiny(), &Constraints::default()).is_ok();
    (0..20).map(|seed| random_net(seed, &Limits::default())).find(fits).unwrap()
}

#[test]
fn constraints_bound_the_front() {
    let net = plannable();
    let constraints = Constraints { max_dsp: Some(24), ..Constraints::default() };
    for plan in explore(&net, &tiny(), &constraints, &|_, _| ()).unwrap() {
        assert!(Figures::of(&plan).dsp <= 24);
    }
    let none = Constraints { max_bram18: Some(0), ..Constraints::default() };
    assert!(matches!(explore(&net, &tiny(), &none, &|_, _| ()), Err(PlanError::DoesNotFit { .. })));
}

#[test]
fn the_smallest_array_that_is_fast_enough_is_chosen() {
    let net = plannable();
    let within = |cycles| plan(&net, &tiny(), &Constraints { max_interval: Some(cycles), ..Constraints::default() });
    let fastest = plan(&net, &tiny(), &Constraints::default()).unwrap();
    let relaxed = within(fastest.timing().interval * 4).unwrap();
    assert!(relaxed.timing().interval <= fastest.timing().interval * 4);
    assert!(relaxed.geometry.macs_per_cycle() < fastest.geometry.macs_per_cycle());
    match within(1) {
        Err(PlanError::TooSlow { wanted: 1, found, .. }) => assert!(found > 1),
        other => panic!("{other:?}"),
    }
}

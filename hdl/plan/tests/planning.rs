//! What every plan must hold to, on random networks and shapes; and what is refused.

use systole_machine::geometry::Multiplier;
use systole_machine::losses::{slots, Doing, LayerSlots};
use systole_machine::tables::ItemKind;
use systole_machine::{Board, LutTable, Plan, TableMemory, WeightMemory};
use systole_net::random::{net_with_unread_rows, random_net, Limits};
use systole_net::LayerKind;
use systole_plan::advice::advice;
use systole_plan::planner::{plan_array, plan_shape, Array};
use systole_plan::timing::{time, timeline};
use systole_plan::Spare;
use systole_plan::{plan, Constraints, PlanError, WeightChoice};

const SHAPES: [(usize, usize); 6] = [(2, 2), (3, 5), (4, 4), (8, 8), (11, 6), (28, 16)];

fn tiny() -> Board {
    Board::parse(include_str!("../../../constraints/tiny.toml")).unwrap()
}

/// Plans of the random networks that the machine has steps for.
fn plans() -> impl Iterator<Item = Plan> {
    (0..60).flat_map(|seed| {
        let net = random_net(seed, &Limits::default());
        let (rows, cols) = SHAPES[seed as usize % SHAPES.len()];
        (0..3).filter_map(move |slack| {
            match plan_shape(&net, &tiny(), rows, cols, Spare { slack, overlaid: 1 + slack % 2 }) {
                Ok(plan) => Some(plan),
                Err(PlanError::Unsupported { .. }) => None,
                Err(e) => panic!("seed {seed}: {e}"),
            }
        })
    })
}

#[test]
fn the_program_covers_every_tile_once() {
    let mut seen = 0;
    for plan in plans() {
        let count = |kind, at| {
            let items = plan.program.iter().filter(|i| i.kind == kind && i.layer == at);
            items.map(|i| if kind == ItemKind::Conv { i.tiles } else { 1 }).sum::<usize>()
        };
        for (at, layer) in plan.layers.iter().enumerate() {
            assert_eq!(count(ItemKind::Conv, at), layer.tile_last + 1);
        }
        for (at, pool) in plan.pools.iter().enumerate() {
            assert_eq!(count(ItemKind::Pool, at), (pool.height * pool.pitch).div_ceil(plan.geometry.rows));
        }
        assert_eq!(plan.program.iter().filter(|i| i.last).count(), 1);
        assert!(plan.program.last().unwrap().last);
        seen += 1;
    }
    assert!(seen > 60, "{seen} plans");
}

#[test]
fn input_tiles_are_given_back_once_and_never_before_they_came() {
    for plan in plans() {
        assert_eq!(plan.program.iter().map(|i| i.free_in).sum::<usize>(), plan.input.tiles);
        for item in &plan.program {
            assert!(item.free_in <= item.wait_in || item.free_in == 0);
            assert!(item.wait_in <= plan.input.slots);
        }
    }
}

#[test]
fn line_buffers_lie_within_the_banks_and_share_only_within_overlays() {
    for plan in plans() {
        for r in &plan.line_buffers {
            assert!(r.base + r.slots * r.channels <= plan.geometry.act_depth, "{}", r.name);
            assert!(r.pitch >= 1);
        }
    }
}

/// What the suite's random networks have of poolings.
#[test]
fn random_networks_pool_directly_and_from_the_banks() {
    let limits = Limits { residuals: true, windows: true, groups: true, ..Limits::default() };
    let (mut direct, mut stored, mut padded, mut apart) = (0, 0, 0, 0);
    for seed in 0..400 {
        let net = random_net(seed, &limits);
        let Ok(plan) = plan_shape(&net, &tiny(), 4, 4, Spare::ROOMY) else { continue };
        for pool in &plan.pools {
            direct += usize::from(pool.direct);
            stored += usize::from(!pool.direct);
            padded += usize::from(pool.pad > 0);
            apart += usize::from(pool.stride > pool.kernel_last + 1);
        }
    }
    let seen = (direct, stored, padded, apart);
    println!("{seen:?} poolings: direct, of stored maps, padded, with gaps between windows");
    assert!(direct > 20 && stored > 3 && padded > 10 && apart > 5, "{seen:?}");
}

/// Items in program order, the images one behind the other: words of tiles that may have begun and are not pooled.
#[test]
fn the_result_fifo_has_room_for_every_tile_that_begins() {
    let (mut direct, mut most) = (0, 0);
    for plan in plans() {
        let channels = |layer: usize| plan.layers[layer].channels(plan.geometry.cols);
        // Words of each direct tile with its operation's number; operations that are known to be over.
        let (mut tiles, mut pooled, mut over) = (Vec::new(), 0, 0);
        for item in plan.program.iter().chain(&plan.program) {
            if item.kind == ItemKind::Pool {
                pooled += 1;
                continue;
            }
            over = over.max(pooled - item.wait_pool.min(pooled));
            if plan.layers[item.layer].direct {
                assert_eq!(item.tiles, 1, "{}", plan.network);
                tiles.push((pooled, channels(item.layer)));
                let held: usize = tiles.iter().filter(|tile| tile.0 >= over).map(|tile| tile.1).sum();
                assert!(held <= plan.geometry.pool_words, "{}: {held} words", plan.network);
                (direct, most) = (direct + 1, most.max(held));
            }
        }
        assert_eq!(plan.line_buffers.iter().any(|r| r.slots == 0), plan.geometry.pool_words > 0);
    }
    assert!(direct > 1000 && most > 16, "{direct} tiles, {most} words");
}

#[test]
fn every_slot_of_an_interval_has_its_use_or_its_cause() {
    for plan in plans() {
        let t = plan.timing();
        let slots = slots(&plan);
        let all: u64 = slots.iter().map(LayerSlots::total).sum();
        assert_eq!(all, t.interval * plan.geometry.macs_per_cycle() as u64, "{slots:?}");
        assert_eq!(slots.iter().map(|s| s.macs).sum::<u64>(), t.macs);
        assert!(t.utilisation > 0.0 && t.utilisation <= 1.0);
    }
}

#[test]
fn the_timeline_has_the_cycles_that_were_counted() {
    for plan in plans().take(20) {
        let stretches = timeline(&plan).unwrap();
        assert_eq!(stretches.iter().map(|s| s.cycles).sum::<u64>(), plan.timing().interval);
        for (layer, timing) in plan.timing().layers.iter().enumerate() {
            let seen: u64 = stretches.iter().filter(|s| s.doing == Doing::Steps(layer)).map(|s| s.cycles).sum();
            let (binding, entry) = (&plan.bindings[layer], &plan.layers[layer]);
            let issued = ((entry.tap_last + 1) * (entry.ch_last + 1)) as u64;
            assert_eq!(seen * binding.reduction as u64, timing.steps * issued, "{}", binding.name);
        }
    }
}

#[test]
fn the_stream_carries_every_pixel_once() {
    for plan in plans().take(20) {
        let m = &plan.input;
        let image: Vec<u8> = (0..m.image_channels * m.height * m.width).map(|i| (i % 251) as u8 + 1).collect();
        let packed = m.pack(plan.geometry.rows, plan.geometry.in_bytes, &image);
        assert_eq!(packed.len(), m.beats * plan.geometry.in_bytes);
        let sum = |bytes: &[u8]| bytes.iter().map(|&b| u64::from(b)).sum::<u64>();
        assert_eq!(sum(&packed), sum(&image));
    }
}

#[test]
fn tables_hold_their_values() {
    for plan in plans() {
        for table in plan.tables() {
            assert_eq!(table.fields.iter().map(|f| f.width).sum::<usize>(), table.width);
            let lines: Vec<String> = table.hex().lines().map(String::from).collect();
            assert_eq!(lines.len(), table.words.len());
            assert!(lines.iter().all(|l| l.len() == table.width.div_ceil(4)));
        }
        let prog = plan.tables().remove(0);
        for (item, word) in plan.program.iter().zip(&prog.words) {
            let field = |name| word[prog.fields.iter().position(|f| f.name == name).unwrap()];
            assert_eq!(field("tiles"), item.tiles as u64);
            assert_eq!(field("wait_in"), item.wait_in as u64);
        }
    }
}

#[test]
fn the_multipliers_suit_the_part() {
    let net = random_net(2, &Limits::default());
    let with = |dsp: usize, lut: usize| {
        let device = systole_machine::board::Device { lut, bram18: 10_000, ..tiny().device };
        let constraints = Constraints { rows: Some(8), cols: Some(8), max_dsp: Some(dsp), ..Constraints::default() };
        plan(&net, &Board { device, ..tiny() }, &constraints)
            .map(|plan| (plan.geometry.multiplier, plan.cost().total().dsp))
    };
    let (single, all) = with(1000, 100_000).unwrap();
    let rescale = all - 64;
    assert_eq!(single, Multiplier::Single);
    assert_eq!(with(all, 100_000).unwrap(), (Multiplier::Single, all));
    assert_eq!(with(all - 1, 100_000).unwrap(), (Multiplier::Pair { pairs: 1, fabric: 0 }, rescale + 56));
    assert_eq!(with(rescale + 30, 100_000).unwrap(), (Multiplier::Pair { pairs: 4, fabric: 2 }, rescale + 30));
    assert_eq!(with(rescale, 100_000).unwrap(), (Multiplier::Pair { pairs: 4, fabric: 32 }, rescale));
    assert!(with(rescale - 1, 100_000).is_err());
    let refused = with(rescale, 5_000).unwrap_err().to_string();
    assert!(refused.contains("no array shape") || refused.contains("LUTs"), "{refused}");
}

#[test]
fn chosen_line_buffers_take_no_more_block_ram_than_roomy_ones_and_cost_little() {
    let ram = |p: &Plan| p.cost().total().bram18 + 2 * p.cost().total().bram36;
    let mut fewer = 0;
    for seed in 0..40 {
        let net = random_net(seed, &Limits::default());
        let (rows, cols) = (11, 6);
        let constraints =
            Constraints { rows: Some(rows), cols: Some(cols), assume_ram: true, ..Constraints::default() };
        let Ok(chosen) = plan(&net, &Board { rows: None, cols: None, ..tiny() }, &constraints) else { continue };
        let pool_words = chosen.geometry.pool_words;
        let (multiplier, weights) = (Multiplier::Single, WeightMemory::default());
        let array = Array { rows, cols, multiplier, weights, pool_words };
        let roomy = plan_array(&net, &tiny(), array, Spare::ROOMY).unwrap();
        assert!(ram(&chosen) <= ram(&roomy), "seed {seed}");
        let most = roomy.timing().interval + roomy.timing().interval / 400;
        assert!(chosen.timing().interval <= most, "seed {seed}: {} of {most}", chosen.timing().interval);
        fewer += usize::from(ram(&chosen) < ram(&roomy));
    }
    println!("{fewer} of 40 networks need fewer block RAMs");
}

#[test]
fn tables_go_to_luts_where_block_ram_is_short() {
    let (mut moved, mut luts) = (0, 0);
    for seed in 0..30 {
        let net = random_net(seed, &Limits { channels: 60, ..Limits::default() });
        let constraints = Constraints { rows: Some(4), cols: Some(4), ..Constraints::default() };
        let Ok(plain) = plan(&net, &tiny(), &constraints) else { continue };
        assert!(plain.lut_tables.is_empty(), "seed {seed}: {:?}", plain.lut_tables);
        let most = plain.ram18() - 1;
        let Ok(short) = plan(&net, &tiny(), &Constraints { max_bram18: Some(most), ..constraints }) else { continue };
        assert!(short.ram18() <= most, "seed {seed}: {} blocks", short.ram18());
        for LutTable { name, memory } in &short.lut_tables {
            let line = |plan: &Plan| plan.cost().lines.iter().find(|line| line.module == *name).unwrap().clone();
            let [kept, all] = [line(&short), line(&plain)].map(|line| line.bram18 + 2 * line.bram36);
            let fewer = if *memory == TableMemory::Numbers { kept > 0 && kept < all } else { kept == 0 };
            assert!(fewer, "seed {seed}: {name}, {kept} of {all} blocks");
            assert!(line(&short).lut > line(&plain).lut, "seed {seed}: {name}");
            luts += 1;
        }
        moved += usize::from(!short.lut_tables.is_empty());
    }
    println!("{luts} tables of {moved} plans in LUTs");
    assert!(moved > 3);
}

#[test]
fn activations_keep_to_the_bytes_that_are_allowed() {
    let mut smaller = 0;
    for seed in 0..20 {
        let net = random_net(seed, &Limits::default());
        let constraints = Constraints { rows: Some(4), cols: Some(4), ..Constraints::default() };
        let Ok(plain) = plan(&net, &tiny(), &constraints) else { continue };
        let most = plain.activation_bytes() * 9 / 10;
        let Ok(tight) = plan(&net, &tiny(), &Constraints { max_activations: Some(most), ..constraints }) else {
            continue;
        };
        assert!(tight.activation_bytes() <= most, "seed {seed}: {} of {most} bytes", tight.activation_bytes());
        smaller += 1;
    }
    assert!(smaller > 3, "{smaller}");
}

#[test]
fn assumed_block_ram_is_said_to_be_assumed() {
    let net = random_net(2, &Limits::default());
    let small = Board { device: systole_machine::board::Device { bram18: 1, ..tiny().device }, ..tiny() };
    assert!(plan(&net, &small, &Constraints { assume_ram: true, ..Constraints::default() }).unwrap().ram_assumed());
    assert!(!plan(&net, &tiny(), &Constraints { assume_ram: true, ..Constraints::default() }).unwrap().ram_assumed());
    let many = Array {
        rows: 4,
        cols: 5,
        multiplier: Multiplier::Pair { pairs: 2, fabric: 9 },
        weights: WeightMemory::Initialised,
        pool_words: 0,
    };
    assert!(matches!(plan_array(&net, &tiny(), many, Spare::NONE), Err(PlanError::Pairs { fabric: 9, .. })));
}

#[test]
fn refusals_say_what_is_missing() {
    let net = random_net(2, &Limits::default());
    let small = Board { device: systole_machine::board::Device { bram18: 1, ..tiny().device }, ..tiny() };
    let refused = plan(&net, &small, &Constraints::default()).unwrap_err().to_string();
    let first = net.layers.iter().find(|l| matches!(l.kind, LayerKind::Conv(_))).unwrap();
    assert!(
        refused.contains("does not fit") && refused.contains(&first.name) && refused.contains("1 are there"),
        "{refused}"
    );

    let constraints = Constraints { max_dsp: Some(3), ..Constraints::default() };
    let refused = plan(&net, &tiny(), &constraints).unwrap_err().to_string();
    assert!(refused.contains("within 3 DSP blocks"), "{refused}");

    assert!(matches!(plan_shape(&net, &tiny(), 1, 8, Spare::NONE), Err(PlanError::Shape { rows: 1, cols: 8 })));
}

#[test]
fn board_files_are_checked_by_field() {
    let text = include_str!("../../../constraints/tiny.toml");
    let error = Board::parse(&text.replace("clock_mhz", "clock_hz")).unwrap_err().to_string();
    assert!(error.contains("clock_hz"), "{error}");
    for text in [
        include_str!("../../../constraints/nexys-video.toml"),
        include_str!("../../../constraints/zcu104.toml"),
        include_str!("../../../constraints/pynq-z2.toml"),
        include_str!("../../../constraints/ulx3s-85f.toml"),
        include_str!("../../../constraints/tang-mega-138k.toml"),
    ] {
        assert!(!Board::parse(text).unwrap().device.source.is_empty());
    }
}

/// A device with some UltraRAM.
fn with_uram(uram: usize) -> Board {
    let device = systole_machine::board::Device { uram, family: systole_machine::board::Family::Xcup, ..tiny().device };
    Board { device, ..tiny() }
}

#[test]
fn weights_go_to_ultra_ram_where_there_is_enough_and_nobody_objects() {
    let net = random_net(3, &Limits::default());
    let planned = |uram, weights| {
        plan(&net, &with_uram(uram), &Constraints { rows: Some(4), cols: Some(9), weights, ..Constraints::default() })
            .unwrap()
    };
    let cases = [
        (0, None, WeightMemory::Initialised),
        (0, Some(WeightChoice::Loaded), WeightMemory::Loaded),
        (8, None, WeightMemory::Ultra),
        (8, Some(WeightChoice::Loaded), WeightMemory::Ultra),
        (8, Some(WeightChoice::Initialised), WeightMemory::Initialised),
    ];
    for (uram, choice, wanted) in cases {
        let p = planned(uram, choice);
        assert_eq!(p.geometry.weights, wanted, "{uram} UltraRAMs, {choice:?}");
        let line = p.cost().lines.iter().find(|line| line.module == "weights").unwrap();
        let block = line.bram18 + 2 * line.bram36;
        assert_eq!((line.uram > 0, block > 0), (wanted == WeightMemory::Ultra, wanted != WeightMemory::Ultra));
        assert_eq!(p.timing().interval, planned(0, None).timing().interval, "the same cycles");
    }
    let p = planned(8, None);
    let groups = 2;
    assert_eq!(p.cost().total().uram, p.geometry.wgt_depth.div_ceil(4096) * groups);
}

/// Neither UltraRAM nor block RAM alone has room for the weights.
#[test]
fn weights_go_to_ultra_ram_and_block_ram_where_only_both_hold_them() {
    let limits = Limits { channels: 96, layers: 8, ..Limits::default() };
    let large =
        |net: &systole_net::Net| net.layers.iter().map(|layer| layer.macs(&net.tensors)).sum::<u64>() > 1_000_000;
    let net = (0..).map(|seed| random_net(seed, &limits)).find(large).unwrap();
    let constraints = Constraints { rows: Some(4), cols: Some(3), ..Constraints::default() };
    let on = |uram, bram18| {
        let board = with_uram(uram);
        let device = systole_machine::board::Device { bram18, ..board.device };
        plan(&net, &Board { device, ..board }, &constraints)
    };
    let roomy = on(0, 400).unwrap();
    let weights = roomy.cost().lines.iter().find(|line| line.module == "weights").unwrap();
    let blocks = weights.bram18 + 2 * weights.bram36;
    let ultras = on(400, 400).unwrap().cost().total().uram;
    assert!(ultras > 1, "{} words", roomy.geometry.wgt_depth);
    let few = roomy.cost().ram18() - blocks / 2;
    assert!(on(0, few).is_err());
    let both = on(ultras - 1, few).unwrap();
    assert_eq!((both.geometry.weights, both.geometry.ultra), (WeightMemory::UltraAndBlock, ultras - 1));
    assert_eq!(both.cost().total().uram, ultras - 1);
    assert_eq!(both.timing().interval, roomy.timing().interval, "the same cycles");
    assert_eq!(on(ultras, few).unwrap().geometry.weights, WeightMemory::Ultra);
}

#[test]
fn a_program_that_waits_for_ever_is_stuck_at_its_first_step() {
    let plan = plans().next().unwrap().forged(|draft, _| {
        let first = draft.program.iter().position(|item| item.kind == ItemKind::Conv).unwrap();
        draft.contents.program[first].wait_in = draft.input.slots + 1;
    });
    assert!(matches!(time(&plan), Err(PlanError::Stuck { results: 0, .. })));
}

#[test]
fn an_array_that_stands_idle_most_of_the_time_is_slow_and_not_stuck() {
    // Columns drain one after another, whether a layer has as many channels or two.
    let net = systole_net::repeated::chain(30);
    for (rows, cols) in [(2, 1024), (2, 960), (8, 1024)] {
        let plan =
            plan_shape(&net, &tiny(), rows, cols, Spare::ROOMY).unwrap_or_else(|e| panic!("{rows} x {cols}: {e}"));
        assert!(plan.timing().interval > (cols * 30 * 64usize.div_ceil(rows)) as u64, "{}", plan.timing().interval);
    }
}

/// Whatever is asked for is planned, or refused for a reason that whoever asked can do something about.
#[test]
fn no_constraint_ends_in_an_error_of_the_planner() {
    let boards = [
        include_str!("../../../constraints/kv260.toml"),
        include_str!("../../../constraints/zcu104.toml"),
        include_str!("../../../constraints/ulx3s-85f.toml"),
        include_str!("../../../constraints/tang-mega-138k.toml"),
        include_str!("../../../constraints/tiny.toml"),
    ];
    let nets = [systole_net::repeated::chain(20), random_net(1, &Limits::default()), random_net(4, &Limits::default())];
    let sides = [None, Some(1), Some(2), Some(9), Some(31), Some(960), Some(1010), Some(1024), Some(1025)];
    let (mut planned, mut refused) = (0, 0);
    for board in boards.map(|text| Board::parse(text).unwrap()) {
        let all = sides.iter().flat_map(|&rows| sides.map(|cols| (rows, cols)));
        for ((rows, cols), net) in
            all.filter(|shape| *shape != (None, None)).flat_map(|shape| nets.iter().map(move |net| (shape, net)))
        {
            for max_interval in [None, Some(1000)] {
                let (max_dsp, max_lut) = (Some(board.device.dsp), Some(board.device.lut));
                match plan(
                    net,
                    &board,
                    &Constraints { rows, cols, max_dsp, max_lut, max_interval, ..Constraints::default() },
                ) {
                    Ok(_) => planned += 1,
                    Err(e @ (PlanError::Stuck { .. } | PlanError::NoSchedule { .. })) => {
                        panic!("{} on {}, {rows:?} x {cols:?}: {e}", net.name, board.name)
                    }
                    Err(_) => refused += 1,
                }
            }
        }
    }
    assert!(planned > 100 && refused > 100, "{planned} planned, {refused} refused");
}

#[test]
fn refusals_name_activations_beside_block_ram() {
    let net = random_net(3, &Limits::default());
    let constraints = Constraints { max_activations: Some(8), max_bram18: Some(9), ..Constraints::default() };
    let refused = plan(&net, &tiny(), &constraints).unwrap_err().to_string();
    assert!(refused.contains("bytes of activations, 8 are there"), "{refused}");
    // Too much of either, and by the most of that which is shortest.
    let advised = advice(&net, &tiny(), &constraints, &[]);
    let both = advised.strip_prefix("what fits: --max-bram18 ").unwrap_or_else(|| panic!("{advised}"));
    let words: Vec<&str> = both.split([' ', ';']).collect();
    let [max_bram18, max_activations] = [words[0], words[2]].map(|word| word.parse().ok());
    assert_eq!(words[1], "--max-activations");
    plan(&net, &tiny(), &Constraints { max_bram18, max_activations, ..constraints }).unwrap();
}

/// A result and its checksums are complete with the last tile of the sums: no tile may come after it.
#[test]
fn the_sums_end_a_program() {
    let limits = Limits { residuals: true, picks: true, ..Limits::default() };
    let (mut seen, mut unread) = (0, 0);
    let nets = (0..60).map(|seed| random_net(seed, &limits));
    for net in nets.chain((0..10).map(|seed| net_with_unread_rows(seed, (4 + seed as usize % 3, 9)))) {
        for (rows, cols) in SHAPES {
            let Ok(plan) = plan_shape(&net, &tiny(), rows, cols, Spare::ROOMY) else { continue };
            let last = plan.program.iter().rfind(|item| item.kind == ItemKind::Conv).unwrap();
            assert!(plan.layers[last.layer].sum, "{} on {rows}x{cols}", net.name);
            seen += 1;
            unread += usize::from(net.name.starts_with("unread"));
        }
    }
    assert!(seen > 150 && unread > 20, "{seen} plans, {unread} with unread rows");
}

#[test]
fn refusals_count_block_ram_beside_ultra_ram() {
    let net = random_net(3, &Limits::default());
    let device = systole_machine::board::Device { bram18: 4, ..with_uram(1).device };
    let refused = plan(&net, &Board { device, ..tiny() }, &Constraints::default()).unwrap_err().to_string();
    assert!(refused.contains("4 are there"), "{refused}");
    let none = plan(
        &net,
        &Board { device: systole_machine::board::Device { bram18: 4, ..tiny().device }, ..tiny() },
        &Constraints::default(),
    );
    assert!(!none.unwrap_err().to_string().contains("UltraRAM"));
}

#[test]
fn advice_is_what_was_tried() {
    let net = random_net(2, &Limits::default());
    let small = Board { device: systole_machine::board::Device { bram18: 9, ..tiny().device }, ..tiny() };
    let larger = Board {
        name: "larger".into(),
        device: systole_machine::board::Device { name: "more".into(), ..tiny().device },
        ..tiny()
    };
    let impossible = Board {
        name: "impossible".into(),
        device: systole_machine::board::Device { name: "less".into(), lut: 19_000, ..small.device.clone() },
        ..tiny()
    };
    let constraints = Constraints::default();
    assert!(plan(&net, &small, &constraints).is_err() && plan(&net, &larger, &constraints).is_ok());
    let said = advice(&net, &small, &constraints, &[impossible, larger]);
    assert!(said.contains("--board larger") && !said.contains("impossible") && !said.contains("bits"), "{said}");
    let none = Board { device: systole_machine::board::Device { bram18: 0, ..tiny().device }, ..tiny() };
    let said = advice(&net, &none, &constraints, &[]);
    assert!(said.starts_with("tried without success"), "{said}");
}

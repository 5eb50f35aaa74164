//! Images back to back: right answers, exact cycles, stalls, encoding, ranking.

mod common;

use common::Case;
use systole_host::{softmax, top, Device, HostError, Reference, Stalls};
use systole_machine::checksum::layer_checksums;
use systole_net::{Image, NetError, Tensor};

const NETS: u64 = 12;

/// Three and more images in flight at once, each with its own answer.
fn back_to_back(case: &Case, stalls: Stalls, images: u64) {
    let mut driver = case.open(stalls);
    let images: Vec<Tensor> = (0..images).map(|seed| case.image(seed)).collect();
    let tickets: Vec<_> = images.iter().map(|image| driver.submit_tensor(image).unwrap()).collect();
    for (image, ticket) in images.iter().zip(tickets) {
        assert_eq!(driver.wait(ticket).unwrap().sums, case.sums(image), "{} {stalls:?}", case.net.name);
    }
    assert_eq!(u64::from(driver.counters().unwrap().images_done), images.len() as u64);
}

#[test]
fn images_back_to_back_are_right() {
    (0..NETS).for_each(|seed| back_to_back(&Case::new(seed), Stalls::NONE, 5));
}

#[test]
fn images_back_to_back_are_right_with_stalls_on_both_sides() {
    for seed in 0..NETS {
        for percent in [10, 50, 90] {
            let stalls = Stalls { seed, source_percent: percent, sink_percent: 100 - percent };
            back_to_back(&Case::new(seed), stalls, 4);
        }
    }
}

#[test]
fn cycles_are_the_plan_s() {
    for seed in 0..NETS {
        let case = Case::new(seed);
        let mut driver = case.open(Stalls::NONE);
        driver.device_mut().log_beats();
        let tickets: Vec<_> = (0..5).map(|i| driver.submit_tensor(&case.image(i)).unwrap()).collect();
        tickets.into_iter().for_each(|ticket| drop(driver.wait(ticket).unwrap()));
        let log = driver.device_mut().log_beats();
        let ends: Vec<u64> = log.ends().collect();
        assert_eq!(ends[0] - log.first_in[0] + 1, case.plan.timing().latency);
        assert_eq!(ends[2] - ends[1], case.plan.timing().interval);
        assert!(log.first_in[1] < ends[0], "the second image goes in before the first one's result is out");
        assert_eq!(log.out.len(), 5 * case.plan.classes);
    }
}

#[test]
fn stalls_are_the_same_for_the_same_seed() {
    let case = Case::new(1);
    let finished = |seed| {
        let mut driver = case.open(Stalls { seed, source_percent: 40, sink_percent: 40 });
        let ticket = driver.submit_tensor(&case.image(0)).unwrap();
        driver.wait(ticket).unwrap().finished_at
    };
    assert_eq!(finished(7), finished(7));
    assert_ne!(finished(7), finished(8));
}

#[test]
fn checksums_are_those_of_the_latest_image() {
    for seed in 0..NETS {
        let case = Case::new(seed);
        let mut driver = case.open(Stalls::NONE);
        for image in 0..3 {
            let image = case.image(image);
            driver.submit_tensor(&image).unwrap();
            let found: Vec<u32> = driver.checksums().unwrap().into_iter().map(|layer| layer.1).collect();
            assert_eq!(found, layer_checksums(&case.plan, &case.trace(&image)));
        }
    }
}

#[test]
fn images_of_pixels_give_the_network_s_scores() {
    let case = Case::new(3);
    let (height, width) = (case.plan.input.height, case.plan.input.width);
    let rgb = |seed: usize| (0..height * width * 3).map(|i| (i * 31 + seed * 7) as u8).collect();
    let images: Vec<Image> = (0..6).map(|seed| Image { height, width, rgb: rgb(seed) }).collect();
    let mut driver = case.open(Stalls::NONE);
    let found: Vec<_> = driver.stream(&images).map(Result::unwrap).collect();
    assert_eq!(found.len(), images.len());
    for (image, inference) in images.iter().zip(&found) {
        let sums = case.sums(&case.net.encode(image).unwrap());
        assert_eq!(inference.scores, case.net.scores(&sums).unwrap());
        assert_eq!(inference.sums, sums);
    }
    assert_eq!(driver.infer(&images[2]).unwrap().sums, found[2].sums);
}

#[test]
fn an_image_of_the_wrong_size_does_not_stop_a_stream() {
    let case = Case::new(3);
    let (height, width) = (case.plan.input.height, case.plan.input.width);
    let right = Image { height, width, rgb: vec![9; height * width * 3] };
    let wrong = Image { height: height + 1, width, rgb: vec![9; (height + 1) * width * 3] };
    let mut driver = case.open(Stalls::NONE);
    let found: Vec<_> = driver.stream([&right, &wrong, &right]).collect();
    assert!(matches!(found[1], Err(HostError::Image(NetError::ImageSize { .. }))));
    assert_eq!(found[0].as_ref().unwrap().sums, found[2].as_ref().unwrap().sums);
}

#[test]
fn tensors_of_the_wrong_shape_or_range_are_refused() {
    let case = Case::new(3);
    let mut driver = case.open(Stalls::NONE);
    let mut image = case.image(0);
    image.data[0] = 256;
    let error = driver.submit_tensor(&image).unwrap_err();
    assert!(matches!(error, HostError::Image(NetError::Value { .. })), "{error}");
    let error = driver.submit_tensor(&Tensor::zeros(1, 1, 1)).unwrap_err();
    assert!(matches!(error, HostError::Image(NetError::Shape { .. })), "{error}");
}

#[test]
fn results_are_given_once() {
    let case = Case::new(2);
    let mut driver = case.open(Stalls::NONE);
    let ticket = driver.submit_tensor(&case.image(0)).unwrap();
    driver.wait(ticket).unwrap();
    assert!(matches!(driver.wait(ticket), Err(HostError::NoSuchImage { image: 0 })));
}

#[test]
fn the_self_test_names_the_first_layer_that_differs() {
    let case = Case::new(4);
    let image = case.image(0);
    let trace = case.trace(&image);
    let mut reference = Reference::new(&case.plan, image, trace.clone());
    let mut driver = case.open(Stalls::NONE);
    assert!(driver.selftest(std::slice::from_ref(&reference)).unwrap().passed());
    let layer = reference.checksums.len() - 1;
    reference.checksums[layer] ^= 1;
    reference.sums[1] += 1;
    let found = driver.selftest(std::slice::from_ref(&reference)).unwrap();
    assert_eq!(found.layer.as_ref().unwrap().0, case.plan.bindings[layer].name);
    assert_eq!((found.place.as_ref(), found.stream.as_ref()), (None, None), "the map is right");
    assert_eq!(found.class, Some((1, trace.sums[1], trace.sums[1] + 1)));
    assert!(!found.passed() && found.to_string().contains(&case.plan.bindings[layer].name));
}

#[test]
fn a_closed_device_can_be_opened_again() {
    let case = Case::new(5);
    let image = case.image(1);
    let mut driver = case.open(Stalls::NONE);
    driver.submit_tensor(&image).unwrap();
    let device = driver.close().unwrap();
    let plan = std::sync::Arc::clone(&case.plan);
    let mut driver = systole_host::Driver::open(device, plan, common::DESIGN, Default::default()).unwrap();
    let ticket = driver.submit_tensor(&image).unwrap();
    assert_eq!(driver.wait(ticket).unwrap().sums, case.sums(&image));
    assert!(driver.device().now() > 0);
}

#[test]
fn ranking_is_by_score_then_class() {
    let labels: Vec<String> = ["a", "b", "c", "d"].map(String::from).to_vec();
    let ranked = top(&[0.5, 2.0, -1.0, 2.0], &labels, 3);
    let names: Vec<(usize, &str)> = ranked.iter().map(|r| (r.class, r.label.as_str())).collect();
    assert_eq!(names, [(1, "b"), (3, "d"), (0, "a")]);
    assert_eq!(top(&[1.0], &[], 5)[0].label, "");
    let odds = softmax(&[1000.0, 1000.0 + 3f64.ln(), f64::NEG_INFINITY]);
    assert!((odds[0] - 0.25).abs() < 1e-12 && (odds[1] - 0.75).abs() < 1e-12 && odds[2] == 0.0);
}

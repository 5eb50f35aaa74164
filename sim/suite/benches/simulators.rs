//! Seconds for a whole image of SqueezeNet v1.1 on an array of 256 multiply-accumulates a cycle: the fast simulator, and
//! Verilator's model of the same design on one and on two threads. Every beat must be the same, value and cycle.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use systole_cycle::FastMachine;
use systole_model::{load, quantize, LoadOptions, Preprocess};
use systole_net::{Image, Tensor};
use systole_plan::{plan, Board, Wishes};
use systole_rtl::trunk::compose;
use systole_suite::beats::{run, Beats};
use systole_suite::source::Stalls;
use systole_suite::top::{spec, VerilogTop};
use systole_verilator::{Effort, Toolchain};

type Failure = Box<dyn Error + Send + Sync>;

const MODEL: &str = "models/v1.1/squeezenet_v1.1.onnx";
const SHAPE: (usize, usize) = (16, 16);
const CALIBRATION: usize = 8;
/// Photographs in a row for the rate, and repetitions of the single image.
const IMAGES: usize = 100;
const REPETITIONS: usize = 5;

fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn timed(work: impl FnOnce() -> Result<Beats, Failure>) -> Result<(f64, Beats), Failure> {
    let start = Instant::now();
    let beats = work()?;
    Ok((start.elapsed().as_secs_f64(), beats))
}

fn main() -> Result<(), Failure> {
    let data = workspace().join("../shared/data");
    if !data.exists() {
        println!("SKIPPED: ../shared/data is absent");
        return Ok(());
    }
    let photograph = |i: usize| -> Result<Image, Failure> {
        let image = image::open(data.join(format!("dev/images/dev_{i:03}.png")))?.to_rgb8();
        Ok(Image { height: image.height() as usize, width: image.width() as usize, rgb: image.into_raw() })
    };
    let images = (0..IMAGES).map(photograph).collect::<Result<Vec<_>, _>>()?;
    let graph = load(&data.join(MODEL), &LoadOptions::default())?;
    let (net, _) = quantize(&graph, &Preprocess::caffe(), &images[..CALIBRATION], &Default::default(), &mut |_| ())?;
    let encoded = images.iter().map(|i| net.encode(i)).collect::<Result<Vec<Tensor>, _>>()?;
    let board = Board::parse(include_str!("../../../constraints/nexys-video.toml"))?;
    let wishes = Wishes { rows: Some(SHAPE.0), cols: Some(SHAPE.1), ..Wishes::default() };
    let plan = Arc::new(plan(&net, &board, &wishes)?);
    let machine = compose(&plan)?;
    let fast = || FastMachine::new(Arc::clone(&plan), &net, machine.design_hash);
    let one = |pins: &mut dyn systole_plan::pins::TopPins| -> Result<Beats, Failure> {
        Ok(run(pins, &plan, &encoded[..1], Stalls::default())?)
    };

    let mut singles = Vec::new();
    let mut wanted = Beats::default();
    for _ in 0..REPETITIONS {
        let mut machine = fast()?;
        let (seconds, beats) = timed(|| one(&mut machine))?;
        singles.push(seconds);
        wanted = beats;
    }
    singles.sort_by(f64::total_cmp);
    let single = singles[REPETITIONS / 2];
    let cycles = wanted.cycles();
    println!(
        "SqueezeNet v1.1, {}x{} array, one image: {cycles} cycles (plan: {})",
        SHAPE.0, SHAPE.1, plan.timing.latency
    );
    println!(
        "fast simulator          {single:9.4} s, {:7.2} M cycles/s, median of {REPETITIONS}",
        cycles as f64 / single / 1e6
    );
    let mut many = fast()?;
    let (row, _) = timed(|| Ok(run(&mut many, &plan, &encoded, Stalls::default())?))?;
    println!("fast simulator          {row:9.4} s for {IMAGES} images in a row");

    let tools = Toolchain::locate(&workspace())?;
    let mut verilator = Vec::new();
    for threads in [1, 2] {
        let spec = spec(&machine.design, Effort::Full).threads(threads);
        let mut top = VerilogTop::new(&tools, &spec, &workspace().join("target/verilator"))?;
        let (seconds, beats) = timed(|| one(&mut top))?;
        println!("Verilator, {threads} thread(s)  {seconds:9.4} s, {:7.2} M cycles/s", cycles as f64 / seconds / 1e6);
        if let Some(difference) = wanted.difference(&beats) {
            return Err(format!("the simulators differ: {difference}").into());
        }
        verilator.push(seconds);
    }
    let best = verilator.iter().copied().fold(f64::INFINITY, f64::min);
    println!("every beat the same; {:.1} times as fast as Verilator's best", best / single);
    println!(
        "{{\"bench\":\"simulator\",\"network\":\"v1.1\",\"rows\":{},\"cols\":{},\"cycles\":{cycles},\"fast_seconds\":{single:.5},\
         \"verilator_seconds\":[{:.3},{:.3}],\"ratio\":{:.2},\"bar\":20,\"seconds_for_100_images\":{row:.3}}}",
        SHAPE.0, SHAPE.1, verilator[0], verilator[1], best / single
    );
    Ok(())
}

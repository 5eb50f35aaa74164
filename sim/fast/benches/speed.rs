//! Images per second of SqueezeNet v1.1 beside onnxruntime's in float32: the same photographs, the same cores, taking turns.
//!
//! Needs ../shared/data and what `make setup` installs; without either it says so and measures what it can.

use std::error::Error;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path as File, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;
use systole_fast::{Fast, Path};
use systole_model::{load, quantize, LoadOptions, Preprocess, QuantizeOptions};
use systole_net::{Image, Tensor};

type Failure = Box<dyn Error>;

const MODEL: &str = "models/v1.1/squeezenet_v1.1.onnx";
/// Photographs of a round; the first ones also calibrate.
const IMAGES: usize = 64;
const CALIBRATION: usize = 8;
const ROUNDS: usize = 9;
/// Rounds in which the slower instructions take part.
const ROUNDS_OF_ALL: usize = 3;

fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn photograph(data: &File, index: usize) -> Result<Image, Failure> {
    let image = image::open(data.join(format!("dev/images/dev_{index:03}.png")))?.to_rgb8();
    Ok(Image { height: image.height() as usize, width: image.width() as usize, rgb: image.into_raw() })
}

/// onnxruntime in a process of its own, which waits to be told to run.
struct Onnxruntime {
    process: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    ways: usize,
}

impl Onnxruntime {
    /// `inputs`: normalised images, one after the other, float32.
    fn start(model: &File, inputs: &File) -> Result<Self, Failure> {
        let root = workspace();
        let mut command = Command::new(root.join(".tools/venv/bin/python"));
        command.arg(root.join("tools/onnxruntime_speed.py")).arg(model).arg(inputs);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (orders, answers) = (process.stdin.take(), process.stdout.take());
        let (Some(orders), Some(answers)) = (orders, answers) else { return Err("no pipe".into()) };
        let mut this = Onnxruntime { process, orders, answers: BufReader::new(answers).lines(), ways: 0 };
        println!("onnxruntime {}", this.line()?);
        this.ways = this.line()?.parse()?;
        Ok(this)
    }

    fn line(&mut self) -> Result<String, Failure> {
        Ok(self.answers.next().ok_or("onnxruntime has ended; its error is above")??)
    }

    /// Seconds for all images, for each way of using the cores.
    fn run(&mut self) -> Result<Vec<f64>, Failure> {
        writeln!(self.orders, "run")?;
        self.orders.flush()?;
        (0..self.ways).map(|_| Ok(self.line()?.parse()?)).collect()
    }
}

impl Drop for Onnxruntime {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    std::hint::black_box(work());
    start.elapsed().as_secs_f64()
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// Images per second, median over the rounds.
fn rate(times: &[f64]) -> f64 {
    IMAGES as f64 / median(times)
}

fn write_inputs(preprocess: &Preprocess, images: &[Image], file: &File) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    for image in images {
        let values = preprocess.apply(image)?;
        bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    }
    Ok(std::fs::write(file, bytes)?)
}

fn main() -> Result<(), Failure> {
    let data = workspace().join("../shared/data");
    if !data.exists() {
        println!("SKIPPED: ../shared/data is absent");
        return Ok(());
    }
    let images = (0..IMAGES).map(|i| photograph(&data, i)).collect::<Result<Vec<_>, _>>()?;
    let (graph, preprocess) = (load(&data.join(MODEL), &LoadOptions::default())?, Preprocess::caffe());
    let (net, _) = quantize(&graph, &preprocess, &images[..CALIBRATION], &QuantizeOptions::default(), &mut |_| ())?;
    let encoded = images.iter().map(|i| net.encode(i)).collect::<Result<Vec<Tensor>, _>>()?;
    let engines = Path::available().into_iter().map(|p| Fast::with_path(&net, p)).collect::<Result<Vec<_>, _>>();
    let engines = engines.map_err(|faults| format!("{faults:?}"))?;

    let inputs = File::new(env!("CARGO_TARGET_TMPDIR")).join("images.f32");
    write_inputs(&preprocess, &images, &inputs)?;
    let mut onnxruntime = Onnxruntime::start(&data.join(MODEL), &inputs)
        .inspect_err(|e| println!("SKIPPED: onnxruntime ({e}); make setup installs it"))
        .ok();
    let mut ours = vec![Vec::new(); engines.len()];
    let mut alone = Vec::new();
    let mut theirs: Vec<Vec<f64>> = vec![Vec::new(); onnxruntime.as_ref().map_or(0, |o| o.ways)];
    for round in 0..ROUNDS {
        let engines_now = if round < ROUNDS_OF_ALL { &engines[..] } else { &engines[..1] };
        for (times, fast) in ours.iter_mut().zip(engines_now) {
            times.push(seconds(|| fast.sums_of(&encoded)));
        }
        alone.push(seconds(|| encoded.iter().map(|i| engines[0].sums(i)).collect::<Vec<_>>()));
        if let Some(onnxruntime) = &mut onnxruntime {
            theirs.iter_mut().zip(onnxruntime.run()?).for_each(|(times, t)| times.push(t));
        }
    }
    report(&engines, &ours, &alone, &theirs);
    Ok(())
}

fn report(engines: &[Fast], ours: &[Vec<f64>], alone: &[f64], theirs: &[Vec<f64>]) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    println!("SqueezeNet v1.1, {IMAGES} photographs, {threads} cores, medians of {ROUNDS} rounds ({ROUNDS_OF_ALL} of the slower instructions)");
    for (fast, times) in engines.iter().zip(ours) {
        println!("systole {:12} {:8.1} images/s, an image per core", fast.path().name(), rate(times));
    }
    println!("systole {:12} {:8.1} images/s, image after image on all cores", engines[0].path().name(), rate(alone));
    let ways = ["image after image on all cores", "an image per core"];
    for (times, way) in theirs.iter().zip(ways) {
        println!("onnxruntime float32  {:8.1} images/s, {way}", rate(times));
    }
    let best = theirs.iter().map(|t| rate(t)).fold(f64::NAN, f64::max);
    let fast = rate(&ours[0]);
    if best.is_finite() {
        println!("ratio to onnxruntime's best: {:.2}", fast / best);
        println!(
            "{{\"bench\":\"eval\",\"network\":\"v1.1\",\"images_per_second\":{fast:.1},\"onnxruntime\":{best:.1},\"ratio\":{:.3},\"bar\":0.5}}",
            fast / best
        );
    }
}

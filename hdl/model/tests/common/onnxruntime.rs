//! onnxruntime as a second opinion, where the project's tools are installed.

use std::path::Path;
use std::process::Command;

/// The Python of the project's tools.
pub const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.tools/venv/bin/python3");
const PROGRAM: &str = "
import sys, numpy, onnxruntime
for model, source, result in zip(*[iter(sys.argv[1:])] * 3):
    session = onnxruntime.InferenceSession(model, providers=['CPUExecutionProvider'])
    first = session.get_inputs()[0]
    image = numpy.fromfile(source, numpy.float32).reshape([d if isinstance(d, int) else 1 for d in first.shape])
    session.run(None, {first.name: image})[0].astype(numpy.float32).tofile(result)
";

/// First output of the model for an image, or a loud note and `None` where it is not installed.
pub fn run(model: &Path, image: &[f32]) -> Option<Vec<f32>> {
    run_all(&[(model, image)]).map(|mut all| all.swap_remove(0))
}

/// The same of many models, in one process.
pub fn run_all(models: &[(&Path, &[f32])]) -> Option<Vec<Vec<f32>>> {
    let importable = Command::new(PYTHON).args(["-c", "import onnxruntime"]).output();
    if !importable.is_ok_and(|o| o.status.success()) {
        eprintln!("SKIPPED: onnxruntime is absent (make setup)");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (|i| folder.path().join(format!("x{i}")), |i| folder.path().join(format!("y{i}")));
    let mut python = Command::new(PYTHON);
    python.args(["-c", PROGRAM]);
    for (i, (model, image)) in models.iter().enumerate() {
        std::fs::write(input(i), super::wire::le_bytes(image)).unwrap();
        python.arg(model).arg(input(i)).arg(output(i));
    }
    let ran = python.output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let floats = |bytes: Vec<u8>| bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    Some((0..models.len()).map(|i| floats(std::fs::read(output(i)).unwrap())).collect())
}

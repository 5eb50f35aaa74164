//! onnxruntime as a second opinion, where the project's tools are installed.

use std::path::Path;
use std::process::Command;

const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.tools/venv/bin/python3");
const PROGRAM: &str = "
import sys, numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=['CPUExecutionProvider'])
first = session.get_inputs()[0]
image = numpy.fromfile(sys.argv[2], numpy.float32).reshape([d if isinstance(d, int) else 1 for d in first.shape])
session.run(None, {first.name: image})[0].astype(numpy.float32).tofile(sys.argv[3])
";

/// First output of the model for an image, or a loud note and `None` where it is not installed.
pub fn run(model: &Path, image: &[f32]) -> Option<Vec<f32>> {
    let importable = Command::new(PYTHON).args(["-c", "import onnxruntime"]).output();
    if !importable.is_ok_and(|o| o.status.success()) {
        eprintln!("SKIPPED: onnxruntime is absent (make setup)");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("x"), folder.path().join("y"));
    std::fs::write(&input, super::wire::le_bytes(image)).unwrap();
    let ran = Command::new(PYTHON).args(["-c", PROGRAM]).arg(model).arg(&input).arg(&output).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let bytes = std::fs::read(&output).unwrap();
    Some(bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect())
}

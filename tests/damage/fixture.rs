//! Sound files of every kind that the program reads, and how a damaged one of each is given to it.

use crate::common::{build, digits, generate, path, systole, tree};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// How a file is damaged beside its bytes.
#[derive(Clone, Copy, PartialEq)]
pub enum Style {
    Bytes,
    Text,
    Json,
    Protobuf,
    /// A network with its hash made to agree again.
    Net,
}

/// A kind of file.
pub struct Kind {
    pub name: String,
    pub style: Style,
    pub bytes: Vec<u8>,
    /// The file's name, where the program looks at it.
    pub file: String,
    /// A build folder of which the file is part; its manifest is made to agree.
    pub folder: Option<PathBuf>,
    /// What is run; `{}` stands for the damaged file, or the folder with it, `{out}` for a place to write to.
    pub commands: Vec<Vec<String>>,
}

/// Files that the kinds are made of; they live as long as this.
pub struct Fixture {
    folder: TempDir,
    pub kinds: Vec<Kind>,
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_string).collect()
}

/// A description and weights that lie in one file, parted by its first zero byte.
fn parted(bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let at = bytes.iter().position(|&byte| byte == 0).unwrap();
    (bytes[..at].to_vec(), bytes[at + 1..].to_vec())
}

impl Fixture {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut fixture = Fixture { folder, kinds: Vec::new() };
        fixture.models();
        fixture.images();
        fixture.builds();
        fixture.tables();
        fixture
    }

    fn keep(&self, name: &str, bytes: &[u8]) -> String {
        let file = self.folder.path().join(name);
        fs::write(&file, bytes).unwrap();
        file.display().to_string()
    }

    fn add(&mut self, name: &str, style: Style, file: &str, bytes: Vec<u8>, lines: &[&str]) {
        let commands = lines.iter().map(|line| words(line)).collect();
        self.kinds.push(Kind { name: name.into(), style, bytes, file: file.into(), folder: None, commands });
    }

    fn models(&mut self) {
        let corpus = PathBuf::from(path("hdl/model/fuzz/corpus"));
        for file in tree(&corpus.join("onnx")) {
            self.add("onnx", Style::Protobuf, "m.onnx", file.1, &["check {}"]);
        }
        let onnx = fs::read(path("host/demo/digits.onnx")).unwrap();
        self.add("onnx", Style::Protobuf, "m.onnx", onnx, &["check {}"]);
        for (corpus_file, ending) in [("caffe/all", "caffemodel"), ("deep_compression/one", "net")] {
            let (text, weights) = parted(&fs::read(corpus.join(corpus_file)).unwrap());
            let prototxt = self.keep(&format!("{ending}.prototxt"), &text);
            let model = self.keep(&format!("sound.{ending}"), &weights);
            let style = if ending == "net" { Style::Bytes } else { Style::Protobuf };
            self.add(ending, style, &format!("m.{ending}"), weights, &[&format!("check {{}} --prototxt {prototxt}")]);
            self.add("prototxt", Style::Text, "m.prototxt", text, &[&format!("check {model} --prototxt {{}}")]);
        }
        for (_, bytes) in tree(&corpus.join("safetensors")) {
            self.add("safetensors", Style::Text, "m.safetensors", bytes, &["check {}"]);
        }
        let net = fs::read(digits()).unwrap();
        self.add("network", Style::Net, "n.net", net, &["plan {} --board tiny", "generate {} --board tiny -o {out}"]);
    }

    fn images(&mut self) {
        let picture = image::open(path("host/demo/images/000_label_4.png")).unwrap();
        let folder = build().display().to_string();
        for ending in ["png", "jpg", "bmp", "ppm"] {
            let file = self.folder.path().join(format!("sound.{ending}"));
            picture.to_rgb8().save(&file).unwrap();
            let style = if ending == "ppm" { Style::Text } else { Style::Bytes };
            let line = format!("simulate {folder} --image {{}} --resize");
            self.add("image", style, &format!("i.{ending}"), fs::read(file).unwrap(), &[&line]);
        }
    }

    fn builds(&mut self) {
        let loaded = self.folder.path().join("loaded");
        generate(&digits(), &loaded, &["--weights", "loaded"]).ok();
        let picture = path("host/demo/images/000_label_4.png");
        let (simulate, mock) =
            (format!("simulate {{}} --image {picture}"), format!("run --device mock:{{}} --image {picture}"));
        let registers = format!("run --device registers:{{}} --image {picture}");
        let lines = [simulate.as_str(), &mock, &registers, "selftest --device registers:{}"];
        let weights = fs::read(loaded.join("weights.bin")).unwrap();
        let load = format!("run --device registers:{} --weights {{}} --image {picture}", loaded.display());
        self.add("weights", Style::Bytes, "w.bin", weights, &[&load]);
        for folder in [build(), loaded] {
            for (file, bytes) in tree(&folder) {
                let name = file.strip_prefix(&folder).unwrap().display().to_string();
                let style = match name.as_str() {
                    "network.net" => Style::Net,
                    _ if name.ends_with(".json") => Style::Json,
                    _ if std::str::from_utf8(&bytes).is_ok() => Style::Text,
                    _ => Style::Bytes,
                };
                let read = name.ends_with(".json") || name == "network.net" || name.ends_with(".hex");
                if !read {
                    continue;
                }
                let commands = lines.iter().map(|line| words(line)).collect();
                let kind = if name.ends_with(".hex") { "build: memory image".into() } else { format!("build: {name}") };
                self.kinds.push(Kind { name: kind, style, bytes, file: name, folder: Some(folder.clone()), commands });
            }
        }
    }

    fn tables(&mut self) {
        let (net, images) = (digits().display().to_string(), path("host/demo/images"));
        for (file, text) in tree(Path::new(&path("constraints"))) {
            if file.extension().is_some_and(|e| e == "toml") {
                let plan = format!("plan {net} --board {{}}");
                self.add("board", Style::Text, "b.toml", text, &[&plan]);
            }
        }
        let (model, one) = (path("host/demo/digits.onnx"), path("host/demo/images/000_label_4.png"));
        let quantize = format!("quantize {model} --calibrate {one} -o {{out}}");
        let preprocess = r#"{"rgb_index": [0], "mean": [0.0], "scale": [0.00392156862745098]}"#;
        self.add("preprocess", Style::Json, "p.json", preprocess.into(), &[&format!("{quantize} --preprocess {{}}")]);
        let names = fs::read(path("host/demo/labels.txt")).unwrap();
        let named = format!("{quantize} --preprocess grey --labels {{}}");
        self.add("class names", Style::Text, "l.txt", names, &[&named]);
        let table = "file,class_index\n000_label_4.png,4\n\"001_label_9.png\",9\n";
        let pairs = "000_label_4.png 4\n001_label_9.png 9\n";
        let eval = format!("eval {net} --images {images} --labels");
        for text in [table, pairs] {
            self.add("labels", Style::Text, "l.csv", text.into(), &[&format!("{eval} {{}}")]);
        }
        let labels = self.keep("labels.csv", table.as_bytes());
        let shards = [1, 2].map(|shard| {
            let file = self.folder.path().join(format!("shard{shard}")).display().to_string();
            systole(words(&format!("{eval} {labels} --shard {shard}/2 -o {file}"))).ok();
            file
        });
        let first = fs::read(&shards[0]).unwrap();
        self.add("answers", Style::Json, "a.json", first, &[&format!("eval --merge {{}} {}", shards[1])]);
        let scores = Fixture::npy();
        self.add("scores", Style::Bytes, "s.npy", scores, &[&format!("{eval} {labels} --reference {{}}")]);
    }

    /// Two rows of ten float scores for NumPy.
    fn npy() -> Vec<u8> {
        let mut header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 10), }".to_string();
        header.push_str(&" ".repeat(128 - 10 - 1 - header.len()));
        header.push('\n');
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.bytes());
        bytes.extend((0..20u8).flat_map(|i| f32::from(i).to_le_bytes()));
        bytes
    }
}

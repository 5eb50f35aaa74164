//! Verilog to C++ to one shared library, in a scratch folder.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;
use std::thread;

use crate::error::{Error, Result};
use crate::ports;
use crate::spec::{BuildSpec, Effort};
use crate::toolchain::Toolchain;

/// The C side of the binding.
pub(crate) const SHIM: &str = include_str!("shim.cpp");
/// Verilator's own flags. Two-state, no assertions of SystemVerilog; loops of whole arrays are unrolled, which 5.006 wants told.
/// UNOPTFLAT speaks of speed alone; [`lint`] reports it.
pub(crate) const VERILATE: &[&str] = &[
    "--cc",
    "--prefix",
    "Vdut",
    "-O3",
    "--x-assign",
    "fast",
    "--x-initial",
    "fast",
    "--no-assert",
    "-Wno-UNOPTFLAT",
    "--unroll-count",
    "1024",
    "--unroll-stmts",
    "1000000",
];
/// Flags of every C++ file. Nothing of one model may be resolved to the like-named thing of another.
pub(crate) const CPP: &[&str] = &[
    "-std=c++17",
    "-fPIC",
    "-fno-gnu-unique",
    "-fvisibility=hidden",
    "-w",
    "-DVL_TIME_CONTEXT",
    "-DVM_SC=0",
    "-DVM_COVERAGE=0",
    "-DVL_USER_FINISH",
    "-DVL_USER_STOP",
    "-DVL_USER_FATAL",
    "-DVL_USER_WARN",
];
/// Flags of the link; `fopen` goes through the shim so that memory images come from memory.
pub(crate) const LINK: &[&str] = &["-shared", "-Wl,-Bsymbolic", "-Wl,--wrap=fopen", "-pthread"];
/// Optimisation of code that runs once: constructors and initial blocks.
const ONCE: &[&str] = &["-O0"];
/// Optimisation of the runtime library, which a model hardly calls.
const RUNTIME: &[&str] = &["-O1"];
/// The header that is compiled once for all models, and included before all else.
const HEADER: &str = "shared.h";
/// C++ files are compiled together up to this many bytes: headers dominate below, the optimiser above.
const UNIT_BYTES: u64 = 600_000;
/// Lines of a tool's complaint that go into an error.
const MESSAGE_LINES: usize = 24;

/// The flags for code that runs in every cycle. Of a 4x4 array -O0 compiles in less than half of the time of -O1; vectorising and
/// -march=native cost compile time and gain nothing.
pub(crate) fn optimisation(effort: Effort) -> &'static [&'static str] {
    match effort {
        Effort::Quick => ONCE,
        Effort::Full => &["-O2", "-fno-tree-vectorize", "-fno-tree-slp-vectorize"],
    }
}

/// The flags that depend on whether there is tracing.
pub(crate) fn trace_defines(trace: bool) -> [&'static str; 3] {
    if trace {
        ["-DVM_TRACE=1", "-DVM_TRACE_VCD=1", "-DSYSTOLE_TRACE=1"]
    } else {
        ["-DVM_TRACE=0", "-DVM_TRACE_VCD=0", "-DSYSTOLE_TRACE=0"]
    }
}

/// One C++ translation unit and its optimisation.
struct Unit {
    source: PathBuf,
    optimisation: &'static [&'static str],
}

/// What all models of a toolchain share.
pub(crate) struct Shared {
    /// Verilator's runtime library, an object file.
    pub runtime: PathBuf,
    /// The folder of its precompiled header, for models that are built quickly.
    pub headers: Option<PathBuf>,
}

/// Builds `spec` in `scratch` and returns the path of the shared library there.
pub(crate) fn library(
    tools: &Toolchain,
    spec: &BuildSpec,
    key: &str,
    shared: &Shared,
    scratch: &Path,
) -> Result<PathBuf> {
    verilate(tools, spec, scratch)?;
    let cpp = scratch.join("cpp");
    let header = cpp.join("Vdut.h");
    let declared = ports::parse(&fs::read_to_string(&header).map_err(Error::io("read", &header))?);
    write(&cpp.join("ports.inc"), &ports::table(&declared))?;
    write(&cpp.join("shim.cpp"), &format!("#define SYSTOLE_KEY \"{key}\"\n{SHIM}"))?;
    let objects = compile_all(tools, spec, units(&cpp, spec.effort)?, shared.headers.as_deref())?;
    let linked = scratch.join("model.so");
    let mut link = tools.compiler_command();
    link.args(LINK).args(&objects).arg(&shared.runtime).arg("-o").arg(&linked);
    run(link, "g++").map_err(|failure| failure.cpp(&spec.top))?;
    Ok(linked)
}

/// Compiles Verilator's runtime library to one object file, `object`.
pub(crate) fn runtime(tools: &Toolchain, trace: bool, object: &Path) -> Result<()> {
    let source = object.with_extension("cpp");
    let files = ["verilated.cpp", "verilated_threads.cpp"].into_iter().chain(trace.then_some("verilated_vcd_c.cpp"));
    write(&source, &files.map(|file| format!("#include \"{file}\"\n")).collect::<String>())?;
    let compiled = run(cpp_command(tools, trace, RUNTIME, (&source, object), None), "g++");
    compiled.map_err(|failure| failure.cpp("verilated"))
}

/// Compiles Verilator's header into `folder`, for units of [`Effort::Quick`].
pub(crate) fn headers(tools: &Toolchain, trace: bool, folder: &Path) -> Result<()> {
    let source = folder.join(HEADER);
    write(&source, "#include \"verilated.h\"\n")?;
    let mut command = cpp_command(tools, trace, ONCE, (&source, &folder.join(format!("{HEADER}.gch"))), None);
    command.args(["-x", "c++-header"]);
    run(command, "g++").map_err(|failure| failure.cpp("verilated"))
}

/// Verilog to C++, in `scratch/cpp`; the files lie in `scratch/src` so that messages name them as the caller does.
fn verilate(tools: &Toolchain, spec: &BuildSpec, scratch: &Path) -> Result<()> {
    let sources = write_sources(spec, scratch)?;
    let mut command = tools.verilator_command();
    command.current_dir(sources).args(VERILATE).args(["--top-module", &spec.top, "--Mdir", "../cpp"]);
    if spec.trace {
        command.arg("--trace");
    }
    if !spec.unchecked {
        command.arg("-DASSERT");
    }
    if spec.threads > 1 {
        command.args(["--threads", &spec.threads.to_string()]);
    }
    add_design(&mut command, spec);
    run(command, "verilator").map_err(|failure| failure.verilog(&spec.top))
}

/// `verilator --lint-only -Wall` over `spec`: any warning is an error.
pub(crate) fn lint(tools: &Toolchain, spec: &BuildSpec, scratch: &Path) -> Result<()> {
    let sources = write_sources(spec, scratch)?;
    let mut command = tools.verilator_command();
    command.current_dir(sources).args(["--lint-only", "-Wall", "--top-module", &spec.top]);
    add_design(&mut command, spec);
    run(command, "verilator").map_err(|failure| failure.verilog(&spec.top))
}

fn add_design(command: &mut Command, spec: &BuildSpec) {
    command.args(spec.params.iter().map(|(name, value)| format!("-G{name}={value}")));
    command.args(spec.files.iter().map(|(name, _)| name));
}

fn write_sources(spec: &BuildSpec, scratch: &Path) -> Result<PathBuf> {
    let sources = scratch.join("src");
    fs::create_dir_all(&sources).map_err(Error::io("create", &sources))?;
    for (name, text) in &spec.files {
        let path = sources.join(name);
        let folder = path.parent().unwrap_or(&sources);
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        write(&path, text)?;
    }
    Ok(sources)
}

/// Groups Verilator's C++ files into translation units; what runs once is kept apart from what runs always.
fn units(cpp: &Path, effort: Effort) -> Result<Vec<Unit>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(cpp).map_err(Error::io("list", cpp))? {
        let entry = entry.map_err(Error::io("list", cpp))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".cpp") {
            files.push((name, entry.metadata().map_err(Error::io("stat", cpp))?.len()));
        }
    }
    files.sort();
    let apart = optimisation(effort) != ONCE;
    let (once, always): (Vec<_>, Vec<_>) = files.into_iter().partition(|(name, _)| apart && name.contains("__Slow"));
    let mut units = Vec::new();
    for (kind, files, optimisation) in [("always", always, optimisation(effort)), ("once", once, ONCE)] {
        for (index, text) in group(&files).iter().enumerate() {
            let source = cpp.join(format!("unit_{kind}_{index}.cpp"));
            write(&source, text)?;
            units.push(Unit { source, optimisation });
        }
    }
    Ok(units)
}

/// The texts of units that include `files` (name, bytes), each up to `UNIT_BYTES` or one file.
fn group(files: &[(String, u64)]) -> Vec<String> {
    let mut units: Vec<(String, u64)> = Vec::new();
    for (name, bytes) in files {
        let line = format!("#include \"{name}\"\n");
        match units.last_mut() {
            Some((text, total)) if *total + bytes <= UNIT_BYTES => {
                text.push_str(&line);
                *total += bytes;
            }
            _ => units.push((line, *bytes)),
        }
    }
    units.into_iter().map(|(text, _)| text).collect()
}

/// Compiles the units, as many at once as there are processors; the object files in the units' order.
fn compile_all(tools: &Toolchain, spec: &BuildSpec, units: Vec<Unit>, headers: Option<&Path>) -> Result<Vec<PathBuf>> {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(None);
    let work = || {
        while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
            let object = unit.source.with_extension("o");
            let files = (unit.source.as_path(), object.as_path());
            if let Err(failure) = run(cpp_command(tools, spec.trace, unit.optimisation, files, headers), "g++") {
                next.store(units.len(), Ordering::Relaxed);
                failed.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get_or_insert(failure);
            }
        }
    };
    let workers = thread::available_parallelism().map_or(1, |count| count.get()).min(units.len());
    thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(work))));
    match failed.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()) {
        Some(failure) => Err(failure.cpp(&spec.top)),
        None => Ok(units.iter().map(|unit| unit.source.with_extension("o")).collect()),
    }
}

fn cpp_command(
    tools: &Toolchain,
    trace: bool,
    optimisation: &[&str],
    (source, object): (&Path, &Path),
    headers: Option<&Path>,
) -> Command {
    let mut command = tools.compiler_command();
    if let Some(folder) = headers {
        command.arg("-I").arg(folder).args(["-include", HEADER]);
    }
    command.args(CPP).args(trace_defines(trace)).args(optimisation);
    command.arg("-I").arg(tools.include()).arg("-I").arg(tools.include().join("vltstd"));
    command.arg("-c").arg(source).arg("-o").arg(object);
    command
}

/// A tool that could not be run, or that ran and refused.
enum Failure {
    Missing(Error),
    Refused(String),
}

impl Failure {
    fn verilog(self, top: &str) -> Error {
        match self {
            Self::Missing(error) => error,
            Self::Refused(messages) => Error::Verilog { top: top.into(), messages },
        }
    }

    fn cpp(self, top: &str) -> Error {
        match self {
            Self::Missing(error) => error,
            Self::Refused(messages) => Error::Cpp { top: top.into(), messages },
        }
    }
}

fn run(mut command: Command, package: &'static str) -> Result<(), Failure> {
    let output = command.output().map_err(|source| {
        let tool = command.get_program().to_string_lossy().into_owned();
        Failure::Missing(Error::NoTool { tool, package, source })
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stderr, output.stdout].concat();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<_> = said.lines().filter(|line| !line.trim().is_empty()).take(MESSAGE_LINES).collect();
    let name = command.get_program();
    let name = Path::new(name).file_name().unwrap_or(OsStr::new("tool")).to_string_lossy();
    Err(Failure::Refused(if lines.is_empty() { format!("{name}: {}", output.status) } else { lines.join("\n") }))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(Error::io("write", path))
}

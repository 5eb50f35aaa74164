//! `systole doctor`: which tools are here, and the line that fixes each gap.

use crate::error::CliError;
use crate::session::Session;
use serde::Serialize;
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

/// A tool that only development uses.
struct Optional {
    tool: &'static str,
    purpose: &'static str,
    version: &'static [&'static str],
    package: &'static str,
}

const OPTIONAL: [Optional; 3] = [
    Optional { tool: "iverilog", purpose: "lints the Verilog (make lint)", version: &["-V"], package: "iverilog" },
    Optional { tool: "yosys", purpose: "counts block RAMs and DSPs (make test)", version: &["-V"], package: "yosys" },
    Optional { tool: "python3", purpose: "runs the pinned tools", version: &["--version"], package: "python3-venv" },
];

impl Args {
    /// # Errors
    /// [`CliError::ToolsMissing`] once they are printed.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let findings: Vec<Finding> = std::iter::once(verilator()).chain(OPTIONAL.iter().map(Optional::find)).collect();
        if self.json {
            session.print_json(&findings)?;
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

impl Optional {
    fn find(&self) -> Finding {
        let output = Command::new(self.tool).args(self.version).stdin(Stdio::null()).stderr(Stdio::null()).output();
        let text = output.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
        let found = text.lines().next().map(|line| line.trim().to_string());
        let gap = format!("run `{SETUP}` in a checkout of the project, or `apt-get install {}`", self.package);
        let gap = found.is_none().then_some(gap);
        Finding { tool: self.tool, purpose: self.purpose, needed: false, found, gap }
    }
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

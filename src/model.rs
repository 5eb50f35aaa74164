//! `systole model`: untrained networks of a known family as ONNX files, for sizes, speeds and tests.

use crate::error::CliError;
use crate::session::Session;
use clap::{Subcommand, ValueEnum};
use serde::Serialize;
use std::path::{Path, PathBuf};
use systole_model::{describe, to_onnx, Bypass, DesignSpace, Summary, Version};
use systole_report::table::grouped;

/// Write a network with random weights as an ONNX file, to plan with before anything is trained
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    family: Family,
}

#[derive(Debug, Subcommand)]
enum Family {
    Squeezenet(SqueezeNet),
}

/// SqueezeNet and what its paper varies: filters per module, their share of 3x3, bypasses, classes, image size
#[derive(Debug, clap::Args)]
struct SqueezeNet {
    /// Which released network the first and last layer and the pools are those of
    #[arg(long, value_enum, default_value = "1.1")]
    version: VersionName,
    /// Expand filters of the first two modules
    #[arg(long, value_name = "FILTERS", default_value_t = 128)]
    base: usize,
    /// Expand filters that are added after every --freq modules
    #[arg(long, value_name = "FILTERS", default_value_t = 128)]
    incr: usize,
    /// Modules between additions of filters
    #[arg(long, value_name = "MODULES", default_value_t = 2)]
    freq: usize,
    /// Squeeze filters of a module per expand filter
    #[arg(long, value_name = "RATIO", default_value_t = 0.125)]
    squeeze_ratio: f64,
    /// Share of the expand filters that are 3x3
    #[arg(long, value_name = "SHARE", default_value_t = 0.5)]
    pct3x3: f64,
    /// Additions around modules: none, where channels agree (simple), or everywhere by way of 1x1 convolutions (complex:
    /// 6.06 MB where the paper's table says 7.7, which are those around modules 5 to 9)
    #[arg(long, value_enum, default_value = "none")]
    bypass: BypassName,
    /// Modules (2 to 9) whose complex bypass has a convolution, in place of those that need one
    #[arg(long, value_name = "MODULES", value_delimiter = ',')]
    bypass_convolutions: Option<Vec<usize>>,
    /// Classes
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    classes: usize,
    /// Height and width of the image
    #[arg(long, value_name = "PIXELS", default_value_t = 227)]
    input: usize,
    /// Another seed gives other weights
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The ONNX file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum VersionName {
    #[value(name = "1.0")]
    V1_0,
    #[value(name = "1.1")]
    V1_1,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum BypassName {
    None,
    Simple,
    Complex,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Outcome<'a> {
    output: &'a Path,
    /// Of the parameters as 32-bit floats.
    bytes: u64,
    summary: &'a Summary,
}

impl Args {
    /// # Errors
    /// Numbers out of range, or what kept the file from being written.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let Family::Squeezenet(family) = &self.family;
        let graph = family.design().graph(family.seed)?;
        session.scratch.write_file(&family.output, &to_onnx(&graph))?;
        let summary = describe(&graph);
        let bytes = summary.parameters * size_of::<f32>() as u64;
        if family.json {
            return session.print_json(&Outcome { output: &family.output, bytes, summary: &summary });
        }
        session.print(&page(&summary, bytes, &family.output))
    }
}

impl SqueezeNet {
    fn design(&self) -> DesignSpace {
        DesignSpace {
            version: match self.version {
                VersionName::V1_0 => Version::V1_0,
                VersionName::V1_1 => Version::V1_1,
            },
            base: self.base,
            incr: self.incr,
            freq: self.freq,
            squeeze_ratio: self.squeeze_ratio,
            pct3x3: self.pct3x3,
            bypass: match self.bypass {
                BypassName::None => Bypass::None,
                BypassName::Simple => Bypass::Simple,
                BypassName::Complex => Bypass::Complex,
            },
            bypass_convolutions: self.bypass_convolutions.clone(),
            classes: self.classes,
            input: self.input,
        }
    }
}

fn page(summary: &Summary, bytes: u64, output: &Path) -> String {
    let mib = bytes as f64 / f64::from(1 << 20);
    format!(
        "{}: {} parameters, {:.2} M MAC per image; float32 {} bytes ({mib:.2} MiB)\nwrote {}: next, systole check\n",
        summary.name,
        grouped(summary.parameters),
        summary.macs as f64 / 1e6,
        grouped(bytes),
        output.display(),
    )
}

//! Multiply-accumulates per DSP slice, and LUT and FF per multiply-accumulate, counted by Yosys.

use crate::networks::Subject;
use crate::table::{rounded, Goal, Row};
use crate::{Failure, Report};
use std::fs;
use std::process::Command;
use std::time::Instant;
use systole_machine::board::Family;
use systole_machine::geometry::{Geometry, Multiplier};
use systole_machine::{Board, Plan};
use systole_plan::{plan, Constraints};
use systole_rtl::compose;
use systole_rtl::primitive::{Parameter, Primitive};
use systole_rtl::primitives::pe_array::PeArray;
use systole_suite::yosys::{synthesise, Cells};

/// The array whose slices are counted.
const ROWS: usize = 4;
const COLS: usize = 8;
const ACC_BITS: usize = 25;
const NEXYS_VIDEO: &str = include_str!("../../../../constraints/nexys-video.toml");
const PYNQ_Z2: &str = include_str!("../../../../constraints/pynq-z2.toml");
const FAMILIES: [(&str, &str); 2] = [("xc7", "DSP48E1"), ("xcup", "DSP48E2")];

/// Cells by their name, and how many there are of them.
type Kind = (&'static str, fn(&Cells) -> usize);

/// Slices of small arrays, then cells of v1.1 whole.
pub fn rows(report: Report) -> Result<(), Failure> {
    for (family, slice) in FAMILIES {
        let pairs = Multiplier::Pair { pairs: COLS / 2, fabric: 0 };
        report(density(family, slice, pairs, "products side by side", Goal::AtLeast(2.0))?)?;
        report(density(family, slice, Multiplier::Single, "product and sum inside it", Goal::AtLeast(1.0))?)?;
    }
    let subject = Subject::squeezenet("1.1", 0)?;
    for (board, assume_ram) in [(NEXYS_VIDEO, false), (PYNQ_Z2, true)] {
        let board = Board::parse(board)?;
        let rest = if assume_ram { Constraints::filled(&board) } else { Constraints::default() };
        let plan = plan(&subject.net, &board, &Constraints { assume_ram, ..rest })?;
        whole(&plan, report)?;
    }
    Ok(())
}

fn density(family: &str, slice: &str, multiplier: Multiplier, how: &str, goal: Goal) -> Result<Row, Failure> {
    let part = if family == "xcup" { Family::Xcup } else { Family::Xc7 };
    let per_link = part.columns_per_link();
    let g = Geometry { rows: ROWS, cols: COLS, acc_bits: ACC_BITS, multiplier, per_link, ..Geometry::default() };
    let count = slices(&PeArray::new(&g, part), family, slice)?;
    Ok(Row {
        what: format!("MAC per {slice}, {how}"),
        elsewhere: "2".into(),
        goal,
        figure: rounded((ROWS * COLS) as f64 / count as f64, 2),
        unit: "MAC".into(),
        detail: format!(
            "{count} slices of {ROWS} x {COLS} elements; exact for all operands: `--test datapath products`"
        ),
        group: "synthesis".into(),
    })
}

/// Cells of one kind that Yosys makes of a primitive.
fn slices(primitive: &dyn Primitive, family: &str, slice: &str) -> Result<usize, Failure> {
    let folder = tempfile::tempdir()?;
    for (name, text) in primitive.submodules().into_iter().chain([(primitive.module(), primitive.source())]) {
        fs::write(folder.path().join(format!("{name}.v")), text)?;
    }
    let set = |parameter: Parameter| format!(" -set {} {}", parameter.name(), parameter.value());
    let parameters: String = primitive.parameters().into_iter().map(set).collect();
    let module = primitive.module();
    let script = format!(
        "read_verilog -defer *.v; chparam{parameters} {module}; synth_xilinx -family {family} -flatten -top {module}; \
         select -count t:{slice}; tee -q -o count.txt select -count t:{slice}"
    );
    let yosys = crate::workspace().join("tools/yosys");
    let run = Command::new(yosys).arg(script).current_dir(folder.path()).output()?;
    if !run.status.success() {
        return Err(String::from_utf8_lossy(&run.stderr).into_owned().into());
    }
    let text = fs::read_to_string(folder.path().join("count.txt"))?;
    let count = text.split_whitespace().find_map(|word| word.parse().ok());
    count.ok_or_else(|| format!("no count of {slice} in {text:?}").into())
}

/// LUT and FF per multiply-accumulate of the whole design, part by part.
fn whole(plan: &Plan, report: Report) -> Result<(), Failure> {
    let (g, began) = (&plan.geometry, Instant::now());
    println!("Yosys on v1.1 for {}, {} x {}: some minutes", plan.board.name, g.rows, g.cols);
    let found = synthesise(&crate::workspace().join("tools/yosys"), &compose(plan)?.design);
    println!("Yosys took {:?}", began.elapsed());
    let wanted = plan.cost().total();
    let (planned, counted) = ([wanted.bram36, wanted.bram18, wanted.dsp], found.total.blocks());
    if planned != counted {
        return Err(format!("RAMB36, RAMB18, DSP: Yosys {counted:?}, the plan {planned:?}").into());
    }
    let kinds: [Kind; 2] = [("LUT", |c| c.lut), ("FF", |c| c.ff)];
    for (kind, count) in kinds {
        let mut parts: Vec<_> = found.parts.iter().map(|(name, cells)| (count(cells), name)).collect();
        parts.sort_unstable_by(|a, b| b.cmp(a));
        let parts: Vec<String> = parts.iter().filter(|p| p.0 > 0).map(|(n, name)| format!("{name} {n}")).collect();
        report(Row {
            what: format!("{kind} per MAC/cycle, v1.1 on {}", plan.board.name),
            elsewhere: String::new(),
            goal: Goal::Known,
            figure: rounded(count(&found.total) as f64 / g.macs_per_cycle() as f64, 1),
            unit: kind.into(),
            detail: format!(
                "{} x {}, {} in all; RAMB36, RAMB18 and DSP are the plan's {planned:?}; {}",
                g.rows,
                g.cols,
                count(&found.total),
                parts.join(", ")
            ),
            group: "synthesis".into(),
        })?;
    }
    Ok(())
}

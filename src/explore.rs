//! `systole explore`: what boards offer a network, as the plans that no other plan beats.

use crate::args::limits::LimitArgs;
use crate::error::CliError;
use crate::session::Session;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::mpsc::{channel, Receiver};
use systole_machine::{Board, Plan};
use systole_net::Net;
use systole_plan::explore::explore;
use systole_plan::PlanError;
use systole_report::front::{csv, picture, text, Point};

/// What is printed as JSON.
#[derive(Serialize)]
struct Front<'a> {
    plans: &'a [Point],
}

/// Compare boards and array sizes: the plans that no other beats in cycles, DSP and block RAM
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The integer network: a .net file of `systole quantize`
    net: PathBuf,
    /// Boards, by name or by the path of a board file (.toml)
    #[arg(long, value_name = "NAME|FILE", num_args = 1.., required = true)]
    board: Vec<String>,
    #[command(flatten)]
    limits: LimitArgs,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
    /// Also write the table as comma-separated values
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Also write a page with a picture of the front
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Args {
    /// # Errors
    /// What is wrong with the network or a board; [`CliError::Plan`] when it fits none of the boards.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let net = Net::read(&self.net)?;
        let targets: Vec<_> = self.board.iter().map(|name| self.limits.target(name)).collect::<Result<_, _>>()?;
        let mut points = Vec::new();
        let mut refusals = Vec::new();
        for target in &targets {
            match self.front(&net, &target.board, session) {
                Ok(plans) => points.extend(plans.iter().map(Point::of)),
                Err(refusal) => refusals.push(refusal),
            }
        }
        session.progress.clear();
        if points.is_empty() {
            return refusals.into_iter().next().map_or(Ok(()), |refusal| Err(refusal.into()));
        }
        if let Some(file) = &self.csv {
            session.scratch.write_file(file, csv(&points).as_bytes())?;
        }
        if let Some(file) = &self.html {
            session.scratch.write_file(file, picture(&net.name, &points).as_bytes())?;
        }
        if self.json {
            return session.print_json(&Front { plans: &points });
        }
        let left_out = refusals.iter().map(|refusal| format!("{refusal}\n"));
        session.print(&(text(&net.name, &points) + &left_out.collect::<String>()))
    }

    /// Plans on all cores, progress on this thread.
    fn front(&self, net: &Net, board: &Board, session: &Session) -> Result<Vec<Plan>, PlanError> {
        // A front needs freedom of shape.
        let board = Board { rows: None, cols: None, ..board.clone() };
        let constraints = self.limits.constraints(&board);
        let (told, heard): (_, Receiver<(usize, usize)>) = channel();
        std::thread::scope(|scope| {
            let work = scope.spawn(|| {
                let told = told;
                explore(net, &board, &constraints, &|done, of| {
                    // Nobody listens any more only when the command ends.
                    let _ = told.send((done, of));
                })
            });
            for (done, of) in heard {
                session.progress.step(&format!("shapes on {}", board.name), done as u64, of as u64);
            }
            work.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

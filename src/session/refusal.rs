//! An error for programs: what `--json` prints in place of a result.

use crate::error::CliError;
use serde::Serialize;
use systole_plan::error::{Lack, PlanError};

#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Refusal {
    /// Of a network that does not fit a board: `false`. Plans say `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    fits: Option<bool>,
    error: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lacks: Vec<Lack>,
    /// What would fit, each planned before it is named.
    #[serde(skip_serializing_if = "String::is_empty")]
    advice: String,
}

impl Refusal {
    pub fn of(error: &CliError) -> Refusal {
        let plan = match error {
            CliError::Plan(plan) => plan,
            // Of many forms the last one that was tried.
            CliError::NothingFits { source, .. } => source,
            CliError::HeldNowhere(nowhere) => {
                let boards: Vec<String> = nowhere.boards.iter().map(|(board, why)| format!("{board}: {why}")).collect();
                return Refusal {
                    fits: Some(false),
                    error: format!("no board of those asked holds any form of the weights; {}", boards.join("; ")),
                    lacks: nowhere.lacks.clone(),
                    advice: nowhere.advice.clone(),
                };
            }
            CliError::StoreBudget { .. } => {
                return Refusal { fits: Some(false), error: error.to_string(), ..Refusal::default() }
            }
            other => return Refusal { error: other.to_string(), ..Refusal::default() },
        };
        match &**plan {
            PlanError::DoesNotFit(misfit) => Refusal {
                fits: Some(false),
                error: format!("{} does not fit {}: {}", misfit.network, misfit.board, misfit.summary),
                lacks: misfit.lacks.clone(),
                advice: misfit.advice.trim().to_string(),
            },
            PlanError::NoShape { .. } | PlanError::TooSlow { .. } => {
                Refusal { fits: Some(false), error: plan.to_string(), ..Refusal::default() }
            }
            other => Refusal { error: other.to_string(), ..Refusal::default() },
        }
    }
}

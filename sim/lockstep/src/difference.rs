//! Two engines that do not agree in a cycle.

use crate::core::Core;
use crate::error::LockstepError;

/// The first pin that differs.
pub(crate) fn difference(
    cycle: u64,
    a: &[u64],
    b: &[u64],
    (left, right): (&dyn Core, &dyn Core),
    layer: String,
) -> LockstepError {
    let at = a.iter().zip(b).position(|(x, y)| x != y).unwrap_or(0);
    LockstepError::Pins {
        cycle,
        pin: left.pins()[at].clone(),
        left: left.name().into(),
        left_value: a[at],
        right: right.name().into(),
        right_value: b[at],
        layer,
    }
}

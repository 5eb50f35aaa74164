//! Scores of sums for C.

use super::handles::{slot, Outcome};
use super::{read, status, write, SystoleDevice};
use std::ffi::c_int;

/// The score of each class of an image's sums, of which both arrays hold as many as there are classes: each sum times
/// systole_scale, cut where the model file cuts its scores.
///
/// # Safety
/// `sums` points to `classes` values, `scores` has room for as many.
#[no_mangle]
pub unsafe extern "C" fn systole_scores(
    device: *const SystoleDevice,
    sums: *const i64,
    scores: *mut f64,
    classes: usize,
) -> c_int {
    let score = || -> Outcome<()> {
        let slot = slot(device)?;
        slot.facts.check_sums(classes)?;
        // SAFETY: the caller's promise.
        let (sums, scores) =
            unsafe { (read(sums, classes, "the sums")?, write(scores, classes, "the room for scores")?) };
        let scoring = slot.facts.scoring;
        scores.iter_mut().zip(sums).for_each(|(score, &sum)| *score = scoring.of(sum));
        Ok(())
    };
    status(device, score())
}

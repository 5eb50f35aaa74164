//! The images of the self-test, and what they must give.

use crate::error::DeviceError;
use systole_golden::Golden;
use systole_host::Reference;
use systole_machine::Plan;
use systole_net::random::random_image;
use systole_net::Net;

/// How many: a fault that shows in some images alone, in a rare value or its neighbours, has several chances.
const IMAGES: u64 = 4;
/// Of the first of them: any will do that touches every value.
const SEED: u64 = 1;

/// Random images with the golden model's word on each.
///
/// # Errors
/// A network that breaks rules.
pub fn references(net: &Net, plan: &Plan) -> Result<Vec<Reference>, DeviceError> {
    let golden = Golden::new(net).map_err(|faults| DeviceError::Faults { faults })?;
    let reference = |seed| {
        let image = random_image(net, seed);
        let trace = golden.trace(&image)?;
        Ok(Reference::new(plan, image, trace))
    };
    (SEED..SEED + IMAGES).map(reference).collect()
}

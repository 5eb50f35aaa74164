//! What would let a board hold a network that it does not hold in any form: each change is planned before it is named.

use crate::selection::forms::{words, Made};
use crate::selection::place::Place;
use crate::verify::Told;
use std::collections::HashSet;
use systole_machine::{Board, Plan};
use systole_model::{Graph, WeightFormat};
use systole_net::Net;
use systole_plan::advice::holds;
use systole_plan::advice::smaller::{with_classes, with_share_of_image};
use systole_plan::{plan, Constraints};
use systole_report::table::grouped;

/// Parts of an image's sides that are tried, the largest first.
const PARTS: [usize; 5] = [7, 6, 5, 4, 3];
const OF: usize = 8;
/// Fewer classes are nothing to tell apart.
const FEWEST_CLASSES: usize = 2;

/// A change, and the plan of the network with it.
pub struct Change {
    /// What becomes different, and how to ask for it.
    pub what: String,
    pub form: WeightFormat,
    pub plan: Plan,
}

impl Change {
    /// Such as `10 classes in codes of 6 bits: 742,897 cycles, 13 x 32`.
    pub fn sentence(&self) -> String {
        let g = &self.plan.geometry;
        let cycles = grouped(self.plan.timing().interval);
        format!("{} in {}: {cycles} cycles, {} x {}", self.what, words(self.form), g.rows, g.cols)
    }
}

/// All that were found, least loss first in each kind: the whole device, fewer classes, smaller images. `resized` is
/// the model for images of a height and width, where it can be read for such.
pub fn changes(made: &[Made], place: &Place, resized: &dyn Fn([usize; 2]) -> Option<Graph>, told: Told) -> Vec<Change> {
    let tried = Tried { board: &place.target.board, constraints: &place.constraints };
    let name = &tried.board.name;
    let mut found = Vec::new();
    told(&format!("what would fit {name}: all of the device"), 0, 3);
    found.extend(tried.whole_device(made));
    told(&format!("what would fit {name}: fewer classes"), 1, 3);
    found.extend(tried.fewer_classes(made));
    told(&format!("what would fit {name}: smaller images"), 2, 3);
    found.extend(tried.smaller_image(made, resized));
    found
}

/// Whether every map of the network has the size of some map of the graph.
fn has_its_maps(net: &Net, graph: &Graph) -> bool {
    let sizes: HashSet<_> = graph.nodes.iter().map(|node| [node.shape[1], node.shape[2]]).collect();
    net.tensors.iter().all(|map| sizes.contains(&[map.height, map.width]))
}

struct Tried<'a> {
    board: &'a Board,
    constraints: &'a Constraints,
}

impl Tried<'_> {
    fn planned(&self, what: String, form: WeightFormat, net: &Net, constraints: &Constraints) -> Option<Change> {
        plan(net, self.board, constraints).ok().map(|plan| Change { what, form, plan })
    }

    /// Without headroom, where nobody said how much of the device may be used.
    fn whole_device(&self, made: &[Made]) -> Option<Change> {
        if self.constraints.max_dsp.is_some() || self.constraints.max_lut.is_some() {
            return None;
        }
        let device = &self.board.device;
        let whole = Constraints { max_dsp: Some(device.dsp), max_lut: Some(device.lut), ..self.constraints.clone() };
        let what = || "--max-dsp 100% --max-lut 100%, which leaves less room to route,".to_string();
        made.iter()
            .filter(|made| holds(&made.net, self.board, &whole))
            .find_map(|made| self.planned(what(), made.form, &made.net, &whole))
    }

    /// As many classes as fit in the form that loses least, and in smaller ones where that is more.
    fn fewer_classes(&self, made: &[Made]) -> Vec<Change> {
        let mut found = Vec::new();
        let mut most = FEWEST_CLASSES - 1;
        for Made { form, net, .. } in made {
            let Some(classes) = self.most_classes(net).filter(|classes| *classes > most) else { continue };
            let (what, fewer) = (format!("{classes} classes"), with_classes(net, classes));
            if let Some(change) = self.planned(what, *form, &fewer, self.constraints) {
                most = classes;
                found.push(change);
            }
        }
        // Between the least loss and the most classes lies nothing that these do not bound.
        if found.len() > 2 {
            found.drain(1..found.len() - 1);
        }
        found
    }

    fn most_classes(&self, net: &Net) -> Option<usize> {
        let fit = |classes: usize| holds(&with_classes(net, classes), self.board, self.constraints);
        let (mut fits, mut too_many) = (FEWEST_CLASSES, net.classes());
        if too_many <= fits || !fit(fits) {
            return None;
        }
        while too_many - fits > 1 + fits / OF {
            let middle = (fits + too_many) / 2;
            match fit(middle) {
                true => fits = middle,
                false => too_many = middle,
            }
        }
        Some(fits)
    }

    /// As large an image as fits in any form, in the form that loses least there.
    fn smaller_image(&self, made: &[Made], resized: &dyn Fn([usize; 2]) -> Option<Graph>) -> Option<Change> {
        let smallest = &made.last()?.net;
        PARTS.iter().find_map(|&part| {
            let smaller = |net: &Net, up: bool| with_share_of_image(net, part, OF, up);
            let fits = |net: &Net, up: bool| smaller(net, up).filter(|net| holds(net, self.board, self.constraints));
            let fitting = [false, true].into_iter().filter(|&up| fits(smallest, up).is_some()).collect::<Vec<_>>();
            let image = smaller(smallest, *fitting.first()?)?.tensors[Net::INPUT].clone();
            let size = [image.height, image.width];
            let graph = resized(size)?;
            // The model says how its poolings round.
            let is_its = |up: bool| smaller(smallest, up).is_some_and(|net| has_its_maps(&net, &graph));
            let up = fitting.into_iter().find(|&up| is_its(up))?;
            let fits = |net: &Net| fits(net, up);
            let what = || format!("--input-size {}x{}", size[0], size[1]);
            made.iter().find_map(|made| self.planned(what(), made.form, &fits(&made.net)?, self.constraints))
        })
    }
}

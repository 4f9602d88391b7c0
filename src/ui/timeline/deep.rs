//! What the diagram works out once and keeps: the cone of the event that is picked, and the sums from
//! which a crowded window is drawn.
//!
//! The rule that is easy to break: what is kept belongs to one run up to one edit of its past. Another
//! run, or a future that was taken back, begins anew; a run that only went on is counted on.

use crate::check::Checks;
use crate::sim::history::Run;
use crate::sim::{EventId, NodeId};
use crate::view::causality::Cone;
use crate::view::spacetime::density::COLUMN;
use crate::view::spacetime::{self as show, Index, SpaceTime};
use crate::view::{RunRef, Selection, why};

/// How many causes of the event that is picked a crowded window shows.
const CHAIN: usize = 24;

/// See the module.
#[derive(Default)]
pub struct Deep {
    index: Index,
    // The run that the index has counted, and how often its future had been forgotten by then.
    counted: Option<(RunRef, u32)>,
    cone: Option<(RunRef, u32, Cone)>,
}

impl Deep {
    /// Keeps the cone of what is picked, if that is an event.
    pub fn pick(&mut self, shared: &RunRef, run: &Run<Checks>, picked: Selection) {
        match picked {
            Selection::Event(event) => self.look(shared, run, event),
            _ => self.cone = None,
        }
    }

    fn look(&mut self, shared: &RunRef, run: &Run<Checks>, event: EventId) {
        let turns = run.turns();
        match &mut self.cone {
            Some((of, t, cone)) if of.same(shared) && *t == turns && cone.of() == event => {
                cone.grow(run.trace());
            }
            kept => {
                let cone = Cone::new(run.trace(), event, run.world().node_count());
                *kept = cone.map(|cone| (shared.clone(), turns, cone));
            }
        }
    }

    /// The cone of the event that is picked, if one is.
    pub fn cone(&self) -> Option<&Cone> {
        self.cone.as_ref().map(|(_, _, cone)| cone)
    }

    /// A crowded window of `width` pixels.
    pub fn window(
        &mut self,
        shared: &RunRef,
        run: &Run<Checks>,
        (from_us, to_us): (u64, u64),
        width: f64,
    ) -> SpaceTime {
        let (world, trace) = (run.world(), run.trace());
        let kept = self.counted.as_ref();
        if kept.is_none_or(|(of, turns)| !of.same(shared) || *turns != run.turns()) {
            self.index.clear();
            self.counted = Some((shared.clone(), run.turns()));
        }
        self.index.update(trace, world.node_count());
        let name = |n: NodeId| world.name(n).to_owned();
        let chain = self.cone().map(|c| why::chain(trace, c.of(), CHAIN));
        let shown = (from_us, to_us, (width / COLUMN) as usize);
        show::dense(trace, &self.index, &name, shown, &chain.unwrap_or_default())
    }
}

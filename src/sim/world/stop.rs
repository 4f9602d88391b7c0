//! Stopping a run that has passed a limit, with the sentence that says which.
//!
//! The rule that is easy to break: a stop is no error. What was recorded stays, and every limit has
//! its own code.

use super::World;
use crate::sim::limits;
use crate::sim::refusal::Refusal;
use std::rc::Rc;

impl World {
    #[cold]
    pub(super) fn stop_at_limit(&mut self) {
        let (code, message) = if self.events >= limits::EVENTS {
            ("too-many-events", format!("the run stopped at {} events, the limit of a run", self.events))
        } else if self.in_flight as usize > limits::IN_FLIGHT {
            (
                "too-many-messages",
                format!(
                    "the run stopped at {}: more than {} messages in flight",
                    self.now,
                    limits::IN_FLIGHT
                ),
            )
        } else if self.now.0 > limits::RUN_US {
            ("too-long", "the run stopped: thirty simulated days are the limit".to_owned())
        } else {
            (
                "no-delay",
                format!(
                    "the run stopped at {}: {} events at one instant, a cycle without delay",
                    self.now,
                    limits::EVENTS_AN_INSTANT
                ),
            )
        };
        self.stopped = Some(Rc::new(Refusal::new(code, message)));
    }
}

//! Load: when the next request comes, for whoever makes requests on their own.
//!
//! The rule that is easy to break: an open load does not wait for answers. It goes on at its pace while
//! the service falls behind, which is what fills queues; a client that waits for each answer is a closed
//! one, and slows down with the service.

use super::params::{Choice, Param, Params};
use crate::sim::{Ctx, Delay, Protocol, Span};

/// How requests follow each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Load {
    /// None comes by itself.
    #[default]
    ByHand,
    /// One each so often.
    Every(Span),
    /// A Poisson process: gaps are exponential with this mean.
    Poisson(Span),
}

/// The parameter that chooses how requests follow each other; poisson first.
pub const PARAM: Param = Param::choice(
    "arrivals",
    "how requests follow each other",
    &[
        Choice::new("poisson", "at random (a Poisson process)"),
        Choice::new("every", "evenly"),
        Choice::new("by-hand", "only when asked for"),
    ],
);

impl Load {
    /// The load that [`PARAM`] chooses, with this mean gap.
    pub fn of(params: &Params, mean: Span) -> Self {
        match params.word(PARAM.id) {
            "every" => Load::Every(mean),
            "by-hand" => Load::ByHand,
            _ => Load::Poisson(mean),
        }
    }

    /// How long until the next request, if one comes by itself. Never zero: simulated time goes on.
    pub fn gap<P: Protocol>(self, ctx: &mut Ctx<'_, P>) -> Option<Span> {
        let gap = match self {
            Load::ByHand => return None,
            Load::Every(span) => span,
            Load::Poisson(mean) => ctx.random_delay(Delay::Exponential { min_us: 0, mean_us: mean.0 }),
        };
        Some(gap.max(Span(1)))
    }
}

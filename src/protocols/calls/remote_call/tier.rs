//! A tier on the way: who is called calls the next, and hands on what comes back.
//!
//! The rule that is easy to break: each request that comes is a call of its own here, with all its tries, whether or not the one
//! before it is still under way. That is how tries multiply.

use super::stub::{Open, Origin, Stub};
use super::{Msg, Timer};
use crate::kit::prelude::*;

#[derive(Clone, Debug, Hash)]
pub(super) struct Tier {
    pub(super) stub: Stub,
    came: u64,
}

type Cx<'a> = Ctx<'a, Tier>;

impl Tier {
    pub(super) fn new(stub: Stub) -> Self {
        Tier { stub, came: 0 }
    }

    /// A call is given up here: for who asked, that try has failed.
    fn fail(ctx: &mut Cx<'_>, given_up: Option<Open>) {
        if let Some(Open { call, origin: Some(o), .. }) = given_up {
            ctx.send(o.from, Msg::Failed { call, slot: o.slot, attempt: o.attempt });
        }
    }
}

impl Protocol for Tier {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = ();

    fn start(&mut self, _: &mut Cx<'_>) {}

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        let lost = self.stub.open.len();
        ctx.note(format!("is back, and has forgotten what it was asked: {lost} calls were under way"));
        self.stub.forget();
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        match *msg {
            Msg::Request { call, id, life, slot, attempt } => {
                self.came += 1;
                let origin = Some(Origin { from, slot, attempt });
                self.stub.begin(ctx, Open { id, origin, ..Open::new(call, life) });
            }
            Msg::Failed { call, slot, attempt } => {
                let given_up = self.stub.error(ctx, call, (slot, attempt));
                Self::fail(ctx, given_up);
            }
            // An answer is one to all who wait for it.
            Msg::Reply { call, .. } | Msg::Rebind { call, .. } => {
                for origin in self.stub.answered(ctx, call).into_iter().filter_map(|o| o.origin) {
                    ctx.send(origin.from, msg.clone());
                }
            }
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        if let Timer::Call(slot) = timer {
            let given_up = self.stub.late(ctx, slot);
            Self::fail(ctx, given_up);
        }
    }

    fn timer_name(timer: Timer) -> &'static str {
        timer.name()
    }

    fn inspect(&self) -> Inspect {
        let open = self.stub.open.len();
        Inspect::of(if open > 0 { "waiting" } else { "idle" }, Glyph::None)
            .badge(format!("has sent {}", self.stub.sent))
            .tally(if open > 0 { format!("{open} under way") } else { String::new() })
            .field("under way", open)
            .field("requests that came", self.came)
            .field("requests sent", self.stub.sent)
    }
}

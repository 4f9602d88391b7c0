//! Where the jobs come from: they come by themselves, whatever becomes of those before them.
//!
//! The rule that is easy to break: who waits for room counts what it has sent against the limit that it was told, and not answers.
//! What was held back goes before what comes now.

use super::{Fact, Msg, SERVER};
use crate::kit::Load;
use crate::sim::{Asked, Ctx, Form, Glyph, Inspect, NodeId, Protocol};

/// Where the jobs come from.
#[derive(Clone, Debug, Hash)]
pub struct Source {
    load: Load,
    // Up to which job there is room, as far as it has been told; nothing where it does not wait for room.
    room: Option<u32>,
    // Jobs that wait here for room.
    held: u32,
    pub(super) sent: u32,
    pub(super) done: u32,
    pub(super) refused: u32,
}

impl Source {
    pub(super) fn new(load: Load, waits_for_room: bool) -> Self {
        Source { load, room: waits_for_room.then_some(0), held: 0, sent: 0, done: 0, refused: 0 }
    }

    /// How many jobs wait here for room.
    pub(super) fn held(&self) -> u32 {
        self.held
    }

    /// Up to which job there is room, as far as it knows, if it waits for room at all.
    pub(super) fn room(&self) -> Option<u32> {
        self.room
    }

    /// A job is there to be sent. It is sent if there is room, and held back if not (RFC 9000, section 4.1).
    fn make(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.has_room() {
            return self.send(ctx);
        }
        self.held += 1;
        let number = self.sent + self.held;
        if self.held == 1 {
            ctx.note(format!("has no room: holds back what comes, from job {number} on"));
            ctx.fact(Fact::Blocked { number });
        }
        ctx.fact(Fact::Held { number });
    }

    fn has_room(&self) -> bool {
        self.held == 0 && self.room.is_none_or(|upto| self.sent < upto)
    }

    fn send(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.sent += 1;
        ctx.send(SERVER, Msg::Job { number: self.sent });
    }

    /// There is room up to this job. An older word is no news.
    fn hear_of_room(&mut self, ctx: &mut Ctx<'_, Self>, upto: u32) {
        let Some(room) = &mut self.room else {
            return;
        };
        *room = upto.max(*room);
        let upto = *room;
        while self.held > 0 && self.sent < upto {
            self.held -= 1;
            self.send(ctx);
            ctx.fact(Fact::Freed { number: self.sent });
        }
    }

    fn wait(&mut self, ctx: &mut Ctx<'_, Self>) {
        if let Some(gap) = self.load.gap(ctx) {
            ctx.set_timer((), gap);
        }
    }
}

/// A burst is at most this large.
const BURST: i64 = 100;

impl Protocol for Source {
    type Msg = Msg;
    type Timer = ();
    type Stable = ();

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.wait(ctx);
    }

    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.wait(ctx);
    }

    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, _: NodeId, msg: &Msg) {
        match *msg {
            Msg::Done { .. } => self.done += 1,
            Msg::Rejected { .. } => self.refused += 1,
            Msg::Room { upto } => self.hear_of_room(ctx, upto),
            Msg::Job { .. } => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, (): ()) {
        self.make(ctx);
        self.wait(ctx);
    }

    fn requests(&self) -> &'static [Form] {
        use crate::sim::{FieldKind, FormField};
        const {
            &[Form {
                id: "burst",
                label: "Send a burst",
                fields: &[FormField {
                    label: "jobs",
                    kind: FieldKind::Int { default: 20, min: 1, max: BURST },
                }],
            }]
        }
    }

    fn on_request(&mut self, ctx: &mut Ctx<'_, Self>, asked: &Asked) {
        ctx.note(format!("sends a burst of {} jobs", asked.int(0)));
        (0..asked.int(0)).for_each(|_| self.make(ctx));
    }

    fn timer_name((): ()) -> &'static str {
        "next job"
    }

    fn inspect(&self) -> Inspect {
        let shown = Inspect {
            role: if self.held > 0 { "held back" } else { "source" }.to_owned(),
            glyph: Glyph::Person,
            badge: match self.room {
                Some(_) => format!("sent {}, {} wait", self.sent, self.held),
                None => format!("sent {}", self.sent),
            },
            ..Inspect::default()
        }
        .field("sent", self.sent)
        .field("done", self.done)
        .field("refused", self.refused);
        match self.room {
            Some(upto) => shown.field("held back", self.held).field("room up to job", upto),
            None => shown,
        }
    }
}

//! A replica: keeps the newest version that it was sent, and says so.
//!
//! The rule that is easy to break: it acknowledges what it has on disk, and also what it need not keep because
//! it has something newer; else a writer that was overtaken would wait for ever.

use super::{Fact, Held, Msg, Mutant};
use crate::kit::prelude::*;

#[derive(Clone, Debug, Hash)]
pub(super) struct Replica {
    pub(super) held: Held,
    pub(super) mutant: Mutant,
}

impl Protocol for Replica {
    type Msg = Msg;
    type Timer = ();
    type Stable = Held;

    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.held = *ctx.durable();
    }

    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, from: NodeId, msg: &Msg) {
        match *msg {
            Msg::Query { serial } => ctx.send(from, Msg::Has { serial, held: self.held }),
            Msg::Store { serial, held } => {
                let newer = held.version > self.held.version;
                if newer || self.mutant == Mutant::LateWins && held != self.held {
                    self.held = held;
                    ctx.write(held);
                    if self.mutant != Mutant::ForgetDisk {
                        ctx.sync();
                    }
                    ctx.note(format!("keeps {held}"));
                    ctx.fact(Fact::Took { value: held.value, version: held.version });
                }
                ctx.send(from, Msg::Ack { serial });
            }
            Msg::Has { .. } | Msg::Ack { .. } => {}
        }
    }

    fn inspect(&self) -> Inspect {
        let Held { version, value } = self.held;
        let tone = if version.number == 0 { CellTone::Empty } else { CellTone::Firm };
        Inspect::of("replica", Glyph::None)
            .badge(format!("holds {value}"))
            .cells([Cell::new(version.number % 1_000, tone, format!("{value}, {version}"))])
            .field("value", value)
            .field("version", version)
    }
}

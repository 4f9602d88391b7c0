//! What a handler has to say: collected, and let go when what it rests on is on disk.
//!
//! The rule that is easy to break: facts go the same way as messages. What a replica has not written down it has not done.

use super::message::Msg;
use super::replica::Replica;
use super::treason::Treason;
use super::{Fact, Rules};
use crate::kit::prelude::*;

/// To whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    /// All other replicas.
    Others,
    /// This replica.
    One(u16),
    /// This client.
    Client(u16),
}

/// Something to be said.
#[derive(Clone, Debug)]
pub(super) enum Out {
    Send(To, Msg),
    /// What only a Byzantine replica says.
    Whisper(u16, Msg),
    Fact(Fact),
    Note(String),
    Epoch(u32, String),
}

/// All that is to be said, in order.
#[derive(Default)]
pub(super) struct Outbox(Vec<Out>);

impl Outbox {
    pub fn push(&mut self, out: Out) {
        self.0.push(out);
    }

    pub fn send(&mut self, to: To, msg: Msg) {
        self.push(Out::Send(to, msg));
    }

    pub fn whisper(&mut self, to: u16, msg: Msg) {
        self.push(Out::Whisper(to, msg));
    }

    pub fn note(&mut self, sentence: String) {
        self.push(Out::Note(sentence));
    }

    pub fn refuse(&mut self, from: NodeId, what: String) {
        self.note(format!("refuses {what} (from R{})", from.0));
    }

    /// Says it all; or what a Byzantine replica makes of it.
    pub fn empty(self, ctx: &mut Ctx<'_, Replica>, rules: &Rules, me: u16, treason: &Treason) {
        for out in self.0 {
            match out {
                Out::Send(to, msg) if treason.says(&msg) => match to {
                    To::Others => ctx.broadcast((0..rules.n).filter(|&id| id != me).map(NodeId), msg),
                    To::One(id) => ctx.send(NodeId(id), msg),
                    To::Client(number) => ctx.send(rules.client(number), msg),
                },
                Out::Whisper(to, msg) => ctx.send(NodeId(to), msg),
                // What a traitor has come to means nothing.
                Out::Fact(fact) if !treason.has_betrayed() => ctx.fact(fact),
                Out::Note(sentence) => ctx.note(sentence),
                Out::Epoch(view, label) => ctx.epoch(u64::from(view), label),
                Out::Send(..) | Out::Fact(_) => {}
            }
        }
    }
}

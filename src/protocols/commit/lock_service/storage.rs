//! The storage: takes writes, each with the token under which its client held the lock.
//!
//! The rule that is easy to break: an equal token is as good as the first time, for a holder writes more than once; and the
//! newest token is on disk with what was written.

use super::{Fact, Msg, Mutant, Rules, name, number};
use crate::kit::prelude::*;
use std::collections::BTreeMap;

/// A write that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Written {
    pub(super) client: u16,
    pub(super) token: u64,
    pub(super) n: u32,
    pub(super) stale: bool,
}

/// What is on the storage's disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Book {
    // The highest token of all that was accepted.
    pub(super) newest: u64,
    // The last write of each client, token and number: what comes twice is one write.
    last: BTreeMap<NodeId, (u64, u32)>,
    // The last writes, in the order in which they were accepted.
    pub(super) shelf: Vec<Written>,
}

/// How many writes it remembers, for people.
const SHELF: usize = 8;

#[derive(Clone, Debug, Hash)]
pub(super) struct Storage {
    rules: Rules,
    pub(super) book: Book,
}

type Cx<'a> = Ctx<'a, Storage>;

impl Storage {
    pub(super) fn new(rules: Rules) -> Self {
        Storage { rules, book: Book::default() }
    }

    /// Kleppmann 2016: it refuses a token that is lower than one it has accepted.
    fn refuses(&self, token: u64) -> bool {
        match self.rules.mutant {
            _ if !self.rules.fencing => false,
            Mutant::AnyToken => false,
            Mutant::RefusesEqual => token <= self.book.newest,
            _ => token < self.book.newest,
        }
    }

    fn written(&mut self, ctx: &mut Cx<'_>, from: NodeId, (token, n): (u64, u32)) {
        let (client, newest) = (number(from), self.book.newest);
        if self.refuses(token) {
            ctx.note(format!("refuses {}: token {token}, after {newest}", name(client)));
            ctx.fact(Fact::Refused { client, token, newest });
            return ctx.send(from, Msg::Refuse { token, newest });
        }
        if self.book.last.get(&from).is_some_and(|last| *last >= (token, n)) {
            return ctx.send(from, Msg::Ack { token, n });
        }
        let stale = token < newest;
        self.book.newest = newest.max(token);
        self.book.last.insert(from, (token, n));
        if self.book.shelf.len() == SHELF {
            self.book.shelf.remove(0);
        }
        self.book.shelf.push(Written { client, token, n, stale });
        ctx.persist(self.book.clone());
        let after = if stale { format!(", though {newest} has written already") } else { String::new() };
        ctx.note(format!("writes what {} sends with token {token}{after}", name(client)));
        ctx.fact(Fact::Accepted { client, token, stale });
        ctx.send(from, Msg::Ack { token, n });
    }
}

impl Protocol for Storage {
    type Msg = Msg;
    type Timer = ();
    type Stable = Book;

    fn restart(&mut self, ctx: &mut Cx<'_>) {
        self.book = ctx.durable().clone();
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        match *msg {
            Msg::Write { token, n } => self.written(ctx, from, (token, n)),
            _ => ctx.note("takes writes, and ignores this"),
        }
    }

    /// A liar says of what it has refused that it is written.
    fn lie(&self, msg: &Msg, _: NodeId, _: u64) -> Option<Msg> {
        match *msg {
            Msg::Refuse { token, .. } => Some(Msg::Ack { token, n: 1 }),
            _ => None,
        }
    }

    fn inspect(&self) -> Inspect {
        let cell = |w: &Written| {
            let tone = if w.stale { CellTone::Conflict } else { CellTone::Firm };
            Cell::new(w.token % 1_000, tone, format!("written by {} with token {}", name(w.client), w.token))
        };
        let last = self.book.shelf.last();
        Inspect::of("storage", Glyph::None)
            .badge(
                last.map_or_else(
                    || "empty".to_owned(),
                    |w| format!("by {}: {}", &name(w.client)[7..], w.token),
                ),
            )
            .cells(self.book.shelf.iter().map(cell))
            .field("newest token", self.book.newest)
            .field("fencing", if self.rules.fencing { "on" } else { "off" })
            .field("last written by", last.map_or_else(|| "nobody".to_owned(), |w| name(w.client)))
    }
}

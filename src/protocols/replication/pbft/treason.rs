//! What a Byzantine replica does: it runs the same code, and alters what leaves it.
//!
//! The rule that is easy to break: it has its own key and no other. What it says in others' names nobody believes; so the worst that it can do is
//! to say different things to different replicas, or nothing.

use super::message::{Digest, Msg, Phase, Proposal, Request, Vote};
use super::replica::Replica;
use crate::kit::prelude::*;
use crate::sim::{FieldKind, FormField};
use std::collections::{BTreeMap, BTreeSet};

/// How a replica behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Face {
    Honest,
    /// As a primary it gives two requests one number, as a voter it tells each what that one says; to clients it answers wrongly.
    Two,
    /// It says nothing.
    Silent,
}

pub(super) const STRATEGIES: &[Choice] =
    &[Choice::new("two-faced", "tell each something else"), Choice::new("silent", "say nothing")];

pub(super) const FORMS: &[Form] = &[Form {
    id: "turn",
    label: "Make it",
    fields: &[FormField { label: "what", kind: FieldKind::Word(&["two-faced", "silent", "honest"]) }],
}];

/// What a wrong answer says is this and the request's number. All liars say the same, so they agree.
const OFF: u64 = 1_000;

/// What one with two faces says to someone who votes.
pub(super) struct Echo {
    /// Whether it has not said it before.
    pub is_new: bool,
    /// The other proposal for that number, if there are two.
    pub other: Option<Proposal>,
}

/// What makes a replica Byzantine.
#[derive(Clone, Debug, Hash)]
pub(super) struct Treason {
    face: Face,
    ever: bool,
    /// Which of two requests each backup hears of first, in turn, as their places in the pair: 2 is none.
    pub shares: Vec<u8>,
    // The two proposals for one number.
    both: BTreeMap<(u32, u32), [Proposal; 2]>,
    // To whom it has said what.
    echoed: BTreeSet<(u16, (u32, u32), Digest)>,
}

impl Treason {
    pub fn none() -> Self {
        let (both, echoed) = (BTreeMap::new(), BTreeSet::new());
        Treason { face: Face::Honest, ever: false, shares: vec![0, 1, 2], both, echoed }
    }

    pub fn of(strategy: &str) -> Self {
        let mut treason = Treason::none();
        treason.turn(strategy);
        treason
    }

    /// From now on it behaves so.
    pub fn turn(&mut self, word: &str) {
        self.face = match word {
            "two-faced" => Face::Two,
            "silent" => Face::Silent,
            _ => Face::Honest,
        };
        self.ever |= self.betrays();
    }

    pub fn betrays(&self) -> bool {
        self.face != Face::Honest
    }

    /// Whether it ever did: what it knows is worth nothing.
    pub fn has_betrayed(&self) -> bool {
        self.ever
    }

    pub fn is_two_faced(&self) -> bool {
        self.face == Face::Two
    }

    /// In a word.
    pub fn face(&self) -> &'static str {
        match self.face {
            Face::Honest => "honest",
            Face::Two => "two-faced",
            Face::Silent => "silent",
        }
    }

    /// Whether it says this as its code wants it. One with two faces whispers its votes.
    pub fn says(&self, msg: &Msg) -> bool {
        match self.face {
            Face::Honest => true,
            Face::Silent => false,
            Face::Two => !matches!(msg, Msg::Prepare { .. } | Msg::Commit { .. }),
        }
    }

    /// The answer that it gives a client.
    pub fn value(&self, serial: u32, value: u64) -> u64 {
        if self.is_two_faced() { OFF + u64::from(serial) } else { value }
    }

    /// Keeps in mind the two proposals that it has made for one number.
    pub fn offer(&mut self, place: (u32, u32), both: [Proposal; 2]) {
        self.both.insert(place, both);
    }

    /// Whether a request was among these in this view.
    pub fn offers(&self, view: u32, digest: Digest) -> bool {
        let here = self.both.range((view, 0)..=(view, u32::MAX));
        here.flat_map(|(_, both)| both).any(|p| p.digest() == digest)
    }

    /// What it says to `to`, who votes for this.
    pub fn echo(&mut self, to: u16, place: (u32, u32), digest: Digest) -> Echo {
        let is_new = self.echoed.insert((to, place, digest));
        let other =
            self.both.get(&place).and_then(|both| both.iter().find(|p| p.digest() != digest)).copied();
        Echo { is_new, other }
    }
}

/// What a replica that is told to lie says instead of `msg`: another vote, another order, a wrong answer, a request that nobody has made.
pub(super) fn lie(replica: &Replica, msg: &Msg, draw: u64) -> Option<Msg> {
    let other = |digest: Digest| {
        let others = replica.pending.iter().map(Request::digest).filter(|d| *d != digest);
        let all: Vec<Digest> = others.chain([Digest::NULL]).collect();
        all[(draw % all.len() as u64) as usize]
    };
    let vote = |phase, v: &Vote| Vote::new(phase, v.place(), other(v.digest), &replica.key);
    match msg {
        Msg::PrePrepare { proposal } => {
            let digest = proposal.digest();
            let request = replica.pending.iter().copied().find(|r| r.digest() != digest);
            let request = request.or_else(|| proposal.request.map(|r| r.forged()));
            Some(Msg::PrePrepare {
                proposal: Proposal::new(proposal.view, proposal.seq, request, &replica.key),
            })
        }
        Msg::Prepare { vote: v } => Some(Msg::Prepare { vote: vote(Phase::Prepare, v) }),
        Msg::Commit { vote: v } => Some(Msg::Commit { vote: vote(Phase::Commit, v) }),
        Msg::Reply { view, serial, value } => {
            Some(Msg::Reply { view: *view, serial: *serial, value: value + OFF })
        }
        Msg::ViewChange { .. } => Some(Msg::ViewChange { change: replica.change_hiding_all() }),
        Msg::Request { request } => Some(Msg::Request { request: request.forged() }),
        Msg::NewView { .. } | Msg::Status { .. } => None,
    }
}

//! What is said, and the proofs that are made of it: a request, a place in the order, a vote, a certificate, a change of view.
//!
//! The rule that is easy to break: whatever is passed on carries the signatures of all who said it. A replica believes no other what a
//! third one has said, only what that third one has signed.

use super::Rules;
use super::seal::{Key, Owner, Seal, print};
use crate::kit::prelude::*;
use std::collections::BTreeSet;
use std::fmt;
use std::rc::Rc;

/// What a client asks of the service, a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Op {
    Write(u64),
    Read,
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Op::Write(value) => write!(f, "write {value}"),
            Op::Read => f.write_str("read"),
        }
    }
}

/// The digest of a request, with whose it is, for people. The null request's is all zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Digest {
    pub client: u16,
    pub serial: u32,
    print: u64,
}

impl Digest {
    /// That of the null request, which does nothing (section 4.4).
    pub const NULL: Digest = Digest { client: 0, serial: 0, print: 0 };

    pub fn of(request: Option<&Request>) -> Self {
        request.map_or(Digest::NULL, Request::digest)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.client {
            0 => f.write_str("the null request"),
            client => write!(f, "C{client} #{}", self.serial),
        }
    }
}

/// A client's request (section 4.1): its number at the client is the timestamp of the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Request {
    pub client: u16,
    pub serial: u32,
    pub op: Op,
    seal: Seal,
}

impl Request {
    pub fn new(client: u16, serial: u32, op: Op, key: &Key) -> Self {
        Request { client, serial, op, seal: key.sign((0_u8, client, serial, op)) }
    }

    pub fn digest(&self) -> Digest {
        let Request { client, serial, op, .. } = *self;
        Digest { client, serial, print: print((client, serial, op)) }
    }

    pub fn is_genuine(&self) -> bool {
        self.seal.is_genuine(Owner::Client(self.client), (0_u8, self.client, self.serial, self.op))
    }

    /// The same with another operation, under the client's old signature: a forgery.
    pub fn forged(&self) -> Self {
        let op = match self.op {
            Op::Write(value) => Op::Write(value + 1),
            Op::Read => Op::Write(0),
        };
        Request { op, ..*self }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.digest(), self.op)
    }
}

/// "In this view this number is for this request": what a pre-prepare message says (section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Proposal {
    pub view: u32,
    pub seq: u32,
    pub request: Option<Request>,
    seal: Seal,
}

impl Proposal {
    pub fn new(view: u32, seq: u32, request: Option<Request>, key: &Key) -> Self {
        Proposal { view, seq, request, seal: key.sign((1_u8, view, seq, Digest::of(request.as_ref()))) }
    }

    pub fn digest(&self) -> Digest {
        Digest::of(self.request.as_ref())
    }

    /// Signed by the primary of its view, and of a client's own request, if not of none.
    pub fn is_genuine(&self, rules: &Rules) -> bool {
        let primary = Owner::Replica(rules.primary(self.view));
        self.seal.is_genuine(primary, (1_u8, self.view, self.seq, self.digest()))
            && self.request.is_none_or(|r| r.is_genuine())
    }
}

impl fmt::Display for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{} n{}: {}", self.view, self.seq, self.digest())
    }
}

/// The two kinds of vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Phase {
    Prepare,
    Commit,
}

/// "So says the primary to me, too" (prepare), or "2f others and I have heard the same" (commit).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Vote {
    pub view: u32,
    pub seq: u32,
    pub digest: Digest,
    pub seal: Seal,
}

impl Vote {
    pub fn new(phase: Phase, (view, seq): (u32, u32), digest: Digest, key: &Key) -> Self {
        Vote { view, seq, digest, seal: key.sign((2_u8, phase, view, seq, digest)) }
    }

    pub fn is_genuine(&self, phase: Phase, by: u16) -> bool {
        self.seal.is_genuine(Owner::Replica(by), (2_u8, phase, self.view, self.seq, self.digest))
    }

    pub fn place(&self) -> (u32, u32) {
        (self.view, self.seq)
    }
}

impl fmt::Display for Vote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{} n{}: {}", self.view, self.seq, self.digest)
    }
}

/// The proof that a request is prepared: the primary's word, and that of 2f backups.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Cert {
    pub proposal: Proposal,
    pub prepares: Vec<(u16, Seal)>,
}

impl Cert {
    fn is_genuine(&self, rules: &Rules) -> bool {
        let Proposal { view, seq, .. } = self.proposal;
        let digest = self.proposal.digest();
        let voted = |&(by, seal): &(u16, Seal)| {
            let vote = Vote { view, seq, digest, seal };
            by != rules.primary(view) && by < rules.n && vote.is_genuine(Phase::Prepare, by)
        };
        let who: BTreeSet<u16> = self.prepares.iter().map(|(by, _)| *by).collect();
        let enough = who.len() == self.prepares.len() && who.len() >= rules.prepares();
        seq > 0 && enough && self.proposal.is_genuine(rules) && self.prepares.iter().all(voted)
    }
}

/// "I want this view, and this is what I have prepared" (section 4.4: the set P; of stable checkpoints there are none here).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Change {
    pub view: u32,
    pub by: u16,
    pub certs: Rc<Vec<Rc<Cert>>>,
    seal: Seal,
}

impl Change {
    pub fn new(view: u32, by: u16, certs: Vec<Rc<Cert>>, key: &Key) -> Self {
        let certs = Rc::new(certs);
        Change { view, by, seal: key.sign((3_u8, view, by, &certs)), certs }
    }

    pub fn is_genuine(&self, rules: &Rules) -> bool {
        let signed = self.seal.is_genuine(Owner::Replica(self.by), (3_u8, self.view, self.by, &self.certs));
        let earlier = |cert: &Rc<Cert>| cert.proposal.view < self.view && cert.is_genuine(rules);
        self.by < rules.n && signed && self.certs.iter().all(earlier)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "to v{}, {} prepared", self.view, self.certs.len())
    }
}

/// "The view begins, for these want it; and this follows from what they have prepared" (V and O of section 4.4).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct NewView {
    pub view: u32,
    pub changes: Vec<Change>,
    pub order: Vec<Proposal>,
    seal: Seal,
}

impl NewView {
    pub fn new(view: u32, changes: Vec<Change>, rules: &Rules, key: &Key) -> Self {
        let requests = ordered(&changes, rules);
        let proposal = |(request, seq)| Proposal::new(view, seq, request, key);
        let order: Vec<Proposal> = requests.into_iter().zip(1..).map(proposal).collect();
        let seal = key.sign((4_u8, view, &changes, &order));
        NewView { view, changes, order, seal }
    }

    /// Whether it is the primary's, for a quorum wants it; and whether that follows which it says.
    pub fn is_genuine(&self, rules: &Rules) -> bool {
        let primary = Owner::Replica(rules.primary(self.view));
        let who: BTreeSet<u16> = self.changes.iter().map(|c| c.by).collect();
        let signed = self.seal.is_genuine(primary, (4_u8, self.view, &self.changes, &self.order));
        let wanted = who.len() >= rules.quorum()
            && self.changes.iter().all(|c| c.view == self.view && c.is_genuine(rules));
        let follows = self.order.iter().map(|p| p.request).eq(ordered(&self.changes, rules));
        let placed = |(p, seq): (&Proposal, u32)| p.view == self.view && p.seq == seq && p.is_genuine(rules);
        signed && wanted && follows && self.order.iter().zip(1..).all(placed)
    }
}

/// What follows from these changes for the numbers 1, 2, ...: of each the request that was prepared, in the latest view; where there is
/// none, the null request (section 4.4).
fn ordered(changes: &[Change], rules: &Rules) -> Vec<Option<Request>> {
    if rules.mutant == super::Mutant::ForgetPrepared {
        return Vec::new();
    }
    let certs = || changes.iter().flat_map(|c| c.certs.iter());
    let last = certs().map(|c| c.proposal.seq).max().unwrap_or(0);
    let latest = |seq: u32| {
        let of = certs().filter(|c| c.proposal.seq == seq);
        of.max_by_key(|c| (c.proposal.view, c.proposal.digest())).and_then(|c| c.proposal.request)
    };
    (1..=last).map(latest).collect()
}

messages! {
    /// What clients and replicas say.
    pub(super) enum Msg {
        /// A client asks.
        Request { request: Request } = "request", Square, Orange, "{request}";
        /// The primary gives a request a number.
        PrePrepare { proposal: Proposal } = "pre-prepare", Arrow, Blue, "{proposal}";
        /// A backup has heard that.
        Prepare { vote: Vote } = "prepare", Disc, Purple, "{vote}";
        /// A replica knows that enough others have heard the same.
        Commit { vote: Vote } = "commit", Diamond, Green, "{vote}";
        /// A replica has executed a request.
        Reply { view: u32, serial: u32, value: u64 } = "reply", Tag, Green, "#{serial}: {value}";
        /// A replica wants another view.
        ViewChange { change: Change } = "view-change", Hollow, Red, "{change}";
        /// Its primary begins it.
        NewView { new: Rc<NewView> } = "new-view", Arrow, Red, "v{new}";
        /// How far a replica is: whoever is further says again what it lacks.
        Status { view: u32, executed: u32 } = "status", Tag, Quiet, "v{view}, executed {executed}";
    }
}

impl fmt::Display for NewView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} to do again", self.view, self.order.len())
    }
}

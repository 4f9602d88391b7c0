//! What a replica shows of itself, number by number; who wants which view; and what has not happened.
//!
//! The rule that is easy to break: the boards look at all replicas with a god's eye, and a Byzantine one is marked there. No replica sees that.

use super::client::Client;
use super::message::Digest;
use super::replica::{Log, Replica, Slot};
use crate::kit::prelude::*;
use crate::sim::Status;
use std::collections::BTreeMap;

/// So many numbers are shown, the latest.
const COLUMNS: u32 = 6;

const VOTES: &[&str] = &["pre-prepare", "prepare", "commit"];

pub(super) fn inspect(r: &Replica) -> Inspect {
    let log = &r.log;
    let primary = r.rules.primary(log.view) == r.id;
    let (role, glyph) = match (log.changing, primary) {
        (true, _) => ("view change", Glyph::Question),
        (false, true) => ("primary", Glyph::Crown),
        (false, false) => ("backup", Glyph::None),
    };
    let role = match r.treason.betrays() {
        true => format!("{} {role}", r.treason.face()),
        false => role.to_owned(),
    };
    let waits = r.pending.iter().map(|p| p.digest().to_string()).collect::<Vec<_>>().join(", ");
    Inspect::of(role, glyph)
        .prominent(primary && !log.changing)
        .badge(format!("view {}", log.view))
        .tally(tally(r))
        .cells(cells(log))
        .field("view", log.view)
        .field("takes part", !log.changing)
        .field("executed", log.executed)
        .field("register", log.value)
        .field("waits for", if waits.is_empty() { "nothing".to_owned() } else { waits })
        .field("Byzantine", if r.treason.has_betrayed() { r.treason.face() } else { "no" })
}

/// The number that it works on, and what it counts there.
fn open(log: &Log) -> Option<(u32, &Slot)> {
    let here = log.slots.range((log.view, 0)..=(log.view, u32::MAX));
    let mut open = here.filter(|(_, slot)| slot.proposal.is_some() && !slot.committed);
    open.next().map(|((_, seq), slot)| (*seq, &**slot))
}

fn tally(r: &Replica) -> String {
    if r.log.changing {
        let wanted = r.changes.values().filter(|c| c.view >= r.log.view).count();
        return format!("view changes {wanted} of {}", r.rules.quorum());
    }
    let primary = r.rules.primary(r.log.view);
    match open(&r.log) {
        None => String::new(),
        Some((_, slot)) if slot.prepared => format!("commits {} of {}", slot.commits(), r.rules.quorum()),
        Some((_, slot)) => format!("prepares {} of {}", slot.prepares(primary), r.rules.prepares()),
    }
}

/// What it has committed, number after number.
fn cells(log: &Log) -> Vec<Cell> {
    let cell = |(seq, request): (&u32, &Option<super::message::Request>)| {
        let (digest, done) = (Digest::of(request.as_ref()), *seq <= log.executed);
        let text =
            if digest.client == 0 { "-".to_owned() } else { format!("{}.{}", digest.client, digest.serial) };
        let text: String = text.chars().take(3).collect();
        let (tone, state) =
            if done { (CellTone::Firm, "executed") } else { (CellTone::Tentative, "committed") };
        Cell::new(text, tone, format!("number {seq}: {digest}, {state}"))
    };
    log.committed.iter().map(cell).collect()
}

fn replicas(world: &World) -> impl Iterator<Item = (NodeId, &Replica)> {
    world.node_ids().filter_map(|n| Some((n, world.node_as::<Replica>(n)?)))
}

/// How many are Byzantine by their own code.
pub(super) fn byzantine(world: &World, _: &Trace) -> Option<i64> {
    Some(replicas(world).filter(|(_, r)| r.treason.has_betrayed()).count() as i64)
}

pub(super) fn boards(_: &Params, world: &World) -> Vec<Board> {
    vec![numbers(world), views(world)]
}

/// What correct replicas have committed with each number, and whether it is one thing.
fn settled(world: &World) -> BTreeMap<u32, Vec<Digest>> {
    let mut all: BTreeMap<u32, Vec<Digest>> = BTreeMap::new();
    for (_, r) in replicas(world).filter(|(_, r)| !r.treason.has_betrayed()) {
        for (&seq, request) in &r.log.committed {
            let (known, digest) = (all.entry(seq).or_default(), Digest::of(request.as_ref()));
            if !known.contains(&digest) {
                known.push(digest);
            }
        }
    }
    all
}

/// A row a replica, a column a number.
fn numbers(world: &World) -> Board {
    let of = |r: &Replica| {
        let open = r.log.slots.keys().map(|(_, seq)| *seq).max();
        open.max(r.log.committed.keys().copied().max()).unwrap_or(0)
    };
    let last = replicas(world).map(|(_, r)| of(r)).max().unwrap_or(0).max(1);
    let shown: Vec<u32> = (last.saturating_sub(COLUMNS - 1).max(1)..=last).collect();
    let settled = settled(world);
    let row = |(node, r): (NodeId, &Replica)| {
        let torn = |seq: u32| settled.get(&seq).is_some_and(|all| all.len() > 1);
        let mut cells = vec![mark(world, node, r)];
        cells.extend(shown.iter().map(|&seq| phase(r, seq, torn(seq))));
        (world.name(node).to_owned(), cells)
    };
    let heads: Vec<String> = shown.iter().map(|seq| format!("number {seq}")).collect();
    let mut columns = vec!["replica", "is"];
    columns.extend(heads.iter().map(String::as_str));
    Board::table("Number by number", &columns, replicas(world).map(row).collect())
}

fn mark(world: &World, node: NodeId, r: &Replica) -> Field {
    match () {
        () if !world.is_up(node) => Field::of("not running").mood(Mood::Bad),
        () if r.treason.betrays() => Field::of(r.treason.face()).mood(Mood::Bad),
        () if !world.lies(node).is_empty() => Field::of("lies").mood(Mood::Bad),
        () if r.log.changing => Field::of(format!("asks for view {}", r.log.view)).mood(Mood::Waiting),
        () if r.leads() => Field::of(format!("primary, view {}", r.log.view)),
        () => Field::of(format!("backup, view {}", r.log.view)),
    }
}

/// How far a number is at a replica, with what it counts.
fn phase(r: &Replica, seq: u32, torn: bool) -> Field {
    let log = &r.log;
    if let Some(request) = log.committed.get(&seq) {
        let state = if seq <= log.executed { "executed" } else { "committed" };
        let mood = match () {
            () if torn && !r.treason.has_betrayed() => Mood::Bad,
            () if seq <= log.executed => Mood::Good,
            () => Mood::Waiting,
        };
        return Field::of(format!("{}: {state}", Digest::of(request.as_ref()))).mood(mood);
    }
    let Some((slot, proposal)) = log.slots.get(&(log.view, seq)).and_then(|s| Some((s, s.proposal?))) else {
        return Field::of("-");
    };
    let (state, votes, need) = match slot.prepared {
        true => ("prepared, commits", slot.commits(), r.rules.quorum()),
        false => ("pre-prepared, prepares", slot.prepares(r.rules.primary(log.view)), r.rules.prepares()),
    };
    Field::of(format!("{}: {state} {votes} of {need}", proposal.digest())).mood(Mood::Waiting)
}

/// Who wants which view, and why: what each waits for.
fn views(world: &World) -> Board {
    let row = |(node, r): (NodeId, &Replica)| {
        let wants = match r.log.changing {
            true => Field::of(format!("view {}", r.log.view)).mood(Mood::Waiting),
            false => Field::of("-"),
        };
        let asking: Vec<String> =
            r.changes.values().filter(|c| c.view >= r.log.view).map(|c| format!("R{}", c.by)).collect();
        let asking = if asking.is_empty() { "nobody".to_owned() } else { asking.join(", ") };
        let waits = match r.pending.first() {
            Some(request) => Field::of(request.digest()).mood(Mood::Waiting),
            None => Field::of("nothing"),
        };
        (world.name(node).to_owned(), vec![Field::of(r.log.view), wants, Field::of(asking), waits])
    };
    let columns = ["replica", "view", "asks for", "has heard this of", "waits for"];
    Board::table("Who wants another view", &columns, replicas(world).map(row).collect())
}

/// The requests without an answer, and the numbers without a decision.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let mut all: Vec<Absence> = world.node_ids().filter_map(|me| unanswered(world, me)).collect();
    all.extend(replicas(world).filter_map(|(me, r)| undecided(world, me, r)));
    all.extend(replicas(world).filter_map(|(me, r)| not_begun(world, me, r)));
    all
}

fn unanswered(world: &World, me: NodeId) -> Option<Absence> {
    let client = world.node_as::<Client>(me)?;
    let open = client.open.as_ref()?;
    let (most, need) = (open.most(), client.rules.replies());
    let silent = client.rules.replicas().filter(|n| !open.answers.contains_key(&n.0));
    let alike = Condition::of(format!("replicas that answer alike: {most} of {need}"), most >= need)
        .lacks(silent.map(|n| Lack::Word(n, me, &["request", "reply"])));
    let what = format!("{} has no answer to {}", world.name(me), open.request);
    Some(Absence::of(Lacking::Answer, what, vec![alike]))
}

fn runs(world: &World, me: NodeId) -> Condition {
    let up = !matches!(world.status(me), Status::Crashed | Status::Stopped);
    Condition::of("it runs", up).lacks([Lack::Running(me)])
}

/// The number that it works on.
fn undecided(world: &World, me: NodeId, r: &Replica) -> Option<Absence> {
    if r.log.changing || r.treason.betrays() {
        return None;
    }
    let (seq, slot) = open(&r.log)?;
    let digest = slot.proposal?.digest();
    let primary = r.rules.primary(r.log.view);
    let from = |voted: &dyn Fn(u16) -> bool| {
        let silent = r.rules.replicas().filter(|n| *n != me && !voted(n.0));
        silent.map(|n| Lack::Word(n, me, VOTES)).collect::<Vec<_>>()
    };
    let (prepares, commits) = (slot.prepares(primary), slot.commits());
    let prepared = Condition::of(
        format!("backups that have heard the same: {prepares} of {}", r.rules.prepares()),
        slot.prepared,
    )
    .lacks(from(&|id| id == primary || slot.prepares.contains_key(&(id, digest))));
    let committed = Condition::of(
        format!("replicas that have it prepared: {commits} of {}", r.rules.quorum()),
        slot.committed,
    )
    .lacks(from(&|id| slot.commits.contains_key(&(id, digest))));
    let what = format!("{} has not committed number {seq}, {digest}", world.name(me));
    Some(Absence::of(Lacking::Decision, what, vec![runs(world, me), prepared, committed]))
}

/// The view that it has asked for.
fn not_begun(world: &World, me: NodeId, r: &Replica) -> Option<Absence> {
    if !r.log.changing || r.treason.betrays() {
        return None;
    }
    let view = r.log.view;
    let wanted = r.changes.values().filter(|c| c.view >= view).count();
    let silent = r.rules.replicas().filter(|n| *n != me && r.changes.get(&n.0).is_none_or(|c| c.view < view));
    let enough = Condition::of(
        format!("replicas that ask for it: {wanted} of {}", r.rules.quorum()),
        wanted >= r.rules.quorum(),
    )
    .lacks(silent.map(|n| Lack::Word(n, me, &["view-change"])));
    let primary = NodeId(r.rules.primary(view));
    let begun = Condition::of(format!("{}, its primary, begins it", world.name(primary)), false)
        .lacks([Lack::Word(primary, me, &["new-view"])]);
    let what = format!("view {view} has not begun at {}", world.name(me));
    Some(Absence::of(Lacking::Leader, what, vec![runs(world, me), enough, begun]))
}

//! What a copy shows, what clients were told as bars, the lamps of the models, what is lacking and why, and counts for scenario files.
//!
//! The rule that is easy to break: a lamp is about what clients were told so far. One that is out stays out; one that is lit may go out yet.

use super::FIRST;
use super::client::Client;
use super::replica::Replica;
use super::setup::Keeping;
use crate::check::consistency::Budget;
use crate::check::models::{Held, eventual, holds, judge};
use crate::check::promise::{Record, Recorded};
use crate::check::{Finding, Model};
use crate::kit::client::{End, Fact as Told};
use crate::kit::prelude::*;
use crate::sim::SimTime;
use std::collections::{BTreeMap, BTreeSet};

const KEYS: [char; 2] = ['x', 'y'];

pub(super) fn inspect(copy: &Replica, keeping: Keeping, is_first: bool) -> Inspect {
    let (role, glyph) = match (keeping, is_first) {
        (Keeping::Primary, true) => ("primary", Glyph::Crown),
        (Keeping::Ordered, true) => ("sequencer", Glyph::Crown),
        _ => ("copy", Glyph::None),
    };
    let cell = |key: char| {
        let value = copy.holds(key);
        let tone = if value > 0 { CellTone::Firm } else { CellTone::Empty };
        Cell::new(value % 1_000, tone, format!("{key} is {value} here"))
    };
    let waiting: Vec<String> = copy.kept.waiting.iter().map(ToString::to_string).collect();
    Inspect::of(role, glyph)
        .prominent(is_first && matches!(keeping, Keeping::Primary | Keeping::Ordered))
        .badge(format!("x = {}", copy.holds('x')))
        .cells(KEYS.map(cell))
        .field("x", copy.holds('x'))
        .field("y", copy.holds('y'))
        .field("writes wait", if waiting.is_empty() { "none".to_owned() } else { waiting.join("; ") })
}

fn copies(world: &World) -> impl Iterator<Item = (NodeId, &Replica)> {
    world.node_ids().filter_map(|n| Some((n, world.node_as::<Replica>(n)?)))
}

fn clients(world: &World) -> impl Iterator<Item = (NodeId, &Client)> {
    world.node_ids().filter_map(|n| Some((n, world.node_as::<Client>(n)?)))
}

/// What the copies hold.
pub(super) fn boards(_: &Params, world: &World) -> Vec<Board> {
    let row = |(n, copy): (NodeId, &Replica)| {
        let cell = |key: char| {
            let same = copies(world).all(|(_, other)| other.holds(key) == copy.holds(key));
            Field::of(copy.holds(key)).mood(if same { Mood::Good } else { Mood::Waiting })
        };
        let waits = Field::of(copy.kept.waiting.len());
        let mood = if copy.kept.waiting.is_empty() { Mood::Plain } else { Mood::Waiting };
        (world.name(n).to_owned(), vec![cell('x'), cell('y'), waits.mood(mood)])
    };
    vec![Board::table(
        "What the copies hold",
        &["copy", "x", "y", "writes that wait"],
        copies(world).map(row).collect(),
    )]
}

// ------------------------------------------------------------------ histories

/// An operation of a client, for people.
struct Spell {
    client: NodeId,
    begun: EventId,
    says: String,
    from: SimTime,
    to: Option<SimTime>,
}

/// What clients have done, as it was told up to now.
fn told(world: &World, trace: &Trace) -> (Recorded, Vec<Spell>) {
    let (mut record, mut spells) = (Record::default(), Vec::<Spell>::new());
    let so_far = trace.facts().iter().take_while(|(event, _)| event.0 < world.events());
    for (event, told) in so_far {
        let Some(fact) = told.as_fact::<Told>() else {
            continue;
        };
        if let Some(operation) = fact.operation() {
            record.take(told.node, operation, *event);
        }
        let time = trace.event(*event).time;
        match fact {
            Told::Asked { call, .. } => {
                let says = call.text.to_string();
                spells.push(Spell { client: told.node, begun: *event, says, from: time, to: None });
            }
            Told::Ended { call, end: End::Ok, value, .. } => {
                let open = spells.iter_mut().rev().find(|s| s.client == told.node && s.to.is_none());
                if let Some(spell) = open.filter(|s| *s.says == *call.text) {
                    spell.to = Some(time);
                    if let Some(key) = call.text.strip_prefix("read ") {
                        spell.says = format!("{key}: {value}");
                    }
                }
            }
            _ => {}
        }
    }
    (record.recorded(), spells)
}

/// What may be looked at for a lamp, and of how many operations.
const LAMP: Budget = Budget { states: 1_000, bytes: 8 << 20 };
const MOST: usize = 200;

/// Whether a model is kept so far; nothing where it was not found out.
fn lit(history: &Recorded, model: Model) -> Option<bool> {
    if history.ops.len() > MOST { None } else { holds(&history.ops, model, LAMP) }
}

/// Whether nothing is under way and nobody will ask by itself.
fn rests(world: &World) -> bool {
    let idle = clients(world).all(|(_, client)| client.open.is_none() && client.is_done());
    idle && world.in_flight_count() == 0 && world.node_ids().all(|n| world.is_up(n))
}

/// Whether all copies are the same, once all has come to rest.
fn agree(world: &World) -> Finding {
    let held: Vec<Held> = copies(world)
        .flat_map(|(n, copy)| {
            let of = move |(key, name)| Held { replica: n.index(), key, value: copy.holds(name) as u32 };
            KEYS.into_iter().enumerate().map(of)
        })
        .collect();
    eventual(rests(world).then_some(&held[..]))
}

/// The lamps, and the bars of all that clients did.
pub(super) fn histories(world: &World, trace: &Trace) -> Vec<Board> {
    let (history, spells) = told(world, trace);
    let found = Model::ALL.map(|m| (m, lit(&history, m)));
    let mood = |lit: Option<bool>| match lit {
        Some(true) => Mood::Good,
        Some(false) => Mood::Bad,
        None => Mood::Waiting,
    };
    let agreed = match agree(world) {
        Finding::Holds => Some(true),
        Finding::Broken(_) => Some(false),
        Finding::Unknown(_) => None,
    };
    let lamp = |name: &str, lit: Option<bool>| Lamp { label: name.to_owned(), mood: mood(lit) };
    let mut lamps: Vec<Lamp> = found.iter().map(|(m, lit)| lamp(m.name(), *lit)).collect();
    lamps.push(lamp("Eventual", agreed));
    // What breaks the weakest model says most.
    let weakest = found.iter().rev().find(|(_, lit)| *lit == Some(false)).map(|(m, _)| *m);
    let worst = weakest.and_then(|m| match judge(&history.ops, m, LAMP) {
        Finding::Broken(part) => Some((m, part)),
        _ => None,
    });
    let marked: BTreeSet<EventId> =
        worst.iter().flat_map(|(_, part)| part.iter().map(|&i| history.events[i].0)).collect();
    let title = match &worst {
        Some((model, part)) => {
            format!("What clients did: {} break \u{201c}{}\u{201d}", part.len(), model.name())
        }
        None => "What clients did".to_owned(),
    };
    let mut rows: BTreeMap<NodeId, Vec<Spell>> = clients(world).map(|(n, _)| (n, Vec::new())).collect();
    for spell in spells {
        rows.entry(spell.client).or_default().push(spell);
    }
    let bands = |spells: Vec<Spell>| spells.into_iter().map(|s| band(s, &marked)).collect();
    let rows = rows.into_iter().map(|(n, spells)| (world.name(n).to_owned(), bands(spells)));
    vec![
        Board::Lamps { title: "Which models hold so far".to_owned(), lamps },
        Board::Bands { title, rows: rows.collect() },
    ]
}

fn band(spell: Spell, marked: &BTreeSet<EventId>) -> Band {
    let mood = match (marked.contains(&spell.begun), spell.to) {
        (true, _) => Mood::Bad,
        (false, None) => Mood::Waiting,
        (false, Some(_)) => Mood::Plain,
    };
    Band { label: spell.says, from_us: spell.from.us(), to_us: spell.to.map(SimTime::us), mood }
}

// ------------------------------------------------------------------ what is lacking

const ANSWERS: &[&str] = &["done", "result", "pass", "ask", "update", "ack"];

/// Every request without an answer, and every copy with a write that waits.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let unanswered = clients(world).filter_map(|(me, client)| {
        let (op, at, _) = client.open.as_ref()?;
        let says = format!("{}, which it has asked, answers", world.name(*at));
        let first = copies(world).find_map(|(n, copy)| (n == FIRST && copy.passes_on()).then_some(n));
        let passed = first.filter(|first| first != at).map(|first| Lack::Word(first, *at, ANSWERS));
        let lacks = [Lack::Word(*at, me, ANSWERS)].into_iter().chain(passed);
        let answer = Condition::of(says, false).lacks(lacks.collect::<Vec<_>>());
        let what = format!("'{op}' of {} has no answer", world.name(me));
        Some(Absence::of(Lacking::Answer, what, vec![answer]))
    });
    let waits = copies(world).filter_map(|(me, copy)| {
        let item = copy.kept.waiting.first()?;
        let others = copies(world).map(|(n, _)| n).filter(|n| *n != me);
        let before = Condition::of("all that came before it has come", false)
            .lacks(others.map(|n| Lack::Way(n, me, &["update"])).collect::<Vec<_>>());
        let what = format!("{} does not take {item}", world.name(me));
        Some(Absence::of(Lacking::Delivery, what, vec![before]))
    });
    unanswered.chain(waits).collect()
}

// ------------------------------------------------------------------ probes

macro_rules! out {
    ($id:literal, $label:literal, $model:expr) => {
        Probe {
            id: $id,
            label: $label,
            read: |world, trace| Some(i64::from(lit(&told(world, trace).0, $model) == Some(false))),
        }
    };
}

pub(super) const PROBES: &[Probe] = &[
    out!("linearizable-out", "1 if the lamp of linearizability is out", Model::Linearizable),
    out!("sequential-out", "1 if the lamp of sequential consistency is out", Model::Sequential),
    out!("causal-out", "1 if the lamp of causal memory is out", Model::Causal),
    out!("own-writes-out", "1 if the lamp of read your writes is out", Model::ReadYourWrites),
    out!("monotonic-reads-out", "1 if the lamp of monotonic reads is out", Model::MonotonicReads),
    out!("monotonic-writes-out", "1 if the lamp of monotonic writes is out", Model::MonotonicWrites),
    out!("replies-out", "1 if the lamp of writes follow reads is out", Model::WritesFollowReads),
    Probe {
        id: "eventual-out",
        label: "1 if all is at rest and copies differ",
        read: |world, _| Some(i64::from(matches!(agree(world), Finding::Broken(_)))),
    },
    Probe {
        id: "settled",
        label: "1 if all is at rest and copies are the same",
        read: |world, _| Some(i64::from(agree(world) == Finding::Holds)),
    },
];

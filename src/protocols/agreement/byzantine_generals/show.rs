//! What a general shows of himself, the tree of who said that who said, and what has not happened.
//!
//! The rule that is easy to break: a cell that differs from another of its column is equivocation, and is marked; which of the two is
//! the lie nobody can see who has not bribed the liar.

use super::general::General;
use super::{Order, Path, name};
use crate::kit::prelude::*;
use crate::sim::Status;

/// A tree with more branches is no picture.
const MOST_BRANCHES: usize = 240;

pub(super) fn inspect(g: &General) -> Inspect {
    let betrays = g.treason.betrays();
    let (role, glyph) = match (g.id, g.decided) {
        (0, _) if betrays => ("traitor commander", Glyph::Crown),
        (0, _) => ("commander", Glyph::Crown),
        _ if betrays => ("traitor", Glyph::None),
        (_, Some(Order::Attack)) => ("attacks", Glyph::Check),
        (_, Some(Order::Retreat)) => ("retreats", Glyph::Cross),
        (_, None) => ("listens", Glyph::Question),
    };
    let decision = g.decided.map_or_else(|| "none yet".to_owned(), |o| o.to_string());
    let badge = match g.id {
        0 => format!("orders {}", g.order),
        _ if g.decided.is_none() && g.round > 0 => format!("round {}", g.round),
        _ => String::new(),
    };
    let heard: Vec<String> = g.heard.iter().map(|(path, order)| format!("{order}:{path}")).collect();
    let shown = Inspect::of(role, glyph)
        .prominent(g.decided == Some(Order::Attack) && !betrays)
        .badge(badge)
        .tally(tally(g))
        .cells(cells(g))
        .field("number", g.id)
        .field("round", format!("{} of {}", g.round, g.rules.rounds()))
        .field("decision", decision)
        .field("loyal", !betrays);
    match (g.id, g.rules.signed) {
        (0, _) => shown.field("order", g.order),
        (_, true) => shown.field("orders seen", seen(g)).field("refused", g.refused),
        (_, false) => shown.field("heard", heard.join(", ")),
    }
}

fn seen(g: &General) -> String {
    let all: Vec<String> = g.seen.iter().map(|(order, path)| format!("{order}:{path}")).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

/// What he decides by, while he gathers it.
fn tally(g: &General) -> String {
    if g.id == 0 || g.round == 0 || g.decided.is_some() {
        return String::new();
    }
    if g.rules.signed {
        return format!("orders {}", g.seen.len());
    }
    let votes: Vec<Order> = known(g).into_iter().flatten().collect();
    let attack = votes.iter().filter(|v| v.is_attack()).count();
    format!("attack {attack} of {}", votes.len())
}

/// What he counts, one for every lieutenant: his own order, and for each other what that one was told; as far as it is known.
fn known(g: &General) -> Vec<Option<Order>> {
    let tree = g.tree();
    let is_known = |path: Path| path.len < g.round || g.heard.contains_key(&path);
    let mut all = vec![if is_known(Path::FIRST) { tree.own(Path::FIRST) } else { None }];
    all.extend(
        tree.children(Path::FIRST).into_iter().map(|c| if is_known(c) { tree.value(c) } else { None }),
    );
    all
}

/// A cell for each vote, or for each order that was seen.
fn cells(g: &General) -> Vec<Cell> {
    if g.id == 0 {
        return Vec::new();
    }
    if g.rules.signed {
        let cell = |(order, path): (&Order, &Path)| {
            Cell::new(letter(*order), CellTone::Firm, format!("{order}, by way of {path}"))
        };
        return g.seen.iter().map(cell).collect();
    }
    let whose = std::iter::once(0).chain((1..g.rules.n).filter(|&id| id != g.id));
    let cell = |(id, vote): (u8, Option<Order>)| match vote {
        Some(order) => Cell::new(letter(order), CellTone::Firm, format!("{}: {order}", name(id))),
        None => Cell::new("?", CellTone::Tentative, format!("{}: nothing yet", name(id))),
    };
    whose.zip(known(g)).map(cell).collect()
}

fn letter(order: Order) -> char {
    if order.is_attack() { 'A' } else { 'R' }
}

fn lieutenants(world: &World) -> impl Iterator<Item = (NodeId, &General)> {
    let all = world.node_ids().filter_map(|n| Some((n, world.node_as::<General>(n)?)));
    all.filter(|(_, g)| g.id > 0)
}

/// How many are traitors by their own code.
pub(super) fn traitors(world: &World, _: &Trace) -> Option<i64> {
    let all = world.node_ids().filter_map(|n| world.node_as::<General>(n));
    Some(all.filter(|g| g.treason.betrays()).count() as i64)
}

pub(super) fn boards(p: &Params, world: &World) -> Vec<Board> {
    if p.word("messages") == "signed" {
        return vec![signed_table(world)];
    }
    let mut boards = vec![oral_table(p, world)];
    boards.extend(forest(p, world));
    boards
}

fn obeys(g: &General) -> Field {
    match g.decided {
        Some(order) => Field::of(order).mood(Mood::Good),
        None => Field::of("?").mood(Mood::Waiting),
    }
}

/// What each decides by: a column for every voice.
fn oral_table(p: &Params, world: &World) -> Board {
    let n = if p.int("m") == 0 { 1 } else { p.int("generals") as u8 };
    let mut rows: Vec<(String, Vec<Field>)> = lieutenants(world)
        .map(|(node, g)| {
            let mut votes = known(g).into_iter();
            let voice = |id: u8| match (id == g.id, g.round) {
                (true, _) => Field::of("-"),
                (_, 0) => Field::of("?").mood(Mood::Waiting),
                _ => match votes.next().flatten() {
                    Some(order) => Field::of(order),
                    None => Field::of("?").mood(Mood::Waiting),
                },
            };
            let mut row: Vec<Field> = (0..n).map(voice).collect();
            row.push(obeys(g));
            (world.name(node).to_owned(), row)
        })
        .collect();
    for column in 0..usize::from(n) {
        let said: Vec<String> = rows.iter().map(|r| r.1[column].text.clone()).collect();
        let is = |order: Order| said.iter().any(|s| *s == order.to_string());
        if is(Order::Attack) && is(Order::Retreat) {
            let spoken =
                rows.iter_mut().map(|r| &mut r.1[column]).filter(|f| f.mood == Mood::Plain && f.text != "-");
            spoken.for_each(|f| f.mood = Mood::Bad);
        }
    }
    let voices: Vec<String> =
        (0..n).map(|id| if id == 0 { "was told".to_owned() } else { format!("of {}", name(id)) }).collect();
    let mut columns = vec!["lieutenant"];
    columns.extend(voices.iter().map(String::as_str));
    columns.push("obeys");
    Board::table("What each counts", &columns, rows)
}

fn signed_table(world: &World) -> Board {
    let row = |(node, g): (NodeId, &General)| {
        let both = g.seen.len() > 1;
        let way = |order: Order| match g.seen.get(&order) {
            Some(path) => Field::of(path).mood(if both { Mood::Bad } else { Mood::Plain }),
            None => Field::of("-"),
        };
        let refused = Field::of(g.refused).mood(if g.refused > 0 { Mood::Bad } else { Mood::Plain });
        let row = vec![way(Order::Attack), way(Order::Retreat), refused, obeys(g)];
        (world.name(node).to_owned(), row)
    };
    let columns = ["lieutenant", "attack, signed by", "retreat, signed by", "forgeries refused", "obeys"];
    Board::table("What each has seen", &columns, lieutenants(world).map(row).collect())
}

/// The trees of as many lieutenants as can be looked at; none where one of them is too large.
fn forest(p: &Params, world: &World) -> Option<Board> {
    let (n, m) = (p.int("generals") as usize, p.int("m") as usize);
    let size: usize = (0..=m).map(|r| (1..=r).map(|i| n - 1 - i).product::<usize>()).sum();
    let few = (MOST_BRANCHES / (size + n)).min(n - 1);
    let roots: Vec<Branch> = lieutenants(world).take(few).map(|(node, g)| tree(world, node, g)).collect();
    (!roots.is_empty()).then(|| Board::Tree { title: "Who said that who said".to_owned(), roots })
}

fn tree(world: &World, node: NodeId, g: &General) -> Branch {
    let who = world.name(node);
    let (label, mood) = match g.decided {
        Some(order) => (format!("{who} obeys {order}{}", majority(g, Path::FIRST)), Mood::Good),
        None => (format!("{who} has not decided"), Mood::Waiting),
    };
    Branch { label, mood, children: words(g, Path::FIRST) }
}

/// `, the majority of attack, retreat and attack`.
fn majority(g: &General, path: Path) -> String {
    let votes: Vec<String> = g.tree().votes(path).iter().map(Order::to_string).collect();
    if votes.len() < 2 {
        String::new()
    } else {
        format!(", the majority of {}", crate::check::account::listed(&votes))
    }
}

/// The word itself, and what each other says of it.
fn words(g: &General, path: Path) -> Vec<Branch> {
    let tree = g.tree();
    let over = path.len < g.round;
    let (said, mood) = match g.heard.get(&path) {
        Some(order) => (order.to_string(), Mood::Plain),
        None if over => ("nothing, so retreat".to_owned(), Mood::Bad),
        None => ("nothing yet".to_owned(), Mood::Waiting),
    };
    let label = format!("{} tells him: {said}", name(path.last()));
    let mut all = vec![Branch { label, mood, children: Vec::new() }];
    for child in tree.children(path) {
        let inner = words(g, child);
        let of = if path.len == 1 { "the order" } else { "that word" };
        let who = name(child.last());
        all.push(match inner.as_slice() {
            [only] => Branch {
                label: format!("{who}, of {of}: {}", only.label.split_once(": ").map_or("", |l| l.1)),
                mood: only.mood,
                children: Vec::new(),
            },
            _ => {
                let done = g.decided.is_some();
                let value = tree.value(child).unwrap_or(Order::DEFAULT);
                let label = match done {
                    true => format!("{who}, of {of}: {value}{}", majority(g, child)),
                    false => format!("{who}, of {of}"),
                };
                Branch { label, mood: if done { Mood::Plain } else { Mood::Waiting }, children: inner }
            }
        });
    }
    all
}

/// Who has not decided; and who does not attack, though a commander orders it.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let ordered = world.node_as::<General>(NodeId(0)).filter(|g| g.round > 0).map(|g| g.order);
    let absence = |(me, g): (NodeId, &General)| {
        let who = world.name(me);
        let up = !matches!(world.status(me), Status::Crashed | Status::Stopped);
        let runs = Condition::of("he is there", up).lacks([Lack::Running(me)]);
        let over = format!("round {}, the last, is over", g.rules.rounds());
        let over = Condition::of(over, g.round > g.rules.rounds()).lacks([Lack::Time(me)]);
        match g.decided {
            None => Some(Absence::of(Lacking::Decision, format!("{who} has not decided"), vec![runs, over])),
            Some(Order::Retreat) if ordered == Some(Order::Attack) => Some(Absence::of(
                Lacking::Decision,
                format!("{who} does not attack"),
                vec![runs, enough(me, g)],
            )),
            Some(_) => None,
        }
    };
    lieutenants(world).filter_map(absence).collect()
}

/// What it takes to attack.
fn enough(me: NodeId, g: &General) -> Condition {
    let from = |id: u8| Lack::Way(NodeId(u16::from(id)), me, &["attack", "signed attack"]);
    if g.rules.signed {
        let met = g.seen.len() == 1 && g.seen.contains_key(&Order::Attack);
        let says = format!("he has seen the order to attack, and no other: {}", seen(g));
        return Condition::of(says, met).lacks([from(0)]);
    }
    let votes = g.tree().votes(Path::FIRST);
    let attack = votes.iter().filter(|v| v.is_attack()).count();
    let says = format!("more than half of what he counts says attack: {attack} of {}", votes.len());
    let silent = std::iter::once(Path::FIRST).chain(g.tree().children(Path::FIRST));
    let silent: Vec<Lack> = silent.filter(|p| !g.heard.contains_key(p)).map(|p| from(p.last())).collect();
    Condition::of(says, 2 * attack > votes.len()).lacks(silent)
}

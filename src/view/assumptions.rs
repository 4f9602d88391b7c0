//! The assumptions in force: what links, time and nodes promise at this moment.
//!
//! The rule that is easy to break: they are read off the world as it is, not off the scenario as
//! it was. Where links differ, the weakest promise is named, for that is what a protocol may count on.

use super::words;
use crate::sim::world::{Status, World};
use crate::sim::{Link, LinkModel, NodeId};

/// The assumptions, each in a short clause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assumptions {
    /// `Fair-loss links`, for a chip.
    pub links: String,
    /// `fair-loss, loss 2 %, 8 ms to 16 ms`.
    pub links_more: String,
    /// `Partial synchrony`, for a chip.
    pub timing: String,
    /// The model with its bounds.
    pub timing_more: String,
    /// How nodes fail.
    pub nodes: String,
    /// What stands between nodes now, if anything: partitions and cuts.
    pub walls: Vec<String>,
}

/// At most this many links are read each time: beyond it, the first ones speak for all.
const LINKS_READ: usize = 4_000;

/// The assumptions in force in `world`.
pub fn assumptions(world: &World) -> Assumptions {
    let (weakest, same, cut) = survey(world);
    let timing = world.timing();
    Assumptions {
        links: capital(weakest.model.name()) + " links",
        links_more: links_more(&weakest, same),
        timing: capital(timing.name().split(',').next().unwrap_or_default()),
        timing_more: words::timing_text(timing),
        nodes: nodes(world),
        walls: walls(world, cut),
    }
}

/// The link with the weakest promise, whether all are alike, and how many are cut.
fn survey(world: &World) -> (Link, bool, usize) {
    let n = world.node_count() as u16;
    let pairs = (0..n).flat_map(|a| (0..n).filter(move |&b| b != a).map(move |b| (NodeId(a), NodeId(b))));
    let mut first: Option<&Link> = None;
    let (mut weakest, mut same, mut cut) = (None::<&Link>, true, 0);
    for (a, b) in pairs.take(LINKS_READ) {
        let link = world.link(a, b);
        cut += usize::from(link.cut);
        same &= **first.get_or_insert(link) == *link;
        let weaker = |w: &Link| (rank(link.model), link.loss_ppm) > (rank(w.model), w.loss_ppm);
        if weakest.is_none_or(weaker) {
            weakest = Some(link);
        }
    }
    (weakest.cloned().unwrap_or_default(), same, cut)
}

fn rank(m: LinkModel) -> u8 {
    match m {
        LinkModel::Reliable => 0,
        LinkModel::FairLoss => 1,
        LinkModel::Arbitrary => 2,
    }
}

fn links_more(l: &Link, same: bool) -> String {
    let mut text = l.model.name().to_owned();
    match (l.model, l.loss_ppm) {
        (LinkModel::FairLoss, 0) => text += ", though none is lost now",
        (_, 0) => {}
        (_, ppm) => text += &format!(", loss {}", words::chance(ppm)),
    }
    if l.duplicate_ppm > 0 {
        text += &format!(", duplication {}", words::chance(l.duplicate_ppm));
    }
    text += &format!(", {}", words::delay(l.delay));
    if l.fifo {
        text += ", FIFO";
    }
    if same { text } else { format!("at worst {text}") }
}

fn nodes(world: &World) -> String {
    let all = || (0..world.node_count() as u16).map(NodeId);
    let count = |s: Status| all().filter(|&n| world.status(n) == s).count();
    let mut parts = vec!["crash-recovery, disk kept".to_owned()];
    for (status, word) in
        [(Status::Crashed, "down"), (Status::Stopped, "down for good"), (Status::Paused, "paused")]
    {
        match count(status) {
            0 => {}
            k => parts.push(format!("{k} {word}")),
        }
    }
    match all().filter(|&n| !world.lies(n).is_empty()).count() {
        0 => {}
        k => parts.push(format!("{k} Byzantine")),
    }
    parts.join(", ")
}

fn walls(world: &World, cut: usize) -> Vec<String> {
    let mut out: Vec<String> = world.partitions().map(|p| words::partition(world, p)).collect();
    match cut {
        0 => {}
        1 => out.push("1 direction cut".to_owned()),
        k => out.push(format!("{k} directions cut")),
    }
    out
}

/// `text` with a capital first letter, if it begins with an English one: the tables for every
/// alphabet weigh as much as a protocol.
pub fn capital(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

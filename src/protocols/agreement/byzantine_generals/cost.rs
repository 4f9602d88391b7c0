//! What the generals' agreement costs, and how often a loyal lieutenant is misled.
//!
//! The rule that is easy to break: the formulas are those of the paper and of the binomial distribution; they look at no tree and no run.

use super::general::General;
use super::{FIRST_MS, Fact, ROUND_MS};
use crate::kit::prelude::*;
use std::collections::BTreeSet;

const PAPER: &str = "section 3: (n-1) + (n-1)(n-2) + ... + (n-1)(n-2)...(n-m-1)";
const SIGNED: &str = "section 4, all loyal: n-1 orders, each passed on to n-2";
const LUCK: &str = "each liar says attack to him with 1/3, and he counts n-1";

pub(super) static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("messages", "messages", "", |_| {
        gauges::sent(&["attack", "retreat", "signed attack", "signed retreat"])
    })
    .theory(messages)
    .published(&[
        Published::of(&["generals=3"], 4.0, PAPER).at_ms(1_000),
        Published::of(&[], 9.0, PAPER).at_ms(1_000),
        Published::of(&["traitor=0", "strategy=splits"], 9.0, PAPER).at_ms(1_000),
        Published::of(&["generals=7", "m=0"], 6.0, PAPER).at_ms(1_000),
        Published::of(&["generals=7", "m=2"], 156.0, PAPER).at_ms(1_000),
        Published::of(&["generals=7", "m=2", "who=drawn", "strategy=inverts"], 156.0, PAPER).at_ms(1_000),
        Published::of(&["generals=8", "m=3"], 1_099.0, PAPER).at_ms(1_000),
        Published::of(&["generals=12", "m=1"], 121.0, PAPER).at_ms(1_000),
        Published::of(&["messages=signed"], 9.0, SIGNED).at_ms(1_000),
        Published::of(&["generals=7", "m=2", "messages=signed"], 36.0, SIGNED).at_ms(1_000),
    ]),
    GaugeDef::new("decided_ms", "until every lieutenant has decided", "ms", |p| {
        gauges::all_ms(p.int("generals") as usize - 1, pick!(Fact::Decided { .. } => ()))
    })
    .theory(|p| Some(FIRST_MS as f64 + ROUND_MS as f64 * (number(p, "m") + 1.0)))
    .published(&[Published::of(&["generals=7", "m=2"], 200.0, "m + 1 rounds").at_ms(1_000)]),
    GaugeDef::new("misled", "loyal lieutenants who do not obey a loyal commander", "", |_| {
        gauges::reading(misled)
    })
    .theory(expected_misled)
    .published(&[
        Published::of(&["generals=3", "traitor=2", "strategy=random"], 0.666_667, LUCK).at_ms(1_000),
        Published::of(&["traitor=3", "strategy=random"], 0.0, LUCK).at_ms(1_000),
        Published::of(&["traitor=3", "traitor2=2", "strategy=random"], 0.444_444, LUCK).at_ms(1_000),
        Published::of(&["generals=5", "traitor=4", "traitor2=3", "strategy=random"], 0.888_889, LUCK)
            .at_ms(1_000),
        Published::of(&["generals=3", "messages=signed", "traitor=2", "strategy=random"], 0.0, "theorem 2")
            .at_ms(1_000),
    ]),
];

/// The traitors that are named, if they are.
fn named(p: &Params) -> Option<BTreeSet<i64>> {
    let all = ["traitor", "traitor2", "traitor3"].map(|id| p.int(id));
    (p.word("who") == "given").then(|| all.into_iter().filter(|&id| id >= 0).collect())
}

/// OM's messages are as many whatever traitors say, as long as they say something; SM's depend on what they say.
fn messages(p: &Params) -> Option<f64> {
    let (n, m) = (number(p, "generals"), p.int("m"));
    let all_loyal = named(p).map_or(m == 0, |t| t.is_empty());
    if p.word("messages") == "signed" {
        let passed_on = if m == 0 { 0.0 } else { (n - 1.0) * (n - 2.0) };
        return all_loyal.then_some(n - 1.0 + passed_on);
    }
    let (mut all, mut round) = (0.0, 1.0);
    for r in 0..=m {
        round *= n - 1.0 - r as f64;
        all += round;
    }
    (all_loyal || matches!(p.word("strategy"), "splits" | "inverts")).then_some(all)
}

/// For OM(1), an order to attack, and lieutenants who lie at random. Each loyal one counts the n-1-t of the loyal for attack, and of
/// t liars those who say so to him, each with 1/3; he is misled if that is half of n-1 or less.
fn expected_misled(p: &Params) -> Option<f64> {
    let liars = named(p).filter(|t| !t.contains(&0))?;
    if p.word("messages") == "signed" || p.int("m") == 0 || liars.is_empty() {
        return Some(0.0);
    }
    if p.int("m") > 1 || p.word("strategy") != "random" || p.word("order") != "attack" {
        return None;
    }
    let (t, lieutenants) = (liars.len() as u32, number(p, "generals") - 1.0);
    let loyal = lieutenants - f64::from(t);
    let few = |k: &u32| 2.0 * (loyal + f64::from(*k)) <= lieutenants;
    Some(loyal * (0..=t).filter(few).fold(0.0, |sum, k| sum + binomial(t, k, 1.0 / 3.0)))
}

/// The chance of `k` in `n` trials, each with the chance `p`.
fn binomial(n: u32, k: u32, p: f64) -> f64 {
    let ways = (0..k).fold(1.0, |c, i| c * f64::from(n - i) / f64::from(i + 1));
    (0..k).fold(ways, |x, _| x * p) * (k..n).fold(1.0, |x, _| x * (1.0 - p))
}

fn misled(world: &World) -> Option<f64> {
    let all = || world.node_ids().filter_map(|n| world.node_as::<General>(n));
    let commander = all().find(|g| g.id == 0 && !g.treason.betrays())?;
    let mut count = 0_u32;
    for general in all().filter(|g| g.id > 0 && !g.treason.betrays()) {
        count += u32::from(general.decided? != commander.order);
    }
    Some(f64::from(count))
}

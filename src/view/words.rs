//! Faults, settings and events in words: the same sentence in the list of edits, the log, the live
//! region and a tooltip.
//!
//! The rule that is easy to break: names and numbers come from the run; a sentence says what was
//! done or what happened, never what it is hoped to show.

use super::player::group;
use super::settings::number_text;
use crate::sim::fault::{ByzantineAct, NodePatch, Partition};
use crate::sim::world::World;
use crate::sim::{Delay, Fault, LinkPatch, NodeId, Span, Timing};

/// The name of a node, or its number if the world has no such node.
pub fn name(world: &World, id: NodeId) -> String {
    if id.index() < world.node_count() { world.name(id).to_owned() } else { format!("node {id}") }
}

/// A text with its first letter small, for the middle of a sentence.
pub fn lower(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

fn names(world: &World, ids: &[NodeId]) -> String {
    let all: Vec<String> = ids.iter().map(|&n| name(world, n)).collect();
    all.join(" ")
}

/// A fault as a short clause: `S3 crashes`, `S1 → S2: loss 20 %`.
pub fn fault(world: &World, f: &Fault) -> String {
    let n = |id: &NodeId| name(world, *id);
    match f {
        Fault::Crash { node, stop: false } => format!("{} crashes", n(node)),
        Fault::Crash { node, stop: true } => format!("{} crashes for good", n(node)),
        Fault::Recover { node } => format!("{} recovers from its disk", n(node)),
        Fault::Pause { node } => format!("{} pauses", n(node)),
        Fault::Resume { node } => format!("{} resumes", n(node)),
        Fault::Node { node, set } => format!("{}: {}", n(node), node_patch(set)),
        Fault::ClockJump { node, by_us } => {
            let way = if *by_us < 0 { "back" } else { "ahead" };
            format!("{}'s clock jumps {way} {}", n(node), Span(by_us.unsigned_abs()))
        }
        Fault::Byzantine { node, rules } => match rules.as_slice() {
            [] => format!("{} is honest again", n(node)),
            [one] if one.to.is_none() => format!("{} turns Byzantine: {}", n(node), act(one.act)),
            _ => format!("{} turns Byzantine, and equivocates", n(node)),
        },
        Fault::Link { from, to, set } => format!("{} → {}: {}", n(from), n(to), link_patch(set)),
        Fault::Links { set } => format!("All links: {}", link_patch(set)),
        Fault::Partition(p) => partition(world, p),
        Fault::Heal => "The network heals".to_owned(),
        Fault::Timing { timing } => format!("Timing: {}", timing_text(*timing)),
        Fault::Drop { msg } => format!("Message {msg} dropped"),
        Fault::Hold { msg } => format!("Message {msg} held"),
        Fault::Release { msg } => format!("Message {msg} released"),
        Fault::Duplicate { msg } => format!("Message {msg} duplicated"),
        Fault::Corrupt { msg } => format!("Message {msg} corrupted"),
        Fault::DeliverNow { msg } => format!("Message {msg} delivered now"),
        Fault::Request { node, request } => format!("{} is asked: {request}", n(node)),
    }
}

fn act(a: ByzantineAct) -> String {
    match a {
        ByzantineAct::Silence => "silent".to_owned(),
        ByzantineAct::Lie => "lies".to_owned(),
        ByzantineAct::Replay => "replays old messages".to_owned(),
        ByzantineAct::Delay(us) => format!("holds back for {}", Span(us)),
    }
}

/// A partition: `Partition {S1 S2 | S3 S4 S5}`.
pub fn partition(world: &World, p: &Partition) -> String {
    let sides: Vec<String> = p.groups.iter().map(|g| names(world, g)).collect();
    let mut text = format!("Partition {{{}}}", sides.join(" | "));
    if p.one_way {
        text += ", one way";
    }
    if p.up_us > 0 && p.down_us > 0 {
        text += &format!(", {} up, {} down", Span(p.up_us), Span(p.down_us));
    }
    text
}

/// Parts per million as percent: `2.5 %`.
pub fn chance(ppm: u32) -> String {
    format!("{} %", number_text(f64::from(ppm) / 10_000.0))
}

/// A distribution with its numbers: `uniform 8 ms to 16 ms`.
pub fn delay(d: Delay) -> String {
    match d {
        Delay::Constant { us } => format!("constant {}", Span(us)),
        Delay::Uniform { min_us, max_us } => format!("{} to {}", Span(min_us), Span(max_us)),
        Delay::Normal { mean_us, sd_us } => format!("normal {} ± {}", Span(mean_us), Span(sd_us)),
        Delay::Exponential { min_us, mean_us } => {
            format!("{} + exponential {}", Span(min_us), Span(mean_us))
        }
        Delay::HeavyTailed { min_us, shape_milli } => format!(
            "heavy-tailed from {}, shape {}",
            Span(min_us),
            number_text(f64::from(shape_milli) / 1_000.0)
        ),
    }
}

/// A timing model with its bounds.
pub fn timing_text(t: Timing) -> String {
    match t {
        Timing::Synchronous { delay_us, .. } => {
            format!("synchronous, delivery within {}", Span(delay_us))
        }
        Timing::UnknownBound { .. } => "partially synchronous, a bound nobody knows".to_owned(),
        Timing::Gst { gst_us, delay_us } => {
            format!("partially synchronous, within {} from {} on", Span(delay_us), Span(gst_us))
        }
        Timing::Alternating { good_us, bad_us, .. } => {
            format!("partially synchronous, {} good, {} bad", Span(good_us), Span(bad_us))
        }
        Timing::Asynchronous => "asynchronous, no bound is promised".to_owned(),
        Timing::BoundedAsync { delay_us } => {
            format!("bounded asynchrony, delivery within {}", Span(delay_us))
        }
    }
}

fn on_off(label: &str, on: bool) -> String {
    format!("{label} {}", if on { "on" } else { "off" })
}

fn link_patch(p: &LinkPatch) -> String {
    let mut parts = Vec::new();
    if let Some(m) = p.model {
        parts.push(m.name().to_owned());
    }
    if let Some(cut) = p.cut {
        parts.push(if cut { "cut" } else { "restored" }.to_owned());
    }
    if let Some(d) = p.delay {
        parts.push(format!("delay {}", delay(d)));
    }
    let chances = [
        ("loss", p.loss_ppm),
        ("duplication", p.duplicate_ppm),
        ("corruption", p.corrupt_ppm),
        ("reordering", p.reorder_ppm),
    ];
    for (what, ppm) in chances {
        parts.extend(ppm.map(|x| format!("{what} {}", chance(x))));
    }
    parts.extend(p.reorder_us.map(|us| format!("set aside for {}", Span(us))));
    parts.extend(p.fifo.map(|on| on_off("FIFO", on)));
    parts.extend(p.bandwidth_bytes_s.map(|b| limit("bandwidth", b, "B/s")));
    parts.extend(p.buffer_bytes.map(|b| limit("buffer", b, "B")));
    parts.extend(p.mtu_bytes.map(|b| limit("MTU", b.into(), "B")));
    if let Some(l) = p.layers {
        let on: Vec<&str> = [
            (l.retransmit_us > 0, "retransmit"),
            (l.dedupe, "dedupe"),
            (l.reorder, "reorder buffer"),
            (l.authenticate, "authenticate"),
        ]
        .into_iter()
        .filter_map(|(on, what)| on.then_some(what))
        .collect();
        parts.push(if on.is_empty() { "no layers".to_owned() } else { format!("layers {}", on.join(", ")) });
    }
    parts.join(", ")
}

fn limit(what: &str, value: u64, unit: &str) -> String {
    match value {
        0 => format!("{what} without limit"),
        v => format!("{what} {} {unit}", group(v)),
    }
}

fn node_patch(p: &NodePatch) -> String {
    let mut parts = Vec::new();
    if let Some(d) = p.drift_ppm {
        parts.push(format!("clock drift {} %", number_text(f64::from(d) / 10_000.0)));
    }
    let spans = [("work", p.service_us), ("disk write", p.sync_us), ("late by", p.late_us)];
    for (what, us) in spans {
        parts.extend(us.map(|us| format!("{what} {}", Span(us))));
    }
    let chances = [("send omission", p.send_omission_ppm), ("receive omission", p.receive_omission_ppm)];
    for (what, ppm) in chances {
        parts.extend(ppm.map(|x| format!("{what} {}", chance(x))));
    }
    parts.join(", ")
}

//! Where every message is at a moment: on its way, overtaken, held, doubled, or just lost.
//!
//! The rule that is easy to break: a place follows from recorded times alone, `(now - sent) /
//! (due - sent)`. Nothing here remembers a frame, so going back in time draws the same picture.

use super::geometry::{Pt, smooth};
use super::layout::{Detail, Plan};
use crate::sim::world::{InFlight, World};
use crate::sim::{Event, EventId, EventKind, Loss, Mark, MsgId, NodeId, Shape, SimTime, Tone, Trace};

/// A message on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageView {
    /// Which.
    pub msg: MsgId,
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// Where it is.
    pub at: Pt,
    /// The unit vector in which it travels.
    pub heading: Pt,
    /// How much of its way it has behind it, 0 to 1.
    pub progress: f64,
    /// Its outline.
    pub shape: Shape,
    /// Its colour.
    pub tone: Tone,
    /// What a reader should see: a copy, corrupted, a lie.
    pub mark: Mark,
    /// It waits until it is released.
    pub held: bool,
    /// Of the time within which it is certain to arrive, how much has gone by, 0 to 1; where that is all that is
    /// promised of time.
    pub deadline: Option<f64>,
}

/// A message that was lost a moment ago, where it was lost.
#[derive(Clone, Debug, PartialEq)]
pub struct LossView {
    /// Which.
    pub msg: MsgId,
    /// Where it broke.
    pub at: Pt,
    /// The unit vector in which it travelled.
    pub heading: Pt,
    /// Its colour.
    pub tone: Tone,
    /// Why, in a few words.
    pub reason: &'static str,
    /// 0 when it has just happened, 1 when it is forgotten.
    pub age: f64,
}

/// Steps at which a message stands under reduced motion.
const CALM_STEPS: f64 = 4.0;
/// A loss is shown this many times as long as a typical message of its link travels.
const LINGER: u64 = 2;
/// How far back losses are looked for, in events: what keeps a frame independent of the trace.
const LOOK_BACK: usize = 1_500;
/// The most losses shown at once, the latest.
const MOST_LOSSES: usize = 60;

/// How far to the right of the line between two nodes a message travels.
pub fn lane_of(plan: &Plan) -> f64 {
    match plan.detail {
        Detail::Full => 7.0,
        Detail::Short => 4.5,
        Detail::Dot => 2.0,
    }
}

/// How much of its way a message has behind it. Under reduced motion it stands at the middle of
/// each quarter.
fn progress(now: SimTime, sent: SimTime, due: SimTime, calm: bool) -> f64 {
    let whole = due.since(sent).0 as f64;
    let f = if whole > 0.0 { (now.since(sent).0 as f64 / whole).min(1.0) } else { 1.0 };
    if calm { (libm::floor(f * CALM_STEPS).min(CALM_STEPS - 1.0) + 0.5) / CALM_STEPS } else { f }
}

/// Every message in flight at `now`, with its place; `flights` are in order of sending. `held_at` gives the
/// moment since which a held message waits.
pub fn messages(
    plan: &Plan,
    flights: &[InFlight],
    now: SimTime,
    calm: bool,
    held_at: impl Fn(MsgId) -> SimTime,
) -> Vec<MessageView> {
    let aside = overtaken(flights, now);
    let base = lane_of(plan);
    flights
        .iter()
        .zip(&aside)
        .map(|(f, aside)| {
            let moment = if f.held { held_at(f.msg) } else { now };
            let far = if f.held { 0.9 } else { 1.0 };
            let gone = progress(moment, f.sent, f.due, calm).min(far);
            // A copy leaves the line that it shares with the first one, and comes back at the end.
            let split = if f.mark == Mark::Copy {
                base * -1.6 * smooth(gone * 4.0) * smooth((1.0 - gone) * 4.0)
            } else {
                0.0
            };
            let over = 1.9 * base * aside * smooth((1.0 - gone) * 5.0);
            let (at, heading) = place(plan, f.from, f.to, gone, base + split + over);
            let kind = f.payload.kind();
            MessageView {
                msg: f.msg,
                from: f.from,
                to: f.to,
                at,
                heading,
                progress: gone,
                shape: kind.shape,
                tone: kind.tone,
                mark: f.mark,
                held: f.held,
                deadline: None,
            }
        })
        .collect()
}

/// The place `f` of the way from `from` to `to`; a message to oneself makes a small loop.
fn place(plan: &Plan, from: NodeId, to: NodeId, f: f64, lane: f64) -> (Pt, Pt) {
    if from == to {
        let reach = plan.radius + 13.0;
        let p = super::geometry::on_ellipse(plan.at(from), reach, reach, -140.0 + 100.0 * f);
        return (p, Pt::new(1.0, 0.0));
    }
    let (a, b) = plan.line(from, to, lane);
    (a.toward(b, f), a.heading(b))
}

/// For each message, 0 to 1: how far it has moved aside because one sent later on the same link
/// arrives earlier. It begins to when the later one is sent.
fn overtaken(flights: &[InFlight], now: SimTime) -> Vec<f64> {
    let mut aside = vec![0.0; flights.len()];
    // Of each link: the earliest arrival among those sent later, and when that one was sent.
    // In the order of links, so that it is found by halving.
    let mut first: Vec<((NodeId, NodeId), SimTime, SimTime)> = Vec::new();
    for (f, aside) in flights.iter().zip(&mut aside).rev() {
        let link = (f.from, f.to);
        match first.binary_search_by_key(&link, |l| l.0) {
            Ok(i) if first[i].1 < f.due => {
                let whole = f.due.since(f.sent).0.max(1) as f64;
                *aside = smooth(now.since(first[i].2).0 as f64 / (0.15 * whole));
            }
            Ok(i) => first[i] = (link, f.due, f.sent),
            Err(i) => first.insert(i, (link, f.due, f.sent)),
        }
    }
    aside
}

/// The messages lost a moment before `now`, latest first. Looks at a bounded stretch of the trace
/// before event number `upto`.
pub fn losses(plan: &Plan, world: &World, trace: &Trace, upto: usize, now: SimTime) -> Vec<LossView> {
    let upto = upto.min(trace.len());
    let first = upto.saturating_sub(LOOK_BACK);
    let mut found = Vec::new();
    for i in (first..upto).rev() {
        let event = trace.event(EventId(i as u32));
        if now.since(event.time).0 > 60_000_000 || found.len() == MOST_LOSSES {
            break;
        }
        if event.kind == EventKind::Lost {
            let struck = event.loss != Loss::Link && struck(trace, i);
            found.extend(lost(plan, world, trace, event, now, struck));
        }
    }
    found
}

/// Whether event number `i` is the work of a fault of the same instant: a cut that met a message
/// on its way, not a message that met a cut.
fn struck(trace: &Trace, i: usize) -> bool {
    let at = trace.event(EventId(i as u32)).time;
    let before = (i.saturating_sub(200)..i).rev().map(|j| trace.event(EventId(j as u32)));
    before.take_while(|e| e.time == at).any(|e| matches!(e.kind, EventKind::Fault | EventKind::Flap))
}

fn lost(
    plan: &Plan,
    world: &World,
    trace: &Trace,
    event: &Event,
    now: SimTime,
    struck: bool,
) -> Option<LossView> {
    let msg = event.msg()?;
    let sent = trace.get_sent(msg)?;
    if sent.from.index() >= plan.len() || sent.to.index() >= plan.len() {
        return None;
    }
    let typical = world.link(sent.from, sent.to).delay.sample(1 << 63).0.max(500);
    let age = now.since(event.time).0 as f64 / (typical * LINGER) as f64;
    if age >= 1.0 {
        return None;
    }
    let flown = event.time.since(trace.sent_at(msg)).0 as f64 / typical as f64;
    let (at, heading) = place(plan, sent.from, sent.to, break_at(event.loss, flown, struck), lane_of(plan));
    Some(LossView { msg, at, heading, tone: trace.kind(msg).tone, reason: event.loss.reason(), age })
}

/// How much of its way a lost message had behind it. The engine loses on the way at half of it, at
/// the sender at once, and at the receiver at its end; what is `struck` on its way by a fault is
/// wherever it was, of which only the time in flight is recorded.
fn break_at(loss: Loss, flown: f64, struck: bool) -> f64 {
    match loss {
        Loss::Cut | Loss::Partition if struck => flown.clamp(0.05, 0.95),
        Loss::Link | Loss::Cut | Loss::Partition => 0.5,
        Loss::SendOmission | Loss::BufferFull => 0.04,
        Loss::ByHand | Loss::None => flown.clamp(0.05, 0.95),
        Loss::ReceiverDown
        | Loss::ReceiveOmission
        | Loss::Checksum
        | Loss::NotUnderstood
        | Loss::Duplicate
        | Loss::Forged
        | Loss::InboxFull => 0.97,
    }
}

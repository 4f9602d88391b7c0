//! The trace: every event, message, note and epoch of a run, in order. It is the truth that every
//! view draws.
//!
//! The rule that is easy to break: a record never changes once written. When a run is executed
//! again after a rewind it writes the same records, so they are not written twice: a world hands
//! over each record with its number, and the trace keeps those it does not have yet. Only
//! [`Trace::truncate`], when an edit changes the future, takes records away.

use super::chunks::Chunks;
use super::fact::Told;
use super::fault::Fault;
use super::ids::{EventId, MsgId, NodeId};
use super::message::{Kind, Payload};
use super::time::SimTime;
use serde::Serialize;
use std::rc::Rc;

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum EventKind {
    /// A node booted for the first time.
    Start,
    /// A message was handled by its receiver; `data` is the message.
    Deliver,
    /// A timer ran out; `data` is its slot.
    Timer,
    /// A learner's request was handled; `data` indexes [`Trace::faults`].
    Request,
    /// A message reached a busy or paused node and waits there; `data` is the message.
    Arrive,
    /// A message was lost; `data` is the message, [`Event::loss`] says why.
    Lost,
    /// A forced write became durable, and what had waited for it was done.
    Synced,
    /// A processing step that takes time came to its end.
    Done,
    /// Something was done to the world; `data` indexes [`Trace::faults`]. `node` is whom it hit,
    /// or [`Event::NOBODY`].
    Fault,
    /// A flapping partition rose or fell; `data` is 1 if it rose.
    Flap,
    /// A layer of a link sent a message again.
    Resend,
}

/// Why a message was lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Loss {
    /// Not lost.
    #[default]
    None,
    /// The link's own loss.
    Link,
    /// The link is cut.
    Cut,
    /// A partition stands between.
    Partition,
    /// The receiver is down.
    ReceiverDown,
    /// No room in the buffer before the bottleneck.
    BufferFull,
    /// A faulty sender left it out.
    SendOmission,
    /// A faulty receiver left it out.
    ReceiveOmission,
    /// Bits flipped, and a checksum caught it.
    Checksum,
    /// Dropped by hand.
    ByHand,
    /// The receiver's protocol does not know such messages.
    NotUnderstood,
    /// A second copy, dropped by the deduplicating layer.
    Duplicate,
    /// Changed on the way, dropped by the authenticating layer.
    Forged,
    /// Too many inputs wait at the receiver.
    InboxFull,
}

impl Loss {
    /// The reason in a few words, to stand after "lost:".
    pub fn reason(self) -> &'static str {
        match self {
            Loss::None => "",
            Loss::Link => "the link lost it",
            Loss::Cut => "link cut",
            Loss::Partition => "partition",
            Loss::ReceiverDown => "receiver down",
            Loss::BufferFull => "buffer full",
            Loss::SendOmission => "send omission",
            Loss::ReceiveOmission => "receive omission",
            Loss::Checksum => "corrupted, checksum failed",
            Loss::ByHand => "dropped by hand",
            Loss::NotUnderstood => "not understood",
            Loss::Duplicate => "second copy dropped",
            Loss::Forged => "changed on the way, rejected",
            Loss::InboxFull => "receiver's queue full",
        }
    }
}

/// One event. 24 bytes, because there may be millions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub time: SimTime,
    /// The event that brought this one about (the sending of the message, the setting of the
    /// timer), or [`EventId::NONE`].
    pub cause: EventId,
    /// The event before this one at the same node, or [`EventId::NONE`].
    pub prev: EventId,
    /// What it is about; see [`EventKind`].
    pub data: u32,
    /// Where, or [`Event::NOBODY`].
    pub node: NodeId,
    /// What kind of thing happened.
    pub kind: EventKind,
    /// Why a message was lost, if this is a loss.
    pub loss: Loss,
}

impl Event {
    /// The place of what happens to the network as a whole.
    pub const NOBODY: NodeId = NodeId(u16::MAX);

    /// The message this event is about, if it is about one.
    pub fn msg(&self) -> Option<MsgId> {
        match self.kind {
            EventKind::Deliver | EventKind::Arrive | EventKind::Lost => Some(MsgId(self.data)),
            _ => None,
        }
    }
}

/// One message that was sent. 12 bytes, because there may be millions: what was in it is not kept
/// but recomputed on demand, by [`super::history::Run::payload`]; its kind is [`Trace::kind`].
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// The event in which it was sent; its time is the time of sending.
    pub cause: EventId,
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// What became of it on the way out.
    pub mark: Mark,
    // Its place in the trace's list of kinds.
    kind: u8,
}

/// Something about a message that a reader should see from the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Mark {
    /// Nothing.
    #[default]
    None,
    /// A second copy that the link made.
    Copy,
    /// Sent again by a layer of the link.
    Resent,
    /// A layer's own acknowledgement.
    Ack,
    /// Bits flipped on the way.
    Corrupted,
    /// Not what the sender's code said: a Byzantine sender's.
    Lie,
}

/// The beginning of an epoch (term, ballot, view).
#[derive(Clone, Debug)]
pub struct EpochMark {
    /// The event in which it began.
    pub event: EventId,
    /// The node that declared it.
    pub node: NodeId,
    /// Its number.
    pub number: u64,
    /// Its name.
    pub label: Rc<str>,
}

/// What a run recorded. Cheap to clone: full chunks are shared.
#[derive(Clone, Default)]
pub struct Trace {
    off: bool,
    events: Chunks<Event>,
    sent: Chunks<Sent>,
    fates: Vec<u32>,
    kinds: Vec<Kind>,
    collected: Option<(MsgId, Vec<Payload>)>,
    notes: Vec<(EventId, Rc<str>)>,
    epochs: Vec<EpochMark>,
    faults: Vec<(EventId, Fault)>,
    facts: Vec<(EventId, Told)>,
}

impl Trace {
    /// An empty trace.
    pub fn new() -> Self {
        Trace::default()
    }

    /// A trace that keeps nothing, for searches that need only the world.
    pub fn off() -> Self {
        Trace { off: true, ..Trace::default() }
    }

    /// A trace that keeps nothing but the contents of the messages from `first` on.
    pub(super) fn collecting(first: MsgId) -> Self {
        Trace { collected: Some((first, Vec::new())), ..Trace::off() }
    }

    /// What a collecting trace has collected.
    pub(super) fn into_collected(self) -> Vec<Payload> {
        self.collected.map_or_else(Vec::new, |(_, list)| list)
    }

    /// How many events it holds.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// True if nothing has happened yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many messages it holds.
    pub fn messages(&self) -> usize {
        self.sent.len()
    }

    /// The event `id`; panics if there is none, since ids come from the trace.
    #[inline]
    pub fn event(&self, id: EventId) -> &Event {
        self.events.at(id.index())
    }

    /// The event `id`, if there is one.
    pub fn get(&self, id: EventId) -> Option<&Event> {
        (id.index() < self.len()).then(|| self.events.at(id.index()))
    }

    /// The message `id`; panics if there is none, since ids come from the trace.
    #[inline]
    pub fn sent(&self, id: MsgId) -> &Sent {
        self.sent.at(id.index())
    }

    /// The message `id`, if there is one.
    pub fn get_sent(&self, id: MsgId) -> Option<&Sent> {
        (id.index() < self.messages()).then(|| self.sent.at(id.index()))
    }

    /// The kind of the message `id`: its name, shape and tone.
    pub fn kind(&self, id: MsgId) -> Kind {
        self.kinds[usize::from(self.sent(id).kind)]
    }

    /// When `id` was sent.
    pub fn sent_at(&self, id: MsgId) -> SimTime {
        self.event(self.sent(id).cause).time
    }

    /// The event that ended the journey of `id` (handled or lost), if it has ended.
    pub fn fate(&self, id: MsgId) -> Option<EventId> {
        self.fates.get(id.index()).and_then(|&e| EventId(e).some())
    }

    /// The events with their ids, from `from` on.
    pub fn events_from(&self, from: EventId) -> impl Iterator<Item = (EventId, &Event)> {
        (from.index()..self.len()).map(|i| (EventId(i as u32), self.events.at(i)))
    }

    /// The messages sent in `event`, in order of sending.
    pub fn sent_in(&self, event: EventId) -> impl Iterator<Item = (MsgId, &Sent)> {
        let first = self.sent.partition_point(|s: &Sent| s.cause < event);
        (first..self.sent.len())
            .map(|i| (MsgId(i as u32), self.sent.at(i)))
            .take_while(move |(_, s)| s.cause == event)
    }

    /// The first event at or after `time`, as a position (which may be the end).
    pub fn first_at(&self, time: SimTime) -> usize {
        self.events.partition_point(|e: &Event| e.time < time)
    }

    /// The notes, in order, each with its event.
    pub fn notes(&self) -> &[(EventId, Rc<str>)] {
        &self.notes
    }

    /// The notes made in `event`.
    pub fn notes_of(&self, event: EventId) -> impl Iterator<Item = &Rc<str>> {
        let first = self.notes.partition_point(|(e, _)| *e < event);
        self.notes[first..].iter().take_while(move |(e, _)| *e == event).map(|(_, n)| n)
    }

    /// The epochs, in order.
    pub fn epochs(&self) -> &[EpochMark] {
        &self.epochs
    }

    /// What was done to the world, in order, each with its event.
    pub fn faults(&self) -> &[(EventId, Fault)] {
        &self.faults
    }

    /// The facts that were told, in order, each with its event.
    pub fn facts(&self) -> &[(EventId, Told)] {
        &self.facts
    }

    /// Forgets every event from number `len` on, and what belongs to them.
    pub fn truncate(&mut self, len: usize) {
        let first = EventId(len as u32);
        self.events.truncate(len);
        let messages = self.sent.partition_point(|s: &Sent| s.cause < first);
        self.sent.truncate(messages);
        self.fates.truncate(messages);
        for fate in &mut self.fates {
            if *fate >= first.0 {
                *fate = EventId::NONE.0;
            }
        }
        self.notes.truncate(self.notes.partition_point(|(e, _)| *e < first));
        self.epochs.truncate(self.epochs.partition_point(|m| m.event < first));
        self.faults.truncate(self.faults.partition_point(|(e, _)| *e < first));
        self.facts.truncate(self.facts.partition_point(|(e, _)| *e < first));
    }

    /// Bytes held, roughly: for the page's memory report.
    pub fn bytes(&self) -> usize {
        self.events.len() * size_of::<Event>()
            + self.sent.len() * (size_of::<Sent>() + size_of::<u32>())
            + (self.notes.len() + self.facts.len()) * 80
    }

    /// Whether event `id` is still to be written: false when the run is executed again.
    #[inline]
    pub(super) fn wants(&self, id: EventId) -> bool {
        !self.off && id.index() == self.events.len()
    }

    #[inline(always)]
    pub(super) fn push_event(&mut self, event: Event) {
        self.events.push(event);
    }

    #[inline(always)]
    pub(super) fn push_sent(
        &mut self,
        id: MsgId,
        payload: &Payload,
        kind: Kind,
        (cause, from, to, mark): (EventId, NodeId, NodeId, Mark),
    ) {
        if !self.off && id.index() == self.sent.len() {
            let kind = self.kind_number(kind);
            self.sent.push(Sent { cause, from, to, mark, kind });
            self.fates.push(EventId::NONE.0);
        } else if self.collected.is_some() {
            self.collect(id, payload);
        }
    }

    #[cold]
    fn collect(&mut self, id: MsgId, payload: &Payload) {
        if let Some((first, list)) = &mut self.collected
            && id.index() == first.index() + list.len()
        {
            list.push(payload.clone());
        }
    }

    /// The place of a message's kind in the list of kinds. A run has a handful; the 256th and all
    /// after it share a place.
    #[inline]
    fn kind_number(&mut self, kind: Kind) -> u8 {
        // The same name at the same address: no need to compare it letter by letter.
        let same = |k: &Kind| std::ptr::eq(k.name, kind.name) && k.shape == kind.shape && k.tone == kind.tone;
        match self.kinds.iter().position(same) {
            Some(at) => at as u8,
            None => self.new_kind(kind),
        }
    }

    #[cold]
    fn new_kind(&mut self, kind: Kind) -> u8 {
        let found = self.kinds.iter().position(|k| *k == kind);
        let at = found.unwrap_or_else(|| {
            if self.kinds.len() < 256 {
                self.kinds.push(kind);
            }
            self.kinds.len() - 1
        });
        at as u8
    }

    #[inline]
    pub(super) fn set_fate(&mut self, id: MsgId, event: EventId) {
        if let Some(fate) = self.fates.get_mut(id.index()) {
            *fate = event.0;
        }
    }

    pub(super) fn push_note(&mut self, event: EventId, note: Rc<str>) {
        self.notes.push((event, note));
    }

    pub(super) fn push_fact(&mut self, event: EventId, told: Told) {
        self.facts.push((event, told));
    }

    pub(super) fn push_epoch(&mut self, mark: EpochMark) {
        self.epochs.push(mark);
    }

    pub(super) fn push_fault(&mut self, index: u32, event: EventId, fault: &Fault) {
        if !self.off && index as usize == self.faults.len() {
            self.faults.push((event, fault.clone()));
        }
    }
}

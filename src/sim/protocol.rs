//! What a protocol is: a state machine that never performs an effect, it records it.
//!
//! The rule that is easy to break: a handler may look only at its own state, the message and the
//! [`Ctx`]. It has no way to see another node, the true time or the world; what it wants done it
//! tells the `Ctx`, and the engine does it, in that order, after the handler has returned.

use super::delay::Delay;
use super::fact::{AnyFact, Fact};
use super::form::{Asked, Form};
use super::ids::NodeId;
use super::inspect::Inspect;
use super::luck::Luck;
use super::message::{Message, Payload};
use super::shelves::Shelves;
use super::time::Span;
use std::fmt::Debug;
use std::hash::Hash;
use std::rc::Rc;

/// A protocol's code at one node. The value itself is the *volatile* shelf: a crash drops it.
pub trait Protocol: Clone + Hash + 'static {
    /// What it sends.
    type Msg: Message;
    /// The names of its timers; setting one that runs sets it anew.
    type Timer: Copy + PartialEq + Debug + Hash + 'static;
    /// What it keeps on disk; `()` if nothing.
    type Stable: Clone + Default + Debug + Hash + 'static;

    /// The node boots for the first time.
    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        let _ = ctx;
    }

    /// The node boots after a crash: builds a fresh volatile state from the configuration in the
    /// crashed one (`self` keeps what is installed: ids, parameters) and from what the disk kept.
    /// `ctx.durable()` is that.
    fn restart(&mut self, ctx: &mut Ctx<'_, Self>);

    /// A message has arrived.
    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, from: NodeId, msg: &Self::Msg) {
        let _ = from;
        ctx.note(format!("expects no messages, and ignores {}", msg.label()));
    }

    /// A timer has run out.
    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, timer: Self::Timer) {
        let _ = (ctx, timer);
    }

    /// What this node may be asked.
    fn requests(&self) -> &'static [Form] {
        &[]
    }

    /// The learner (or a script) asks this node for something, by one of its [`Protocol::requests`].
    fn on_request(&mut self, ctx: &mut Ctx<'_, Self>, asked: &Asked) {
        let _ = (ctx, asked);
    }

    /// Whether it takes this request now; if not, a sentence that says why.
    fn accepts(&self, asked: &Asked) -> Result<(), String> {
        let _ = asked;
        Ok(())
    }

    /// What a Byzantine node says to `to` instead of `msg`, when told to lie. `draw` is uniform.
    /// `None`: this protocol has no lie for this message, and the honest one goes out.
    fn lie(&self, msg: &Self::Msg, to: NodeId, draw: u64) -> Option<Self::Msg> {
        let _ = (msg, to, draw);
        None
    }

    /// The name of a timer, for the ring around the node and the log.
    fn timer_name(timer: Self::Timer) -> &'static str {
        let _ = timer;
        "timer"
    }

    /// Its state, for people.
    fn inspect(&self) -> Inspect;
}

/// What a handler asked for. The engine carries these out in order.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Send `payload` to `to`.
    Send {
        /// The receiver.
        to: NodeId,
        /// What is sent; taken out when it goes.
        payload: Option<Payload>,
    },
    /// Let the timer in `slot` run out after `after` on this node's own clock.
    SetTimer {
        /// Which of the host's timers.
        slot: u32,
        /// How long, on the local clock.
        after: Span,
    },
    /// Stop the timer in `slot`.
    CancelTimer {
        /// Which of the host's timers.
        slot: u32,
    },
    /// Force what was written to disk; what follows waits until it is durable.
    Sync,
    /// A sentence for the log.
    Note(Rc<str>),
    /// A fact for whoever watches: promises, gauges, scenarios.
    Fact(Rc<dyn AnyFact>),
    /// A new epoch (term, ballot, view) has begun, for the bands of the space-time diagram.
    Epoch {
        /// Its number.
        number: u64,
        /// Its name: `term 3, leader S1`.
        label: Rc<str>,
    },
}

/// A handler's view of the machine it runs on: its name, its clock, its disk, its dice.
pub struct Ctx<'a, P: Protocol> {
    pub(super) me: NodeId,
    pub(super) nodes: u16,
    pub(super) now_local: u64,
    pub(super) luck: &'a mut Luck,
    pub(super) out: &'a mut Vec<Effect>,
    pub(super) disk: &'a mut Shelves<P::Stable>,
    pub(super) timers: &'a mut Vec<P::Timer>,
    pub(super) spare: &'a mut Option<Rc<P::Msg>>,
}

impl<P: Protocol> Ctx<'_, P> {
    /// This node.
    pub fn me(&self) -> NodeId {
        self.me
    }

    /// How many nodes the world has, clients included.
    pub fn nodes(&self) -> u16 {
        self.nodes
    }

    /// What this node's own clock shows, in microseconds. It may be wrong, drift and jump.
    pub fn now_us(&self) -> u64 {
        self.luck.clock_is_read();
        self.now_local
    }

    /// Sends `msg` to `to`; a node may send to itself, over a link like any other.
    pub fn send(&mut self, to: NodeId, msg: P::Msg) {
        let payload = self.wrap(msg);
        self.post(to, payload);
    }

    /// Sends one message to many; all receivers share one copy.
    pub fn broadcast(&mut self, to: impl IntoIterator<Item = NodeId>, msg: P::Msg) {
        let payload = self.wrap(msg);
        for to in to {
            self.post(to, Rc::clone(&payload) as Payload);
        }
    }

    #[inline]
    fn wrap(&mut self, msg: P::Msg) -> Rc<P::Msg> {
        let Some(mut spare) = self.spare.take() else {
            return Rc::new(msg);
        };
        match Rc::get_mut(&mut spare) {
            Some(place) => {
                *place = msg;
                spare
            }
            None => Rc::new(msg),
        }
    }

    // Room is made apart: a push that may grow the list is built aside and copied in, which
    // stalls the processor once a message.
    #[inline]
    fn post(&mut self, to: NodeId, payload: Payload) {
        if self.out.len() == self.out.capacity() {
            return self.post_growing(to, payload);
        }
        let payload = Some(payload);
        self.out.push(Effect::Send { to, payload });
    }

    #[cold]
    fn post_growing(&mut self, to: NodeId, payload: Payload) {
        self.out.reserve(16);
        self.post(to, payload);
    }

    /// Lets `timer` run out once, `after` from now on this node's own clock; a timer of the same
    /// name that is running is set anew.
    pub fn set_timer(&mut self, timer: P::Timer, after: Span) {
        let slot = self.slot(timer);
        self.out.push(Effect::SetTimer { slot, after });
    }

    /// Stops `timer`, if it runs.
    pub fn cancel_timer(&mut self, timer: P::Timer) {
        let slot = self.slot(timer);
        self.out.push(Effect::CancelTimer { slot });
    }

    fn slot(&mut self, timer: P::Timer) -> u32 {
        let found = self.timers.iter().position(|&t| t == timer);
        let slot = found.unwrap_or_else(|| {
            self.timers.push(timer);
            self.timers.len() - 1
        });
        slot as u32
    }

    /// Writes `stable` to the disk's second shelf: it is there, but a crash still drops it.
    pub fn write(&mut self, stable: P::Stable) {
        self.disk.written = stable;
    }

    /// Forces what was written to the durable shelf. Everything the handler asks for after this
    /// waits until the disk has answered; a crash before that drops both.
    pub fn sync(&mut self) {
        self.disk.syncing.push_back(self.disk.written.clone());
        self.out.push(Effect::Sync);
    }

    /// [`Ctx::write`] and [`Ctx::sync`].
    pub fn persist(&mut self, stable: P::Stable) {
        self.write(stable);
        self.sync();
    }

    /// What the durable shelf holds.
    pub fn durable(&self) -> &P::Stable {
        &self.disk.durable
    }

    /// A uniform number in `[0, n)`; 0 if `n` is 0.
    pub fn random_below(&mut self, n: u64) -> u64 {
        self.luck.below(n)
    }

    /// A uniform span in `[low, high]`.
    pub fn random_span(&mut self, low: Span, high: Span) -> Span {
        Span(low.0 + self.random_below(high.0.saturating_sub(low.0) + 1))
    }

    /// A span drawn from a distribution.
    pub fn random_delay(&mut self, delay: Delay) -> Span {
        self.luck.sample(delay)
    }

    /// A sentence for the log, about what just happened here: "grants its vote to S1 for term 2".
    /// The node's name is put in front.
    pub fn note(&mut self, sentence: impl Into<Rc<str>>) {
        self.out.push(Effect::Note(sentence.into()));
    }

    /// Tells whoever watches the run (promises, gauges, scenarios, the log) what has happened here.
    /// Like everything a handler asks for it comes in order: after a `sync`, once the disk has answered.
    pub fn fact(&mut self, fact: impl Fact) {
        self.out.push(Effect::Fact(Rc::new(fact)));
    }

    /// Tells the diagram that an epoch (term, ballot, view) begins here.
    pub fn epoch(&mut self, number: u64, label: impl Into<Rc<str>>) {
        self.out.push(Effect::Epoch { number, label: label.into() });
    }
}

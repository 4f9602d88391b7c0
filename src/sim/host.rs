//! A host: one machine that runs one protocol, its type erased, with its disk.
//!
//! The rule that is easy to break: the disk has three shelves. *Volatile* is the protocol value
//! itself; *written* is on the way to the disk; *durable* survives. A crash drops exactly the
//! first two. A pause drops nothing.

use super::form::{self, Form};
use super::hash::Scales;
use super::ids::NodeId;
use super::inspect::Inspect;
use super::luck::Luck;
use super::message::Payload;
use super::protocol::{Ctx, Effect, Protocol};
use super::shelves::Shelves;
use std::any::{Any, TypeId};
use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// What the engine lends a node for the length of one handler.
pub struct Env<'a> {
    /// This node.
    pub me: NodeId,
    /// How many nodes the world has.
    pub nodes: u16,
    /// The node's own clock, in microseconds.
    pub now_local: u64,
    /// The node's dice.
    pub luck: &'a mut Luck,
    /// Where effects are recorded.
    pub out: &'a mut Vec<Effect>,
}

/// A machine in the world, whatever protocol it runs.
pub trait Node {
    /// Boots for the first time.
    fn start(&mut self, env: Env<'_>);
    /// Boots after a crash.
    fn restart(&mut self, env: Env<'_>);
    /// Which messages it understands.
    fn hears(&self) -> TypeId;
    /// Hands over a message; false if it is of another protocol and was not understood.
    fn message(&mut self, env: Env<'_>, from: NodeId, payload: Payload) -> bool;
    /// The timer in `slot` has run out.
    fn timer(&mut self, env: Env<'_>, slot: u32);
    /// The learner asks for something.
    fn request(&mut self, env: Env<'_>, request: &str);
    /// See [`Protocol::requests`].
    fn requests(&self) -> &'static [Form];
    /// Whether it understands `request`, at whatever moment; if not, a sentence that says why.
    fn understands(&self, request: &str) -> Result<(), String>;
    /// Whether it understands `request` and takes it now; if not, a sentence that says why.
    fn accepts(&self, request: &str) -> Result<(), String>;
    /// The oldest forced write has reached the disk.
    fn synced(&mut self);
    /// Power fails: what was written and not synced is gone. (The volatile shelf is rebuilt by
    /// [`Node::restart`].)
    fn crash(&mut self);
    /// See [`Protocol::lie`].
    fn lie(&self, payload: &Payload, to: NodeId, draw: u64) -> Option<Payload>;
    /// The name of the timer in `slot`.
    fn timer_name(&self, slot: u32) -> &'static str;
    /// The node's state, for people.
    fn inspect(&self) -> Inspect;
    /// What the three shelves hold, for people: written and durable (volatile is `inspect`).
    fn disk(&self) -> (String, String);
    /// Feeds the node's whole state to `h`, independent of addresses.
    fn fingerprint(&self, h: &mut dyn Hasher);
    /// The bytes that a copy takes, roughly.
    fn weight(&self) -> usize;
    /// The protocol value, for properties that know its type.
    fn as_any(&self) -> &dyn Any;
    /// The durable shelf, for properties that know its type.
    fn durable_any(&self) -> &dyn Any;
    /// A copy with the same future.
    fn clone_box(&self) -> Box<dyn Node>;
}

impl Clone for Box<dyn Node> {
    fn clone(&self) -> Self {
        self.clone_box()
    }
}

/// The place of a message that was handled, for the next one that is sent: it saves an allocation a
/// message. No part of the state. Messages that own something are not kept.
struct Spare<M>(Option<Rc<M>>);

impl<M> Clone for Spare<M> {
    fn clone(&self) -> Self {
        Spare(None)
    }
}

/// A machine that runs the protocol `P`.
#[derive(Clone)]
pub struct Host<P: Protocol> {
    protocol: P,
    disk: Shelves<P::Stable>,
    timers: Vec<P::Timer>,
    spare: Spare<P::Msg>,
}

impl<P: Protocol> Host<P> {
    /// A machine on which `protocol` is installed, with an empty disk.
    pub fn new(protocol: P) -> Self {
        Self::with_disk(protocol, P::Stable::default())
    }

    /// A machine on whose disk `stable` is found at the first boot. (`start` must read it.)
    pub fn with_disk(protocol: P, stable: P::Stable) -> Self {
        let disk = Shelves { written: stable.clone(), syncing: VecDeque::new(), durable: stable };
        Host { protocol, disk, timers: Vec::new(), spare: Spare(None) }
    }

    /// The same, boxed for a world.
    pub fn boxed(protocol: P) -> Box<dyn Node> {
        Box::new(Self::new(protocol))
    }

    /// The volatile shelf.
    pub fn protocol(&self) -> &P {
        &self.protocol
    }

    #[inline]
    fn split<'a>(&'a mut self, env: Env<'a>) -> (&'a mut P, Ctx<'a, P>) {
        let ctx = Ctx {
            me: env.me,
            nodes: env.nodes,
            now_local: env.now_local,
            luck: env.luck,
            out: env.out,
            disk: &mut self.disk,
            timers: &mut self.timers,
            spare: &mut self.spare.0,
        };
        (&mut self.protocol, ctx)
    }
}

impl<P: Protocol> Node for Host<P> {
    fn hears(&self) -> TypeId {
        TypeId::of::<P::Msg>()
    }

    fn start(&mut self, env: Env<'_>) {
        let (p, mut ctx) = self.split(env);
        p.start(&mut ctx);
    }

    fn restart(&mut self, env: Env<'_>) {
        let (p, mut ctx) = self.split(env);
        p.restart(&mut ctx);
    }

    #[inline]
    fn message(&mut self, env: Env<'_>, from: NodeId, payload: Payload) -> bool {
        // An upcast, not a call of `as_any`: this runs for every message.
        let any: Rc<dyn Any> = payload;
        let Ok(msg) = any.downcast::<P::Msg>() else {
            return false;
        };
        let (p, mut ctx) = self.split(env);
        p.on_message(&mut ctx, from, &msg);
        if const { !std::mem::needs_drop::<P::Msg>() }
            && self.spare.0.is_none()
            && Rc::strong_count(&msg) == 1
        {
            self.spare.0 = Some(msg);
        }
        true
    }

    fn timer(&mut self, env: Env<'_>, slot: u32) {
        let timer = self.timers[slot as usize];
        let (p, mut ctx) = self.split(env);
        p.on_timer(&mut ctx, timer);
    }

    fn request(&mut self, env: Env<'_>, request: &str) {
        // Whether it can be read was asked before it came here.
        if let Ok(asked) = form::read(self.protocol.requests(), request) {
            let (p, mut ctx) = self.split(env);
            p.on_request(&mut ctx, &asked);
        }
    }

    fn requests(&self) -> &'static [Form] {
        self.protocol.requests()
    }

    fn understands(&self, request: &str) -> Result<(), String> {
        form::read(self.protocol.requests(), request).map(|_| ())
    }

    fn accepts(&self, request: &str) -> Result<(), String> {
        let asked = form::read(self.protocol.requests(), request)?;
        self.protocol.accepts(&asked)
    }

    fn synced(&mut self) {
        if let Some(stable) = self.disk.syncing.pop_front() {
            self.disk.durable = stable;
        }
    }

    fn crash(&mut self) {
        self.disk.syncing.clear();
        self.disk.written = self.disk.durable.clone();
    }

    fn lie(&self, payload: &Payload, to: NodeId, draw: u64) -> Option<Payload> {
        let msg = payload.as_any().downcast_ref::<P::Msg>()?;
        let lie = self.protocol.lie(msg, to, draw)?;
        Some(Rc::new(lie))
    }

    fn timer_name(&self, slot: u32) -> &'static str {
        self.timers.get(slot as usize).map_or("timer", |&t| P::timer_name(t))
    }

    fn inspect(&self) -> Inspect {
        self.protocol.inspect()
    }

    fn disk(&self) -> (String, String) {
        let show = |s: &P::Stable| format!("{s:?}");
        (show(&self.disk.written), show(&self.disk.durable))
    }

    fn fingerprint(&self, mut h: &mut dyn Hasher) {
        self.protocol.hash(&mut h);
        self.disk.hash(&mut h);
        self.timers.hash(&mut h);
    }

    fn weight(&self) -> usize {
        let mut scales = Scales::default();
        self.fingerprint(&mut scales);
        size_of::<Self>() + scales.bytes()
    }

    fn as_any(&self) -> &dyn Any {
        &self.protocol
    }

    fn durable_any(&self) -> &dyn Any {
        &self.disk.durable
    }

    fn clone_box(&self) -> Box<dyn Node> {
        Box::new(self.clone())
    }
}

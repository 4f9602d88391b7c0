//! The client's half of a key-value service: what is asked, and how it looks in a protocol's messages.
//!
//! The rule that is easy to break: the dice are thrown in this order, key, value, kind, for links made
//! long ago hold runs that threw them so.

use super::{Answer, Op};
use crate::check::promise::Step;
use crate::kit::client::{Client, Reply, Service};
use crate::sim::form::{Asked, Form};
use crate::sim::{Ctx, Message};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// Messages among which are requests to a key-value store, and replies. Implement it for a protocol's
/// messages, and [`Client`]`<`[`KeyValue`]`<Msg>>` is its client.
pub trait KeyValueMsg: Message + Sized {
    /// The message that asks for `op`.
    fn request(serial: u32, op: Op) -> Self;

    /// What this message says to a client, and to which of its requests, if it is for clients.
    fn reply(&self) -> Option<(u32, Reply<i32>)>;
}

/// The service of a key-value store that is reached by messages `M`.
pub struct KeyValue<M>(PhantomData<M>);

impl<M> KeyValue<M> {
    /// It.
    pub const fn new() -> Self {
        KeyValue(PhantomData)
    }
}

impl<M> Default for KeyValue<M> {
    fn default() -> Self {
        KeyValue::new()
    }
}

impl<M> Clone for KeyValue<M> {
    fn clone(&self) -> Self {
        KeyValue::new()
    }
}

impl<M> fmt::Debug for KeyValue<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyValue")
    }
}

impl<M> Hash for KeyValue<M> {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl From<Answer> for Reply<i32> {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Value(v) => Reply::Done(v),
            Answer::Refused(v) => Reply::Refused(v),
        }
    }
}

/// A value of the store as one of a register in a history: 0 stays 0.
fn register_value(value: i32) -> u64 {
    u64::from(value as u32)
}

/// The way back.
pub(super) fn store_value(value: u64) -> i32 {
    value as u32 as i32
}

impl<M: KeyValueMsg> Service for KeyValue<M> {
    type Msg = M;
    type Op = Op;
    type Answer = i32;

    fn forms(&self) -> &'static [Form] {
        Op::FORMS
    }

    fn op(&self, asked: &Asked) -> Op {
        Op::asked(asked)
    }

    fn request(&self, serial: u32, op: &Op) -> M {
        M::request(serial, *op)
    }

    fn reply(&self, msg: &M) -> Option<(u32, Reply<i32>)> {
        msg.reply()
    }

    /// Mostly writes, on three keys.
    fn invent(&self, ctx: &mut Ctx<'_, Client<Self>>) -> Option<Op> {
        let key = char::from(b"xyz"[ctx.random_below(3) as usize]);
        let value = ctx.random_below(10) as i32;
        Some(match ctx.random_below(8) {
            0..=2 => Op::Set { key, value },
            3..=5 => Op::Add { key, by: value + 1 },
            6 => Op::Cas { key, from: value, to: value + 1 },
            _ => Op::Get { key },
        })
    }

    fn found(&self, op: &Op, answer: &i32) -> String {
        format!("{} = {answer}", op.key())
    }

    /// An addition is no operation on a register: a history with one cannot be judged as such.
    fn begun(&self, op: &Op) -> Option<(u64, Step)> {
        let step = match *op {
            Op::Set { value, .. } => Step::Write(register_value(value)),
            Op::Get { .. } => Step::Read,
            Op::Cas { from, to, .. } => Step::Swap(register_value(from), register_value(to)),
            Op::Add { .. } => return None,
        };
        Some((u64::from(op.key()), step))
    }

    fn value(&self, _: &Op, answer: &i32) -> u64 {
        register_value(*answer)
    }
}

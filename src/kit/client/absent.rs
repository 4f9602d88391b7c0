//! What a client has not been answered, and what that takes.

use super::{Client, Service};
use crate::kit::{Absence, Condition, Lack, Lacking};
use crate::sim::World;

/// The requests that clients of `S` wait for.
pub fn unanswered<S: Service>(world: &World) -> Vec<Absence> {
    let waits = world.node_ids().filter_map(|me| {
        let client = world.node_as::<Client<S>>(me)?;
        let asked = client.asked()?;
        let (name, server) = (world.name(me), client.target());
        let lacks = [Lack::Word(server, me, &[])];
        let answer =
            Condition::of(format!("{}, which it asks, answers", world.name(server)), false).lacks(lacks);
        let what = format!("request {} of {name}, '{}', has no answer", asked.serial, asked.op);
        Some(Absence::of(Lacking::Answer, what, vec![answer]))
    });
    waits.collect()
}

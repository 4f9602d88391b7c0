//! Finding messages on their way: by number, for what is done to one by hand, and by link, for walls and cuts.
//!
//! Few are found by looking at all. From the moment at which something looks for one among many, an index is kept, so
//! that a wall that flaps costs what it stops, however much else is under way.
//!
//! The rule that is easy to break: whoever puts a flight into the queue, takes it out or changes its doom tells the
//! index, if there is one. And no run may differ by whether there is one.

use super::{Flight, Pending, World};
use crate::sim::ids::{MsgId, NodeId};
use crate::sim::queue::Ticket;
use crate::sim::trace::Loss;
use std::collections::{BTreeMap, BTreeSet};

/// With so many places in the queue an index is kept.
const MANY: usize = 1_024;

/// Where each message on its way lies, and those on each link that are not lost yet.
#[derive(Clone, Default)]
pub(super) struct Index {
    places: BTreeMap<u32, Ticket>,
    links: BTreeMap<(NodeId, NodeId), BTreeSet<u32>>,
}

impl Index {
    fn enter(&mut self, ticket: Ticket, flight: &Pending) {
        self.places.insert(flight.number, ticket);
        let link = (flight.from, flight.to);
        if flight.doom == Loss::None {
            self.links.entry(link).or_default().insert(flight.number);
        } else {
            self.forget(link, flight.number);
        }
    }

    fn forget(&mut self, link: (NodeId, NodeId), number: u32) {
        if let Some(sound) = self.links.get_mut(&link) {
            sound.remove(&number);
        }
    }

    pub fn leave(&mut self, link: (NodeId, NodeId), number: u32) {
        self.places.remove(&number);
        self.forget(link, number);
    }

    /// The bytes that a clone takes, roughly.
    pub fn weight(&self) -> usize {
        self.places.len() * (size_of::<(u32, Ticket)>() + size_of::<u32>())
    }
}

impl World {
    /// Keeps an index from now on, if there is much to look through.
    pub(super) fn index_if_many(&mut self) {
        if self.index.is_none() && self.queue.size() >= MANY {
            self.index_all();
        }
    }

    pub(super) fn index_all(&mut self) {
        let mut index = Box::<Index>::default();
        self.flights().for_each(|(ticket, flight)| index.enter(ticket, &flight));
        self.index = Some(index);
    }

    /// Tells the index of what lies at `ticket`.
    #[cold]
    pub(super) fn index_flight(&mut self, ticket: Ticket) {
        if let Some(index) = &mut self.index {
            index.enter(ticket, self.queue.at(ticket));
        }
    }

    pub(super) fn find_flight(&self, msg: MsgId) -> Option<(Ticket, Flight<'_>)> {
        match &self.index {
            Some(index) => {
                let ticket = *index.places.get(&msg.0)?;
                Some((ticket, self.queue.look(ticket).flight()?))
            }
            None => self.flights().find(|(_, f)| f.msg() == msg),
        }
    }

    /// What is on its way over the links that are struck breaks where it is, each as an event to come, in the order
    /// of sending.
    pub(super) fn break_flights(&mut self, loss: Loss, struck: impl Fn(NodeId, NodeId) -> bool) {
        self.index_if_many();
        let mut broken: Vec<(u32, Ticket)> = match &self.index {
            Some(index) => {
                let links = index.links.iter().filter(|(link, _)| struck(link.0, link.1));
                let sound = links.flat_map(|(_, sound)| sound);
                sound.filter_map(|msg| Some((*msg, *index.places.get(msg)?))).collect()
            }
            None => {
                let sound = self.flights().filter(|(_, f)| f.doom == Loss::None && struck(f.from, f.to));
                sound.map(|(ticket, f)| (f.number, ticket)).collect()
            }
        };
        broken.sort_unstable_by_key(|(msg, _)| *msg);
        for (_, ticket) in broken {
            let flight = self.queue.at(ticket);
            flight.doom = loss;
            flight.held = false;
            self.queue.reschedule(ticket, self.now);
            self.index_flight(ticket);
        }
    }
}

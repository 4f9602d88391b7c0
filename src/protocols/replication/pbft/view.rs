//! The view change (section 4.4): when the primary does not get on, the next replica takes its place, and takes over all that may have been
//! committed.
//!
//! The rule that is easy to break: what was committed anywhere was prepared at f + 1 correct replicas or more, so any quorum of those who want
//! the new view has one that proves it. The new primary has to show these proofs, and each backup works out for itself what follows.

use super::Fact;
use super::message::{Cert, Change, Msg, NewView};
use super::outbox::{Out, Outbox, To};
use super::replica::Replica;
use crate::kit::prelude::NodeId;
use std::rc::Rc;

impl Replica {
    /// What it has to say of the view that it wants.
    pub(super) fn change(&self) -> Change {
        if self.treason.betrays() {
            return self.change_hiding_all();
        }
        let certs: Vec<Rc<Cert>> = self.log.certs.values().cloned().collect();
        Change::new(self.log.view, self.id, certs, &self.key)
    }

    /// The same from one who says that it has prepared nothing.
    pub(super) fn change_hiding_all(&self) -> Change {
        Change::new(self.log.view, self.id, Vec::new(), &self.key)
    }

    /// Takes part in its view no longer, and asks for this one.
    pub(super) fn start_change(&mut self, o: &mut Outbox, view: u32) {
        let log = self.log_mut();
        (log.view, log.changing) = (view, true);
        log.slots.retain(|place, _| place.0 >= view);
        self.tries += 1;
        let change = self.change();
        o.note(format!("asks for view {view}, and shows {} that it has prepared", change.certs.len()));
        o.push(Out::Fact(Fact::ViewChange { view }));
        o.send(To::Others, Msg::ViewChange { change: change.clone() });
        self.changes.insert(self.id, change);
        self.try_new_view(o);
    }

    /// Whether a quorum wants this view, or a later one.
    pub(super) fn wanted(&self, view: u32) -> bool {
        self.changes.values().filter(|c| c.view >= view).count() >= self.rules.quorum()
    }

    pub(super) fn on_view_change(&mut self, o: &mut Outbox, from: NodeId, change: &Change) {
        if change.by != from.0 || !change.is_genuine(&self.rules) {
            return o.refuse(from, format!("a change to view {}: it is not proven", change.view));
        }
        if change.view < self.log.view || change.view == self.log.view && !self.log.changing {
            return self.tell_of_view(o, from.0);
        }
        if self.changes.get(&change.by).is_some_and(|known| known.view >= change.view) {
            return;
        }
        self.changes.insert(change.by, change.clone());
        // One of f + 1 is correct: it is not early to follow (section 4.5.2).
        let later = || self.changes.values().filter(|c| c.by != self.id && c.view > self.log.view);
        match later().map(|c| c.view).min() {
            Some(view) if later().count() > self.rules.f => self.start_change(o, view),
            _ => self.try_new_view(o),
        }
    }

    /// What began this view, to one who has not heard of it; or that it is wanted.
    pub(super) fn tell_of_view(&self, o: &mut Outbox, to: u16) {
        let msg = match &self.log.begun {
            _ if self.log.changing => Msg::ViewChange { change: self.change() },
            Some(new) => Msg::NewView { new: Rc::clone(new) },
            None => return,
        };
        o.send(To::One(to), msg);
    }

    /// The primary of the view begins it when a quorum wants it.
    fn try_new_view(&mut self, o: &mut Outbox) {
        let view = self.log.view;
        if !self.log.changing || self.rules.primary(view) != self.id {
            return;
        }
        let wanted: Vec<Change> = self.changes.values().filter(|c| c.view == view).cloned().collect();
        if wanted.len() < self.rules.quorum() {
            return;
        }
        let new = Rc::new(NewView::new(view, wanted, &self.rules, &self.key));
        o.note(format!("begins view {view}, with {} numbers to do again", new.order.len()));
        o.push(Out::Epoch(view, format!("view {view}, primary R{}", self.id)));
        o.push(Out::Fact(Fact::NewView { view }));
        o.send(To::Others, Msg::NewView { new: Rc::clone(&new) });
        self.enter(o, new);
    }

    pub(super) fn on_new_view(&mut self, o: &mut Outbox, from: NodeId, new: &Rc<NewView>) {
        if new.view < self.log.view || new.view == self.log.view && !self.log.changing {
            return;
        }
        if !new.is_genuine(&self.rules) {
            return o
                .refuse(from, format!("the new view {}: it does not follow from what it shows", new.view));
        }
        o.note(format!("enters view {}", new.view));
        self.enter(o, Rc::clone(new));
    }

    /// Does all numbers again that the view begins with, as if its primary had just given them.
    fn enter(&mut self, o: &mut Outbox, new: Rc<NewView>) {
        let view = new.view;
        let log = self.log_mut();
        // Nothing new is proposed before all of these have their numbers.
        (log.view, log.changing, log.last) = (view, true, new.order.len() as u32);
        log.begun = Some(Rc::clone(&new));
        log.slots.retain(|place, _| place.0 >= view);
        self.changes.retain(|_, change| change.view > view);
        for &proposal in &new.order {
            self.accept(o, proposal);
        }
        self.log_mut().changing = false;
        self.take_early(o);
        if self.leads() {
            self.propose(o);
        }
    }
}

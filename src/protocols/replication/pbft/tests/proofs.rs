//! Proofs that prove nothing are refused: signatures of others, votes counted twice, an order that does not follow.
//!
//! The rule that is easy to break: a certificate is as good as the keys that made it, and each key counts once.

use super::super::message::{Cert, Change, NewView, Op, Phase, Proposal, Request, Vote};
use super::super::seal::{Key, Owner};
use super::super::{ENTRY, Rules};
use std::rc::Rc;

fn rules(mutant: &str) -> Rules {
    Rules::of(&ENTRY.set(&[mutant]).unwrap())
}

fn key(id: u16) -> Key {
    Key::cut(Owner::Replica(id))
}

fn request(serial: u32) -> Request {
    Request::new(1, serial, Op::Write(7), &Key::cut(Owner::Client(1)))
}

/// A certificate for this number in this view, with the votes of these.
fn cert(view: u32, seq: u32, serial: u32, voters: &[u16]) -> Rc<Cert> {
    let primary = key((view % 4) as u16);
    let proposal = Proposal::new(view, seq, Some(request(serial)), &primary);
    let vote = |&id: &u16| (id, Vote::new(Phase::Prepare, (view, seq), proposal.digest(), &key(id)).seal);
    Rc::new(Cert { proposal, prepares: voters.iter().map(vote).collect() })
}

fn change(by: u16, view: u32, certs: Vec<Rc<Cert>>) -> Change {
    Change::new(view, by, certs, &key(by))
}

#[test]
fn a_request_is_its_clients_own() {
    let one = request(1);
    assert!(one.is_genuine() && !one.forged().is_genuine());
    let stolen = Request::new(1, 1, Op::Read, &key(0));
    assert!(!stolen.is_genuine());
    assert_ne!(one.digest(), one.forged().digest());
}

#[test]
fn a_certificate_takes_the_primary_and_two_different_backups() {
    let rules = rules("mutant=none");
    let says = |certs: Vec<Rc<Cert>>| change(2, 1, certs).is_genuine(&rules);
    assert!(says(vec![cert(0, 1, 1, &[1, 2])]) && says(Vec::new()));
    assert!(!says(vec![cert(0, 1, 1, &[1])]), "one vote");
    assert!(!says(vec![cert(0, 1, 1, &[1, 1])]), "one vote twice");
    assert!(!says(vec![cert(0, 1, 1, &[0, 1])]), "the primary's own");
    assert!(!says(vec![cert(1, 1, 1, &[0, 2])]), "of the view that is only asked for");
    let mut other = (*cert(0, 1, 1, &[1, 2])).clone();
    other.proposal = Proposal::new(0, 1, Some(request(2)), &key(0));
    assert!(!says(vec![Rc::new(other)]), "votes for another request");
    let mut forged = (*cert(0, 1, 1, &[1, 2])).clone();
    forged.proposal = Proposal::new(0, 1, Some(request(1)), &key(3));
    assert!(!says(vec![Rc::new(forged)]), "a proposal that is not the primary's");
    assert!(!Change::new(1, 2, Vec::new(), &key(3)).is_genuine(&rules), "in another's name");
}

/// Section 4.4: of each number the request that was prepared in the latest view, and the null request in a gap.
#[test]
fn a_new_view_begins_with_what_was_prepared_last_and_null_requests() {
    let rules = rules("mutant=none");
    let changes = vec![
        change(1, 2, vec![cert(0, 1, 1, &[1, 2]), cert(0, 3, 3, &[1, 3])]),
        change(2, 2, vec![cert(1, 1, 4, &[0, 2])]),
        change(3, 2, Vec::new()),
    ];
    let new = NewView::new(2, changes.clone(), &rules, &key(2));
    let order: Vec<_> = new.order.iter().map(|p| p.request.map(|r| r.serial)).collect();
    assert_eq!(order, [Some(4), None, Some(3)]);
    assert!(new.is_genuine(&rules));
    assert!(!NewView::new(2, changes.clone(), &rules, &key(3)).is_genuine(&rules), "not its primary");
    assert!(!NewView::new(2, changes[..2].to_vec(), &rules, &key(2)).is_genuine(&rules), "no quorum");
    let twice = [changes[..2].to_vec(), changes[..1].to_vec()].concat();
    assert!(!NewView::new(2, twice, &rules, &key(2)).is_genuine(&rules), "one of them twice");
    let forgetful = NewView::new(2, changes, &self::rules("mutant=forget-prepared"), &key(2));
    assert!(forgetful.order.is_empty() && !forgetful.is_genuine(&rules), "what was prepared is left out");
}

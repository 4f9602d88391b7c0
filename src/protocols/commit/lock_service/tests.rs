//! The lock service, rule by rule, and what row B11 asks for.

use super::client::{Client, Phase};
use super::server::LockServer;
use super::storage::Storage;
use super::*;
use crate::check::Verdict;
use crate::check::search::{Bounds, Faults, explore};
use crate::kit::bench::{Bench, Trial};
use crate::sim::{Fault, NodePatch, SimTime};

const A: NodeId = NodeId(2);

fn bench(settings: &[&str]) -> Bench {
    Bench::of(&ENTRY, settings).until_ms(10_000)
}

fn facts(run: &Trial) -> Vec<Fact> {
    let end = run.position();
    let told = run.trace().facts().iter().filter(|(e, _)| e.0 < end);
    told.filter_map(|(_, told)| told.as_fact::<Fact>().cloned()).collect()
}

fn until(run: &mut Trial, is: impl Fn(&Fact) -> bool) {
    while !facts(run).iter().any(&is) {
        assert!(run.step(), "it is never told");
    }
}

fn later(run: &mut Trial, ms: u64) {
    let then = run.time() + Span::ms(ms);
    run.run_until(then);
}

fn looked(client: u16) -> impl Fn(&Fact) -> bool {
    move |f| matches!(f, Fact::Checked { client: c, .. } if *c == client)
}

fn wrote(by: u16) -> impl Fn(&Fact) -> bool {
    move |f| matches!(f, Fact::Accepted { client, .. } if *client == by)
}

/// The tokens of what was written, in order.
fn written(run: &Trial) -> Vec<u64> {
    run.node::<Storage>(STORAGE).book.shelf.iter().map(|w| w.token).collect()
}

/// A stands still for so long after its first look at its lease; then the run goes on for a lease.
fn paused(settings: &[&str], ms: u64) -> Trial {
    let mut run = bench(settings).set(&["think_ms=60000"]).start(1);
    until(&mut run, looked(1));
    run.fault(Fault::Pause { node: A });
    later(&mut run, ms);
    run.fault(Fault::Resume { node: A });
    later(&mut run, 1_000);
    run
}

/// Row B11: who stands still for longer than the lease writes, and so does the next; who stands still for half of it writes alone,
/// and is out before the next comes in.
#[test]
fn both_write_if_the_pause_is_longer_than_the_lease() {
    for lease in [400, 600, 1_200] {
        let lease_ms = format!("lease_ms={lease}");
        let settings = &["fencing=false", &lease_ms][..];
        let long = paused(settings, lease + 200);
        assert_eq!(written(&long)[..2], [34, 33], "{lease}");
        let broken = long.broken("Newest token");
        assert_eq!(broken.why, "Client A writes with token 33, after 34 has written");
        assert!(
            broken.assumption.starts_with("it is assumed that no node is paused, and Client A was paused")
        );
        assert!(long.breaks("One holder"));
        let short = paused(settings, lease / 2);
        assert_eq!(written(&short), [33, 34], "{lease}");
        short.hold(&["One holder", "Newest token"]);
    }
}

/// Row B11: token 33 comes after 34, and is refused; whatever the first token is.
#[test]
fn a_storage_that_fences_refuses_the_older_token() {
    for first in [33, 7, 999_999] {
        let run = paused(&[&format!("first_token={first}")], 900);
        assert_eq!(written(&run)[0], first + 1);
        let refused = Fact::Refused { client: 1, token: first, newest: first + 1 };
        assert!(facts(&run).contains(&refused), "{first}");
        assert_eq!(run.number("stale_writes"), 0.0);
        run.hold(&["Newest token", "Fair refusals", "One writer a token"]);
        assert!(run.breaks("One holder"), "fencing does not prevent that two believe");
    }
}

/// Row B11: a plain lock whose holder has crashed is never had by anybody; a lease is over some time.
#[test]
fn a_plain_lock_dies_with_its_holder() {
    for lock in ["plain", "leased"] {
        let mut run = bench(&[&format!("lock={lock}")]).until_ms(60_000).start(1);
        until(&mut run, |f| matches!(f, Fact::Entered { .. }));
        run.fault(Fault::crash(A));
        run.finish();
        let entered = facts(&run).iter().filter(|f| matches!(f, Fact::Entered { client: 2, .. })).count();
        assert_eq!(entered > 0, lock == "leased");
        if lock == "plain" {
            let why = run.pending("Everybody's turn");
            assert!(why.starts_with("the lock is waited for by Client B"), "{why}");
            assert!(why.contains("it is assumed that no node fails, and Client A is not running"), "{why}");
            run.fault(Fault::Recover { node: A });
            later(&mut run, 2_000);
            assert!(facts(&run).iter().any(wrote(2)), "it asks, has its lock again, and releases it");
        }
    }
    let run = bench(&["lock=plain", "first=dies"]).until_ms(60_000).run(1);
    let why = run.pending("Everybody's turn");
    assert!(why.contains("who holds a plain lock must release it, and Client A has come to an end"), "{why}");
}

/// A pause that begins before the look ends with it: the client sees that its lease is over, and does not write.
#[test]
fn who_looks_after_the_pause_does_not_write() {
    let mut run = bench(&["fencing=false", "think_ms=60000"]).start(1);
    until(&mut run, |f| matches!(f, Fact::Entered { .. }));
    later(&mut run, 50);
    run.fault(Fault::Pause { node: A });
    later(&mut run, 900);
    run.fault(Fault::Resume { node: A });
    let now = run.time();
    run.run_until(now);
    assert!(facts(&run).contains(&Fact::Left { client: 1, token: 33, over: true }));
    later(&mut run, 60);
    assert_eq!(written(&run), [34]);
}

/// The holder's lease is shorter than the server's by the margin and the way of its question (Gray and Cheriton, section 3.1).
#[test]
fn the_holder_takes_its_lease_for_over_first() {
    let mut run = bench(&["margin_ms=30"]).start(1);
    until(&mut run, |f| matches!(f, Fact::Entered { .. }));
    let until = run.node::<Client>(A).hold().unwrap().until;
    let server = run.node::<LockServer>(SERVER).until;
    assert_eq!(until, 600_000 - 30_000, "it has asked at the start");
    assert!((8_000..=16_000).contains(&(server - 600_000)), "{server}");
}

/// A holder that works for longer than a lease renews it, and nobody comes in.
#[test]
fn a_holder_at_work_keeps_the_lock() {
    let run = bench(&["work_ms=3000"]).run(1);
    let told = facts(&run);
    assert!(told.iter().filter(|f| matches!(f, Fact::Renewed { token: 33, .. })).count() >= 15);
    assert!(!told.iter().any(|f| matches!(f, Fact::Expired { .. })));
    run.hold(&["One holder"]);
}

/// A clock that is slow by a quarter takes 667 ms for 500, and the server's 600 are over before; by a tenth it takes 556.
#[test]
fn a_slow_clock_holds_for_too_long() {
    for (ppm, breaks) in [(-100_000, false), (-250_000, true)] {
        let mut run = bench(&["work_ms=5000"]).start(1);
        until(&mut run, |f| matches!(f, Fact::Entered { .. }));
        let set = NodePatch { drift_ppm: Some(ppm), ..NodePatch::default() };
        run.fault(Fault::Node { node: A, set });
        // Nothing of what it says comes through.
        run.fault(crate::kit::bench::fault(r#"{"do":"partition","groups":[[0,1,3],[2]]}"#));
        later(&mut run, 2_000);
        assert_eq!(run.breaks("One holder"), breaks, "{ppm}");
        if breaks {
            let why = run.broken("One holder").assumption;
            assert!(
                why.starts_with(
                    "it is assumed that clocks run evenly, and the clock of Client A has a drift"
                ),
                "{why}"
            );
        }
    }
}

/// The server comes back with its counter, and waits for a whole lease: 600 ms, a forced write, a message.
#[test]
fn a_server_that_was_down_waits_for_a_lease_and_counts_on() {
    let mut run = bench(&[]).start(1);
    until(&mut run, |f| matches!(f, Fact::Entered { .. }));
    run.fault(Fault::crash(A));
    run.fault(Fault::crash(SERVER));
    later(&mut run, 300);
    run.fault(Fault::Recover { node: SERVER });
    let back = run.time();
    until(&mut run, |f| matches!(f, Fact::Entered { client: 2, token: 34 }));
    let took = run.time().since(back);
    assert!((Span::ms(610)..=Span::ms(618)).contains(&took), "{took}");
}

/// A release that comes late is of another holding: the client has crashed, has asked again, and has the lock again.
#[test]
fn an_old_release_does_not_free_what_was_given_again() {
    let mut run = bench(&["lock=plain"]).changed(|s| s.timing = Timing::Asynchronous).start(1);
    run.hold_back("release", 1);
    run.fault(Fault::crash(A));
    run.fault(Fault::Recover { node: A });
    until(&mut run, |f| matches!(f, Fact::Granted { client: 1, again: true, .. }));
    run.deliver("release", 1);
    assert_eq!(run.node::<LockServer>(SERVER).kept.holder.map(|h| h.client), Some(A));
    run.finish();
    run.safe();
}

/// What is done by hand: an idle client asks at once, a holder releases at once, and nobody does what makes no sense.
#[test]
fn a_client_does_what_it_is_asked() {
    let mut run = bench(&["think_ms=60000", "clients=1"]).start(1);
    until(&mut run, |f| matches!(f, Fact::Entered { .. }));
    let ask = |run: &mut Trial, what: &str| run.edit(Fault::Request { node: A, request: what.to_owned() });
    assert!(ask(&mut run, "ask").unwrap_err().message.contains("wait until it is idle"));
    ask(&mut run, "release").unwrap();
    later(&mut run, 100);
    assert_eq!(run.node::<Client>(A).phase, Phase::Idle);
    assert!(ask(&mut run, "release").unwrap_err().message.contains("nothing to release"));
    ask(&mut run, "ask").unwrap();
    later(&mut run, 60);
    assert_eq!(run.node::<Client>(A).hold().map(|h| h.token), Some(34));
}

/// What breaks breaks for what the world has done, and never what needs nothing of it.
fn excused(run: &Trial, always: &[&str]) {
    for line in run.watcher().lines() {
        if let Verdict::Violated { assumption, why, .. } = &line.verdict {
            assert!(assumption.starts_with("it is assumed"), "{}: {why}: {assumption}", line.name);
            assert!(!always.contains(&line.name), "{}: {why}: {assumption}", line.name);
        }
    }
}

/// Under every mix: with fencing no older write comes after a newer one, and tokens grow. Where nobody is paused and clocks run
/// evenly, one holds the lock.
#[test]
fn many_seeds_under_every_mix() {
    let always = &["Newest token", "Tokens grow", "One writer a token", "Fair refusals"];
    for settings in [&[][..], &["clients=4", "writes=2"], &["lock=plain"], &["work_ms=800", "sync_ms=0"]] {
        bench(settings).every_mix(0..120, |run| excused(run, always));
        bench(settings).set(&["fencing=false"]).every_mix(0..120, |run| excused(run, &always[1..]));
    }
    assert_eq!(bench(&["think_ms=60000"]).run(1).all_hold(), 6);
}

/// Whoever crashes after whichever event: nothing breaks, and with a lease everybody gets in.
#[test]
fn a_crash_after_each_event_breaks_nothing() {
    for settings in [&[][..], &["fencing=false"], &["lock=plain", "fencing=false"]] {
        let runs = bench(settings).until_ms(2_500).crash_at_each_event(1, 150, Trial::safe);
        assert!(runs > 60, "{runs}");
    }
}

/// Clients that one after the other look and write, a crash of whom you like and a lost message: no way that the search finds breaks
/// anything where the storage fences.
#[test]
fn the_search_finds_no_way_around_the_fence() {
    let mut root = bench(&["sync_ms=0", "work_ms=10", "gap_ms=0", "think_ms=60000"]).start(1);
    root.run_until(SimTime::ZERO);
    let faults = Faults { crashes: 1, losses: 1, copies: 0 };
    let found = explore(&root, Bounds { states: 1_500, depth: 60, faults });
    assert!(found.violation.is_none() && found.states == 1_500, "{:?}", found.ending);
}

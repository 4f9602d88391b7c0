//! Raft under 200 seeds of each of six mixes of faults: safe throughout, and well again in the quiet
//! phase that follows.
//!
//! The rule that is easy to break: each mix proves by counters that its faults happened, over all
//! its seeds; a mix that hurts nobody proves nothing.

use crate::kit::Cluster;
use faultline::check::Verdict;
use faultline::check::faultmix::{Mix, plan};
use faultline::kit::client::Asked;
use faultline::kit::store::Op;
use faultline::protocols::agreement::raft::Client;
use faultline::protocols::agreement::raft::facts::Fact;
use faultline::sim::streams::{below, setup_stream};
use faultline::sim::{EventKind, Fault, Loss, Mark, MsgId, NodeId, SimTime, Span};
use rand::Rng;

const SEEDS: u64 = 200;
/// The fault phase, and how long the quiet phase may take until all is well.
const FAULTS_MS: u64 = 12_000;
const QUIET_MS: u64 = 60_000;
/// How long it may take until all that was open when the quiet phase found a leader is done: with
/// fast back-up, and without, when a leader that must go back hundreds of entries takes a round trip
/// for each (end of section 5.3).
const RECOVERY_MS: u64 = 3_000;
const SLOW_RECOVERY_MS: u64 = 10_000;

/// What happened over all seeds of a mix.
#[derive(Debug, Default)]
struct Counters {
    events: u64,
    leaders: u32,
    leader_changes: u32,
    undecided: u32,
    conflicts: u32,
    backups: u32,
    duplicates: u32,
    from_session: u32,
    restarts: u32,
    answered: u32,
    retries: u32,
    lost: u32,
    copies: u32,
    walled: u32,
    cut: u32,
    receiver_down: u32,
    pauses: u32,
    leaps: u32,
    drifts: u32,
    late: u32,
    waited_in_inbox: u32,
    refused: u32,
    snapshots: u32,
    installs: u32,
    slowest_recovery_ms: u64,
}

/// The parameters of a run, drawn from its seed.
fn draw(seed: u64) -> Vec<(&'static str, String)> {
    let mut rng = setup_stream(seed, "raft mixes: parameters");
    let mut pick = |n: u64| below(rng.next_u64(), n);
    let (min, spread) = [(150, 150), (100, 100), (150, 300), (300, 300)][pick(4) as usize];
    let switch = |on: u64| if on == 0 { "off" } else { "on" }.to_owned();
    vec![
        ("servers", (3 + pick(7)).to_string()),
        ("clients", (1 + pick(3)).to_string()),
        ("election_min_ms", min.to_string()),
        ("election_max_ms", (min + spread).to_string()),
        ("heartbeat_ms", (min / 3).to_string()),
        ("interval_ms", (20 + pick(200)).to_string()),
        ("prevote", switch(pick(2))),
        ("checkquorum", switch(pick(2))),
        ("noop", switch(pick(2))),
        ("fastbackup", switch(pick(4))),
        ("lease", switch(pick(2))),
    ]
}

fn one_run(mix: Mix, seed: u64, with: &[(&str, &str)], total: &mut Counters) {
    let drawn = draw(seed);
    let given = drawn.iter().map(|(k, v)| (*k, v.as_str()));
    let given: Vec<(&str, &str)> = given.chain(with.iter().copied()).collect();
    let servers: u16 = drawn[0].1.parse().expect("a number");
    let nodes: Vec<NodeId> = (0..servers).map(NodeId).collect();
    let edits = plan(mix, seed, &nodes, SimTime::from_ms(FAULTS_MS));
    let mut c = Cluster::with(&given, seed, edits, |_| {});
    let label = format!("{} seed {seed} {given:?}", mix.id());
    c.until_ms(FAULTS_MS);
    let fast = c.server(0).config().fast_backup;
    let limit_ms = if fast { RECOVERY_MS } else { SLOW_RECOVERY_MS };
    let recovered = recovery(&mut c, limit_ms, &label);
    // Clients ask on and on; at some moment between two requests everything is equal.
    let end = SimTime::from_ms(FAULTS_MS + QUIET_MS);
    let mut why = c.converged();
    while why.is_err() && c.run.time() < end {
        assert!(c.run.step(), "{label}: {:?}", c.world().stopped());
        why = c.converged();
    }
    assert_eq!(why, Ok(()), "{label}: not well in {QUIET_MS} ms");
    for line in c.checks() {
        assert!(!matches!(line.verdict, Verdict::Violated { .. }), "{label}: {line:?}");
    }
    total.slowest_recovery_ms = total.slowest_recovery_ms.max(recovered);
    count(&c, total);
}

/// How many milliseconds of the quiet phase pass until all follow one leader, have stored and
/// committed what its log held then, and every request that was open then is answered.
fn recovery(c: &mut Cluster, limit_ms: u64, label: &str) -> u64 {
    let start = c.run.time();
    let limit = start + Span::ms(limit_ms);
    loop {
        while c.followed().is_none() {
            assert!(c.run.step() && c.run.time() < limit, "{label}: no leader in {limit_ms} ms");
        }
        let leader = c.followed();
        let log = leader.map(|l| c.server(l.0).log().clone()).unwrap_or_default();
        let asked = |c: &Client| c.asked().copied();
        let open: Vec<Option<Asked<Op>>> = c.clients().map(asked).collect();
        loop {
            let stored = c.ids().all(|i| {
                let s = c.server(i.0);
                let last = log.last_index();
                let same = s.log().base() > last || s.log().digest_at(last) == Some(log.digest());
                same && s.commit_index() >= last
            });
            let answered = c.clients().zip(&open).all(|(c, o)| o.is_none() || c.asked() != o.as_ref());
            if stored && answered {
                return c.run.time().since(start).0 / 1_000;
            }
            assert!(c.run.step() && c.run.time() < limit, "{label}: not well in {limit_ms} ms");
            if c.followed() != leader {
                break;
            }
        }
    }
}

fn count(c: &Cluster, total: &mut Counters) {
    let (world, trace) = (c.world(), c.run.trace());
    total.events += u64::from(world.events());
    let leaders = total.leaders;
    for (_, fact) in c.facts::<Fact>() {
        match fact {
            Fact::Leads { .. } => total.leaders += 1,
            Fact::Undecided { .. } => total.undecided += 1,
            Fact::Cut { .. } => total.conflicts += 1,
            Fact::BacksUp { .. } => total.backups += 1,
            Fact::Skipped { .. } => total.duplicates += 1,
            Fact::AnsweredAgain { .. } => total.from_session += 1,
            Fact::Boots => total.restarts += 1,
            Fact::Snapshots { .. } => total.snapshots += 1,
            Fact::Installs { .. } => total.installs += 1,
            _ => {}
        }
    }
    total.leader_changes += total.leaders - leaders - 1;
    for score in c.clients().map(Client::score) {
        total.answered += score.ok + score.failed;
        total.retries += score.retries;
    }
    total.refused += c.run.refused().len() as u32;
    for (_, event) in trace.events_from(faultline::sim::EventId(0)) {
        match event.loss {
            Loss::Link => total.lost += 1,
            Loss::Partition => total.walled += 1,
            Loss::Cut => total.cut += 1,
            Loss::ReceiverDown => total.receiver_down += 1,
            _ => {}
        }
        total.waited_in_inbox += u32::from(event.kind == EventKind::Arrive);
    }
    let marks = (0..trace.messages()).map(|i| trace.sent(MsgId(i as u32)).mark);
    total.copies += marks.filter(|&m| m == Mark::Copy).count() as u32;
    for (_, fault) in trace.faults() {
        match fault {
            Fault::Pause { .. } => total.pauses += 1,
            Fault::ClockJump { .. } => total.leaps += 1,
            Fault::Node { set, .. } if set.late_us.is_some_and(|l| l > 0) => total.late += 1,
            Fault::Node { set, .. } if set.drift_ppm.is_some_and(|d| d != 0) => total.drifts += 1,
            _ => {}
        }
    }
}

fn sweep(mix: Mix) -> Counters {
    sweep_with(mix, &[])
}

/// The same with further parameters.
fn sweep_with(mix: Mix, with: &[(&str, &str)]) -> Counters {
    let mut total = Counters::default();
    for seed in 0..SEEDS {
        one_run(mix, seed, with, &mut total);
    }
    println!("{} {with:?} x {SEEDS}: {total:?}", mix.id());
    assert_eq!(total.refused, 0, "{total:?}");
    assert!(u64::from(total.answered) > SEEDS * 10, "{total:?}");
    total
}

/// Without faults there is one leader and nothing is lost; but for rare split votes at the start.
#[test]
fn mix_none_elects_once_and_answers_all() {
    let t = sweep(Mix::None);
    assert_eq!((t.lost, t.copies, t.walled, t.restarts, t.pauses), (0, 0, 0, 0, 0));
    assert!(u64::from(t.leaders) < SEEDS * 11 / 10, "{t:?}");
}

#[test]
fn mix_lossy_loses_and_doubles_and_repairs() {
    let t = sweep(Mix::Lossy);
    assert!(t.lost > 100_000 && t.copies > 100_000, "{t:?}");
    assert!(t.leader_changes > 100 && t.undecided > 10, "{t:?}");
    assert!(t.conflicts > 5 && t.from_session > 20 && t.duplicates > 5, "{t:?}");
}

#[test]
fn mix_partition_divides_and_repairs() {
    let t = sweep(Mix::Partition);
    assert!(t.walled > 20_000 && t.cut > 100, "{t:?}");
    assert!(t.leader_changes > 200 && t.conflicts > 50 && t.backups > 50, "{t:?}");
    assert!(t.undecided > 100, "{t:?}");
}

#[test]
fn mix_crash_stops_and_restarts_and_repairs() {
    let t = sweep(Mix::Crash);
    assert!(t.restarts > 1_000 && t.receiver_down > 10_000, "{t:?}");
    assert!(t.leader_changes > 200 && t.conflicts > 5, "{t:?}");
}

#[test]
fn mix_timing_pauses_and_drifts_and_repairs() {
    let t = sweep(Mix::Timing);
    assert!(t.pauses > 1_000 && t.drifts > 1_000 && t.leaps > 500 && t.late > 500, "{t:?}");
    assert!(t.waited_in_inbox > 10_000 && t.leader_changes > 200 && t.conflicts > 5, "{t:?}");
}

#[test]
fn mix_all_does_everything_and_repairs() {
    let t = sweep(Mix::All);
    assert!(t.lost > 50_000 && t.copies > 50_000 && t.walled > 10_000, "{t:?}");
    assert!(t.restarts > 500 && t.pauses > 500 && t.drifts > 1_000, "{t:?}");
    assert!(t.leader_changes > 500 && t.undecided > 100 && t.conflicts > 100, "{t:?}");
}

/// With snapshots: under every mix servers take them, and where messages or servers are missing they are installed.
#[test]
fn every_mix_with_snapshots_repairs() {
    for mix in Mix::ALL {
        let t = sweep_with(mix, &[("snapshot_every", "7")]);
        assert!(t.snapshots > 5_000, "{t:?}");
        assert!(mix == Mix::None || t.installs > 100, "{t:?}");
    }
}

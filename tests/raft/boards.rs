//! What Raft shows beside its stage, what scenario files may ask of it, and what its gauges say.

use crate::kit::{Cluster, params};
use faultline::kit::boards::{Board, Mood};
use faultline::protocols::agreement::raft::ENTRY;
use faultline::protocols::agreement::raft::server::Role;

fn board(c: &Cluster, title: &str) -> Board {
    let boards = ENTRY.boards.unwrap()(&params(&[]), c.world());
    let found = boards.into_iter().find(|b| b.title().starts_with(title));
    found.unwrap_or_else(|| panic!("no board {title}"))
}

fn lamps(c: &Cluster) -> Vec<(String, Mood)> {
    match board(c, "Votes") {
        Board::Lamps { lamps, .. } => lamps.into_iter().map(|l| (l.label, l.mood)).collect(),
        other => panic!("{other:?}"),
    }
}

/// The rows of a table, their cells as text.
fn rows(c: &Cluster, title: &str) -> Vec<(String, Vec<String>)> {
    let Board::Table { rows, columns, .. } = board(c, title) else {
        panic!("{title} is no table");
    };
    let texts = |(name, cells): (String, Vec<faultline::kit::boards::Field>)| {
        assert_eq!(cells.len() + 1, columns.len(), "{title}");
        (name, cells.into_iter().map(|f| f.text).collect())
    };
    rows.into_iter().map(texts).collect()
}

fn probe(c: &Cluster, id: &str) -> i64 {
    let probe = ENTRY.probes.iter().find(|p| p.id == id).expect(id);
    (probe.read)(c.world(), c.run.trace()).expect(id)
}

#[test]
fn votes_are_counted_while_they_come_in() {
    let mut c = Cluster::new(&[("clients", "0")], 1);
    assert_eq!(lamps(&c), []);
    let stands = |c: &Cluster| c.ids().find(|i| c.server(i.0).role() == Role::Candidate);
    c.until(1_000, "a candidate", |c| stands(c).is_some());
    let name = c.world().name(stands(&c).expect("one")).to_owned();
    let says = |n: u8| format!("{name}, votes for term 1: {n} of 3");
    assert_eq!(lamps(&c), [(says(1), Mood::Waiting)]);
    c.until(1_000, "a vote", |c| lamps(c)[0].0.contains("2 of 3"));
    c.until_leader();
    assert_eq!(lamps(&c), [(says(3), Mood::Good)]);
}

#[test]
fn copies_are_counted_as_the_leader_knows_them() {
    let mut c = Cluster::new(&[("interval_ms", "0")], 5);
    let leader = c.until_leader();
    c.for_ms(100);
    c.ask(0, "set x 3");
    c.until(500, "appended", |c| c.server(leader.0).log().last_index() == 1);
    let entry = |c: &Cluster| rows(c, "Copies").remove(0).1;
    assert_eq!(entry(&c), ["1", "set x 3", "1 of 3", "not yet"]);
    assert_eq!((probe(&c, "committed"), probe(&c, "uncommitted")), (0, 1));
    c.until(500, "committed", |c| c.server(leader.0).commit_index() == 1);
    assert_eq!(entry(&c), ["1", "set x 3", "3 of 3", "committed"]);
    let known = rows(&c, "What S");
    assert_eq!(known.len(), 4);
    let matched = known.iter().filter(|(_, cells)| cells[..] == ["1", "2"]);
    assert_eq!(matched.count(), 2, "{known:?}");
    c.for_ms(100);
    assert_eq!((probe(&c, "committed"), probe(&c, "uncommitted")), (1, 0));
    assert_eq!(probe(&c, "differing-logs"), 0);
}

/// Figure 8 (c): entry 2 of term 2 is on three of five, and that does not count.
#[test]
fn an_older_entry_on_a_majority_is_said_not_to_count() {
    let mut c = Cluster::new(&[("start", "figure-8"), ("interval_ms", "0")], 4);
    c.for_ms(1);
    c.crash(4);
    c.until_leader();
    c.until(1_000, "on all", |c| rows(c, "Copies")[1].1[2] == "4 of 3");
    let older = "of an older term: its copies do not count";
    assert_eq!(rows(&c, "Copies")[1].1[3], older);
}

#[test]
fn a_leader_cut_off_from_the_majority_is_stale_once_it_writes_what_it_cannot_commit() {
    let mut c = Cluster::new(&[("interval_ms", "0"), ("clients", "2")], 11);
    let old = c.until_leader();
    c.for_ms(100);
    let others: Vec<u16> = c.ids().map(|i| i.0).filter(|i| *i != old.0).collect();
    c.separate(&[&[old.0, others[0], 5], &[others[1], others[2], others[3], 6]]);
    assert_eq!((probe(&c, "leaders"), probe(&c, "stale-leaders")), (1, 0));
    c.until(5_000, "two crowns", |c| probe(c, "leaders") == 2);
    assert_eq!(probe(&c, "stale-leaders"), 0, "it has written nothing");
    c.ask(0, "set x 1");
    c.until(5_000, "written", |c| probe(c, "stale-leaders") == 1);
    assert_eq!(probe(&c, "highest-term"), 2);
    c.fault(faultline::sim::Fault::Heal);
    c.until(5_000, "one crown", |c| probe(c, "leaders") == 1);
    assert_eq!(probe(&c, "stale-leaders"), 0);
}

//! The same protocols under each timing model: each has a row of its own, and a study is the same however it is cut up.
#![cfg(not(target_arch = "wasm32"))]

use faultline::scenario::{Opening, open};
use faultline::sim::SimTime;
use faultline::view::models::{Budget, Cell, Model, Models};

const UNTIL: SimTime = SimTime::from_ms(15_000);

fn study(scenario: &str, runs: u64, crashes: u32) -> Models {
    let budget = Budget { crashes, loss_ppm: 0 };
    Models::of(&Opening::of(scenario), runs, UNTIL, budget).unwrap()
}

fn row(scenario: &str, runs: u64, crashes: u32) -> Vec<Cell> {
    let mut study = study(scenario, runs, crashes);
    assert!(study.work(&mut || false).unwrap());
    assert!(study.cells().iter().all(|c| (c.runs, c.hindered) == (runs, 0)), "{:?}", study.cells());
    study.cells().to_vec()
}

/// Shares of runs under each model, in the order of [`Model::ALL`].
fn shares(row: &[Cell], count: impl Fn(&Cell) -> u64) -> Vec<f64> {
    row.iter().map(|c| count(c) as f64 / c.runs as f64).collect()
}

fn decided(row: &[Cell]) -> Vec<f64> {
    shares(row, |c| c.decided_ms.len() as u64)
}

fn broken(row: &[Cell]) -> Vec<u64> {
    row.iter().map(|c| c.broken).collect()
}

/// Raft contradicts itself under no model; it has a leader wherever a bound holds in the end, and none where none does.
#[test]
fn raft_breaks_nothing_and_is_led_from_partial_synchrony_up() {
    for crashes in [0, 1, 2] {
        let row = row("raft-election", 40, crashes);
        assert_eq!(broken(&row), [0; 4], "{row:?}");
        let led = decided(&row);
        assert!(led[..3].iter().all(|share| *share >= 0.95), "{crashes}: {led:?}");
        assert!(led[3] <= 0.2, "{crashes}: {led:?}");
        // Nobody can be elected by votes that are sent in the storm and arrive in it.
        assert!(row[2].median_ms() > Some(1_000.0), "{row:?}");
    }
}

/// Flooding decides under each model in the same time, and agrees where the bound is one that it knows.
#[test]
fn flooding_decides_always_and_agrees_where_the_bound_is_known() {
    for crashes in [0, 1] {
        let row = row("timing-matrix", 60, crashes);
        assert_eq!(decided(&row), [1.0; 4], "{row:?}");
        assert_eq!(row[0].broken, 0, "{row:?}");
        // P1 alone has the 0: where nothing of it arrives in time, the others do not know.
        assert!(row[2].broken >= 30 && row[3].broken >= 30, "{row:?}");
        let assumed = &row[3].first.as_ref().unwrap().2;
        assert!(assumed.starts_with("it is assumed"), "{assumed}");
    }
}

/// Four protocols, four rows: which of them break, decide and wait under which model. It takes a crash to tell a commit from a ring: where
/// nothing fails, both only wait for messages, and come to an end under every model.
#[test]
fn each_protocol_has_a_row_of_its_own() {
    for crashes in [1, 2, 3] {
        let rows = ["two-phase-commit", "ring-election", "raft-election", "timing-matrix"].map(|s| {
            let row = row(s, 20, crashes);
            let cells = row.iter().map(|c| (c.broken, c.decided_ms.len(), c.waiting));
            (s, cells.collect::<Vec<_>>())
        });
        for (i, (a, one)) in rows.iter().enumerate() {
            for (b, other) in &rows[i + 1..] {
                assert_ne!(one, other, "{crashes}: {a} and {b}");
            }
        }
        println!("{crashes} crashes: {rows:#?}");
    }
}

/// Links that promise to lose nothing are not made to: that is refused, and not passed over.
#[test]
fn loss_where_links_lose_nothing_is_refused() {
    let lossy = Budget { crashes: 0, loss_ppm: 100_000 };
    let refused = Models::of(&Opening::of("ring-election"), 1, UNTIL, lossy).err().unwrap();
    assert!(!refused.message.is_empty());
    assert!(Models::of(&Opening::of("raft-election"), 1, UNTIL, lossy).is_ok());
}

/// Cut into slices of any length, a study comes to the same cells; and a run that broke is opened as it was found.
#[test]
fn a_study_is_the_same_in_slices_and_its_runs_can_be_opened() {
    let whole = row("timing-matrix", 8, 1);
    for budget in [1, 2, 7] {
        let mut cut = study("timing-matrix", 8, 1);
        let mut turns = 0;
        loop {
            turns += 1;
            let mut left = budget;
            let done = cut.work(&mut || {
                left -= 1;
                left == 0
            });
            if done.unwrap() {
                break;
            }
        }
        assert!(turns > 1);
        assert_eq!(cut.cells(), whole);
    }
    let study = study("timing-matrix", 8, 1);
    let (seed, promise, _) = whole[3].first.clone().unwrap();
    let mut run = open(&study.opening(Model::Asynchronous, seed)).unwrap();
    run.run_until(UNTIL);
    assert!(run.refused().is_empty(), "{:?}", run.refused());
    let lines = faultline::check::verdicts(&run);
    let line = lines.iter().find(|l| l.name == promise).unwrap();
    assert!(matches!(line.verdict, faultline::check::Verdict::Violated { .. }));
}

//! The same protocols under each timing model: each has a row of its own, and a study is the same however it is cut up.
#![cfg(not(target_arch = "wasm32"))]

use faultline::scenario::{Opening, open};
use faultline::sim::SimTime;
use faultline::view::models::{Budget, Cell, Model, Seen};
use faultline::view::study::{Labour, Models, Order, Study, Yield};

const UNTIL: SimTime = SimTime::from_ms(15_000);

fn order(scenario: &str, runs: u32, crashes: u32) -> Order {
    let models = Some(Models { beside: Vec::new(), budget: Budget { crashes, loss_ppm: 0 } });
    Order { opening: Opening::of(scenario), first: 0, runs, until_us: UNTIL.us(), models }
}

/// All of it, so many slices at a time.
fn worked(order: &Order, slices: u32) -> Study {
    let (mut study, mut labour) = (Study::new(1, order.clone()), Labour::new(order.clone()).unwrap());
    while study.is_running() {
        let (mut found, mut left) = (Yield::default(), slices);
        labour
            .work(&mut found, &mut || {
                left -= 1;
                left == 0
            })
            .unwrap();
        study.add(&found);
    }
    study
}

fn row(scenario: &str, runs: u32, crashes: u32) -> Vec<Cell> {
    let study = worked(&order(scenario, runs, crashes), u32::MAX);
    let cells = study.cells().swap_remove(0);
    assert!(cells.iter().all(|c| (c.runs, c.hindered) == (u64::from(runs), 0)), "{cells:?}");
    cells
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
    let lossy = |scenario: &str| {
        let mut order = order(scenario, 1, 0);
        order.models = Some(Models { beside: Vec::new(), budget: Budget { crashes: 0, loss_ppm: 100_000 } });
        Labour::new(order)
    };
    let refused = lossy("ring-election").err().unwrap();
    assert!(!refused.message.is_empty());
    assert!(lossy("raft-election").is_ok());
}

/// Cut into slices of any length, a study comes to the same cells; and the run that a cell opens shows what the cell says.
#[test]
fn a_study_is_the_same_in_slices_and_its_runs_can_be_opened() {
    let order = order("timing-matrix", 8, 1);
    let whole = row("timing-matrix", 8, 1);
    for slices in [1, 2, 7] {
        assert_eq!(worked(&order, slices).cells(), std::slice::from_ref(&whole));
    }
    let seed = whole[3].shows(0).unwrap();
    assert_eq!((whole[3].why_shown(), Some(seed)), ("a promise breaks", whole[3].first_broken));
    let mut run = open(&order.cell(0, Model::Asynchronous, seed).unwrap()).unwrap();
    run.run_until(UNTIL);
    assert!(run.refused().is_empty(), "{:?}", run.refused());
    let (promise, assumption) = Seen::of(&run).broken.unwrap();
    assert_eq!(promise, "Agreement");
    assert!(assumption.starts_with("it is assumed"), "{assumption}");
}

/// The rows of a table are those that its scenarios have alone, seed by seed; and an order comes to a worker as it was given.
#[test]
fn a_table_is_its_rows_and_each_scenario_names_rows_that_there_are() {
    let mut table = order("timing-matrix", 5, 1);
    let beside = Opening::of("timing-matrix").def().unwrap().beside.clone();
    assert_eq!(beside, ["raft-election", "two-phase-commit", "ring-election"]);
    table.models.as_mut().unwrap().beside = beside;
    assert_eq!(Order::read(&table.text().unwrap()), Ok(table.clone()));
    assert_eq!(table.all(), 5 * 4 * 4);
    let cells = worked(&table, u32::MAX).cells();
    let alone: Vec<_> = table.rows().map(|s| row(s, 5, 1)).collect();
    assert_eq!(cells, alone);
    for scenario in faultline::scenario::all() {
        for other in &scenario.beside {
            assert!(Opening::of(other).def().is_ok(), "{}: {other}", scenario.id);
        }
    }
}

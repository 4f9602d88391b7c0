//! A storm of editing: runs of every scenario are wound forward and back, edited, undone, forked,
//! at random; and after every few steps a fresh run of the same edits must have come to the same.
//!
//! The rule that is easy to break: nothing about a run may depend on how it came to where it stands:
//! not on checkpoints, on the lengths of the stretches it was played in, or on what was undone.

mod cores;
mod storm_kit;

use cores::on_all_cores;
use faultline::check::Checks;
use faultline::scenario::{self, Opening, open};
use faultline::sim::history::Run;
use faultline::sim::{MsgId, SimTime, Span};
use storm_kit::{Dice, again, any_fault, assert_same};

/// Storms in each scenario.
const STORMS: u64 = 25;

/// One thing that a learner may do.
fn act(d: &mut Dice, run: &mut Run<Checks>, what: &str) {
    let reach = run.frontier().us() + 60_000;
    match d.below(20) {
        0..5 => {
            let to = run.time() + Span(d.below(120_000));
            // As the page plays: in short frames, or in one go.
            let frame = d.of(&[700, 16_000, 1_000_000]);
            while run.time() < to {
                let next = (run.time() + Span(frame)).min(to);
                run.advance(next, u32::MAX);
            }
        }
        5 => (0..d.below(30)).for_each(|_| {
            run.step();
        }),
        6 => run.back(d.below(60) as u32),
        7 | 8 => run.seek(SimTime(d.below(reach))),
        9 => run.seek_event(d.below(u64::from(run.position()) + 40) as u32),
        10 => {
            run.undo();
        }
        11 => {
            run.redo();
        }
        12 if !run.edits().is_empty() => {
            let place = d.below(run.edits().len() as u64) as usize;
            run.remove_edit(place).expect("the edit is there");
        }
        _ => {
            let before = (run.hash_text(), run.edits().to_vec(), run.trace().len());
            let faults: Vec<_> = (0..d.of(&[1, 1, 1, 3])).map(|_| any_fault(d, run.world())).collect();
            if run.edit_all(faults.clone()).is_err() {
                let after = (run.hash_text(), run.edits().to_vec(), run.trace().len());
                assert_eq!(before, after, "{what}: refusing {faults:?} changed something");
            }
        }
    }
}

fn storm(opening: &Opening, seed: u64, acts: u32) {
    let d = &mut Dice(seed);
    let mut run = open(opening).expect("a scenario opens");
    let mut forks = Vec::new();
    for i in 0..acts {
        let what = format!("{} storm {seed} act {i}", opening.scenario);
        act(d, &mut run, &what);
        if d.one_in(25) {
            forks.push(run.fork());
        }
        if d.one_in(25)
            && let Some(fork) = forks.pop()
        {
            forks.push(std::mem::replace(&mut run, fork));
        }
        if run.time() > SimTime::from_ms(3_000) {
            run.seek(SimTime::from_ms(1_000));
        }
        if d.one_in(4) {
            assert_same(&run, &again(opening, &run), &what);
        }
    }
    for (i, mut run) in forks.into_iter().chain([run]).enumerate() {
        let to = run.time() + Span(200_000);
        run.run_until(to);
        let what = format!("{} storm {seed} fork {i}", opening.scenario);
        assert_same(&run, &again(opening, &run), &what);
        for i in 0..run.trace().messages().min(20) {
            assert!(run.payload(MsgId(i as u32)).is_some(), "{what}: payload {i}");
        }
    }
}

#[test]
fn however_a_run_came_to_where_it_stands_it_is_the_run_of_its_edits() {
    let all = scenario::all().flat_map(|def| (0..STORMS).map(move |seed| (def.id.clone(), seed)));
    on_all_cores(all.collect(), |(id, seed)| storm(&Opening::of(&id), seed, 120));
}

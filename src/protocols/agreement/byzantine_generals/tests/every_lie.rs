//! Every lie there is, on the real protocol: each message of each traitor is each thing that it can be.
//!
//! The rule that is easy to break: in rounds, what a traitor does in a run is what he puts into each place where he may speak, whatever he
//! knows when he does. So all ways to fill these places are all that he can do.

use super::super::general::General;
use super::super::treason::{Strategy, Word};
use super::super::{ENTRY, Order, assemble};
use crate::check::{Checks, Verdict};
use crate::sim::history::Run;
use crate::sim::{NodeId, SimTime};

const ANYTHING: &[Word] = &[Word::Say(Order::Attack), Word::Say(Order::Retreat), Word::Nothing];
/// More places than any of these traitors has.
const PLACES: usize = 24;

/// Traitors, each with what he may put into a place, and what he puts.
struct Liars {
    who: Vec<(u8, &'static [Word])>,
    choices: Vec<[usize; PLACES]>,
}

impl Liars {
    fn of(who: &[(u8, &'static [Word])]) -> Self {
        Liars { who: who.to_vec(), choices: vec![[0; PLACES]; who.len()] }
    }

    fn words(&self, i: usize) -> Vec<Word> {
        self.choices[i].iter().map(|&c| self.who[i].1[c]).collect()
    }

    fn run(&self, settings: &[String]) -> Run<Checks> {
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        let params = ENTRY.set(&settings).unwrap();
        let lie = |g: &mut General| {
            if let Some(i) = self.who.iter().position(|(id, _)| *id == g.id) {
                g.treason.strategy = Strategy::Script(self.words(i));
            }
        };
        let mut run =
            Run::new(assemble(&params, 1, &lie).unwrap(), ENTRY.checks(&params), Vec::new()).unwrap();
        run.run_until(SimTime::from_ms(400));
        run
    }

    /// How many places a traitor had in this run.
    fn places(&self, run: &Run<Checks>, i: usize) -> usize {
        let id = NodeId(u16::from(self.who[i].0));
        let places = run.world().node_as::<General>(id).unwrap().treason.spoken;
        assert!(places <= PLACES);
        places
    }

    /// Goes on to the next way to fill the places that this run had; false after the last.
    fn next(&mut self, run: &Run<Checks>) -> bool {
        for i in (0..self.who.len()).rev() {
            for place in (0..self.places(run, i)).rev() {
                if self.choices[i][place] + 1 < self.who[i].1.len() {
                    self.choices[i][place] += 1;
                    return true;
                }
                self.choices[i][place] = 0;
            }
        }
        false
    }
}

fn is_broken(run: &Run<Checks>) -> bool {
    run.watcher().lines().iter().any(|l| matches!(l.verdict, Verdict::Violated { .. }))
}

/// Runs of all lies, and what the first of the liars said in each that broke something.
fn every_lie(settings: &[&str], who: &[(u8, &'static [Word])]) -> (usize, Vec<Vec<Word>>) {
    let ids = ["traitor", "traitor2", "traitor3"].iter().zip(who);
    let named = ids.map(|(param, (id, _))| format!("{param}={id}"));
    let settings: Vec<String> = settings.iter().map(|s| (*s).to_owned()).chain(named).collect();
    let mut liars = Liars::of(who);
    let (mut runs, mut broken) = (0, Vec::new());
    loop {
        let run = liars.run(&settings);
        runs += 1;
        if is_broken(&run) {
            broken.push(liars.words(0)[..liars.places(&run, 0)].to_vec());
        }
        if !liars.next(&run) {
            return (runs, broken);
        }
    }
}

/// A traitor among four: a commander fills 3 places, a lieutenant 2, in 27 and 9 ways; among five 81 and 27; among six 243 and 81. None
/// of them breaks anything, for either order.
#[test]
fn no_lie_of_one_general_divides_three_loyal_ones_or_more() {
    for n in [4_u32, 5, 6] {
        let generals = format!("generals={n}");
        for order in ["order=attack", "order=retreat"] {
            for traitor in 0..n as u8 {
                let (runs, broken) = every_lie(&[&generals, order], &[(traitor, ANYTHING)]);
                let places = if traitor == 0 { n - 1 } else { n - 2 };
                assert_eq!((runs, broken.len()), (3_usize.pow(places), 0), "{n} {order} {traitor}");
            }
        }
    }
}

/// Among three a lieutenant has one place, and all but the truth breaks IC2; a commander cannot, and need not.
#[test]
fn some_lie_of_one_general_misleads_the_only_loyal_lieutenant_of_three() {
    for traitor in 1..=2 {
        let (runs, broken) = every_lie(&["generals=3"], &[(traitor, ANYTHING)]);
        assert_eq!(runs, 3);
        assert_eq!(broken, [[Word::Say(Order::Retreat)], [Word::Nothing]]);
        // A tie is RETREAT, so there is no lie against that order.
        assert_eq!(every_lie(&["generals=3", "order=retreat"], &[(traitor, ANYTHING)]).1.len(), 0);
    }
    let (runs, broken) = every_lie(&["generals=3"], &[(0, ANYTHING)]);
    assert_eq!((runs, broken.len()), (9, 0));
}

/// Two traitors among four, and among five or six with m = 1: some lie breaks it.
#[test]
fn two_traitors_are_too_many_for_one() {
    for (n, places) in [(4, 2 + 2), (5, 3 + 3)] {
        let generals = format!("generals={n}");
        let (runs, broken) = every_lie(&[&generals], &[(1, ANYTHING), (2, ANYTHING)]);
        assert_eq!(runs, 3_usize.pow(places));
        assert!(!broken.is_empty(), "{n}");
    }
    // The commander and a lieutenant.
    assert!(!every_lie(&["generals=6"], &[(0, ANYTHING), (5, &ANYTHING[..2])]).1.is_empty());
}

/// It is not the majority's fault (section 2). Whatever two lieutenants make of what the commander says and what the other says that
/// he was told: none of all 16 times 16 pairs of rules does what is asked.
#[test]
fn no_rule_at_all_works_for_three() {
    const BOTH: [usize; 2] = [0, 1];
    let rule = |number: usize| move |told: usize, says: usize| number >> (2 * told + says) & 1;
    let pairs = || BOTH.into_iter().flat_map(|a| BOTH.map(|b| (a, b)));
    let works = |first: usize, second: usize| {
        let (first, second) = (rule(first), rule(second));
        // The commander is loyal and orders `a`, and the other says `b` of it.
        let ic2 = pairs().all(|(a, b)| first(a, b) == a && second(a, b) == a);
        // The commander tells the one `a` and the other `b`, and both say so.
        ic2 && pairs().all(|(a, b)| first(a, b) == second(b, a))
    };
    let all = (0..16).flat_map(|f| (0..16).map(move |s| (f, s)));
    assert_eq!(all.filter(|&(f, s)| works(f, s)).count(), 0);
}

/// Signed: one traitor among three, four, five.
#[test]
fn no_lie_under_signatures_divides_the_loyal() {
    for n in [3, 4, 5] {
        let generals = format!("generals={n}");
        for order in ["order=attack", "order=retreat"] {
            for traitor in 0..n {
                let settings = [generals.as_str(), "messages=signed", order];
                let (runs, broken) = every_lie(&settings, &[(traitor, ANYTHING)]);
                assert!(runs >= 3 && broken.is_empty(), "{n} {order} {traitor}: {broken:?}");
            }
        }
    }
}

/// Signed, four generals: the commander and L3, who has his key, and shows or does not show to each what he has or makes up. With
/// m = 2 nothing they do divides the others; with m = 1 there is no round left to tell what was shown last.
#[test]
fn two_traitors_under_signatures_need_three_rounds() {
    const SHOW: &[Word] = &[Word::Say(Order::Attack), Word::Nothing];
    let all = |m: &str| every_lie(&["generals=4", "messages=signed", m], &[(0, ANYTHING), (3, ANYTHING)]);
    let (runs, broken) = every_lie(&["generals=4", "messages=signed", "m=1"], &[(0, ANYTHING), (3, SHOW)]);
    assert!(runs > 100 && !broken.is_empty());
    assert!(!all("m=1").1.is_empty());
    let (runs, broken) = all("m=2");
    println!("{runs} runs");
    assert!(runs > 2_000 && broken.is_empty(), "{broken:?}");
}

//! Tests of the ready-made promises: each holds in one run and breaks in another, with its witness.
//!
//! The rule that is easy to break: a promise is shown what nodes tell, so here nodes do nothing but tell, by a
//! script: at which millisecond, who, what.

mod account;
mod agree;
mod beside;
mod deliver;
mod happen;

use super::*;
use crate::check::{CheckLine, Checks, Level, verdicts};
use crate::sim::history::Run;
use crate::sim::{
    Ctx, Edit, Fact, Fault, Host, Inspect, Message, NodeId, NodeSetup, Protocol, Setup, SimTime, Span, World,
};
use crate::sim::{Glyph, Kind, Shape, Tone};

/// What a node may tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Say {
    Decided(u8, u8),
    Leads(u8),
    Proposed(u8),
    Sent(u8),
    Got(u8),
    From(u16, u64),
    Enters,
    Leaves,
    Begun(u8),
    Ended(u8),
    Holds(i64),
    Writes(u64, u64),
    Reads(u64),
    Swaps(u64, u64, u64),
    Done(u64, u64),
    NotDone(u64),
}

use Say::*;

impl Fact for Say {
    fn name(&self) -> &'static str {
        "say"
    }
}

#[derive(Clone, Debug, Hash)]
struct Nothing;

impl Message for Nothing {
    fn kind(&self) -> Kind {
        Kind::new("nothing", Shape::Disc, Tone::Quiet)
    }
}

/// A node that tells what its script says, and remembers the last sum that it told.
#[derive(Clone, Hash)]
struct Teller {
    script: Vec<(u64, Say)>,
    holds: i64,
}

impl Teller {
    fn wait(&self, ctx: &mut Ctx<'_, Self>) {
        if let Some(next) = self.script.iter().find(|(ms, _)| ms * 1_000 > ctx.now_us()) {
            ctx.set_timer((), Span(next.0 * 1_000 - ctx.now_us()));
        }
    }
}

impl Protocol for Teller {
    type Msg = Nothing;
    type Timer = ();
    type Stable = ();

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.wait(ctx);
    }

    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.wait(ctx);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, (): ()) {
        let now = ctx.now_us();
        for (_, say) in self.script.iter().filter(|(ms, _)| ms * 1_000 == now) {
            if let Holds(sum) = say {
                self.holds = *sum;
            }
            ctx.fact(*say);
        }
        self.wait(ctx);
    }

    fn inspect(&self) -> Inspect {
        Inspect::of("teller", Glyph::None)
    }
}

type Script<'a> = &'a [(u64, u16, Say)];

/// A run of three nodes, told by the script and struck by the edits, under one promise, until it is over.
fn tell(promise: Promised<impl Rule>, script: Script, edits: Vec<Edit>) -> Run<Checks> {
    let teller = |node: u16| {
        let own = script.iter().filter(|(_, n, _)| *n == node);
        let script: Vec<_> = own.map(|&(ms, _, say)| (ms, say)).collect();
        let teller = Teller { script, holds: 10 };
        NodeSetup::server(["A", "B", "C"][usize::from(node)], Host::boxed(teller))
    };
    let setup = Setup { nodes: (0..3).map(teller).collect(), ..Setup::default() };
    let checks = Checks::new(vec![promise.boxed()]);
    let mut run = Run::new(setup, checks, edits).unwrap();
    run.run_until(SimTime::from_ms(1_000));
    assert!(run.refused().is_empty(), "{:?}", run.refused());
    run
}

fn line(run: &Run<Checks>) -> CheckLine {
    run.watcher().lines().remove(0)
}

/// It holds, from the start to the end.
fn holds(promise: Promised<impl Rule>, script: Script) {
    let mut run = tell(promise, script, Vec::new());
    assert_eq!(line(&run).verdict, Verdict::Holding, "{script:?}");
    run.seek(SimTime::ZERO);
    assert_eq!(line(&run).verdict, Verdict::Holding);
}

/// It breaks: when and where its witness was told, and why. It stays broken, is whole again before that moment, and
/// breaks in the same way when time goes on anew.
fn breaks(promise: Promised<impl Rule>, script: Script, witness: &[(u64, u16)], why: &str) {
    breaks_under(promise, script, Vec::new(), witness, why);
}

fn breaks_under(
    promise: Promised<impl Rule>,
    script: Script,
    edits: Vec<Edit>,
    expected: &[(u64, u16)],
    said: &str,
) {
    let mut run = tell(promise, script, edits);
    let first = line(&run).verdict;
    let Verdict::Violated { witness, why, .. } = &first else {
        panic!("{script:?}: {first:?}");
    };
    let seen = |&e: &EventId| {
        let event = run.trace().event(e);
        (event.time.us() / 1_000, event.node.0)
    };
    let shown: Vec<_> = witness.iter().map(seen).collect();
    assert_eq!(shown, expected, "{why}");
    assert_eq!(why, said);
    let last = *witness.last().unwrap();
    run.seek_event(last.0);
    assert!(!matches!(line(&run).verdict, Verdict::Violated { .. }), "broken before its witness");
    run.seek(SimTime::from_ms(1_000));
    assert_eq!(line(&run).verdict, first);
}

fn crash(ms: u64, node: u16) -> Edit {
    Edit::at(ms * 1_000, Fault::crash(NodeId(node)))
}

fn recover(ms: u64, node: u16) -> Edit {
    Edit::at(ms * 1_000, Fault::Recover { node: NodeId(node) })
}

fn assumption(run: &Run<Checks>) -> (usize, String) {
    match line(run).verdict {
        Verdict::Violated { witness, assumption, .. } => (witness.len(), assumption),
        other => panic!("{other:?}"),
    }
}

/// The rule that was left out explains most; then what the world did, with its event; then what it rests on.
#[test]
fn a_violation_names_the_assumption_that_allowed_it() {
    let script = [(1, 0, Decided(1, 7)), (9, 2, Decided(1, 8))];
    let of = |blamed: Option<&'static str>, edits: Vec<Edit>| {
        let mut promise = agree::agree().needs(&[Need::Correct, Need::NoCrash]).rests_on("the paper");
        if let Some(rule) = blamed {
            promise.blame(rule);
        }
        assumption(&tell(promise, &script, edits))
    };
    assert_eq!(of(None, Vec::new()), (2, "the paper".to_owned()));
    let crashed = "it is assumed that no node crashes, and B crashed (from 0.002 s to 0.003 s)".to_owned();
    assert_eq!(of(None, vec![crash(2, 1), recover(3, 1)]), (3, crashed));
    assert_eq!(of(Some("a rule"), vec![crash(2, 1)]), (2, "a rule".to_owned()));
    // What comes after the violation has not allowed it.
    assert_eq!(of(None, vec![crash(20, 1)]), (2, "the paper".to_owned()));
    // What is not needed is not named.
    let jump = Edit::at(2_000, Fault::ClockJump { node: NodeId(1), by_us: 5 });
    assert_eq!(of(None, vec![jump]), (2, "the paper".to_owned()));
}

/// Given only while nothing goes wrong: a crash lifts it, a request does not.
#[test]
fn a_promise_for_calm_runs_is_lifted_by_the_first_disturbance() {
    let script = [(9, 2, Proposed(7))];
    let calm =
        || never("Never", "no seven", |s: &Say| (*s == Proposed(7)).then(|| "seven".to_owned())).while_calm();
    let run = tell(calm(), &script, Vec::new());
    assert!(matches!(line(&run).verdict, Verdict::Violated { .. }));
    let run = tell(calm(), &script, vec![crash(2, 1)]);
    assert_eq!(line(&run).verdict, Verdict::Holding);
    let after = tell(calm(), &script, vec![crash(20, 1)]);
    assert!(matches!(line(&after).verdict, Verdict::Violated { .. }));
}

/// A dozen events at most, and the one in which it broke is among them.
#[test]
fn a_witness_is_short_and_has_the_end() {
    let all = witness((0..40).map(EventId));
    assert_eq!((all.len(), all.last()), (12, Some(&EventId(39))));
    assert_eq!(witness([EventId(3), EventId::NONE, EventId(1), EventId(3)]), [EventId(1), EventId(3)]);
}

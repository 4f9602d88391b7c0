//! The states of a search, counted by hand and against a published number: two-phase commit as Gray and Lamport
//! abstract it ("Consensus on Transaction Commit", 2006, section 3.2, the TLA+ module `TwoPhase`), in which nothing is
//! lost, participants decide at will, and messages stay for ever.
//!
//! `FAULTLINE_PARTICIPANTS=7 cargo test --release --test search_states -- --nocapture` counts two million states.
#![cfg(not(target_arch = "wasm32"))]

use faultline::check::Checks;
use faultline::check::search::{Bounds, Ending, Explored, Faults, explore};
use faultline::sim::history::Run;
use faultline::sim::{
    Ctx, Host, Inspect, Kind, Link, Message, NodeId, NodeSetup, Protocol, Setup, Shape, SimTime, Span, Tone,
};
use std::collections::BTreeSet;

#[derive(Clone, Debug, Hash)]
enum Msg {
    Prepared,
    Commit,
    Abort,
}

impl Message for Msg {
    fn kind(&self) -> Kind {
        let name = match self {
            Msg::Prepared => "prepared",
            Msg::Commit => "commit",
            Msg::Abort => "abort",
        };
        Kind::new(name, Shape::Disc, Tone::Quiet)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum State {
    Working,
    Prepared,
    Committed,
    Aborted,
}

#[derive(Clone, Hash)]
enum Node {
    /// The transaction manager: who has prepared, and what was decided.
    Manager {
        prepared: BTreeSet<NodeId>,
        state: State,
    },
    Participant(State),
}

impl Protocol for Node {
    type Msg = Msg;
    /// Each does at will what it may: a timer that runs from the start.
    type Timer = ();
    type Stable = ();

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        ctx.set_timer((), Span(1_000));
    }

    fn restart(&mut self, _: &mut Ctx<'_, Self>) {}

    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, from: NodeId, msg: &Msg) {
        match (self, msg) {
            (Node::Manager { prepared, state: State::Working }, Msg::Prepared) => {
                prepared.insert(from);
            }
            (Node::Participant(state), Msg::Commit | Msg::Abort) => {
                *state = if matches!(msg, Msg::Commit) { State::Committed } else { State::Aborted };
                ctx.cancel_timer(());
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, (): ()) {
        let all = usize::from(ctx.nodes()) - 1;
        match self {
            Node::Participant(state) if ctx.random_below(2) == 0 => {
                *state = State::Prepared;
                ctx.send(NodeId(0), Msg::Prepared);
            }
            Node::Participant(state) => *state = State::Aborted,
            Node::Manager { prepared, state } => {
                let commit = prepared.len() == all && ctx.random_below(2) == 0;
                *state = if commit { State::Committed } else { State::Aborted };
                let told = if commit { Msg::Commit } else { Msg::Abort };
                ctx.broadcast((1..ctx.nodes()).map(NodeId), told);
            }
        }
    }

    fn inspect(&self) -> Inspect {
        Inspect::default()
    }
}

fn two_phase(participants: u16) -> Explored {
    let manager = Node::Manager { prepared: BTreeSet::new(), state: State::Working };
    let mut nodes = vec![NodeSetup::server("TM", Host::boxed(manager))];
    for i in 1..=participants {
        nodes.push(NodeSetup::server(format!("RM{i}"), Host::boxed(Node::Participant(State::Working))));
    }
    let setup = Setup { nodes, link: Link::default(), ..Setup::default() };
    let mut root = Run::new(setup, Checks::default(), Vec::new()).unwrap();
    root.run_until(SimTime::ZERO);
    let faults = Faults { crashes: 0, losses: 0, copies: 0 };
    explore(&root, Bounds { states: 10_000_000, depth: 1_000, faults })
}

/// The states of the same machine, by the plainest enumeration there is. Messages stay for ever, as in the paper, or
/// are gone when they have arrived, as in a network.
fn counted(participants: usize, stay: bool) -> usize {
    // Of each participant: its state, and whether its message, and the manager's to it, is on its way.
    type All = (Vec<(State, bool, bool)>, State, Vec<bool>);
    let first: All =
        (vec![(State::Working, false, false); participants], State::Working, vec![false; participants]);
    let mut seen = BTreeSet::from([first.clone()]);
    let mut open = vec![first];
    while let Some((rms, tm, prepared)) = open.pop() {
        let mut next: Vec<All> = Vec::new();
        let all: BTreeSet<usize> = (0..participants).collect();
        if tm == State::Working {
            let mut decide = |to: State| {
                let told = rms.iter().map(|&(s, up, _)| (s, up, true)).collect();
                next.push((told, to, prepared.clone()));
            };
            decide(State::Aborted);
            if prepared.iter().all(|p| *p) {
                decide(State::Committed);
            }
        }
        for &i in &all {
            let (state, up, down) = rms[i];
            let mut with = |now: (State, bool, bool), known: bool| {
                let mut rms = rms.clone();
                rms[i] = now;
                let mut prepared = prepared.clone();
                prepared[i] |= known;
                next.push((rms, tm, prepared));
            };
            if state == State::Working {
                with((State::Prepared, true, down), false);
                with((State::Aborted, up, down), false);
            }
            if up && (!stay || tm == State::Working) {
                with((state, stay, down), tm == State::Working);
            }
            if down {
                with((tm, up, stay), false);
            }
        }
        for state in next {
            if seen.insert(state.clone()) {
                open.push(state);
            }
        }
    }
    seen.len()
}

/// Of seven participants the published model has 296,448 states; a message that is gone when it has arrived can be on
/// its way or not where the paper's set of messages knows no difference, which makes more of them.
#[test]
fn the_states_are_those_of_the_plain_enumeration() {
    for participants in 1..=setting("FAULTLINE_PARTICIPANTS").unwrap_or(4) {
        let found = two_phase(participants);
        println!("{participants} participants: {} states", found.states);
        assert_eq!(found.ending, Ending::Complete);
        assert_eq!(found.left_out.len(), 0, "{:?}", found.left_out);
        assert_eq!(found.states, counted(usize::from(participants), false), "{participants} participants");
    }
    // 288 for three and 8,832 for five are what the model's readers publish, too.
    assert_eq!([3, 5, 7].map(|n| counted(n, true)), [288, 8_832, 296_448]);
}

#[expect(clippy::disallowed_methods, reason = "how much to try is asked of whoever runs the test")]
fn setting(name: &str) -> Option<u16> {
    std::env::var(name).ok()?.parse().ok()
}

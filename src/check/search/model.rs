//! What a search walks through: states made of numbers, and what leads from one to the next.
//!
//! A node has few different states of its own, far fewer than the world has; so each is kept once and has a number, as
//! has each message and each memory of the promises. A state of the world is a row of such numbers. What a turn makes
//! of a node is worked out once, by the engine itself, and looked up from then on.
//!
//! The rule that is easy to break: a step is looked up by the node's own state and its turn, so nothing else may decide
//! it; and promises that look at the whole world are shown the whole world, every time.

use super::index::Index;
use super::moves::{Faults, Move};
use crate::check::{Checks, Recall};
use crate::sim::hash::mix;
use crate::sim::history::Watcher;
use crate::sim::world::stage::{Frame, Part, Played, Stage, Turn};
use crate::sim::{Event, EventId, EventKind, Loss, NodeId, Told, World};
use std::collections::BTreeSet;
use std::ops::Range;

/// How many copies of a frame a layer may have on their way at once.
const COPIES: usize = 2;

/// How many ways a node's dice may fall in one step, of those that are tried.
const LUCKS: usize = 256;

/// What a node may do in one of its own states. Small, for every state of the world asks each of its nodes.
struct Local {
    turns: Vec<Move>,
    up: bool,
    down: bool,
    waking: bool,
}

/// A message.
struct Known {
    frame: Frame,
    link: u32,
    fifo: bool,
    unreliable: bool,
}

/// What a turn makes of a node.
struct Step {
    local: u32,
    event: Option<Event>,
    told: Vec<Told>,
    sent: Vec<u32>,
    news: bool,
}

/// What promises remember.
struct Judge {
    checks: Checks,
    broken: bool,
}

/// The model of a world.
pub(super) struct Model {
    stage: Stage,
    nodes: usize,
    clients: Vec<bool>,
    // Whose state stands on the stage at each place, by number; none at the start and while one is at work.
    standing: Vec<Option<u32>>,
    // The nodes' own states, and the nodes in them.
    locals: Vec<Local>,
    parts: Vec<Part>,
    local_index: Index,
    frames: Vec<Known>,
    frame_index: Index,
    steps: Vec<Step>,
    step_index: Index,
    step_ranges: Vec<Range<usize>>,
    judges: Vec<Judge>,
    judge_index: Index,
    judged: Index,
    // Whether promises look at facts and names alone.
    facts_alone: bool,
    base: EventId,
    left_out: BTreeSet<String>,
}

/// The places of a state: the nodes, what promises remember, the faults that were spent, and the messages.
pub(super) type State = Box<[u32]>;

fn print(recall: &Recall) -> u128 {
    let [a, b] = recall.ends();
    u128::from(a) | u128::from(b) << 64
}

/// The fingerprint of a state: two plain hashes side by side, for every state that is reached is looked up by it.
pub(super) fn print_of(state: &[u32]) -> u128 {
    let (mut a, mut b) = (state.len() as u64, 0x9e37_79b9_7f4a_7c15_u64);
    for &word in state {
        let word = u64::from(word);
        a = (a.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
        b = (b.rotate_left(23) ^ word).wrapping_mul(0xd6e8_feb8_6659_fd93);
    }
    u128::from(mix(a)) | u128::from(mix(b)) << 64
}

impl Model {
    /// The model of `world` as it stands, watched by `checks`; and its first state.
    pub fn new(world: &World, checks: Checks) -> (Self, State) {
        let (stage, flights) = Stage::new(world);
        let nodes = world.node_count();
        let mut model = Model {
            clients: world.node_ids().map(|n| world.is_client(n)).collect(),
            standing: vec![None; nodes],
            locals: Vec::new(),
            parts: Vec::new(),
            local_index: Index::default(),
            frames: Vec::new(),
            frame_index: Index::default(),
            steps: Vec::new(),
            step_index: Index::default(),
            step_ranges: Vec::new(),
            judges: Vec::new(),
            judge_index: Index::default(),
            judged: Index::default(),
            facts_alone: true,
            base: EventId(world.events()),
            left_out: BTreeSet::new(),
            stage,
            nodes,
        };
        let mut first: Vec<u32> = Vec::new();
        for node in world.node_ids() {
            let part = model.stage.part(node);
            first.push(model.local(node, part));
        }
        first.push(model.judge(checks));
        first.push(0);
        for frame in flights {
            let known = model.frame(frame);
            model.put(&mut first, known);
        }
        (model, first.into())
    }

    /// What was met that no move stands for, in words.
    pub fn left_out(&self) -> &BTreeSet<String> {
        &self.left_out
    }

    /// The message with this number.
    pub fn message(&self, number: u32) -> &Frame {
        &self.frames[number as usize].frame
    }

    fn local(&mut self, node: NodeId, part: Part) -> u32 {
        let mut recall = Recall::default();
        recall.word(node.0);
        part.fingerprint(&mut recall);
        let (number, new) = self.local_index.number(print(&recall), self.locals.len());
        if new {
            let turns = part.turns().into_iter().filter_map(|t| own(node, &t)).collect();
            let (up, down, waking) = (part.is_up(), part.is_down(), part.is_waking());
            self.locals.push(Local { turns, up, down, waking });
            self.parts.push(part);
        }
        number
    }

    fn frame(&mut self, frame: Frame) -> u32 {
        let mut recall = Recall::default();
        frame.fingerprint(&mut recall);
        let (number, new) = self.frame_index.number(print(&recall), self.frames.len());
        if new {
            let (from, to) = (frame.from, frame.to);
            self.frames.push(Known {
                link: u32::from(from.0) << 16 | u32::from(to.0),
                fifo: self.stage.is_fifo(from, to),
                unreliable: self.stage.is_unreliable(from, to),
                frame,
            });
        }
        number
    }

    fn judge(&mut self, checks: Checks) -> u32 {
        let mut recall = Recall::default();
        let silent = checks.recall(&mut recall);
        let (number, new) = self.judge_index.number(print(&recall), self.judges.len());
        if new {
            self.facts_alone &= !recall.looks();
            self.left_out.extend(silent.iter().map(|name| format!("what \"{name}\" remembers")));
            let undecided = checks.undecided();
            self.left_out
                .extend(undecided.iter().map(|name| format!("\"{name}\", which could not be judged")));
            let broken = checks.violation().is_some();
            self.judges.push(Judge { checks, broken });
        }
        number
    }

    fn judge_of(&self, state: &[u32]) -> u32 {
        state[self.nodes]
    }

    /// Whether a promise is broken in this state.
    pub fn is_broken(&self, state: &[u32]) -> bool {
        self.judges[self.judge_of(state) as usize].broken
    }

    fn spent(&self, state: &[u32]) -> Faults {
        let [crashes, losses, copies, _] = state[self.nodes + 1].to_le_bytes();
        Faults { crashes, losses, copies }
    }

    fn spend(&self, state: &mut [u32], more: Faults) {
        let before = self.spent(state);
        let (c, l, d) = (
            before.crashes.saturating_add(more.crashes),
            before.losses.saturating_add(more.losses),
            before.copies.saturating_add(more.copies),
        );
        state[self.nodes + 1] = u32::from_le_bytes([c, l, d, 0]);
    }

    /// Puts a message on its way: behind all others of a link that keeps their order, anywhere else by its number.
    fn put(&self, state: &mut Vec<u32>, message: u32) {
        let key = |m: u32| {
            let known = &self.frames[m as usize];
            (known.link, if known.fifo { 0 } else { m })
        };
        let first = self.nodes + 2;
        let at = state[first..].partition_point(|&m| key(m) <= key(message));
        state.insert(first + at, message);
    }

    /// Every move that is possible in `state` with no more than these faults in all.
    pub fn moves(&mut self, state: &[u32], most: Faults, moves: &mut Vec<Move>) {
        moves.clear();
        let (locals, messages) = (&state[..self.nodes], &state[self.nodes + 2..]);
        // What waits at a node concerns nobody else, so it may as well come first.
        if let Some(node) = locals.iter().position(|&l| self.locals[l as usize].waking) {
            moves.push(Move::Wake(NodeId(node as u16)));
            return;
        }
        let spent = self.spent(state);
        let mut before: Option<&u32> = None;
        for m in messages {
            let known = &self.frames[*m as usize];
            let behind = |b: &u32| *b == *m || known.fifo && self.frames[*b as usize].link == known.link;
            if !before.is_some_and(behind) {
                moves.push(Move::Deliver(*m));
                // Elsewhere a loss is a message that never comes.
                if known.fifo && known.unreliable && spent.losses < most.losses {
                    moves.push(Move::Drop(*m));
                }
                if known.unreliable && spent.copies < most.copies {
                    moves.push(Move::Duplicate(*m));
                }
            }
            before = Some(m);
        }
        for (i, &l) in locals.iter().enumerate() {
            let (node, local) = (NodeId(i as u16), &self.locals[l as usize]);
            moves.extend(&local.turns);
            if local.up && spent.crashes < most.crashes && !self.clients[i] {
                moves.push(Move::Crash(node));
            }
            if local.down {
                moves.push(Move::Recover(node));
            }
        }
    }

    /// What `by` may make of a node in `state`; nothing, if it concerns no node.
    pub fn steps(&mut self, state: &[u32], by: Move) -> Range<usize> {
        let (node, key) = match by {
            Move::Deliver(m) => (self.frames[m as usize].frame.to, u64::from(m)),
            Move::Ring(node, slot) => (node, 1 << 60 | u64::from(slot)),
            Move::Work(node) => (node, 2 << 60),
            Move::Wake(node) => (node, 3 << 60),
            Move::Resend(node, to, number) => (node, 4 << 60 | u64::from(to.0) << 32 | u64::from(number)),
            Move::Crash(node) => (node, 5 << 60),
            Move::Recover(node) => (node, 6 << 60),
            Move::Drop(_) | Move::Duplicate(_) | Move::Next => return 0..1,
        };
        let local = state[node.index()];
        // Spread, for the table takes the low bits as they are.
        let key = u128::from(key) << 32 | u128::from(local);
        let key = key.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let key = key ^ key >> 64;
        if let Some(known) = self.step_index.get(key) {
            return self.step_ranges[known as usize].clone();
        }
        let range = self.work_out(node, local, by);
        self.step_index.set(key, self.step_ranges.len() as u32);
        self.step_ranges.push(range.clone());
        range
    }

    /// Plays a turn with every luck that there is.
    fn work_out(&mut self, node: NodeId, local: u32, by: Move) -> Range<usize> {
        self.clear(node);
        let turn = self.turn(by);
        let first = self.steps.len();
        let name = self.stage.world().name(node).to_owned();
        let mut given = Some(Vec::new());
        while let Some(luck) = given {
            if self.steps.len() - first >= LUCKS {
                self.left_out.insert(format!("luck of {name} beyond the first {LUCKS} ways in one step"));
                break;
            }
            let mut part = self.parts[local as usize].clone();
            let Played { event, told, sent, script } = self.stage.play(node, &mut part, &turn, luck);
            given = script.next();
            if script.sampled() {
                self.left_out.insert(format!("luck of {name} between the least and the greatest"));
            }
            if script.read_clock() {
                self.left_out.insert(format!("what the clock of {name} shows"));
            }
            let news = event.is_some_and(|e| {
                !told.is_empty()
                    || matches!(
                        e.kind,
                        EventKind::Start | EventKind::Lost | EventKind::Fault | EventKind::Flap
                    )
            });
            let sent = sent.into_iter().map(|f| self.frame(f)).collect();
            let local = self.local(node, part);
            self.steps.push(Step { local, event, told, sent, news });
        }
        first..self.steps.len()
    }

    fn turn(&self, by: Move) -> Turn {
        match by {
            Move::Deliver(m) | Move::Drop(m) | Move::Duplicate(m) => Turn::Hear(self.message(m).clone()),
            Move::Ring(_, slot) => Turn::Ring(slot),
            Move::Work(_) => Turn::Work,
            Move::Wake(_) | Move::Next => Turn::Wake,
            Move::Resend(_, to, number) => Turn::Resend(to, number),
            Move::Crash(_) => Turn::Crash,
            Move::Recover(_) => Turn::Recover,
        }
    }

    /// The state that step `at` of `by` leads to.
    pub fn follow(&mut self, state: &[u32], by: Move, at: usize, next: &mut Vec<u32>) {
        next.clear();
        next.extend_from_slice(state);
        let first = self.nodes + 2;
        let find = |next: &Vec<u32>, m: u32| next[first..].iter().position(|&n| n == m).map(|i| first + i);
        match by {
            Move::Drop(m) => {
                if let Some(place) = find(next, m) {
                    next.remove(place);
                }
                self.spend(next, Faults { crashes: 0, losses: 1, copies: 0 });
                return self.see_loss(next);
            }
            Move::Duplicate(m) => {
                self.put(next, m);
                return self.spend(next, Faults { crashes: 0, losses: 0, copies: 1 });
            }
            Move::Deliver(m) => {
                if let Some(place) = find(next, m) {
                    next.remove(place);
                }
            }
            Move::Crash(_) => self.spend(next, Faults { crashes: 1, losses: 0, copies: 0 }),
            _ => {}
        }
        let node = self.node_of(by);
        next[node.index()] = self.steps[at].local;
        for i in 0..self.steps[at].sent.len() {
            let message = self.steps[at].sent[i];
            self.put(next, message);
        }
        self.see_step(next, at);
    }

    /// Whether `by` would send again what is on its way twice already. So no end would come of it: this is left out.
    pub fn is_once_too_often(&mut self, state: &[u32], by: Move, at: usize) -> bool {
        let Move::Resend(..) = by else {
            return false;
        };
        let on_its_way = |m: &u32| state[self.nodes + 2..].iter().filter(|n| *n == m).count();
        let often = self.steps[at].sent.iter().any(|m| on_its_way(m) >= COPIES);
        if often {
            self.left_out.insert(format!("more than {COPIES} copies of a frame on their way at once"));
        }
        often
    }

    fn node_of(&self, by: Move) -> NodeId {
        match by {
            Move::Deliver(m) | Move::Drop(m) | Move::Duplicate(m) => self.message(m).to,
            Move::Ring(node, _) | Move::Resend(node, ..) => node,
            Move::Work(node) | Move::Wake(node) | Move::Crash(node) | Move::Recover(node) => node,
            Move::Next => NodeId(0),
        }
    }

    /// Shows the promises step `at`, which has led to `next`.
    fn see_step(&mut self, next: &mut [u32], at: usize) {
        let judge = self.judge_of(next);
        let step = &self.steps[at];
        let Some(event) = step.event else {
            return;
        };
        if self.judges[judge as usize].checks.passes_over(step.news) {
            return;
        }
        // A crash is judged by who else is down.
        let alone = self.facts_alone && event.kind != EventKind::Fault;
        let key = u128::from(judge) << 32 | at as u128;
        let key = key.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let key = key ^ key >> 64;
        if alone && let Some(known) = self.judged.get(key) {
            next[self.nodes] = known;
            return;
        }
        let told = step.told.clone();
        let after = self.see(next, event, &told);
        if alone {
            self.judged.set(key, after);
        }
        next[self.nodes] = after;
    }

    fn see_loss(&mut self, next: &mut [u32]) {
        let event = Event {
            kind: EventKind::Lost,
            loss: Loss::Link,
            node: Event::NOBODY,
            data: u32::MAX,
            ..*self.stage.world().last_event()
        };
        next[self.nodes] = self.see(next, event, &[]);
    }

    /// What the promises remember after `event`, with everybody on the stage.
    fn see(&mut self, state: &[u32], event: Event, told: &[Told]) -> u32 {
        for (node, &local) in state[..self.nodes].iter().enumerate() {
            self.stand(NodeId(node as u16), local);
        }
        self.stage.show(self.base, event, told);
        let mut checks = self.judges[self.judge_of(state) as usize].checks.clone();
        checks.after(self.stage.world(), self.stage.trace(), self.base);
        self.judge(checks)
    }

    /// Puts `node` on the stage as it is in the state with this number.
    fn stand(&mut self, node: NodeId, local: u32) {
        if self.standing[node.index()] == Some(local) {
            return;
        }
        self.clear(node);
        self.stage.swap(node, &mut self.parts[local as usize]);
        self.standing[node.index()] = Some(local);
    }

    /// Takes `node` off the stage.
    fn clear(&mut self, node: NodeId) {
        if let Some(local) = self.standing[node.index()].take() {
            self.stage.swap(node, &mut self.parts[local as usize]);
        }
    }
}

/// The move that stands for a node's own turn.
fn own(node: NodeId, turn: &Turn) -> Option<Move> {
    match turn {
        Turn::Ring(slot) => Some(Move::Ring(node, *slot)),
        Turn::Work => Some(Move::Work(node)),
        Turn::Resend(to, number) => Some(Move::Resend(node, *to, *number)),
        Turn::Hear(_) | Turn::Wake | Turn::Crash | Turn::Recover => None,
    }
}

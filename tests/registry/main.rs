//! What every protocol of the registry must do, whoever wrote it: build, repeat itself to the bit,
//! refuse in words, and survive a storm.
//!
//! The rule that is easy to break: nothing here knows a protocol by name. A protocol that needs an
//! exception here has a mistake, or the contract has.

mod declared;
mod proof;

use faultline::check::Checks;
use faultline::kit::bench::Bench;
use faultline::kit::mutants::MutantDef;
use faultline::kit::{Entry, Param, ParamKind, Params, Value, measures};
use faultline::protocols::{all, find};
use faultline::sim::history::Run;
use faultline::sim::streams::{below, setup_stream};
use faultline::sim::world::Layout;
use faultline::sim::{
    ByzantineAct, ByzantineRule, Delay, Edit, Fault, LinkModel, LinkPatch, MsgId, NodeId, NodePatch,
    Partition, Refusal, SimTime, Timing,
};
use rand::Rng;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

const SEEDS: [u64; 3] = [1, 2, 0xfeed_beef];

fn defaults(entry: &Entry) -> Params {
    entry.params(&BTreeMap::new()).unwrap()
}

fn with(entry: &Entry, param: &Param, value: Value) -> Params {
    let given = BTreeMap::from_iter([(param.id.to_owned(), value)]);
    entry.params(&given).unwrap()
}

fn start(entry: &Entry, params: &Params, seed: u64, edits: Vec<Edit>) -> Result<Run<Checks>, Refusal> {
    let checks = entry.checks(params);
    Run::new((entry.build)(params, seed)?, checks, edits)
}

/// A protocol with a rule left out, as its mutant is set up.
fn bare(entry: &'static Entry, mutant: &MutantDef) -> Bench {
    let chosen = format!("mutant={}", mutant.id);
    Bench::of(entry, mutant.with).set(&[&chosen])
}

/// A name in links, files and on the command line.
fn slug(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    !name.is_empty() && name.chars().all(letter)
}

fn has_words(text: &str) -> bool {
    text.trim().len() > 1 && text == text.trim()
}

#[test]
fn ids_are_slugs_and_unique_and_texts_say_something() {
    let mut seen = BTreeSet::new();
    for entry in all() {
        assert!(slug(entry.id) && seen.insert(entry.id), "{}", entry.id);
        assert!(find(entry.id).is_some());
        for text in [entry.title, entry.source, entry.leaves_out] {
            assert!(has_words(text), "{}: '{text}'", entry.id);
        }
        let mut ids = BTreeSet::new();
        for param in entry.params {
            assert!(ids.insert(param.id), "{}: {} twice", entry.id, param.id);
            assert!(has_words(param.label), "{}: {}", entry.id, param.id);
            assert_eq!(param.accept(&param.default()).unwrap(), param.default());
            if let ParamKind::Choice(words) = &param.kind {
                let unique: BTreeSet<_> = words.iter().map(|w| w.id).collect();
                assert!(words.len() > 1 && unique.len() == words.len(), "{}", param.id);
                assert!(words.iter().all(|w| has_words(w.label)));
            }
        }
    }
    assert!(find("no-such-protocol").is_none());
}

#[test]
fn properties_have_names_and_claims() {
    for entry in all() {
        let lines = entry.checks(&defaults(entry)).lines();
        assert!(!lines.is_empty(), "{} promises nothing", entry.id);
        let names: BTreeSet<_> = lines.iter().map(|l| l.name).collect();
        assert_eq!(names.len(), lines.len(), "{}: a name is used twice", entry.id);
        for line in lines {
            assert!(has_words(line.name) && has_words(line.claim), "{}: {line:?}", entry.id);
        }
    }
}

/// Five simulated seconds, twice, for three seeds: the same trace, the same verdicts and the same
/// measures; and every node can be looked at on the way.
#[test]
fn every_protocol_runs_and_repeats_itself() {
    for entry in all() {
        let params = defaults(entry);
        let mut hashes = BTreeSet::new();
        for seed in SEEDS {
            let once = || {
                let mut run = start(entry, &params, seed, Vec::new()).unwrap();
                for ms in (0..=5_000).step_by(500) {
                    run.run_until(SimTime::from_ms(ms));
                    look(entry, &run);
                }
                let measured = measures(run.watcher(), run.world());
                assert!(measured.iter().all(|m| has_words(m.name)));
                (run.hash_text(), run.watcher().lines(), measured)
            };
            let first = once();
            assert_eq!(first, once(), "{} with seed {seed}", entry.id);
            hashes.insert(first.0);
        }
        assert_eq!(hashes.len(), SEEDS.len(), "{} ignores its seed", entry.id);
    }
}

/// What a view asks of every node and message.
fn look(entry: &Entry, run: &Run<Checks>) {
    let world = run.world();
    assert!(world.stopped().is_none(), "{}: {:?}", entry.id, world.stopped());
    for node in world.node_ids() {
        let shown = world.inspect(node);
        assert!(has_words(&shown.role), "{}: {} has no role", entry.id, world.name(node));
        for cell in &shown.cells {
            assert!(cell.text.chars().count() <= 3, "{}: cell '{}'", entry.id, cell.text);
            assert!(has_words(&cell.title));
        }
        let shown_names: BTreeSet<_> = shown.fields.iter().map(|f| f.0).collect();
        assert_eq!(shown_names.len(), shown.fields.len(), "{}: a field twice", entry.id);
        for timer in world.timers(node) {
            assert!(has_words(timer.name) && timer.due >= timer.set_at);
        }
    }
    for flight in world.in_flight() {
        assert!(has_words(flight.payload.kind().name));
        assert!(has_words(&flight.payload.label()) && flight.payload.bytes() > 0);
    }
}

/// The smallest and the largest of each number, both positions of each switch, every word.
fn values(param: &Param) -> Vec<Value> {
    match &param.kind {
        ParamKind::Bool(_) => vec![Value::Bool(false), Value::Bool(true)],
        ParamKind::Int { min, max, .. } => vec![Value::Int(*min), Value::Int(*max)],
        ParamKind::Choice(words) => words.iter().map(|w| Value::Word(w.id.to_owned())).collect(),
    }
}

#[test]
fn bounds_build_or_refuse_with_a_reason_and_every_choice_builds() {
    for entry in all() {
        for param in entry.params {
            for value in values(param) {
                let what = format!("{}: {} = {value:?}", entry.id, param.id);
                let free_to_refuse = matches!(param.kind, ParamKind::Int { .. });
                let params = with(entry, param, value);
                match start(entry, &params, 1, Vec::new()) {
                    Ok(mut run) => {
                        run.run_until(SimTime::from_ms(2_000));
                        look(entry, &run);
                    }
                    Err(r) if free_to_refuse => {
                        assert!(!r.code.is_empty() && r.message.len() > 20, "{what}: {r:?}");
                    }
                    Err(r) => panic!("{what} is refused: {r}"),
                }
            }
        }
    }
}

#[test]
fn what_is_no_parameter_is_refused_in_words() {
    for entry in all() {
        let given = BTreeMap::from_iter([("no-such".to_owned(), Value::Int(1))]);
        let refusal = entry.params(&given).unwrap_err();
        assert_eq!(refusal.code, "unknown-parameter");
        for param in entry.params {
            let wrong = match &param.kind {
                ParamKind::Int { max, .. } => Value::Int(max + 1),
                _ => Value::Int(7),
            };
            let refusal = param.accept(&wrong).unwrap_err();
            assert_eq!(refusal.code, "bad-parameter", "{}: {}", entry.id, param.id);
            assert!(refusal.message.contains(param.id));
        }
    }
}

// ------------------------------------------------------------------ the storm

struct Dice(rand::rngs::Xoshiro256PlusPlus);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        below(self.0.next_u64(), n)
    }

    fn node(&mut self, nodes: u16) -> NodeId {
        NodeId(self.below(nodes.into()) as u16)
    }

    fn partition(&mut self, nodes: u16) -> Partition {
        let mut groups = vec![Vec::new(), Vec::new()];
        for node in (0..nodes).map(NodeId) {
            groups[self.below(2) as usize].push(node);
        }
        let flapping = self.below(2) * 150_000;
        Partition { groups, one_way: self.below(2) == 0, up_us: flapping, down_us: flapping }
    }

    fn link(&mut self) -> LinkPatch {
        let arbitrary = self.below(4) == 0;
        LinkPatch {
            model: Some(if arbitrary { LinkModel::Arbitrary } else { LinkModel::FairLoss }),
            delay: (self.below(4) == 0).then_some(Delay::Exponential { min_us: 1_000, mean_us: 20_000 }),
            loss_ppm: Some(self.below(400_000) as u32),
            duplicate_ppm: Some(self.below(500_000) as u32),
            corrupt_ppm: arbitrary.then_some(200_000),
            reorder_ppm: Some(self.below(300_000) as u32),
            fifo: Some(self.below(2) == 0),
            ..LinkPatch::default()
        }
    }

    fn node_patch(&mut self) -> NodePatch {
        NodePatch {
            drift_ppm: Some(self.below(400_000) as i32 - 200_000),
            service_us: Some(self.below(2_000)),
            sync_us: Some(self.below(5_000)),
            send_omission_ppm: Some(self.below(200_000) as u32),
            receive_omission_ppm: Some(self.below(200_000) as u32),
            late_us: Some(self.below(3_000)),
        }
    }

    fn rules(&mut self, nodes: u16) -> Vec<ByzantineRule> {
        let act = match self.below(5) {
            0 => ByzantineAct::Silence,
            1 => ByzantineAct::Replay,
            2 => ByzantineAct::Delay(self.below(100_000)),
            _ => ByzantineAct::Lie,
        };
        let to = (self.below(2) == 0).then(|| self.node(nodes));
        vec![ByzantineRule { to, act }]
    }

    fn fault(&mut self, nodes: u16) -> Fault {
        let node = self.node(nodes);
        let msg = MsgId(self.below(200) as u32);
        match self.below(18) {
            0 | 1 => Fault::Crash { node, stop: self.below(10) == 0 },
            2 | 3 => Fault::Recover { node },
            4 => Fault::Pause { node },
            5 => Fault::Resume { node },
            6 => Fault::Partition(self.partition(nodes)),
            7 => Fault::Heal,
            8 => Fault::Links { set: self.link() },
            9 => Fault::Link { from: node, to: self.node(nodes), set: self.link() },
            10 => Fault::ClockJump { node, by_us: self.below(4_000_000) as i64 - 2_000_000 },
            11 => Fault::Node { node, set: self.node_patch() },
            12 => Fault::Byzantine { node, rules: self.rules(nodes) },
            13 => Fault::Drop { msg },
            14 => Fault::Duplicate { msg },
            15 => Fault::Corrupt { msg },
            16 => Fault::DeliverNow { msg },
            _ => Fault::Hold { msg },
        }
    }
}

/// Sixty faults in five seconds. Half of the storms first lift the timing contract, because under a
/// strict one most of them would be refused.
fn storm(entry: &Entry, nodes: u16, seed: u64) -> Vec<Edit> {
    let mut dice = Dice(setup_stream(seed, entry.id));
    let mut edits = Vec::new();
    if seed.is_multiple_of(2) {
        let timing = Timing::Asynchronous;
        edits.push(Edit::at(0, Fault::Timing { timing }));
    }
    for _ in 0..60 {
        let at_us = dice.below(5_000_000);
        edits.push(Edit::at(at_us, dice.fault(nodes)));
    }
    edits
}

/// One storm: no panic, no limit passed; and after going back and forward again the same trace and
/// verdicts. Gives back how many faults were made.
fn survive(entry: &Entry, params: &Params, seed: u64) -> usize {
    let calm = start(entry, params, seed, Vec::new()).unwrap();
    let nodes = calm.world().node_count() as u16;
    let mut run = start(entry, params, seed, storm(entry, nodes, seed)).unwrap();
    let end = SimTime::from_ms(6_000);
    run.run_until(end);
    look(entry, &run);
    let made = run.edits().len() - run.refused().len();
    let told = (run.hash_text(), run.watcher().lines());
    let measured = measures(run.watcher(), run.world());
    run.seek(SimTime::from_ms(2_500));
    run.back(7);
    run.seek(end);
    let again = (run.hash_text(), run.watcher().lines());
    assert_eq!(told, again, "{} with seed {seed} and {params:?}", entry.id);
    let measured_again = measures(run.watcher(), run.world());
    assert_eq!(measured, measured_again, "{} with seed {seed}", entry.id);
    made
}

#[test]
fn every_protocol_survives_storms_and_a_rewind() {
    for entry in all() {
        let params = defaults(entry);
        let made: usize = (0..30).map(|seed| survive(entry, &params, seed)).sum();
        assert!(made > 30 * 15, "{}: only {made} faults were made", entry.id);
    }
}

#[test]
fn every_switch_and_word_of_a_protocol_survives_storms() {
    for entry in all() {
        let numbers = |p: &&Param| matches!(p.kind, ParamKind::Int { .. });
        for param in entry.params.iter().filter(|p| !numbers(p)) {
            for value in values(param) {
                let params = with(entry, param, value);
                (100..104).for_each(|seed| {
                    survive(entry, &params, seed);
                });
            }
        }
    }
}

/// Requests come from outside: whatever is not understood is refused with a sentence.
#[test]
fn a_request_that_is_not_understood_is_refused_in_words() {
    for entry in all() {
        let mut run = start(entry, &defaults(entry), 1, Vec::new()).unwrap();
        run.run_until(SimTime::from_ms(10));
        for node in run.world().node_ids() {
            let request = "\u{1f980} nonsense".to_owned();
            let refusal = run.edit(Fault::Request { node, request }).unwrap_err();
            assert!(refusal.message.len() > 20, "{}: {refusal}", entry.id);
        }
    }
}

/// A stage of two hills needs two nodes, a line and a ring at least two.
#[test]
fn the_layout_fits_the_number_of_nodes() {
    for entry in all() {
        let setup = (entry.build)(&defaults(entry), 1).unwrap();
        let n = setup.nodes.len();
        match setup.layout {
            Layout::TwoHills => assert_eq!(n, 2, "{}", entry.id),
            _ => assert!(n >= 1, "{}", entry.id),
        }
    }
}

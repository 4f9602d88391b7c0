//! Tests of the client, against servers that hold one register.

mod register;

use super::*;
use crate::check::{CheckLine, Checks, Gauges, Level, Verdict, verdicts};
use crate::kit::{Params, measures};
use crate::sim::history::Run;
use crate::sim::world::{NodeSetup, Setup};
use crate::sim::{EventId, Fault, Host, SimTime};
use register::{Register, Server, Way};

const DOES: Way = Way::Does { copies: 1 };
const RETRY: Span = Span::ms(100);

fn config(servers: u16) -> ClientConfig {
    ClientConfig { servers: 0..servers, interval: Span::ZERO, retry: RETRY, patience: Span::ZERO }
}

/// A run of servers with these ways and a client after them.
struct Bench {
    run: Run<Checks>,
    client: NodeId,
}

impl Bench {
    fn with(ways: &[Way], config: ClientConfig) -> Bench {
        let server = |way: &Way| {
            let server = Server { way: *way, value: 0, heard: Vec::new() };
            NodeSetup::server("S", Host::boxed(server))
        };
        let mut nodes: Vec<NodeSetup> = ways.iter().map(server).collect();
        let client = Client::new(Register, config, NodeId(0));
        nodes.push(NodeSetup::client("C1", Host::boxed(client)));
        let setup = Setup { nodes, ..Setup::default() };
        let promises = vec![
            answered("Answered", "each request ends").boxed(),
            consistent("Linearizable", "as one copy", Level::Linearizable).boxed(),
            answered_in_calm("In time", "in a second of calm", Span::ms(1_000), |now| {
                match now.world.is_up(NodeId(0)) {
                    true => Ok(vec![NodeId(0)]),
                    false => Err("the first server is down".to_owned()),
                }
            })
            .boxed(),
        ];
        let defs = [ANSWERED, UNKNOWN, RETRIES, ANSWER_MS];
        let gauges = defs.map(|g| (g.id, (g.make)(&Params::default())));
        let median = ("median", answer_quantile(500));
        let gauges = gauges.into_iter().chain([median]).collect();
        let checks = Checks::new(promises).with_gauges(Gauges::new(gauges));
        Bench { run: Run::new(setup, checks, Vec::new()).unwrap(), client: NodeId(ways.len() as u16) }
    }

    fn new(ways: &[Way]) -> Bench {
        Bench::with(ways, config(ways.len() as u16))
    }

    fn ask(&mut self, request: &str) {
        let fault = Fault::Request { node: self.client, request: request.to_owned() };
        self.run.edit(fault).unwrap();
    }

    fn for_ms(&mut self, ms: u64) {
        let to = self.run.time() + Span::ms(ms);
        self.run.run_until(to);
    }

    fn client(&self) -> &Client<Register> {
        self.run.world().node_as(self.client).unwrap()
    }

    fn heard(&self, server: u16) -> &[u32] {
        let server: &Server = self.run.world().node_as(NodeId(server)).unwrap();
        &server.heard
    }

    fn outcome(&self) -> Option<(u32, Outcome<u32>)> {
        self.client().last().map(|e| (e.asked.serial, e.outcome))
    }

    fn told(&self) -> Vec<&'static str> {
        let facts = self.run.trace().facts().iter();
        facts.map(|(_, t)| t.fact.name()).collect()
    }

    fn line(&self, name: &str) -> CheckLine {
        let lines = verdicts(&self.run);
        lines.into_iter().find(|l| l.name == name).unwrap()
    }

    fn gauge(&self, name: &str) -> Option<f64> {
        let all = measures(self.run.watcher(), self.run.world());
        all.iter().find(|m| m.name == name).unwrap().value
    }
}

#[test]
fn who_does_not_answer_is_left_for_the_next_with_the_same_number() {
    let mut b = Bench::new(&[Way::Mute, Way::Mute, DOES]);
    b.ask("set 7");
    b.for_ms(150);
    assert_eq!(b.line("Answered").verdict, Verdict::InProgress { why: "still open: 'set 7'".to_owned() });
    b.for_ms(1_000);
    assert_eq!([0, 1, 2].map(|s| b.heard(s).to_vec()), [[1], [1], [1]]);
    assert_eq!(b.outcome(), Some((1, Outcome::Ok(7))));
    assert_eq!(b.told(), ["asked", "retried", "retried", "answered"]);
    assert_eq!(b.client().target(), NodeId(2), "asked first next time");
    b.ask("get");
    b.for_ms(1_000);
    assert_eq!((b.heard(0).len(), b.heard(2)), (1, &[1, 2][..]));
    assert_eq!(b.line("Answered").verdict, Verdict::Holding);
}

#[test]
fn after_the_last_server_comes_the_first_and_without_a_retry_it_asks_once() {
    let mut b = Bench::new(&[Way::Mute, Way::Mute]);
    b.ask("get");
    b.for_ms(450);
    assert_eq!([0, 1].map(|s| b.heard(s).len()), [3, 2]);
    let once = ClientConfig { retry: Span::ZERO, ..config(2) };
    let mut b = Bench::with(&[Way::Mute, DOES], once);
    b.ask("get");
    b.for_ms(10_000);
    assert_eq!(([0, 1].map(|s| b.heard(s).len()), b.client().open()), ([1, 0], 1));
}

/// Two servers that point at each other: three hints, then it waits for the timer.
#[test]
fn it_follows_hints_and_not_for_ever() {
    let mut b = Bench::new(&[Way::Points(2), Way::Mute, DOES]);
    b.ask("set 3");
    b.for_ms(90);
    assert_eq!(b.outcome(), Some((1, Outcome::Ok(3))));
    let patient = ClientConfig { retry: Span::ms(10_000), ..config(2) };
    let mut b = Bench::with(&[Way::Points(1), Way::Points(0)], patient);
    b.ask("get");
    b.for_ms(5_000);
    assert_eq!([0, 1].map(|s| b.heard(s).len()), [2, 2]);
}

#[test]
fn what_comes_twice_or_late_ends_nothing() {
    let mut b = Bench::new(&[Way::Does { copies: 3 }]);
    for request in ["set 1", "set 2", "get"] {
        b.ask(request);
    }
    assert_eq!(b.client().open(), 0, "not handed over yet");
    b.for_ms(2_000);
    assert_eq!(b.outcome(), Some((3, Outcome::Ok(2))));
    assert_eq!(b.client().score().ok, 3);
    let (queued, rest): (Vec<_>, Vec<_>) = b.told().into_iter().partition(|n| *n == "queued");
    assert_eq!(queued.len(), 2);
    assert_eq!(rest, ["asked", "answered"].repeat(3));
    assert_eq!(b.line("Linearizable").verdict, Verdict::Holding);
}

#[test]
fn a_request_too_many_is_refused_with_a_sentence() {
    let mut b = Bench::new(&[Way::Mute]);
    for _ in 0..=QUEUE {
        b.ask("get");
        b.for_ms(1);
    }
    assert_eq!(b.client().open(), QUEUE + 1);
    let request = "get".to_owned();
    let node = b.client;
    let refusal = b.run.edit(Fault::Request { node, request }).unwrap_err();
    assert!(refusal.message.contains("16 requests wait"), "{refusal}");
}

#[test]
fn out_of_patience_or_crashed_it_does_not_know_and_refused_it_does() {
    let hasty = ClientConfig { patience: Span::ms(500), ..config(1) };
    let mut b = Bench::with(&[Way::Mute], hasty);
    b.ask("set 1");
    b.for_ms(450);
    assert_eq!(b.outcome(), None);
    b.for_ms(100);
    assert_eq!(b.outcome(), Some((1, Outcome::Unknown)));

    b.ask("set 2");
    b.for_ms(10);
    let node = b.client;
    b.run.edit(Fault::Crash { node, stop: false }).unwrap();
    b.for_ms(10);
    b.run.edit(Fault::Recover { node }).unwrap();
    b.for_ms(10);
    assert_eq!(b.outcome(), Some((2, Outcome::Unknown)));
    b.ask("get");
    b.for_ms(10);
    let number = b.client().asked().map(|a| a.serial);
    assert_eq!(number, Some(3), "a number is used once");

    let mut b = Bench::new(&[Way::Refuses]);
    b.ask("set 1");
    b.for_ms(500);
    assert_eq!(b.outcome(), Some((1, Outcome::Failed(0))));
    assert_eq!(b.told(), ["asked", "refused"]);
}

/// It set 5, was told so, and reads 0: four events show it.
#[test]
fn a_register_that_forgets_is_caught_by_what_the_clients_tell() {
    let mut b = Bench::new(&[Way::Forgets]);
    for request in ["set 5", "get"] {
        b.ask(request);
        b.for_ms(500);
    }
    let Verdict::Violated { witness, .. } = b.line("Linearizable").verdict else {
        panic!("{:?}", b.line("Linearizable"));
    };
    assert_eq!(witness.len(), 4);
    let named = |e: &EventId| {
        let facts = b.run.trace().facts().iter();
        facts.filter(|f| f.0 == *e).map(|f| f.1.fact.name()).collect::<Vec<_>>()
    };
    let told: Vec<_> = witness.iter().flat_map(named).collect();
    assert_eq!(told, ["asked", "answered", "asked", "answered"]);
}

/// Two retries after 100 ms each, then the third server says no.
#[test]
fn gauges_read_what_is_told() {
    let mut b = Bench::new(&[Way::Mute, Way::Mute, Way::Refuses]);
    let nothing = ["answer_ms", "median"].map(|name| b.gauge(name));
    assert_eq!(nothing, [None, None], "nothing yet is not zero");
    b.ask("get");
    b.for_ms(1_000);
    let count = |name| b.gauge(name).unwrap();
    let names = ["requests_answered", "requests_unknown", "retries"];
    assert_eq!(names.map(count), [1.0, 0.0, 2.0]);
    let waited = count("answer_ms");
    assert!((200.0..300.0).contains(&waited), "{waited}");
    let median = count("median");
    assert!((median / waited - 1.0).abs() < 0.005, "{median}");
    assert_eq!(b.run.watcher().gauges().curve("retries").last().map(|p| p.1), Some(2.0));
}

/// Its facts are no part of the run: it ends with the same hash when nobody listens, and after a rewind.
#[test]
fn going_back_and_on_tells_the_same_story() {
    let mut b = Bench::new(&[Way::Mute, DOES]);
    b.ask("set 1");
    b.for_ms(1_000);
    let (told, hash, lines) = (b.told(), b.run.hash_text(), verdicts(&b.run));
    b.run.seek(SimTime::ZERO);
    b.run.run_until(SimTime::from_ms(1_000));
    assert_eq!((b.told(), b.run.hash_text(), verdicts(&b.run)), (told, hash, lines));
}

/// A second of calm is a second without an answer *and* with the first server up and reached: its crash, its
/// return and a message lost by bad luck each begin a new one.
#[test]
fn in_time_is_judged_in_calm_alone_and_stays_broken() {
    let mut b = Bench::new(&[Way::Mute]);
    b.ask("get");
    b.for_ms(10);
    b.ask("get");
    b.for_ms(890);
    let verdict = |b: &Bench| b.line("In time").verdict;
    let waits = |why: &str| Verdict::InProgress { why: why.to_owned() };
    assert_eq!(verdict(&b), waits("2 requests unanswered"), "one is queued");
    let node = NodeId(0);
    b.run.edit(Fault::Crash { node, stop: false }).unwrap();
    b.for_ms(5_000);
    let excused = "2 requests unanswered; nothing is promised now: the first server is down";
    assert_eq!(verdict(&b), Verdict::Pending { why: excused.to_owned() });
    b.run.edit(Fault::Recover { node }).unwrap();
    b.for_ms(950);
    assert_eq!(verdict(&b), waits("2 requests unanswered"));
    b.for_ms(1_000);
    let Verdict::Violated { why, witness, .. } = verdict(&b) else {
        panic!("{:?}", verdict(&b));
    };
    assert!(why.starts_with("C1 has waited since"), "{why}");
    assert_eq!(witness.len(), 2);
}

#[test]
fn a_client_that_is_down_or_walled_off_waits_for_nothing() {
    let mut b = Bench::new(&[Way::Mute]);
    b.ask("get");
    b.for_ms(10);
    let node = b.client;
    b.run.edit(Fault::Crash { node, stop: false }).unwrap();
    b.for_ms(5_000);
    assert_eq!(b.line("In time").verdict, Verdict::Holding);

    let mut b = Bench::new(&[Way::Mute]);
    b.ask("get");
    b.for_ms(10);
    let groups = vec![vec![NodeId(0)], vec![NodeId(1)]];
    let wall = crate::sim::Partition { groups, ..Default::default() };
    b.run.edit(Fault::Partition(wall)).unwrap();
    b.for_ms(5_000);
    let verdict = b.line("In time").verdict;
    assert!(matches!(verdict, Verdict::InProgress { .. } | Verdict::Pending { .. }), "{verdict:?}");
}

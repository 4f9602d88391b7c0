//! What the tests of Raft share: a cluster that runs under watch, and one server on the bench.
//!
//! The rule that is easy to break: nothing here decides what is right; it only runs, and shows.

use faultline::check::{CheckLine, Checks, Verdict};
use faultline::kit::client::Fact as ClientFact;
use faultline::kit::{Params, Value};
use faultline::protocols::agreement::raft::facts::{Each, Fact};
use faultline::protocols::agreement::raft::message::Msg;
use faultline::protocols::agreement::raft::server::{Disk, Role, Server, Timer};
use faultline::protocols::agreement::raft::{Client, ENTRY, config::Config};
use faultline::sim::history::Run;
use faultline::sim::host::Env;
use faultline::sim::luck::Luck;
use faultline::sim::protocol::Effect;
use faultline::sim::world::{Setup, Status, World};
use faultline::sim::{Edit, Fault, Host, LinkPatch, Node, NodeId, Protocol, SimTime, Span};
use std::collections::BTreeMap;

/// Parameters by name; words and numbers and switches as text, as on the command line.
pub fn params(given: &[(&str, &str)]) -> Params {
    let value = |(id, text): &(&str, &str)| {
        let p = ENTRY.params.iter().find(|p| p.id == *id);
        let p = p.unwrap_or_else(|| panic!("no parameter {id}"));
        let v = p.parse(text).unwrap_or_else(|r| panic!("{r}"));
        ((*id).to_owned(), v)
    };
    let given: BTreeMap<String, Value> = given.iter().map(value).collect();
    ENTRY.params(&given).unwrap_or_else(|r| panic!("{r}"))
}

/// A run under the watch of all properties.
pub struct Cluster {
    pub run: Run<Checks>,
    /// How many servers it begins with.
    pub servers: u16,
    /// How many stand by besides.
    pub spares: u16,
}

impl Cluster {
    /// A cluster with these parameters, its setup changed by `change` before it starts.
    pub fn with(
        given: &[(&str, &str)],
        seed: u64,
        edits: Vec<Edit>,
        change: impl FnOnce(&mut Setup),
    ) -> Cluster {
        let params = params(given);
        let mut setup = (ENTRY.build)(&params, seed).unwrap_or_else(|r| panic!("{r}"));
        change(&mut setup);
        let checks = ENTRY.checks(&params);
        let run = Run::new(setup, checks, edits).unwrap_or_else(|r| panic!("{r}"));
        let servers = params.int("servers") as u16;
        Cluster { run, servers, spares: params.int("spares") as u16 }
    }

    /// A cluster with these parameters.
    pub fn new(given: &[(&str, &str)], seed: u64) -> Cluster {
        Self::with(given, seed, Vec::new(), |_| {})
    }

    pub fn world(&self) -> &World {
        self.run.world()
    }

    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.servers + self.spares).map(NodeId)
    }

    pub fn server(&self, i: u16) -> &Server {
        self.world().node_as(NodeId(i)).expect("a server")
    }

    pub fn client(&self, i: u16) -> &Client {
        let node = NodeId(self.servers + self.spares + i);
        self.world().node_as(node).expect("a client")
    }

    pub fn clients(&self) -> impl Iterator<Item = &Client> {
        self.world().node_ids().filter_map(|n| self.world().node_as(n))
    }

    /// The running leader of the highest term, if there is one.
    pub fn leader(&self) -> Option<NodeId> {
        let leads =
            |n: &NodeId| self.server(n.0).role() == Role::Leader && self.world().status(*n) == Status::Up;
        self.ids().filter(leads).max_by_key(|n| self.server(n.0).current_term())
    }

    pub fn until_ms(&mut self, ms: u64) {
        self.run.run_until(SimTime::from_ms(ms));
        if let Some(stop) = self.world().stopped() {
            panic!("the run was stopped: {stop}");
        }
    }

    pub fn for_ms(&mut self, ms: u64) {
        let to = self.run.time() + Span::ms(ms);
        self.until_ms(to.us() / 1_000);
    }

    /// Steps until `done`, at most `ms` milliseconds; panics if it takes longer.
    pub fn until(&mut self, ms: u64, what: &str, done: impl Fn(&Cluster) -> bool) {
        let end = self.run.time() + Span::ms(ms);
        while !done(self) {
            assert!(self.run.step() && self.run.time() <= end, "not within {ms} ms: {what}");
        }
    }

    /// Waits for a leader.
    pub fn until_leader(&mut self) -> NodeId {
        self.until(20_000, "a leader", |c| c.leader().is_some());
        self.leader().expect("a leader")
    }

    pub fn fault(&mut self, fault: Fault) {
        self.run.edit(fault).unwrap_or_else(|r| panic!("{r}"));
    }

    pub fn crash(&mut self, i: u16) {
        self.fault(Fault::Crash { node: NodeId(i), stop: false });
    }

    pub fn recover(&mut self, i: u16) {
        self.fault(Fault::Recover { node: NodeId(i) });
    }

    /// Asks a client for something, and waits until it has taken it.
    pub fn ask(&mut self, client: u16, request: &str) {
        let node = NodeId(self.servers + self.spares + client);
        let request = request.to_owned();
        self.fault(Fault::Request { node, request });
        self.until(1_000, "a request taken", |c| {
            let told = c.world().told().iter().filter(|t| t.node == node);
            let taken = |f: &ClientFact| matches!(f, ClientFact::Asked { .. } | ClientFact::Queued { .. });
            told.filter_map(|t| t.as_fact()).any(taken)
        });
    }

    /// The clocks of these servers leap by a second, so that their election timers run out at once.
    pub fn hasten(&mut self, servers: &[u16]) {
        for &i in servers {
            self.fault(Fault::ClockJump { node: NodeId(i), by_us: 1_000_000 });
        }
    }

    /// Makes server `i` stand again and again until it leads; before any other does, if it can win.
    pub fn elect(&mut self, i: u16) {
        for _ in 0..10 {
            self.hasten(&[i]);
            self.for_ms(35);
            if self.server(i).role() == Role::Leader {
                return;
            }
        }
        panic!("S{} is not elected", i + 1);
    }

    /// Changes one direction of the link between two nodes.
    pub fn link(&mut self, from: u16, to: u16, set: LinkPatch) {
        let (from, to) = (NodeId(from), NodeId(to));
        self.fault(Fault::Link { from, to, set });
    }

    pub fn cut(&mut self, from: u16, to: u16, cut: bool) {
        let set = LinkPatch { cut: Some(cut), ..LinkPatch::default() };
        self.link(from, to, set);
    }

    pub fn separate(&mut self, groups: &[&[u16]]) {
        let group = |g: &&[u16]| g.iter().map(|&i| NodeId(i)).collect();
        self.fault(Fault::Partition(faultline::sim::fault::Partition {
            groups: groups.iter().map(group).collect(),
            ..Default::default()
        }));
    }

    /// The facts of one kind that were told so far, each with who told it.
    pub fn facts<F: faultline::sim::Fact>(&self) -> impl Iterator<Item = (NodeId, &F)> {
        let told = self.run.trace().facts().iter();
        let now = told.take_while(|(e, _)| e.0 < self.run.position());
        now.filter_map(|(_, t)| Some((t.node, t.as_fact()?)))
    }

    /// How many facts of the servers are so.
    pub fn count(&self, is: impl Fn(&Fact) -> bool) -> usize {
        self.facts().filter(|(_, f)| is(f)).count()
    }

    pub fn checks(&self) -> Vec<CheckLine> {
        self.run.watcher().lines()
    }

    pub fn verdict(&self, name: &str) -> Verdict {
        let lines = self.checks();
        let line = lines.into_iter().find(|l| l.name == name);
        line.unwrap_or_else(|| panic!("no property {name}")).verdict
    }

    /// The names of the violated properties.
    pub fn violated(&self) -> Vec<&'static str> {
        let lines = self.checks().into_iter();
        lines.filter(|l| matches!(l.verdict, Verdict::Violated { .. })).map(|l| l.name).collect()
    }

    /// The leader that every server follows in its term, if there is one.
    pub fn followed(&self) -> Option<NodeId> {
        let leader = self.leader()?;
        let term = self.server(leader.0).current_term();
        let follows = |i: NodeId| {
            let s = self.server(i.0);
            (s.current_term(), s.leader()) == (term, Some(leader))
        };
        self.ids().all(follows).then_some(leader)
    }

    /// Everything is well: a leader that all know, equal logs, all of it committed everywhere,
    /// every request answered. Otherwise what is not.
    pub fn converged(&self) -> Result<(), String> {
        let leader = self.followed().ok_or("no leader that all follow")?;
        let of_leader = self.server(leader.0);
        for i in self.ids() {
            let s = self.server(i.0);
            if s.log() != of_leader.log() {
                return Err(format!("logs of {} and {} differ", i.0, leader.0));
            }
            if s.commit_index() != of_leader.commit_index() {
                return Err(format!("{} has not committed what {} has", i.0, leader.0));
            }
        }
        match self.clients().map(Client::open).sum::<usize>() {
            0 => Ok(()),
            n => Err(format!("{n} requests unanswered")),
        }
    }
}

/// One server on the bench: messages are put into its hands, and what it wants to do is read.
pub struct Bench {
    pub host: Host<Server>,
    pub me: NodeId,
    nodes: u16,
    pub now_us: u64,
    /// What it has told so far.
    pub told: Vec<Fact>,
    /// What it has told of entries.
    pub entries: Vec<Each>,
    luck: Luck,
}

impl Bench {
    /// Server `me` of a cluster, with this on its disk, just booted.
    pub fn boot(me: u16, config: Config, disk: Disk) -> Bench {
        let me = NodeId(me);
        let mut bench = Bench {
            host: Host::with_disk(Server::new(me, config), disk),
            me,
            nodes: config.all() + 1,
            now_us: 0,
            told: Vec::new(),
            entries: Vec::new(),
            luck: Luck::of(1, me),
        };
        bench.with(Host::start);
        bench
    }

    fn with(&mut self, f: impl FnOnce(&mut Host<Server>, Env<'_>)) -> Vec<Effect> {
        let mut out = Vec::new();
        let env = Env {
            me: self.me,
            nodes: self.nodes,
            now_local: self.now_us,
            luck: &mut self.luck,
            out: &mut out,
        };
        f(&mut self.host, env);
        for effect in &out {
            match effect {
                Effect::Sync => self.host.synced(),
                Effect::Fact(fact) => {
                    let any = (**fact).as_any();
                    self.told.extend(any.downcast_ref().cloned());
                    self.entries.extend(any.downcast_ref::<Each>());
                }
                _ => {}
            }
        }
        out
    }

    /// It gets `msg` from server (or client) `from`. What it wants done.
    pub fn get(&mut self, from: u16, msg: Msg) -> Vec<Effect> {
        let payload: faultline::sim::Payload = std::rc::Rc::new(msg);
        self.with(|host, env| assert!(host.message(env, NodeId(from), payload)))
    }

    /// The same; only what it sends.
    pub fn reply(&mut self, from: u16, msg: Msg) -> Vec<(u16, Msg)> {
        sent(&self.get(from, msg))
    }

    /// Its election timer runs out.
    pub fn time_out(&mut self) -> Vec<(u16, Msg)> {
        self.ring(Timer::Election)
    }

    /// Its heartbeat timer runs out.
    pub fn beat(&mut self) -> Vec<(u16, Msg)> {
        self.ring(Timer::Heartbeat)
    }

    /// A learner asks it for something.
    pub fn ask(&mut self, request: &str) -> Vec<(u16, Msg)> {
        sent(&self.with(|host, env| host.request(env, request)))
    }

    pub fn ring(&mut self, timer: Timer) -> Vec<(u16, Msg)> {
        let name = Server::timer_name(timer);
        let slot = (0..8).find(|&s| self.host.timer_name(s) == name);
        let slot = slot.unwrap_or_else(|| panic!("{name} was never set"));
        sent(&self.with(|host, env| host.timer(env, slot)))
    }

    /// Power fails and comes back.
    pub fn reboot(&mut self) {
        self.host.crash();
        self.with(Host::restart);
    }

    pub fn server(&self) -> &Server {
        self.host.protocol()
    }

    /// How often it has told what is so.
    pub fn count(&self, is: impl Fn(&Fact) -> bool) -> usize {
        self.told.iter().filter(|f| is(f)).count()
    }

    pub fn disk(&self) -> &Disk {
        self.host.durable_any().downcast_ref().expect("a disk")
    }
}

/// The messages among effects, with their receivers.
pub fn sent(effects: &[Effect]) -> Vec<(u16, Msg)> {
    let message = |e: &Effect| match e {
        Effect::Send { to, payload } => {
            let any = payload.as_ref().map(|p| p.as_any());
            let msg: &Msg = any.and_then(|a| a.downcast_ref()).expect("a message of Raft");
            Some((to.0, msg.clone()))
        }
        _ => None,
    };
    effects.iter().filter_map(message).collect()
}

/// Whether the disk is forced before the first message leaves.
pub fn saves_first(effects: &[Effect]) -> bool {
    let sync = effects.iter().position(|e| matches!(e, Effect::Sync));
    let send = effects.iter().position(|e| matches!(e, Effect::Send { .. }));
    matches!((sync, send), (Some(a), Some(b)) if a < b)
}

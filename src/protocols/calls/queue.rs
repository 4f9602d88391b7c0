//! One server with a queue (Erlang 1909; the notation M/M/1 is Kendall's, 1953; formulas as in Kleinrock,
//! *Queueing Systems I*, 1975, sections 3.2 and 3.6).
//!
//! Jobs arrive by themselves, on average one each `service / load`. One server works on one job at a time;
//! who comes meanwhile waits in a buffer. If gaps and service times are exponential (M/M/1), a job spends
//! `1 / (1 - load)` service times here on average: 2 at half load, 5 at 80 %, 10 at 90 %, 100 at 99 %. At
//! and above full load there is no average: the queue grows for as long as it lasts.
//!
//! A buffer of `B` places bounds the wait, and pays for it with jobs that are dropped: with `K = B + 1` jobs
//! in the system at most, the share `(1 - load) load^K / (1 - load^(K+1))` is (M/M/1/K). Which one is
//! dropped is a policy: the one that just came (drop-tail), the one that has waited longest (drop-head,
//! which keeps what is served fresh), or the newcomer, who is told at once (reject), so that its sender
//! need not wait in vain.
//!
//! The rule that is easy to break: the source does not wait for answers. A bigger buffer never makes the
//! server faster; it turns drops into delay ("bufferbloat"). What waits is in memory: a crash loses it.

mod judge;

use crate::kit::{Absence, Condition, Lack, Lacking};
use crate::kit::{Choice, Entry, Load, Param, Params, facts, load, messages, mutants};
use crate::sim::world::Layout;
use crate::sim::{
    Asked, Cell, CellTone, Ctx, Delay, Form, Glyph, Host, Inspect, Link, NodeId, NodeSetup, Protocol,
    Refusal, Setup, Span, Told, Trace, World,
};
use std::collections::VecDeque;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "queue",
    title: "One server with a queue",
    source: "Kendall 1953; Kleinrock 1975, sections 3.2 and 3.6",
    leaves_out: "several servers, priorities, and senders that try again",
    params: &[
        Param::measured("load_percent", "load: work that comes, against what can be done", "%", 80, 1..=200),
        Param::ms("service_ms", "mean service time", 10, 1..=10_000),
        Param::choice(
            "service",
            "service times",
            &[Choice::new("exponential", "at random (exponential)"), Choice::new("constant", "all alike")],
        ),
        load::PARAM,
        Param::int("buffer", "places to wait (0: without bound)", 0, 0..=1_000),
        Param::choice(
            "policy",
            "when the buffer is full",
            &[
                Choice::new("drop-tail", "drop the one that comes"),
                Choice::new("drop-head", "drop the one that has waited longest"),
                Choice::new("reject", "refuse the one that comes, and say so"),
            ],
        ),
        Param::ms("warmup_ms", "not counted at the start", 0, 0..=3_600_000),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    build,
    promises: judge::promises,
    gauges: judge::GAUGES,
    boards: Some(judge::boards),
    absences: Some(absences),
    ..Entry::BLANK
};

const SERVER: NodeId = NodeId(0);
const SOURCE: NodeId = NodeId(1);

mutants! {
    /// A server that leaves out a rule.
    pub enum Mutant {
        /// The one that came last is served next.
        NewestFirst = "newest-first", "serves the one that came last" {
            rule: "who has waited longest is served next",
            breaks: "First come, first served",
        }
        /// The buffer's bound is not looked at.
        ForgetBound = "forget-bound", "lets everyone wait, though the buffer is full" {
            rule: "who finds the buffer full does not wait in it",
            breaks: "The buffer keeps its bound",
            with: &["buffer=3", "load_percent=150"],
        }
    }
    as it is: "one at a time, in the order of arrival",
}

messages! {
    /// What the source and the server send.
    pub enum Msg {
        /// Work to be done.
        Job { number: u32 } = "job", Square, Blue, "job {number}";
        /// It was done.
        Done { number: u32 } = "done", Tag, Green, "done {number}";
        /// There was no room.
        Rejected { number: u32 } = "rejected", Hollow, Orange, "no room {number}";
    }
}

facts! {
    /// What the server tells those who watch. A place is a job's number in the order of arrival.
    pub enum Fact {
        /// A job came to wait or to be served.
        Accepted { place: u64 } = "accepted" => Quiet,
        /// Its service ended, so long after it came.
        Served { place: u64, total_us: u64, counts: bool } = "served" => Quiet,
        /// It was dropped, waiting or at the door; an accepted one has a place.
        Dropped { place: Option<u64>, counts: bool } = "dropped",
    }
}

/// A job at the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Job {
    number: u32,
    place: u64,
    came_us: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Policy {
    DropTail,
    DropHead,
    Reject,
}

/// The server.
#[derive(Clone, Debug, Hash)]
pub struct Server {
    service: Delay,
    buffer: usize,
    policy: Policy,
    warmup_us: u64,
    mutant: Mutant,
    working: Option<Job>,
    waiting: VecDeque<Job>,
    arrived: u64,
    served: u64,
    dropped: u64,
}

impl Server {
    fn is_full(&self) -> bool {
        self.buffer > 0 && self.waiting.len() >= self.buffer && self.mutant != Mutant::ForgetBound
    }

    fn begin(&mut self, ctx: &mut Ctx<'_, Self>, job: Job) {
        ctx.note(format!("begins job {}", job.number));
        self.working = Some(job);
        let span = ctx.random_delay(self.service).max(Span(1));
        ctx.set_timer((), span);
    }

    /// No room: somebody must go, by the policy.
    fn overflow(&mut self, ctx: &mut Ctx<'_, Self>, job: Job) {
        self.dropped += 1;
        let mut gone = job;
        let mut place = None;
        if self.policy == Policy::DropHead
            && let Some(oldest) = self.waiting.pop_front()
        {
            gone = oldest;
            place = Some(oldest.place);
            self.accept(ctx, job);
        }
        ctx.note(format!("has no room: drops job {}", gone.number));
        ctx.fact(Fact::Dropped { place, counts: gone.came_us >= self.warmup_us });
        if self.policy == Policy::Reject {
            ctx.send(SOURCE, Msg::Rejected { number: gone.number });
        }
    }

    fn accept(&mut self, ctx: &mut Ctx<'_, Self>, job: Job) {
        ctx.fact(Fact::Accepted { place: job.place });
        match self.working {
            None => self.begin(ctx, job),
            Some(_) => self.waiting.push_back(job),
        }
    }
}

impl Protocol for Server {
    type Msg = Msg;
    type Timer = ();
    type Stable = ();

    fn start(&mut self, _: &mut Ctx<'_, Self>) {}

    /// What waited was in memory, and is gone. Places go on, so that none is given twice.
    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        let lost = self.waiting.len() + usize::from(self.working.is_some());
        ctx.note(format!("boots with an empty queue: {lost} jobs are gone"));
        self.working = None;
        self.waiting.clear();
    }

    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, _: NodeId, msg: &Msg) {
        let Msg::Job { number } = *msg else {
            return;
        };
        let job = Job { number, place: self.arrived, came_us: ctx.now_us() };
        self.arrived += 1;
        if self.working.is_some() && self.is_full() {
            self.overflow(ctx, job);
        } else {
            self.accept(ctx, job);
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, (): ()) {
        let Some(job) = self.working.take() else {
            return;
        };
        self.served += 1;
        ctx.fact(Fact::Served {
            place: job.place,
            total_us: ctx.now_us().saturating_sub(job.came_us),
            counts: job.came_us >= self.warmup_us,
        });
        ctx.send(SOURCE, Msg::Done { number: job.number });
        let next = match self.mutant {
            Mutant::NewestFirst => self.waiting.pop_back(),
            _ => self.waiting.pop_front(),
        };
        if let Some(next) = next {
            self.begin(ctx, next);
        }
    }

    fn timer_name((): ()) -> &'static str {
        "service"
    }

    fn inspect(&self) -> Inspect {
        let cell = |job: &Job, tone, how: &str| {
            Cell::new(job.number % 1_000, tone, format!("job {}, {how}", job.number))
        };
        let working = self.working.iter().map(|j| cell(j, CellTone::Firm, "being served"));
        let waiting = self.waiting.iter().map(|j| cell(j, CellTone::Tentative, "waiting"));
        let busy = self.working.is_some();
        Inspect {
            role: if busy { "busy" } else { "idle" }.to_owned(),
            glyph: if busy { Glyph::Check } else { Glyph::None },
            prominent: busy,
            badge: format!("{} waiting", self.waiting.len()),
            cells: working.chain(waiting).take(12).collect(),
            ..Inspect::default()
        }
        .field("waiting", self.waiting.len())
        .field("served", self.served)
        .field("dropped", self.dropped)
        .field(
            "places to wait",
            if self.buffer == 0 { "no bound".to_owned() } else { self.buffer.to_string() },
        )
    }
}

/// Where the jobs come from. It never waits for an answer.
#[derive(Clone, Debug, Hash)]
pub struct Source {
    load: Load,
    sent: u32,
    done: u32,
    refused: u32,
}

impl Source {
    fn send(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.sent += 1;
        ctx.send(SERVER, Msg::Job { number: self.sent });
    }

    fn wait(&mut self, ctx: &mut Ctx<'_, Self>) {
        if let Some(gap) = self.load.gap(ctx) {
            ctx.set_timer((), gap);
        }
    }
}

/// The jobs that were sent and have no answer.
fn absences(world: &World, trace: &Trace) -> Vec<Absence> {
    let (Some(source), Some(server)) = (world.node_as::<Source>(SOURCE), world.node_as::<Server>(SERVER))
    else {
        return Vec::new();
    };
    let open = source.sent.saturating_sub(source.done + source.refused);
    if open == 0 {
        return Vec::new();
    }
    let dropped = |told: &Told| matches!(told.as_fact::<Fact>(), Some(Fact::Dropped { .. }));
    let gone = trace.facts().iter().rev().find(|(event, told)| event.0 < world.events() && dropped(told));
    let (waiting, here) = (server.waiting.len() as u64, u64::from(server.working.is_some()));
    let known = server.served + server.dropped + waiting + here;
    let forgotten = server.arrived.saturating_sub(known);
    let conditions = vec![
        Condition::of(
            format!("jobs that have come to the server: {} of {}", server.arrived, source.sent),
            server.arrived >= u64::from(source.sent),
        )
        .lacks([Lack::Way(SOURCE, SERVER, &["job"])]),
        Condition::of(
            format!("none is dropped for lack of room: {} were", server.dropped),
            server.dropped == 0,
        )
        .lacks(gone.map(|(event, _)| Lack::Not(*event))),
        Condition::of(format!("none is forgotten in a crash: {forgotten} were"), forgotten == 0),
        Condition::of(format!("none is before them: {waiting} wait"), waiting == 0)
            .lacks([Lack::Time(SERVER)]),
        Condition::of(
            format!("answers that have come: {} of {}", source.done, server.served),
            u64::from(source.done) == server.served,
        )
        .lacks([Lack::Way(SERVER, SOURCE, &["done"])]),
        Condition::of("the server works", world.is_up(SERVER)).lacks([Lack::Running(SERVER)]),
    ];
    vec![Absence::of(Lacking::Answer, format!("{open} jobs have no answer"), conditions)]
}

/// A burst is at most this large.
const BURST: i64 = 100;

impl Protocol for Source {
    type Msg = Msg;
    type Timer = ();
    type Stable = ();

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.wait(ctx);
    }

    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.wait(ctx);
    }

    fn on_message(&mut self, _: &mut Ctx<'_, Self>, _: NodeId, msg: &Msg) {
        match msg {
            Msg::Done { .. } => self.done += 1,
            Msg::Rejected { .. } => self.refused += 1,
            Msg::Job { .. } => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, (): ()) {
        self.send(ctx);
        self.wait(ctx);
    }

    fn requests(&self) -> &'static [Form] {
        use crate::sim::{FieldKind, FormField};
        const {
            &[Form {
                id: "burst",
                label: "Send a burst",
                fields: &[FormField {
                    label: "jobs",
                    kind: FieldKind::Int { default: 20, min: 1, max: BURST },
                }],
            }]
        }
    }

    fn on_request(&mut self, ctx: &mut Ctx<'_, Self>, asked: &Asked) {
        ctx.note(format!("sends a burst of {} jobs", asked.int(0)));
        (0..asked.int(0)).for_each(|_| self.send(ctx));
    }

    fn timer_name((): ()) -> &'static str {
        "next job"
    }

    fn inspect(&self) -> Inspect {
        Inspect {
            role: "source".to_owned(),
            glyph: Glyph::Person,
            badge: format!("sent {}", self.sent),
            ..Inspect::default()
        }
        .field("sent", self.sent)
        .field("done", self.done)
        .field("refused", self.refused)
    }
}

fn build(params: &Params, seed: u64) -> Result<Setup, Refusal> {
    let service_us = params.ms("service_ms").0;
    let gap = Span(service_us * 100 / params.int("load_percent").max(1) as u64);
    let server = Server {
        service: match params.word("service") {
            "constant" => Delay::Constant { us: service_us },
            _ => Delay::Exponential { min_us: 0, mean_us: service_us },
        },
        buffer: params.int("buffer") as usize,
        policy: match params.word("policy") {
            "drop-head" => Policy::DropHead,
            "reject" => Policy::Reject,
            _ => Policy::DropTail,
        },
        warmup_us: params.ms("warmup_ms").0,
        mutant: Mutant::of(params),
        working: None,
        waiting: VecDeque::new(),
        arrived: 0,
        served: 0,
        dropped: 0,
    };
    let source = Source { load: Load::of(params, gap), sent: 0, done: 0, refused: 0 };
    Ok(Setup {
        seed,
        // Always the same delay, so that jobs arrive as they were sent.
        link: Link::reliable(Delay::Constant { us: 2_000 }),
        nodes: vec![
            NodeSetup::server("Server", Host::boxed(server)),
            NodeSetup::client("Source", Host::boxed(source)),
        ],
        layout: Layout::Line,
        ..Setup::default()
    })
}

#[cfg(test)]
mod tests;

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
//! Or nobody is dropped, for nobody sends what does not fit (block: flow control, back-pressure). The server tells
//! the source up to which job it has room, first for `K`, and for one more whenever one has left. The source holds
//! back what is beyond (RFC 9000, sections 4 and 4.1: a limit that the receiver advertises; credits in Kung, Blackwell, Chapman
//! 1994). A limit, not a number of new places: who hears it twice, or an old one late, is not misled. What does not
//! fit then waits at the source. While there it never ends, `K` jobs go round between the server and a way of `Z`
//! (the limit back, the next job to the server), and the server stands idle for the share `B(K, Z / service)`,
//! Erlang's loss formula: it is the machine repairman's queue, M/M/1//K (Kleinrock 1975, section 3.8).
//!
//! The rule that is easy to break: the source does not wait for answers, and not for room but where it is to. A bigger
//! buffer never makes the server faster; it turns drops into delay ("bufferbloat"). What waits is in memory: a crash
//! loses it. What is lost on its way takes its place along, for nobody asks after it.

mod judge;
mod source;

use crate::kit::{Absence, Condition, Lack, Lacking};
use crate::kit::{Choice, Entry, Load, Param, Params, facts, load, messages, mutants};
use crate::sim::world::Layout;
use crate::sim::{
    Cell, CellTone, Ctx, Delay, Glyph, Host, Inspect, Link, NodeId, NodeSetup, Protocol, Refusal, Setup,
    Span, Told, Trace, World,
};
pub use source::Source;
use std::collections::{BTreeSet, VecDeque};

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "queue",
    title: "One server with a queue",
    source: "Kendall 1953; Kleinrock 1975, sections 3.2, 3.6 and 3.8; RFC 9000, section 4",
    leaves_out: "several servers, priorities, senders that try again, and asking anew for room whose message was lost",
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
                Choice::new("block", "nobody sends before there is room"),
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
/// How long a message is on its way.
const DELAY: Span = Span::ms(2);

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
        /// What the server says of its room is not listened to.
        SendAnyway = "send-anyway", "the source sends, though there is no room" {
            rule: "who has not been told of room holds its job back",
            breaks: "Nothing is dropped",
            with: &["policy=block", "buffer=3", "load_percent=150"],
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
        /// There is room for all jobs up to this one.
        Room { upto: u32 } = "room", Diamond, Purple, "room to {upto}";
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
        /// The source holds this job back, for there is no room.
        Held { number: u32 } = "held" => Quiet,
        /// It has begun to hold jobs back: none was held before this one.
        Blocked { number: u32 } = "blocked",
        /// A job that was held back goes.
        Freed { number: u32 } = "freed" => Quiet,
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
    Block,
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
    // The numbers that have come, where room is told of by numbers.
    came: Came,
    arrived: u64,
    served: u64,
    dropped: u64,
}

/// Which numbers have come: all below one, and some above.
#[derive(Clone, Debug, Default, Hash)]
struct Came {
    below: u32,
    above: BTreeSet<u32>,
}

impl Came {
    /// Takes in a job's number, from 1; false if it has come before.
    fn is_new(&mut self, number: u32) -> bool {
        let new = number > self.below && self.above.insert(number);
        while self.above.remove(&(self.below + 1)) {
            self.below += 1;
        }
        new
    }

    fn count(&self) -> u32 {
        self.below + self.above.len() as u32
    }
}

impl Server {
    /// Whether it tells of room.
    fn tells_of_room(&self) -> bool {
        self.policy == Policy::Block && self.buffer > 0
    }

    /// Tells up to which job there is room: for as many more as have left, and as there are places (RFC 9000, section 4.1).
    fn tell_of_room(&self, ctx: &mut Ctx<'_, Self>) {
        if self.tells_of_room() {
            let here = self.waiting.len() + usize::from(self.working.is_some());
            let places = self.buffer + 1;
            let upto = self.came.count() + places.saturating_sub(here) as u32;
            ctx.send(SOURCE, Msg::Room { upto });
        }
    }

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

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.tell_of_room(ctx);
    }

    /// What waited was in memory, and is gone. Places go on, so that none is given twice.
    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        let lost = self.waiting.len() + usize::from(self.working.is_some());
        ctx.note(format!("boots with an empty queue: {lost} jobs are gone"));
        self.working = None;
        self.waiting.clear();
        self.tell_of_room(ctx);
    }

    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, _: NodeId, msg: &Msg) {
        let Msg::Job { number } = *msg else {
            return;
        };
        if self.tells_of_room() && !self.came.is_new(number) {
            return ctx.note(format!("has had job {number} already"));
        }
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
        self.tell_of_room(ctx);
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

/// The jobs that were sent and have no answer.
fn absences(world: &World, trace: &Trace) -> Vec<Absence> {
    let (Some(source), Some(server)) = (world.node_as::<Source>(SOURCE), world.node_as::<Server>(SERVER))
    else {
        return Vec::new();
    };
    let held = source.held();
    let open = source.sent.saturating_sub(source.done + source.refused) + held;
    if open == 0 {
        return Vec::new();
    }
    let dropped = |told: &Told| matches!(told.as_fact::<Fact>(), Some(Fact::Dropped { .. }));
    let gone = trace.facts().iter().rev().find(|(event, told)| event.0 < world.events() && dropped(told));
    let (waiting, here) = (server.waiting.len() as u64, u64::from(server.working.is_some()));
    let known = server.served + server.dropped + waiting + here;
    let forgotten = server.arrived.saturating_sub(known);
    let mut conditions = vec![
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
    if let Some(upto) = source.room() {
        let says = format!("none is held back for lack of room: {held} are, with room up to job {upto}");
        conditions.push(Condition::of(says, held == 0).lacks([Lack::Way(SERVER, SOURCE, &["room"])]));
    }
    vec![Absence::of(Lacking::Answer, format!("{open} jobs have no answer"), conditions)]
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
            "block" => Policy::Block,
            _ => Policy::DropTail,
        },
        warmup_us: params.ms("warmup_ms").0,
        mutant: Mutant::of(params),
        working: None,
        waiting: VecDeque::new(),
        came: Came::default(),
        arrived: 0,
        served: 0,
        dropped: 0,
    };
    let waits = server.tells_of_room() && server.mutant != Mutant::SendAnyway;
    let source = Source::new(Load::of(params, gap), waits);
    Ok(Setup {
        seed,
        // Always the same delay, so that jobs arrive as they were sent.
        link: Link::reliable(Delay::Constant { us: DELAY.0 }),
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

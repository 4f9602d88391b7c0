//! A snapshot of a system that never stands still (Chandy and Lamport 1985, *Distributed snapshots: determining global states of
//! distributed systems*): a bank counts its money while its branches go on paying one another.
//!
//! Nobody can look at all processes in one moment. Who asks each for its balance gets answers of different moments, and what is on its way
//! is in none of them. What one can have is a *consistent cut*: of each process a state, of each channel a content, such that
//! whatever is recorded as received is recorded as sent. The system need never have been in that state; it could have been.
//!
//! - *Markers* (sections 3.1 and 3.2). The marker-sending rule: who records its state sends a marker on each channel, before anything else
//!   on it. The marker-receiving rule: who gets its first marker records its own state, and that channel as empty; who has recorded
//!   already records of the channel what has come on it since then, up to the marker. It ends when a marker has come on every channel.
//!   Channels keep the order of sending and lose nothing: so a marker parts what was sent before its sender's record from what was
//!   sent after. Any process may begin, and several may begin the same one. It takes n (n - 1) markers, in two delays.
//! - *Colours* (Lai and Yang 1987, *On distributed snapshots*; the counts are Mattern's, 1989): every payment carries the number of the newest
//!   snapshot that its sender has recorded. Who gets one of a later snapshot records first, and takes it then. A marker may be overtaken,
//!   and so says how many payments went before it; the channel is done when so many have come. No order is needed.
//! - *Read everyone now* is what one would do who has not read the paper.
//!
//! Variants chosen here: the channels are all n (n - 1) of the complete graph. Snapshots have numbers, so that one may follow another. The paper leaves
//! open how the pieces come together; here whoever is done reports what it holds, its account and its incoming channels, to
//! those who have begun: n - 1 messages and one more delay. A second copy of a payment or of a marker is known by its number and passed
//! over.
//!
//! The paper's processes do not fail. Here one that crashes is out for good: what it held is gone, and no snapshot ends any more.
//!
//! The rule that is easy to break: record, and send the markers, in one step. Between the two nothing may be sent or taken.

mod cost;
mod judged;
mod record;
mod setup;
mod show;

#[cfg(test)]
mod tests;

use crate::kit::numbers::Numbers;
use crate::kit::prelude::*;
use crate::sim::form::{FieldKind, FormField};
use record::{Record, Sum};
use setup::{Config, OPENED, Way, Work};
use std::collections::BTreeMap;

/// The registry line.
pub static ENTRY: Entry = Entry {
    id: "snapshot",
    title: "Snapshot",
    source: "Chandy and Lamport 1985; Lai and Yang 1987; Mattern 1989",
    leaves_out: "crashes and going back to a snapshot, channels that are missing, and processes that come and go",
    params: &[
        Param::int("nodes", "Accounts", 3, 2..=8),
        Param::choice("algorithm", "How the money is counted", setup::WAYS),
        Param::choice("work", "What accounts do by themselves", setup::WORK),
        Param::ms("gap_ms", "From one payment to the next", 150, 10..=10_000),
        Param::int("count", "Payments of each (0: without end)", 0, 0..=10_000),
        Param::int("snapshots", "Snapshots that P1 begins by itself", 3, 0..=1_000),
        Param::ms("every_ms", "From one of them to the next", 1_000, 100..=60_000),
        Param::ms("delay_ms", "A message takes at least", 60, 1..=1_000),
        Param::ms("spread_ms", "And longer by up to", 60, 0..=1_000),
        Param::flag("fifo", "Links keep the order of sending", true),
        Mutant::PARAM,
    ],
    mutants: Mutant::TABLE,
    facts: Fact::NAMES,
    build: setup::build,
    promises: judged::promises,
    gauges: cost::GAUGES,
    boards: Some(show::boards),
    absences: Some(show::absences),
    ..Entry::BLANK
};

mutants! {
    /// A snapshot with a rule left out.
    pub enum Mutant {
        /// There is no hurry, it thinks.
        LateMarkers = "late-markers", "records its state, and sends the markers behind its next payment" {
            rule: "markers go out before anything else is sent (marker-sending rule, Chandy and Lamport 1985, section 3.1)",
            breaks: "Consistent cut", with: &["algorithm=markers"],
        }
        /// First the others, then itself.
        RecordsLate = "records-late", "sends the markers, and records its own state when it changes next" {
            rule: "a process records its state with its first marker, before anything else happens (Chandy and Lamport 1985, section 3.1)",
            breaks: "Consistent cut", with: &["algorithm=markers"],
        }
        /// The newest is the best, it thinks.
        RecordsAgain = "records-again", "records its own state anew with each marker" {
            rule: "a process records its state once: a later marker closes a channel, and nothing else (Chandy and Lamport 1985, section 3.1)",
            breaks: "Consistent cut", with: &["algorithm=markers"],
        }
        /// The money is in the accounts, after all.
        NoChannels = "no-channels", "takes every channel for empty" {
            rule: "what comes on a channel after the own record and before its marker is the channel's state (marker-receiving rule)",
            breaks: "Recorded total", with: &["algorithm=markers"],
        }
        /// It listens on.
        RecordsOn = "records-on", "records every channel until the last marker" {
            rule: "a channel is recorded up to its own marker (marker-receiving rule)",
            breaks: "Channels as they were", with: &["algorithm=markers"],
        }
        /// One will do.
        Impatient = "impatient", "closes every channel with the first marker that comes" {
            rule: "a channel is recorded until its own marker comes (marker-receiving rule)",
            breaks: "Channels as they were", with: &["algorithm=markers"],
        }
        /// Money is money.
        NoColour = "no-colour", "takes a payment of a later snapshot before it records" {
            rule: "who gets a message of a later colour records first (Lai and Yang 1987)",
            breaks: "Consistent cut", with: &["algorithm=colours", "fifo=off"],
        }
        /// As if nothing overtook a marker.
        NoCount = "no-count", "closes a channel when the marker comes, whatever is missing" {
            rule: "a channel is done when all that was sent before its sender's record has come (Mattern 1989)",
            breaks: "Channels as they were", with: &["algorithm=colours", "fifo=off"],
        }
    }
    as it is: "as in the papers",
}

messages! {
    /// What processes send.
    pub enum Msg {
        /// Money. Its number on the channel, and with colours the newest snapshot that its sender has recorded.
        Payment { serial: u64, amount: i64, after: u32 } = "payment", Disc, Blue, "£{amount}";
        /// "I have recorded": from one that has begun it, or not; and with colours, behind so many payments.
        Marker { number: u32, begins: bool, sent: u64 } = "marker", Diamond, Orange, "marker {number}";
        /// "How much have you?"
        Read { number: u32 } = "read", Arrow, Purple, "read {number}";
        /// What is recorded of the sender's account, and of the channels that lead to it.
        Report { number: u32, balance: i64, channels: i64 } = "report", Tag, Green, "£{balance} + £{channels}";
    }
}

facts! {
    /// What a process tells.
    pub enum Fact {
        /// It has sent money, the how manieth on this channel.
        Paid { to: NodeId, serial: u64, amount: i64, asked: bool } = "paid" => Quiet,
        /// It has received money.
        Got { from: NodeId, serial: u64, amount: i64 } = "got" => Quiet,
        /// It begins a snapshot.
        Began { number: u32 } = "began",
        /// It has recorded its own state.
        Recorded { number: u32, balance: i64 } = "recorded",
        /// A payment made it record: one that was sent after its sender's record.
        Turned { number: u32, from: NodeId } = "turned",
        /// It has recorded a channel: these payments were on it.
        Closed { number: u32, from: NodeId, serials: Vec<u64>, amount: i64 } = "closed" => Quiet,
        /// It has recorded all its channels: so many payments were on them.
        Finished { number: u32, payments: usize, amount: i64 } = "finished" => Quiet,
        /// It has begun a snapshot, and has all pieces of it: so much money.
        Counted { number: u32, sum: i64 } = "counted" => Decisive,
        /// What it has counted is not what there is: by so much.
        Off { number: u32, by: i64 } = "off" => Decisive,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Timer {
    Pay,
    Snapshot,
}

/// So many movements of an account are remembered.
const REMEMBERED: usize = 8;
/// So many snapshots that are over are remembered.
const KEPT: usize = 2;
/// Who hears of a snapshot records those before it, too, if it has missed them: so many.
const MISSED: u32 = 64;

/// An account, and what it records.
#[derive(Clone, Hash)]
struct Process {
    me: NodeId,
    config: Config,
    // Whoever has crashed takes no more part.
    out: bool,
    balance: i64,
    // Of the payments and the snapshots that it begins, if they have an end.
    left: Option<u32>,
    to_begin: u32,
    // How many payments were sent to each, and which have come from each.
    sent: Vec<u64>,
    taken: Vec<Numbers>,
    // The newest snapshot that it has heard of; what it has recorded; what it gathers of those that it has begun.
    newest: u32,
    records: BTreeMap<u32, Record>,
    gathered: BTreeMap<u32, Sum>,
    // Markers that should have gone out.
    owed: Vec<(NodeId, Msg)>,
    // The latest movements, and how many there were.
    moves: Vec<i64>,
    moved: u64,
}

type Cx<'a> = Ctx<'a, Process>;

impl Process {
    fn fresh(config: Config, me: NodeId) -> Self {
        let nodes = usize::from(config.nodes);
        Process {
            me,
            config,
            out: false,
            balance: OPENED,
            left: (config.count > 0).then_some(config.count),
            to_begin: if me == NodeId(0) { config.snapshots } else { 0 },
            sent: vec![0; nodes],
            taken: vec![Numbers::default(); nodes],
            newest: 0,
            records: BTreeMap::new(),
            gathered: BTreeMap::new(),
            owed: Vec::new(),
            moves: Vec::new(),
            moved: 0,
        }
    }

    // ------------------------------------------------------------------ the bank

    fn book(&mut self, amount: i64) {
        self.balance += amount;
        self.moved += 1;
        if self.moves.len() == REMEMBERED {
            self.moves.remove(0);
        }
        self.moves.push(amount);
    }

    fn pay(&mut self, ctx: &mut Cx<'_>, to: NodeId, amount: i64, asked: bool) {
        self.book(-amount);
        self.sent[to.index()] += 1;
        let serial = self.sent[to.index()];
        ctx.note(format!("pays £{amount} to P{}, and has £{}", to.0 + 1, self.balance));
        ctx.fact(Fact::Paid { to, serial, amount, asked });
        let after = if self.config.way == Way::Colours { self.newest } else { 0 };
        ctx.send(to, Msg::Payment { serial, amount, after });
        for (to, marker) in std::mem::take(&mut self.owed) {
            ctx.send(to, marker);
        }
        self.catch_up(ctx);
    }

    fn receive(&mut self, ctx: &mut Cx<'_>, from: NodeId, serial: u64, amount: i64, after: u32) {
        let who = format!("P{}", from.0 + 1);
        if self.taken[from.index()].has(serial) {
            ctx.note(format!("has had this payment of {who}, and passes over the copy"));
            return;
        }
        // Lai and Yang 1987: white processes turn red before they take a red message.
        if after > self.newest && self.config.mutant != Mutant::NoColour {
            ctx.note(format!("gets a payment that {who} has sent after it recorded snapshot {after}"));
            ctx.fact(Fact::Turned { number: after, from });
            self.record_upto(ctx, after);
        }
        self.taken[from.index()].add(serial);
        self.book(amount);
        self.record_payment(from, (serial, amount), after);
        ctx.note(format!("gets £{amount} from {who}, and has £{}", self.balance));
        ctx.fact(Fact::Got { from, serial, amount });
        self.catch_up(ctx);
        self.settle_all(ctx);
    }

    fn wait(&self, ctx: &mut Cx<'_>) {
        if self.left != Some(0)
            && let Some(gap) = self.config.load().gap(ctx)
        {
            ctx.set_timer(Timer::Pay, gap);
        }
    }

    /// A payment of its own: at random up to a tenth of what it has, or £10 to the next.
    fn pay_somebody(&mut self, ctx: &mut Cx<'_>) {
        self.left = self.left.map(|left| left.saturating_sub(1));
        let nodes = self.config.nodes;
        let (to, amount) = match self.config.work {
            Work::Random => {
                let drawn = ctx.random_below(u64::from(nodes) - 1) as u16;
                let most = (self.balance / 10).max(1) as u64;
                (NodeId(drawn + u16::from(drawn >= self.me.0)), 1 + ctx.random_below(most) as i64)
            }
            Work::Ring | Work::ByHand => (NodeId((self.me.0 + 1) % nodes), 10),
        };
        if amount <= self.balance {
            self.pay(ctx, to, amount, false);
        }
    }

    // ------------------------------------------------------------------ counting

    /// A process may begin of itself (Chandy and Lamport 1985, section 3.1).
    fn begin(&mut self, ctx: &mut Cx<'_>) {
        let number = self.newest + 1;
        ctx.epoch(u64::from(number), format!("snapshot {number}"));
        ctx.note(format!("begins snapshot {number}"));
        ctx.fact(Fact::Began { number });
        while self.gathered.len() > KEPT && self.gathered.first_key_value().is_some_and(|(_, s)| s.counted) {
            self.gathered.pop_first();
        }
        self.gathered.insert(number, Sum::default());
        if self.config.way == Way::ReadNow {
            self.newest = number;
            ctx.broadcast(self.config.others(self.me), Msg::Read { number });
            ctx.fact(Fact::Recorded { number, balance: self.balance });
            self.gather(ctx, number, self.me, (self.balance, 0));
        } else {
            self.record(ctx, number, true);
        }
    }

    /// What a process has recorded comes to one that has begun; when all has come, it is added up.
    fn gather(&mut self, ctx: &mut Cx<'_>, number: u32, from: NodeId, (balance, channels): (i64, i64)) {
        let nodes = usize::from(self.config.nodes);
        let Some(sum) = self.gathered.get_mut(&number) else {
            return;
        };
        if sum.counted || !sum.from.insert(from) {
            return;
        }
        sum.accounts += balance;
        sum.channels += channels;
        if sum.from.len() < nodes {
            return;
        }
        sum.counted = true;
        let (total, by) = (sum.accounts + sum.channels, sum.accounts + sum.channels - self.config.total());
        let how = match by {
            0 => "as it should be".to_owned(),
            1.. => format!("£{by} too much"),
            _ => format!("£{} too little", -by),
        };
        ctx.note(format!("adds up snapshot {number}: £{total}, {how}"));
        ctx.fact(Fact::Counted { number, sum: total });
        if by != 0 {
            ctx.fact(Fact::Off { number, by });
        }
    }
}

impl Protocol for Process {
    type Msg = Msg;
    type Timer = Timer;
    type Stable = ();

    fn start(&mut self, ctx: &mut Cx<'_>) {
        self.wait(ctx);
        if self.to_begin > 0 {
            ctx.set_timer(Timer::Snapshot, self.config.every);
        }
    }

    /// The paper's processes do not fail: here one that has crashed stays out.
    fn restart(&mut self, ctx: &mut Cx<'_>) {
        *self = Process { out: true, balance: 0, ..Process::fresh(self.config, self.me) };
        ctx.note("is back, has forgotten its account and all snapshots, and takes no more part");
    }

    fn on_message(&mut self, ctx: &mut Cx<'_>, from: NodeId, msg: &Msg) {
        if self.out {
            return;
        }
        match *msg {
            Msg::Payment { serial, amount, after } => self.receive(ctx, from, serial, amount, after),
            Msg::Marker { number, begins, sent } => self.marker(ctx, from, number, begins, sent),
            Msg::Read { number } => {
                self.newest = self.newest.max(number);
                let balance = self.balance;
                ctx.note(format!("answers that it has £{balance}"));
                ctx.fact(Fact::Recorded { number, balance });
                ctx.send(from, Msg::Report { number, balance, channels: 0 });
            }
            Msg::Report { number, balance, channels } => self.gather(ctx, number, from, (balance, channels)),
        }
    }

    fn on_timer(&mut self, ctx: &mut Cx<'_>, timer: Timer) {
        match timer {
            Timer::Pay => {
                self.pay_somebody(ctx);
                self.wait(ctx);
            }
            Timer::Snapshot => {
                self.begin(ctx);
                self.to_begin -= 1;
                if self.to_begin > 0 {
                    ctx.set_timer(Timer::Snapshot, self.config.every);
                }
            }
        }
    }

    fn timer_name(timer: Timer) -> &'static str {
        match timer {
            Timer::Pay => "its next payment",
            Timer::Snapshot => "its next snapshot",
        }
    }

    fn requests(&self) -> &'static [Form] {
        const {
            &[
                Form::bare("snapshot", "Begin a snapshot"),
                Form { id: "pay", label: "Pay", fields: &[TO, AMOUNT] },
            ]
        }
    }

    fn accepts(&self, asked: &Asked) -> Result<(), String> {
        if self.out {
            return Err("it has crashed, has forgotten its account, and takes no more part".to_owned());
        }
        if asked.form != "pay" {
            return Ok(());
        }
        let (to, amount) = (asked.node(0), asked.int(1));
        if to.0 >= self.config.nodes {
            return Err(format!(
                "there is no such account: the last one has number {}",
                self.config.nodes - 1
            ));
        }
        match () {
            () if to == self.me => Err("it would pay itself: choose another account".to_owned()),
            () if amount > self.balance => Err(format!("it has only £{}", self.balance)),
            () => Ok(()),
        }
    }

    fn on_request(&mut self, ctx: &mut Cx<'_>, asked: &Asked) {
        match asked.form {
            "pay" => self.pay(ctx, asked.node(0), asked.int(1), true),
            _ => self.begin(ctx),
        }
    }

    /// A liar pays more than it has booked, or reports more than it has.
    fn lie(&self, msg: &Msg, _: NodeId, draw: u64) -> Option<Msg> {
        let more = 1 + (draw % 9) as i64;
        match *msg {
            Msg::Payment { serial, amount, after } => {
                Some(Msg::Payment { serial, amount: amount + more, after })
            }
            Msg::Report { number, balance, channels } => {
                Some(Msg::Report { number, balance: balance + more, channels })
            }
            Msg::Marker { .. } | Msg::Read { .. } => None,
        }
    }

    fn inspect(&self) -> Inspect {
        show::inspect(self)
    }
}

const TO: FormField = FormField { label: "to", kind: FieldKind::Node };
const AMOUNT: FormField =
    FormField { label: "how much", kind: FieldKind::Int { default: 10, min: 1, max: 99 } };

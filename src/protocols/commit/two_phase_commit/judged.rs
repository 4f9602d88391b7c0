//! How a transfer is judged and measured: promises AC1 to AC5 of section 7.3, the money in the system, gauges
//! with what theory says, boards.
//!
//! The rule that is easy to break: money counts where it is on disk. What a bank holds in memory, a crash
//! takes away; what is on its way, somebody must know of who will bring it there.

use super::bank::{Book, State};
use super::coordinator::{Coordinator, Log};
use super::{BALANCE, COORDINATOR, Fact, Rules, T, Way, name};
use crate::kit::prelude::*;
use crate::sim::Status;
use crate::sim::ledger::Ledger;
use std::collections::BTreeSet;
use std::fmt;

/// A transfer at a bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct At(T, u16);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.0, name(self.1))
    }
}

pub(super) fn promises(params: &Params) -> Vec<Box<dyn Property>> {
    let way = Rules::of(params).way;
    let (needs, rests_on): (&[Need], _) = match way {
        Way::TwoPhase => (&[], ON_DISK),
        Way::Naive => (&[Need::NoCrash, Need::NoLoss], "nothing comes twice or late"),
        Way::Retry => (&[Need::NoLoss, Need::NoCrash], "nothing comes twice or late"),
        Way::RetryIds => (&[], "each bank has on disk what it has done"),
    };
    let mut all = match way {
        Way::TwoPhase => atomic(params.int("banks") as u16),
        _ => Vec::new(),
    };
    let claim = "what is in the banks and on its way is always the same sum";
    let conservation = conserved("Conservation", claim, total);
    all.push(conservation.needs(needs).rests_on(rests_on).boxed());
    let begun: fn(&Fact) -> _ = pick!(Fact::Begun { t } => *t);
    let over: fn(&Fact) -> _ = pick!(Fact::Over { t, .. } => *t);
    let completion = leads_to("Completion", "a transfer that begins is over in the end", begun, over);
    // A beginning of which nothing is on disk is not taken up again after a crash.
    all.push(
        completion
            .needs(&[Need::NoCrash, Need::NoPause, Need::NoLoss, Need::Correct, Need::Pace, Need::Onward])
            .boxed(),
    );
    all
}

const ON_DISK: &str = "promises and decisions are on disk before they are told";

/// AC1 to AC5.
fn atomic(banks: u16) -> Vec<Box<dyn Property>> {
    let decided: fn(&Fact) -> _ =
        pick!(Fact::Decided { t, commit, .. } => (*t, if *commit { "Commit" } else { "Abort" }));
    let promised: fn(&Fact) -> _ = pick!(Fact::Promised { t, bank } => At(*t, *bank));
    let released: fn(&Fact) -> _ = pick!(Fact::Decided { t, bank: bank @ 1.., .. } => At(*t, *bank));
    let votes = |calm| Votes { banks, calm, yes: Ledger::default() };
    let ac1 = "no two decide differently about a transfer (AC1)";
    let ac2 = "who has decided does not change its mind (AC2)";
    let ac3 = "it commits only if all have voted Yes (AC3)";
    let ac4 = "if nothing fails and all vote Yes, it commits (AC4)";
    let ac5 = "every bank that has voted Yes learns the decision in the end (AC5)";
    vec![
        agreement("Agreement", ac1, "decided", decided).rests_on(ON_DISK).boxed(),
        integrity("Stability", ac2, decided).rests_on(ON_DISK).boxed(),
        Promised::safety("Validity", ac3, votes(false)).boxed(),
        Promised::safety("Non-triviality", ac4, votes(true))
            .rests_on("votes come before the coordinator's patience ends")
            .boxed(),
        leads_to("Termination", ac5, promised, released)
            .needs(&[Need::AllUp, Need::NoPause, Need::NoLoss, Need::Correct, Need::Pace, Need::Onward])
            .boxed(),
    ]
}

/// AC3 and AC4: the coordinator's decision against the votes.
#[derive(Clone)]
struct Votes {
    banks: u16,
    // AC4: as long as nothing has failed.
    calm: bool,
    yes: Ledger<(T, u16), ()>,
}

impl Rule for Votes {
    fn wake(&self) -> Wake {
        Wake::News
    }

    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        for (node, fact) in seen.facts::<Fact>() {
            match *fact {
                Fact::Promised { t, bank } => self.yes.keep_first((t, bank), ()),
                Fact::Decided { t, commit, .. } if node == COORDINATOR => {
                    let missing = (1..=self.banks).find(|&b| self.yes.get(&(t, b)).is_none());
                    let calm = seen.account.losses() == 0 && seen.account.edited().is_none();
                    let why = match missing {
                        Some(bank) if commit && !self.calm => {
                            format!("{t} is committed, and {} has not voted Yes", name(bank))
                        }
                        None if !commit && self.calm && calm => {
                            format!("{t} is aborted, though all voted Yes and nothing failed")
                        }
                        _ => continue,
                    };
                    return Err(Broken::new([seen.event.cause, seen.id], why));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn weight(&self) -> usize {
        self.yes.weight()
    }

    fn recall(&self, recall: &mut Recall) {
        recall.each(self.yes.iter(), |r, ((t, bank), ())| {
            r.word(t.0);
            r.word(*bank);
        });
    }
}

fn banks(world: &World) -> impl Iterator<Item = (NodeId, &Book)> {
    let book = |n| Some((n, world.durable_as::<Book>(n)?));
    world.node_ids().filter_map(book)
}

/// What some banks have done of transfers that are not over: paid out and not paid in, or the reverse.
fn on_its_way(world: &World) -> Option<i64> {
    let mut open: BTreeSet<T> = world.durable_as::<Log>(COORDINATOR)?.open.keys().copied().collect();
    if !matches!(world.status(COORDINATOR), Status::Crashed | Status::Stopped) {
        open.extend(world.node_as::<Coordinator>(COORDINATOR)?.log.open.keys());
    }
    let lines = banks(world).flat_map(|(_, book)| &book.lines);
    let done = lines.filter(|(t, line)| matches!(line.1, State::Committed | State::Done) && open.contains(t));
    Some(-done.map(|(_, line)| line.0).sum::<i64>())
}

/// All the money there is.
pub(super) fn total(world: &World) -> Option<i64> {
    let balances: i64 = banks(world).map(|(_, book)| book.balance).sum();
    Some(balances + on_its_way(world)?)
}

pub(super) fn boards(_: &Params, world: &World) -> Vec<Board> {
    let part = |label: String, value| Part { label, value };
    let mut parts: Vec<Part> = banks(world).map(|(n, b)| part(name(n.0), b.balance)).collect();
    parts.push(part("on its way".to_owned(), on_its_way(world).unwrap_or(0)));
    let row = |(n, book): (NodeId, &Book)| {
        let lock = match book.lock() {
            Some(t) => Field::of(t).mood(Mood::Waiting),
            None => Field::of("-"),
        };
        (name(n.0), vec![Field::of(book.balance), lock, Field::of(book.said())])
    };
    let log = world.durable_as::<Log>(COORDINATOR).map_or(String::new(), Log::said);
    let mut rows = vec![(name(0), vec![Field::of("-"), Field::of("-"), Field::of(log)])];
    rows.extend(banks(world).map(row));
    let columns = ["on disk", "£", "locked by", "log"].map(str::to_owned).to_vec();
    vec![
        Board::Total {
            title: "Money in the system".to_owned(),
            unit: "£".to_owned(),
            should_be: banks(world).count() as i64 * BALANCE,
            parts,
        },
        Board::Table { title: "Logs".to_owned(), columns, rows },
    ]
}

/// Two-phase commit without failures, as theory counts it: `of` gives the number a transfer for n banks.
fn calm(p: &Params, of: impl Fn(f64) -> f64) -> Option<f64> {
    let calm = p.word("way") == "two-phase" && p.int("loss_percent") == 0 && p.int("transfers") == 1;
    calm.then(|| of(p.int("banks") as f64))
}

/// The mean of the largest of n sums of two uniform draws from [0, 1]: the integral of 1 - F(x)^n, where
/// F is x^2/2 up to 1 and 1 - (2-x)^2/2 from there on.
fn last_of(n: u32) -> f64 {
    let mut rest = 0.0;
    let mut term = 1.0;
    for k in 0..=n {
        rest += term / f64::from(2 * k + 1);
        term *= -0.5 * f64::from(n - k) / f64::from(k + 1);
    }
    2.0 - 1.0 / (f64::from(2 * n + 1) * f64::from(1_u32 << n)) - rest
}

/// The forced writes of the coordinator: beginning and decision, or the decision alone.
fn forced(p: &Params) -> f64 {
    2.0 - f64::from(u8::from(p.word("presume") == "abort"))
}

/// The chance that a message arrives.
fn arrives(p: &Params) -> f64 {
    1.0 - p.int("loss_percent") as f64 / 100.0
}

pub(super) static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("missing", "money made, or lost if negative", "£", |_| {
        gauges::reading(|w| Some((total(w)? - banks(w).count() as i64 * BALANCE) as f64))
    })
    .theory(|p| match p.word("way") {
        // The debit is done, and its answer or the credit is lost.
        "naive" if p.int("transfers") == 1 => {
            let (q, paid) = (arrives(p), p.int("amount") * (p.int("banks") - 1));
            Some(-(q - q * q * q) * paid as f64)
        }
        "two-phase" | "retry-ids" => Some(0.0),
        _ => None,
    })
    .published(&[
        Published::of(&["way=naive", "loss_percent=10"], -1.71, NAIVE),
        Published::of(&["way=naive", "loss_percent=30"], -3.57, NAIVE),
        Published::of(&["way=naive", "loss_percent=50"], -3.75, NAIVE),
        Published::of(&["way=retry-ids", "loss_percent=50"], 0.0, "conserved"),
        Published::of(&["loss_percent=50"], 0.0, "conserved"),
    ]),
    GaugeDef::new("credits", "credits done", "", |_| {
        gauges::count(|f: &Fact| matches!(f, Fact::Moved { delta: 1.., .. }))
    })
    .theory(|p| {
        let (n, q) = (p.int("banks") as f64, arrives(p));
        let credits = match p.word("way") {
            "retry" => (n - 1.0) / q,
            "two-phase" => (n - 1.0) * libm::pow(q, 2.0 * n),
            _ => return None,
        };
        (p.int("transfers") == 1).then_some(credits)
    })
    .published(&[
        Published::of(&["way=retry", "loss_percent=10"], 1.111_1, "1/(1-p)"),
        Published::of(&["way=retry", "loss_percent=30"], 1.428_6, "1/(1-p)"),
        Published::of(&["way=retry", "loss_percent=50"], 2.0, "1/(1-p)"),
        Published::of(&["loss_percent=10"], 0.656_1, "(1-p)^(2n)"),
        Published::of(&["loss_percent=30"], 0.240_1, "(1-p)^(2n)"),
        Published::of(&["loss_percent=10", "banks=3"], 1.062_9, "2 (1-p)^6"),
    ]),
    GaugeDef::new("messages", "messages, with acknowledgements", "", |_| {
        gauges::sent(&["VOTE-REQ", "YES", "NO", "COMMIT", "ABORT", "ACK"])
    })
    .theory(|p| calm(p, |n| 4.0 * n))
    .published(&[
        Published::of(&[], 8.0, "4n"),
        Published::of(&["banks=3"], 12.0, "4n"),
        Published::of(&["banks=5"], 20.0, "4n"),
    ]),
    GaugeDef::new("messages_3n", "messages as the book counts", "", |_| {
        gauges::sent(&["VOTE-REQ", "YES", "NO", "COMMIT", "ABORT"])
    })
    .theory(|p| calm(p, |n| 3.0 * n))
    .published(&[
        Published::of(&[], 6.0, BOOK),
        Published::of(&["banks=3"], 9.0, BOOK),
        Published::of(&["banks=5"], 15.0, BOOK),
    ]),
    GaugeDef::new("forced", "forced log writes", "", |_| gauges::count(|f: &Fact| *f == Fact::Forced))
        .theory(|p| calm(p, |n| 2.0 * n + forced(p)))
        .published(&[
            Published::of(&[], 6.0, "2n + 2"),
            Published::of(&["banks=5"], 12.0, "2n + 2"),
            Published::of(&["presume=abort"], 5.0, PRESUMED),
            Published::of(&["presume=abort", "banks=5"], 11.0, PRESUMED),
        ]),
    GaugeDef::new("commit_ms", "from the beginning to the decision", "ms", |_| {
        let decided: fn(&Fact) -> _ = pick!(Fact::Decided { t, bank: 0, .. } => *t);
        gauges::mean_between_ms(pick!(Fact::Begun { t } => *t), decided)
    })
    .theory(|p| calm(p, |n| 16.0 + 8.0 * last_of(n as u32) + (1.0 + forced(p)) * p.int("sync_ms") as f64))
    .published(&[
        Published::of(&[], 31.866_7, "3 s + 16 + 8 M(2), M(2) = 37/30"),
        Published::of(&["banks=5", "sync_ms=0"], 27.817_5, "16 + 8 M(5)"),
        Published::of(&["presume=abort", "sync_ms=10"], 45.866_7, "2 s + ..."),
    ]),
    GaugeDef::new("uncertain_ms", "longest time that a bank was uncertain", "ms", |_| {
        let promised: fn(&Fact) -> _ = pick!(Fact::Promised { t, bank } => (*t, *bank));
        gauges::longest_between_ms(promised, pick!(Fact::Decided { t, bank, .. } => (*t, *bank)))
    }),
];

const NAIVE: &str = "-10 (q - q^3), q = 1 - p";
const BOOK: &str = "3n: Bernstein, Hadzilacos, Goodman, section 7.4";
const PRESUMED: &str = "2n + 1: Mohan, Lindsay, Obermarck 1986";

//! What a run of Raft yields in numbers.
//!
//! The rule that is easy to break: a number that a run did not yield is missing, not zero.

use super::facts::Fact;
use crate::kit::Params;
use crate::kit::client;
use crate::kit::gauges::{self, GaugeDef, Published};

/// How many facts of a kind were told.
macro_rules! count {
    ($pattern:pat) => {
        |_| gauges::count(|f: &Fact| matches!(f, $pattern))
    };
}

/// All, in the order of `measure`.
pub(super) static ALL: &[GaugeDef] = &[
    GaugeDef::new("election_ms", "until the first leader is elected", "ms", |_| {
        gauges::first_ms(|f: &Fact| matches!(f, Fact::Leads { .. }))
    }),
    GaugeDef::new("candidate_ms", "until the first server stands", "ms", |_| {
        gauges::first_ms(|f: &Fact| matches!(f, Fact::Stands { .. }))
    })
    .theory(smallest_timeout)
    .published(&[
        Published::of(&["servers=3"], 187.5, SMALLEST).at_ms(1_000),
        Published::of(&["servers=5"], 175.0, SMALLEST).at_ms(1_000),
        Published::of(&["servers=9"], 165.0, SMALLEST).at_ms(1_000),
    ]),
    GaugeDef::new("elections", "times that a server stood", "", count!(Fact::Stands { .. })),
    GaugeDef::new("leaders", "leaders elected", "", count!(Fact::Leads { .. })),
    GaugeDef::new("elections_undecided", "elections that nobody won", "", count!(Fact::Undecided { .. })),
    GaugeDef::new(
        "conflicts_repaired",
        "times that a follower removed entries",
        "",
        count!(Fact::Cut { .. }),
    ),
    GaugeDef::new(
        "backups",
        "times that a leader went back in a follower's log",
        "",
        count!(Fact::BacksUp { .. }),
    ),
    GaugeDef::new(
        "duplicates_suppressed",
        "requests that came again and had no second effect",
        "",
        count!(Fact::Skipped { .. } | Fact::AnsweredAgain { .. }),
    ),
    GaugeDef::new("snapshots", "snapshots taken", "", count!(Fact::Snapshots { .. })),
    GaugeDef::new(
        "installs",
        "times that a leader's snapshot took the place of a log",
        "",
        count!(Fact::Installs { .. }),
    ),
    GaugeDef::new("changes", "changes of members that leaders began", "", count!(Fact::Begins { .. })),
    GaugeDef::new("messages", "messages sent", "", gauges::messages),
    client::ANSWERED,
    client::UNKNOWN,
    client::RETRIES,
    client::ANSWER_MS,
];

const SMALLEST: &str = "the smallest of n uniform timeouts: a + (b - a) / (n + 1)";

/// Nobody is heard at first, so the server whose timeout is the smallest of all stands first.
fn smallest_timeout(params: &Params) -> Option<f64> {
    let (a, b) = (params.int("election_min_ms"), params.int("election_max_ms"));
    let n = params.int("servers");
    let drawn = params.word("start") == "empty" && !params.flag("prevote");
    drawn.then(|| a as f64 + (b - a) as f64 / (n + 1) as f64)
}

//! A rule that another one watches.
//!
//! The rule that is easy to break: who watches explains what broke, and breaks nothing itself.

use super::*;
use crate::check::{Seen, Wake};

/// Watches for who leads. More than one is more than was assumed; it would break, were it asked to judge.
#[derive(Clone, Default)]
struct Leaders(Vec<EventId>);

impl Rule for Leaders {
    fn see(&mut self, seen: &Seen<'_>) -> Result<(), Broken> {
        self.0.extend(seen.facts::<Say>().filter(|(_, say)| matches!(say, Leads(_))).map(|_| seen.id));
        Err(Broken::new([seen.id], "a watch does not judge"))
    }

    fn wake(&self) -> Wake {
        Wake::News
    }

    fn lacked(&self) -> Option<(EventId, String)> {
        let second = self.0.get(1)?;
        Some((*second, "it is assumed that one leads".to_owned()))
    }
}

#[test]
fn what_is_watched_explains_a_break_and_is_none() {
    let watched = || agree::agree().rests_on("the paper").watched_by(Leaders::default());
    holds(watched(), &[(1, 0, Leads(1)), (2, 1, Leads(1)), (3, 1, Decided(1, 7))]);
    let script = [(1, 0, Leads(1)), (2, 0, Decided(1, 7)), (9, 2, Decided(1, 8))];
    breaks(watched(), &script, &[(2, 0), (9, 2)], "A decides 7, and C 8 (entry 1)");
    assert_eq!(assumption(&tell(watched(), &script, Vec::new())), (2, "the paper".to_owned()));
    // In the very event in which it breaks the watch knows already.
    let two = [(1, 0, Leads(1)), (2, 0, Decided(1, 7)), (9, 2, Leads(1)), (9, 2, Decided(1, 8))];
    let run = tell(watched(), &two, Vec::new());
    assert_eq!(assumption(&run).1, "it is assumed that one leads");
}

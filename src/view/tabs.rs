//! What several tabs of one browser keep: each has a pair of records of its own.
//!
//! The rule that is easy to break: no tab writes over what another one keeps. A tab writes to its own pair;
//! of another's it may only read, and give up the oldest where there would be too many.

use super::kept::{Record, Shelf};

/// What the name of every record begins with.
const PREFIX: &str = "faultline.run.";
/// The most pairs that are kept: one for each tab that works, and for as many that are gone.
pub const PAIRS: usize = 6;
/// Letters of a tab's name.
const LETTERS: usize = 16;

/// The names of a tab's two records. The tab without a name is the pair that all tabs shared before each
/// had its own: it is read as that of a tab that is gone.
pub fn slots(tab: &str) -> [String; 2] {
    ["0", "1"].map(|slot| match tab {
        "" => format!("{PREFIX}{slot}"),
        tab => format!("{PREFIX}{tab}.{slot}"),
    })
}

/// Whether `name` may be a tab's: what a browser keeps may be anybody's.
pub fn is_tab(name: &str) -> bool {
    let letter = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    name.len() == LETTERS && name.bytes().all(letter)
}

/// The tab whose record is kept under `key`, if it is one.
fn tab_of(key: &str) -> Option<&str> {
    let rest = key.strip_prefix(PREFIX)?;
    match rest.split_once('.') {
        None => matches!(rest, "0" | "1").then_some(""),
        Some((tab, slot)) => (is_tab(tab) && matches!(slot, "0" | "1")).then_some(tab),
    }
}

/// The tabs of which there is a record among these names, each once.
pub fn tabs(keys: &[String]) -> Vec<&str> {
    let mut tabs = Vec::new();
    for tab in keys.iter().filter_map(|k| tab_of(k)) {
        if !tabs.contains(&tab) {
            tabs.push(tab);
        }
    }
    tabs
}

/// What to offer to the tab `mine`, and whose it is: what it has kept itself, else the newest of those
/// that no living tab holds.
pub fn offered(mine: &str, living: &[String], all: Vec<(&str, Shelf)>) -> Option<(String, Record)> {
    let whole = all.into_iter().filter_map(|(tab, shelf)| Some((tab, shelf.newest?)));
    let free = whole.filter(|(tab, _)| *tab == mine || !living.iter().any(|l| l == tab));
    let best = free.max_by_key(|(tab, r)| (*tab == mine, r.at_ms));
    best.map(|(tab, record)| (tab.to_owned(), record))
}

/// The other tabs in the order in which their records are given up: the oldest first, and before all those
/// of tabs that are gone. `spared` is being offered, which counts as living. With each, whether it may go
/// merely to make room.
pub fn in_order<'a>(
    mine: &str,
    living: &[String],
    spared: Option<&str>,
    all: &[(&'a str, Shelf)],
) -> Vec<(&'a str, bool)> {
    let mut others: Vec<&(&str, Shelf)> = all.iter().filter(|(tab, _)| *tab != mine).collect();
    let lives = |tab: &str| spared == Some(tab) || living.iter().any(|l| l == tab);
    others.sort_by_key(|o| o.1.newest.as_ref().map_or(0, |r| r.at_ms));
    others.sort_by_key(|o| u64::from(lives(o.0)));
    others.into_iter().map(|o| (o.0, !lives(o.0))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "000000000000000a";
    const B: &str = "000000000000000b";
    const C: &str = "000000000000000c";

    fn shelf(at_ms: u64) -> Shelf {
        let text = format!("{{\"scenario\": \"kept at {at_ms}\"}}");
        let record = Record { number: 1, at_ms, text };
        Shelf::read([Some(record.seal()), None])
    }

    fn living(tabs: &[&str]) -> Vec<String> {
        tabs.iter().map(|t| (*t).to_owned()).collect()
    }

    #[test]
    fn a_tab_finds_its_own_records_and_foreign_names_are_nobodys() {
        let mut keys: Vec<String> = [A, "", B].into_iter().flat_map(slots).collect();
        assert_eq!(tabs(&keys), [A, "", B]);
        assert_eq!(keys[2..4], ["faultline.run.0", "faultline.run.1"], "as they were");
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 6, "no two share one");
        let foreign = [
            "faultline.theme",
            "faultline.run.2",
            "faultline.run..0",
            "faultline.run.0.0",
            "faultline.run.000000000000000A.0",
            "faultline.run.000000000000000a.0.0",
            "faultline.run.000000000000000a",
        ];
        assert_eq!(tabs(&foreign.map(ToOwned::to_owned)), [""; 0]);
    }

    #[test]
    fn a_tab_is_offered_its_own_run_and_else_the_newest_of_those_that_are_gone() {
        let all = || vec![("", shelf(2)), (A, shelf(5)), (B, shelf(7)), (C, shelf(9))];
        let whose = |mine, lives: &[&str]| offered(mine, &living(lives), all()).map(|o| o.0);
        assert_eq!(whose(A, &[A, B]).as_deref(), Some(A), "its own, though others are newer");
        assert_eq!(whose("new", &[B, C]).as_deref(), Some(A), "the newest that is nobody's");
        assert_eq!(whose("new", &[]).as_deref(), Some(C));
        assert_eq!(whose("new", &[A, B, C]).as_deref(), Some(""), "from before each had its own");
        let torn = Shelf::read([Some("faultline-run-1 torn".to_owned()), None]);
        let found = offered(A, &[], vec![(A, torn), (B, shelf(1))]);
        assert_eq!(found.map(|o| o.0).as_deref(), Some(B), "its own cannot be read");
    }

    #[test]
    fn the_oldest_is_given_up_first_and_a_living_tab_last() {
        let all = [(A, shelf(5)), (B, shelf(1)), ("", shelf(3)), (C, Shelf::default())];
        let order = |mine, lives: &[&str], spared| in_order(mine, &living(lives), spared, &all);
        assert_eq!(
            order("new", &[B], None),
            [(C, true), ("", true), (A, true), (B, false)],
            "what cannot be read is the oldest of all"
        );
        assert_eq!(order(C, &[B], Some("")), [(A, true), (B, false), ("", false)]);
    }
}

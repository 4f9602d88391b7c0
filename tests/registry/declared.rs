//! What a protocol declares about itself is sane: names, facts, mutants, gauges, boards, probes.

use crate::{bare, defaults, has_words, slug};
use faultline::kit::boards::{Band, Board};
use faultline::kit::{Entry, ParamKind};
use faultline::protocols::{self, all};
use faultline::sim::SimTime;
use std::collections::BTreeSet;

/// Panics unless `names` are slugs, each once.
fn unique<'a>(entry: &Entry, what: &str, names: impl IntoIterator<Item = &'a str>) {
    let mut seen = BTreeSet::new();
    for name in names {
        assert!(slug(name), "{}: {what} '{name}'", entry.id);
        assert!(seen.insert(name), "{}: {what} '{name}' twice", entry.id);
    }
}

#[test]
fn a_protocol_is_called_as_its_file_is_and_brought_by_a_part_of_its_own() {
    let parts = protocols::CHAPTERS.iter().flat_map(|c| c.parts);
    assert_eq!(parts.count(), all().count());
    for entry in all() {
        let part =
            protocols::part_of(entry.id).unwrap_or_else(|| panic!("{} is not its file's name", entry.id));
        assert!(protocols::is_here(part), "{}", entry.id);
    }
    assert!(protocols::part_of("no-such").is_none() && !protocols::is_here("no_such"));
}

#[test]
fn facts_probes_gauges_and_mutants_have_names_of_their_own_and_texts() {
    for entry in all() {
        unique(entry, "gauge", entry.gauges.iter().map(|g| g.id));
        unique(entry, "probe", entry.probes.iter().map(|p| p.id));
        unique(entry, "fact", entry.facts.iter().copied());
        unique(entry, "mutant", entry.mutants.iter().map(|m| m.id));
        let labels = entry.gauges.iter().map(|g| g.label);
        let labels: Vec<_> = labels.chain(entry.probes.iter().map(|p| p.label)).collect();
        assert!(labels.iter().all(|l| has_words(l)), "{}", entry.id);
        let different: BTreeSet<_> = labels.iter().collect();
        assert_eq!(different.len(), labels.len(), "{}: a label twice", entry.id);
        for gauge in entry.gauges {
            let units = ["", "ms", "s", "us", "%", "ppm", "bytes", "hops", "rounds", "1/s", "£"];
            let known = units.contains(&gauge.unit);
            assert!(known, "{}: unit '{}'", gauge.id, gauge.unit);
            // A name that ends in a unit has that unit.
            let says = gauge.id.rsplit('_').next().filter(|u| ["ms", "us"].contains(u));
            assert!(says.is_none_or(|u| u == gauge.unit), "{}", gauge.id);
        }
    }
}

/// Every mutant can be chosen, can be set up as it says, names a rule, and a promise that is given then.
#[test]
fn mutants_can_be_chosen_and_name_a_promise() {
    for entry in all() {
        let words = entry.param("mutant").map_or(&[][..], |p| match &p.kind {
            ParamKind::Choice(words) => words,
            _ => panic!("{}: mutant is no choice", entry.id),
        });
        let words: Vec<_> = words.iter().map(|w| w.id).filter(|w| *w != "none").collect();
        let mutants: Vec<_> = entry.mutants.iter().map(|m| m.id).collect();
        assert_eq!(words, mutants, "{}", entry.id);
        for mutant in entry.mutants {
            assert!(has_words(mutant.label) && has_words(mutant.rule), "{}", mutant.id);
            let lines = bare(entry, mutant).start(1).watcher().lines();
            let given = lines.iter().any(|l| l.name == mutant.breaks);
            assert!(given, "{}: no promise '{}'", mutant.id, mutant.breaks);
        }
    }
}

/// Whatever happens, a board has a title of its own, and its parts fit together.
#[test]
fn boards_are_well_formed_from_the_start_to_the_end() {
    for entry in all() {
        let params = defaults(entry);
        let mut run = crate::start(entry, &params, 3, Vec::new()).unwrap();
        for ms in (0..=4_000).step_by(400) {
            run.run_until(SimTime::from_ms(ms));
            let mut boards = entry.boards.map_or_else(Vec::new, |of| of(&params, run.world()));
            boards.extend(entry.histories.into_iter().flat_map(|of| of(run.world(), run.trace())));
            let titles: BTreeSet<_> = boards.iter().map(Board::title).collect();
            assert_eq!(titles.len(), boards.len(), "{}: a title twice", entry.id);
            for board in &boards {
                assert!(has_words(board.title()), "{}", entry.id);
                assert!(is_well_formed(board), "{}: {board:?}", entry.id);
            }
        }
    }
}

fn is_well_formed(board: &Board) -> bool {
    match board {
        Board::Table { columns, rows, .. } => rows.iter().all(|r| r.1.len() + 1 == columns.len()),
        Board::Matrix { names, cells, .. } => {
            cells.len() == names.len() && cells.iter().all(|row| row.len() == names.len())
        }
        Board::Bars { bars, mark, .. } => {
            let finite = bars.iter().all(|b| b.value.is_finite() && has_words(&b.label));
            finite && !bars.is_empty() && mark.is_none_or(f64::is_finite)
        }
        Board::Series { lines, mark, .. } => {
            let rises = |p: &[(u64, f64)]| p.is_sorted_by(|a, b| a.0 <= b.0);
            let finite = |p: &[(u64, f64)]| p.iter().all(|p| p.1.is_finite());
            let lines = lines.iter().all(|l| rises(&l.points) && finite(&l.points));
            lines && mark.is_none_or(f64::is_finite)
        }
        Board::Bands { rows, .. } => {
            let fits = |b: &Band| has_words(&b.label) && b.to_us.is_none_or(|to| to >= b.from_us);
            rows.iter().all(|(who, bands)| {
                has_words(who) && bands.iter().all(fits) && bands.is_sorted_by_key(|b| b.from_us)
            })
        }
        Board::Lamps { lamps, .. } => lamps.iter().all(|l| has_words(&l.label)),
        Board::Tree { roots, .. } => roots.iter().all(|r| has_words(&r.label)),
        Board::Total { parts, .. } => parts.iter().all(|p| has_words(&p.label)),
    }
}

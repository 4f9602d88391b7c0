//! The course as the landing page shows it: what a search finds, and where to go on.
//!
//! The rule that is easy to break: it lists what is in the index and nothing else. A search leaves out; it never puts in
//! another order.

use super::task::Course;
use crate::scenario::{Brief, library::chapter_title};

/// A chapter with those of its scenarios that are shown.
pub struct Chapter {
    /// Its id.
    pub id: &'static str,
    /// Its name.
    pub title: String,
    /// Its scenarios.
    pub scenarios: Vec<&'static Brief>,
}

/// What a search for `words` finds in `all`: scenarios that have each of them in id, title, summary, protocol or chapter.
pub fn chapters(all: &'static [Brief], words: &str) -> Vec<Chapter> {
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    let mut chapters: Vec<Chapter> = Vec::new();
    for brief in all {
        let name = chapter_title(brief.chapter);
        let Brief { id, title, summary, protocol, .. } = brief;
        let text = format!("{id} {title} {summary} {protocol} {name}").to_lowercase();
        if !words.iter().all(|w| text.contains(w)) {
            continue;
        }
        match chapters.last_mut() {
            Some(last) if last.id == brief.chapter => last.scenarios.push(brief),
            _ => chapters.push(Chapter { id: brief.chapter, title: name, scenarios: vec![brief] }),
        }
    }
    chapters
}

/// The scenarios to start with, in their order.
pub fn path(all: &'static [Brief]) -> Vec<&'static Brief> {
    (1..).map_while(|place| all.iter().find(|b| b.start == Some(place))).collect()
}

/// Where to go on: the first of the path that was not gone through, and once all of it was, the first of the course.
pub fn start(all: &'static [Brief], done: &Course) -> Option<&'static str> {
    path(all).into_iter().chain(all).map(|b| b.id).find(|id| !done.has(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::index;

    fn found(words: &str) -> Vec<&'static str> {
        chapters(index(), words).iter().flat_map(|c| c.scenarios.iter().map(|b| b.id)).collect()
    }

    #[test]
    fn without_words_it_is_the_whole_course_in_order() {
        let all: Vec<_> = index().iter().map(|b| b.id).collect();
        assert_eq!(found(" "), all);
    }

    #[test]
    fn every_word_is_to_be_found_in_title_summary_protocol_or_chapter() {
        assert!(found("RAFT").len() >= 5);
        assert_eq!(found("raft partition"), ["raft-partition"]);
        assert!(found("remote calls").contains(&"queue"), "by its chapter");
        assert!(found("nobody in charge").contains(&"raft-election"), "by its summary");
        assert_eq!(found("no such words").len(), 0);
    }

    #[test]
    fn one_starts_at_the_first_that_is_not_done() {
        let all = index();
        let path = path(all);
        let mut done = Course::default();
        assert_eq!(start(all, &done), Some(path[0].id));
        done.add(path[1].id);
        assert_eq!(start(all, &done), Some(path[0].id));
        done.add(path[0].id);
        assert_eq!(start(all, &done), Some(path[2].id));
        path.iter().for_each(|b| done.add(b.id));
        let beside = all.iter().find(|b| b.start.is_none());
        assert_eq!(start(all, &done), beside.map(|b| b.id));
        all.iter().for_each(|b| done.add(b.id));
        assert_eq!(start(all, &done), None);
    }
}

//! What a front must keep to beyond its fields: texts that say something, ids that are used once,
//! situations that exist, conditions that can be asked.
//!
//! The rule that is easy to break: whatever can be known from the file alone is refused here, at build
//! time. What needs the protocol (a parameter, a gauge, a node's name) is the registry test's, and
//! `check-scenario`'s.

use super::{Condition, Doing, Front, Moment, Prediction, Situation, Stroke};
use crate::sim::data::Way;
use std::collections::BTreeSet;

/// The most steps: each is one bit of what a learner has done.
const STEPS: usize = 64;
/// The most conditions in one file.
const CONDITIONS: usize = 1_000;

type Checked = Result<(), (Way, String)>;

/// Whether `text` may stand in a link.
pub fn is_slug(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let ends = |t: &str| t.starts_with('-') || t.ends_with('-');
    !text.is_empty() && text.len() <= 40 && text.bytes().all(letter) && !ends(text)
}

fn slug(way: Way, text: &str) -> Checked {
    match is_slug(text) {
        true => Ok(()),
        false => Err((
            way,
            format!("'{text}' is no id: at most 40 of a-z, 0-9 and - make one, as 'raft-election'"),
        )),
    }
}

fn words(way: Way, text: &str) -> Checked {
    match !text.is_empty() && text.trim() == text {
        true => Ok(()),
        false => Err((way, "a text stands here, without spaces at its ends".to_owned())),
    }
}

/// The first thing that is wrong, if anything is: the way to it, and what.
///
/// # Errors
/// That thing.
pub fn front(front: &Front) -> Checked {
    let top = Way::default();
    slug(top.field("id"), &front.id)?;
    for (name, text) in [("title", &front.title), ("summary", &front.summary), ("protocol", &front.protocol)]
    {
        words(top.field(name), text)?;
    }
    for (name, text) in [("assumes", &front.assumes), ("leaves_out", &front.leaves_out)] {
        if !text.is_empty() {
            words(top.field(name), text)?;
        }
    }
    if front.speed_ms == 0 || front.speed_ms > 1_000_000_000 {
        return Err((
            top.field("speed_ms"),
            "the speed is 1 to 1000000000 simulated milliseconds a second".to_owned(),
        ));
    }
    if front.length_ms == 0 || front.length_ms > 86_400_000 {
        return Err((top.field("length_ms"), "the length is 1 to 86400000 ms, a day".to_owned()));
    }
    for (i, id) in front.beside.iter().enumerate() {
        slug(top.field("beside").place(i), id)?;
    }
    situations(front)?;
    steps(front)?;
    if let Some(p) = &front.prediction {
        prediction(front, p)?;
    }
    for (i, target) in front.targets.iter().enumerate() {
        let way = top.field("target").place(i);
        words(way.field("source"), &target.source)?;
        if !target.mean.is_finite() || target.runs.is_some_and(|n| !(20..=10_000).contains(&n)) {
            return Err((way, "a target's mean is a number, and 'runs' is 20 to 10000".to_owned()));
        }
    }
    let mut count = 0;
    every_condition(front, &mut |_, c| c.walk(&mut |_| count += 1));
    match count > CONDITIONS {
        true => Err((top, format!("{count} conditions: a file has at most {CONDITIONS}"))),
        false => Ok(()),
    }
}

fn situations(front: &Front) -> Checked {
    let mut ids = BTreeSet::new();
    for (i, s) in front.situations.iter().enumerate() {
        let way = Way::default().field("situation").place(i);
        slug(way.field("id"), &s.id)?;
        if !ids.insert(&s.id) {
            return Err((way.field("id"), format!("another situation is called '{}'", s.id)));
        }
        words(way.field("label"), &s.label)?;
        words(way.field("hint"), &s.hint)?;
        match (&s.shows, &s.search) {
            (Some(shows), _) => condition(way.field("shows"), shows)?,
            (None, Some(_)) => {
                let why = "a search tries moments until 'shows' holds: say what it shows";
                return Err((way.field("search"), why.to_owned()));
            }
            (None, None) => {}
        }
        strokes(&way, &s.edits, s.search.is_some())?;
        seek(way.field("seek"), s)?;
    }
    Ok(())
}

fn seek(way: Way, s: &Situation) -> Checked {
    let Some(seek) = &s.seek else {
        return Ok(());
    };
    let one = seek.at_ms.is_some() != seek.before_ms.is_some();
    let edit = seek.edit.unwrap_or(1);
    let exists = seek.before_ms.is_none() || (1..=s.edits.len()).contains(&edit);
    match one && exists && (seek.edit.is_none() || seek.before_ms.is_some()) {
        true => Ok(()),
        false => Err((
            way,
            "'seek' has 'at_ms', or 'before_ms' and perhaps 'edit', the number of an edit counted from 1"
                .to_owned(),
        )),
    }
}

fn strokes(way: &Way, edits: &[Stroke], searched: bool) -> Checked {
    for (i, stroke) in edits.iter().enumerate() {
        let way = way.field("edits").place(i);
        match &stroke.moment {
            Moment::Later(_) if i == 0 => {
                let why = "the first edit has nothing before it: give it 'at_ms' or 'when'";
                return Err((way.field("later_ms"), why.to_owned()));
            }
            Moment::Found(_) if !searched => {
                let why = "'found_ms' is for a situation with 'search'";
                return Err((way.field("found_ms"), why.to_owned()));
            }
            Moment::When(c, _) => condition(way.field("when"), c)?,
            _ => {}
        }
    }
    Ok(())
}

fn condition(way: Way, condition: &Condition) -> Checked {
    condition.check().map_err(|why| (way, why))
}

fn steps(front: &Front) -> Checked {
    let way = Way::default().field("step");
    if front.steps.len() > STEPS {
        return Err((way, format!("a lesson has at most {STEPS} steps")));
    }
    for (i, step) in front.steps.iter().enumerate() {
        let way = way.place(i);
        words(way.field("text"), &step.text)?;
        if !step.how.is_empty() {
            words(way.field("how"), &step.how)?;
        }
        condition(way.field("done"), &step.done)?;
        if let Some(shown_by) = &step.shown_by {
            doing(front, &way.field("shown_by"), shown_by)?;
        }
        for (k, near) in step.not_by.iter().enumerate() {
            let way = way.field("not_by").place(k);
            words(way.field("why"), &near.why)?;
            doing(front, &way, near)?;
        }
    }
    Ok(())
}

fn doing(front: &Front, way: &Way, doing: &Doing) -> Checked {
    named(front, way, doing.situation.as_deref())?;
    strokes(way, &doing.edits, false)
}

fn named(front: &Front, way: &Way, situation: Option<&str>) -> Checked {
    let Some(id) = situation.filter(|id| front.situations.iter().all(|s| s.id != *id)) else {
        return Ok(());
    };
    let known: Vec<&str> = front.situations.iter().map(|s| s.id.as_str()).collect();
    Err((way.field("situation"), format!("there is no situation '{id}': there are {}", known.join(", "))))
}

fn prediction(front: &Front, p: &Prediction) -> Checked {
    let way = Way::default().field("prediction");
    words(way.field("question"), &p.question)?;
    words(way.field("because"), &p.because)?;
    named(front, &way, p.situation.as_deref())?;
    if p.at_ms.is_some() == p.when.is_some() || p.after_ms.is_some() && p.when.is_none() {
        let why = "a prediction has one moment: 'at_ms', or 'when' and perhaps 'after_ms'";
        return Err((way, why.to_owned()));
    }
    if let Some(when) = &p.when {
        condition(way.field("when"), when)?;
    }
    if p.options.len() < 2 {
        return Err((way.field("option"), "a question has at least two options".to_owned()));
    }
    if !(1..=p.options.len()).contains(&p.explains) {
        let why = format!("'explains' is the number of an option, 1 to {}", p.options.len());
        return Err((way.field("explains"), why));
    }
    for (i, option) in p.options.iter().enumerate() {
        let way = way.field("option").place(i);
        words(way.field("text"), &option.text)?;
        match &option.right {
            Some(c) => condition(way.field("if"), c)?,
            None if i + 1 == p.options.len() => {}
            None => {
                return Err((way.field("if"), "only the last option may have no 'if'".to_owned()));
            }
        }
    }
    Ok(())
}

/// Shows `each` every condition of the file, with the way to it.
pub fn every_condition<'a>(front: &'a Front, each: &mut dyn FnMut(&Way, &'a Condition)) {
    let top = Way::default();
    for (i, s) in front.situations.iter().enumerate() {
        let way = top.field("situation").place(i);
        if let Some(shows) = &s.shows {
            each(&way.field("shows"), shows);
        }
        of_strokes(&way, &s.edits, each);
    }
    for (i, s) in front.steps.iter().enumerate() {
        let way = top.field("step").place(i);
        each(&way.field("done"), &s.done);
        if let Some(shown_by) = &s.shown_by {
            of_strokes(&way.field("shown_by"), &shown_by.edits, each);
        }
        for (k, near) in s.not_by.iter().enumerate() {
            of_strokes(&way.field("not_by").place(k), &near.edits, each);
        }
    }
    let Some(p) = &front.prediction else {
        return;
    };
    let way = top.field("prediction");
    if let Some(when) = &p.when {
        each(&way.field("when"), when);
    }
    for (i, option) in p.options.iter().enumerate() {
        if let Some(right) = &option.right {
            each(&way.field("option").place(i).field("if"), right);
        }
    }
}

fn of_strokes<'a>(way: &Way, edits: &'a [Stroke], each: &mut dyn FnMut(&Way, &'a Condition)) {
    for (i, stroke) in edits.iter().enumerate() {
        if let Moment::When(condition, _) = &stroke.moment {
            each(&way.field("edits").place(i).field("when"), condition);
        }
    }
}

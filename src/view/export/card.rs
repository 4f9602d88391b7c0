//! The small picture on a scenario's card: its own stage, at a moment at which much is to be seen.
//!
//! The rule that is easy to break: it is drawn when the page is built, from runs that the scenario's reader can have too;
//! and it has the colours of the light page, which the style sheet turns round for the dark one. No ground: the card's is
//! behind it.

use super::shapes;
use crate::check::Checks;
use crate::scenario::{self, Opening, find};
use crate::sim::history::Run;
use crate::sim::world::{Layout, Status};
use crate::sim::{CellTone, Mark, Refusal, SimTime};
use crate::view::stage::outline::hill;
use crate::view::stage::{self, LinkState, Manner, Motion, NodeView, Plan, Pt, Scene, Sides};
use crate::view::svg::path;
use std::rc::Rc;

const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 240.0;
/// So many events of a run are looked at.
const EVENTS: u32 = 220;
/// The size of a message.
const SIZE: f64 = 10.0;

const STYLE: &str = "\
path{fill:none}.open{stroke:#c6cacf}.slow{stroke:#b27700;stroke-dasharray:10 5}.faulty{stroke:#a04b80;stroke-dasharray:10 4 2 4}\
.walled,.cut{stroke:#d55e00;stroke-dasharray:2 6;opacity:.6}.hill{fill:#e3eadd}\
.wall{stroke:#d55e00;stroke-width:3;stroke-dasharray:10 6}.disc{fill:#fff;stroke:#3f464f;stroke-width:2}\
.on .disc{fill:#0072b2;stroke:#00619a}.on .sign,.on text{fill:#fff}.client .disc{stroke:#858b93}\
.asking .disc{fill:#fdf2d6;stroke:#b27700;stroke-dasharray:5 3}.off .disc{fill:#eceeef;stroke:#8a9099;stroke-dasharray:4 4}\
.cross{stroke:#d55e00;stroke-width:2.5;opacity:.5}.liar .disc{stroke:#a04b80;stroke-width:3}.sign{fill:#3f464f}\
text{font:600 16px system-ui,sans-serif;fill:#16191d;text-anchor:middle}\
.cell{fill:#fff;stroke:#858b93}.firm{fill:#cdebdf;stroke:#007f5c}.tentative{stroke:#007f5c;stroke-dasharray:2 1.5}.conflict{fill:#fde2cc;stroke:#d55e00}\
.ring{stroke:#e69f00;stroke-width:2.5}.m{stroke:#16191d}.lost{stroke:#d55e00;stroke-width:2.5}\
.t0{fill:#767d86}.t1{fill:#0072b2}.t2{fill:#007f5c}.t3{fill:#a04b80}.t4{fill:#b27700}.t5{fill:#c24e00}\
.w{stroke-width:3;opacity:.3}.w0{stroke:#767d86}.w1{stroke:#0072b2}.w2{stroke:#007f5c}.w3{stroke:#a04b80}.w4{stroke:#b27700}.w5{stroke:#c24e00}";

/// The picture of the scenario called `id`.
///
/// # Errors
/// An unknown id, and what running it refuses.
pub fn svg(id: &str) -> Result<String, Refusal> {
    let def = find(id)?;
    let own = Opening::of(id);
    let staged = def.situations.iter().filter_map(|s| scenario::stage(&own, &s.id).ok());
    let mut best: Option<(u64, String)> = None;
    for (opening, from_us) in std::iter::once((own.clone(), 0)).chain(staged) {
        for at in moments(&opening, from_us)? {
            let mut run = scenario::open(&opening)?;
            run.seek(at);
            let seen = Seen::of(&run, at);
            if best.as_ref().is_none_or(|(most, _)| seen.score() > *most) {
                best = Some((seen.score(), seen.draw()));
            }
        }
    }
    best.map(|(_, svg)| svg).ok_or_else(|| Refusal::new("no-run", format!("nothing happens in '{id}'")))
}

/// Moments between the events of a run from `from_us` on, at which what was sent is on its way.
fn moments(opening: &Opening, from_us: u64) -> Result<Vec<SimTime>, Refusal> {
    let mut run = scenario::open(opening)?;
    run.seek(SimTime(from_us));
    let (mut last, mut all) = (run.time().us(), Vec::new());
    for _ in 0..EVENTS {
        if !run.step() {
            break;
        }
        let now = run.time().us();
        // Two events of a moment, or nearly: nothing has moved.
        if now > last + 1_000 {
            all.push(SimTime(last + (now - last) * 7 / 10));
        }
        last = now;
    }
    Ok(all)
}

/// A stage at a moment.
struct Seen {
    plan: Rc<Plan>,
    scene: Scene,
    motion: Motion,
}

impl Seen {
    fn of(run: &Run<Checks>, now: SimTime) -> Seen {
        let world = run.world();
        let plan = Rc::new(stage::plan(world, WIDTH, HEIGHT));
        let scene = stage::scene(world, &plan, None);
        let manner = Manner { now, ..Manner::default() };
        let motion = stage::motion(world, &super::so_far(run), &plan, manner, &mut Sides::default());
        Seen { plan, scene, motion }
    }

    /// How much there is to be seen, with what went wrong before what goes well.
    fn score(&self) -> u64 {
        let on_the_way = self.motion.messages.iter().filter(|m| (0.25..0.75).contains(&m.progress));
        let mut tones: Vec<usize> = on_the_way.clone().map(|m| m.tone.index()).collect();
        let messages = tones.len().min(6) as u64;
        tones.sort_unstable();
        tones.dedup();
        let nodes = || self.scene.nodes.iter();
        let count = |is: &dyn Fn(&NodeView) -> bool| nodes().filter(|n| is(n)).count().min(2) as u64;
        let losses = self.motion.losses.iter().filter(|l| l.age < 0.5).count().min(2) as u64;
        let cells: usize =
            nodes().map(|n| n.cells.iter().filter(|c| c.tone != CellTone::Empty).count()).sum();
        3 * messages
            + 3 * tones.len() as u64
            + 4 * losses
            + 12 * self.scene.walls.len().min(1) as u64
            + 6 * count(&|n| n.status != Status::Up)
            + 4 * count(&|n| n.prominent)
            + 2 * count(&|n| n.byzantine)
            + cells.min(6) as u64
    }

    fn draw(&self) -> String {
        let mut out =
            path("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 # #\">", &[WIDTH, HEIGHT]);
        out += &format!("<style>{STYLE}</style>");
        if self.plan.layout == Layout::TwoHills {
            for n in self.plan.members() {
                line(&mut out, "hill", &hill(&self.plan, self.plan.at(n)));
            }
        }
        for p in self.scene.pairs.iter() {
            let class = match p.there {
                LinkState::Open => "open",
                LinkState::Slow => "slow",
                LinkState::Faulty => "faulty",
                LinkState::Walled => "walled",
                LinkState::Cut => "cut",
            };
            let (a, b) = self.plan.line(p.a, p.b, 0.0);
            line(&mut out, class, &path("M# #L# #", &[a.x, a.y, b.x, b.y]));
        }
        self.scene.walls.iter().for_each(|w| line(&mut out, "wall", &w.outline()));
        for r in self.motion.rings.iter().filter(|r| r.level == 0) {
            line(&mut out, "ring", &shapes::arc(self.plan.at(r.node), self.plan.radius + 5.0, r.gone));
        }
        self.scene.nodes.iter().for_each(|n| node(&mut out, n));
        self.messages(&mut out);
        out + "</svg>\n"
    }

    fn messages(&self, out: &mut String) {
        for m in self.motion.messages.iter().filter(|m| m.from != m.to) {
            let (tone, Pt { x, y }) = (m.tone.index(), m.at);
            let back = (m.progress * 200.0).min(34.0);
            let d = path("M# #l# #", &[x, y, -m.heading.x * back, -m.heading.y * back]);
            line(out, &format!("w w{tone}"), &d);
            let s = if m.mark == Mark::Ack { SIZE * 0.6 } else { SIZE };
            line(out, &format!("m t{tone}"), &shapes::outline(m.shape, m.at, m.heading, s));
        }
        for l in self.motion.losses.iter().filter(|l| l.age < 0.5) {
            line(out, "lost", &path("M# #l14 14m0 -14l-14 14", &[l.at.x - 7.0, l.at.y - 7.0]));
        }
    }
}

fn line(out: &mut String, class: &str, d: &str) {
    if !d.is_empty() {
        *out += &format!("<path class=\"{class}\" d=\"{d}\"/>");
    }
}

/// A disc with the role's sign, or else the first letters of its name; its cells below.
fn node(out: &mut String, n: &NodeView) {
    let down = matches!(n.status, Status::Crashed | Status::Stopped);
    let mut class = String::new();
    for (is, word) in [
        (n.prominent, "on "),
        (n.status != Status::Up, "off "),
        (n.byzantine, "liar "),
        (n.client, "client "),
        (n.glyph == crate::sim::Glyph::Question, "asking "),
    ] {
        class += if is { word } else { "" };
    }
    *out += &path(&format!("<g class=\"{}\" transform=\"translate(# #)\">", class.trim()), &[n.at.x, n.at.y]);
    *out += &path("<circle class=\"disc\" r=\"#\"/>", &[n.radius]);
    if down {
        let s = n.radius * 0.6;
        line(out, "cross", &path("M# #L# #M# #L# #", &[-s, -s, s, s, -s, s, s, -s]));
    } else if let Some(d) = shapes::sign(n.glyph, n.status) {
        *out += &format!("<path class=\"sign\" transform=\"translate(-12 -12)scale(1.5)\" d=\"{d}\"/>");
    } else if n.radius > 12.0 {
        let name: String = n.name.chars().take(3).filter(|c| c.is_alphanumeric()).collect();
        *out += &format!("<text y=\"5.5\">{name}</text>");
    }
    let few = n.cells.len().min(6);
    for (i, c) in n.cells.iter().take(few).enumerate() {
        let class = match c.tone {
            CellTone::Firm => "cell firm",
            CellTone::Tentative => "cell tentative",
            CellTone::Conflict => "cell conflict",
            CellTone::Empty => continue,
        };
        let x = (i as f64 - few as f64 / 2.0) * 12.0;
        *out += &path(
            &format!("<rect class=\"{class}\" x=\"#\" y=\"#\" width=\"11\" height=\"11\"/>"),
            &[x, n.radius + 7.0],
        );
    }
    *out += "</g>";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::index;

    /// A card without its picture would have a hole; one of half a megabyte would be no small picture.
    #[test]
    fn every_scenario_has_a_picture_of_a_few_kilobytes_that_is_the_same_each_time() {
        for brief in index() {
            let svg = svg(brief.id).unwrap_or_else(|r| panic!("{}: {}", brief.id, r.message));
            assert!((900..24_000).contains(&svg.len()), "{}: {} bytes", brief.id, svg.len());
            assert!(svg.contains("class=\"m t") || svg.contains("class=\"disc\""), "{}", brief.id);
        }
        assert_eq!(svg("raft-election"), svg("raft-election"));
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        assert_eq!(svg("none").unwrap_err().code, "unknown-scenario");
    }
}

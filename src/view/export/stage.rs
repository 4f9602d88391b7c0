//! The stage as a picture that stands alone: what the page shows, from the same data.
//!
//! The rule that is easy to break: no state is told by colour alone, here as there. A picture in a
//! book is grey.

use super::paper::Paper;
use super::shapes;
use crate::check::Checks;
use crate::sim::history::Run;
use crate::sim::world::{Layout, Status};
use crate::sim::{CellTone, Mark, Shape};
use crate::view::stage::fit::in_a_cell;
use crate::view::stage::outline::hill;
use crate::view::stage::{
    self, Detail, LinkState, LossView, Manner, MessageView, Motion, NodeView, PairView, Plan, Pt, Scene,
    Sides, WallView,
};
use crate::view::svg::path;
use std::rc::Rc;

const STYLE: &str = "\
.ground{fill:#f8f8f5}path{fill:none}
.open{stroke:#b9bec4;stroke-width:1.25;opacity:.75}.slow{stroke:#b27700;stroke-width:1.75;stroke-dasharray:10 5}
.faulty{stroke:#a04b80;stroke-width:1.5;stroke-dasharray:10 4 2 4}.walled{stroke:#d55e00;stroke-width:1.75;stroke-dasharray:1 6;stroke-linecap:round;opacity:.55}
.cut{stroke:#d55e00;stroke-width:1.5;stroke-dasharray:4 6}.snip{stroke:#d55e00;stroke-width:2.25}
.hill{fill:#e9eee4;stroke:#d5ddcc}
.wall{stroke:#d55e00;stroke-width:2.5;stroke-dasharray:10 6}.one-way{stroke-dasharray:10 5 2 5}.under{stroke:#f8f8f5;stroke-width:7}
.wall-name{fill:#a84300;font-size:12px;font-weight:600;stroke:#f8f8f5;stroke-width:4px;paint-order:stroke}
.disc{fill:#ffffff;stroke:#3f464f;stroke-width:2}.name{font-size:17px;font-weight:700}.small{font-size:10.5px;font-weight:600}
.badge,.role{fill:#50565f;font-size:12px}.role{stroke:#f8f8f5;stroke-width:4px;paint-order:stroke}.sign{fill:#50565f}
.prominent .disc{fill:#0072b2;stroke:#00619a}.prominent .name,.prominent .badge,.prominent .sign{fill:#ffffff}
.client .disc{stroke:#858b93;stroke-width:1.5}.asking .disc{fill:#fdf2d6;stroke:#b27700;stroke-dasharray:5 3}
.off .disc{fill:#eceeef;stroke:#8a9099}.down .disc{stroke-dasharray:4 4}.off .name,.off .badge,.off .sign{fill:#50565f}
.cross{stroke:#d55e00;stroke-width:2.5;opacity:.32}.liar .disc{stroke:#a04b80;stroke-width:3;stroke-dasharray:9 3 2 3}
.corner{fill:#16191d}.corner-text{fill:#ffffff;font-size:11px;font-weight:700}
.cell{fill:#ffffff;stroke:#858b93}.firm{fill:#e2f3ec;stroke:#007f5c}.tentative{stroke:#007f5c;stroke-dasharray:2.5 1.5}
.conflict{fill:#fdeee2;stroke:#d55e00;stroke-width:1.8}.empty{fill:none;stroke:#dfe2e0}.cell-text{font-size:10px;font-weight:600}
.ring{stroke:#e69f00}.track{stroke:#eceeea}.thick{stroke-width:3.5}.thin{stroke-width:2}
.m{stroke:#16191d;stroke-width:1.2}.t0{fill:#767d86}.t1{fill:#0072b2}.t2{fill:#007f5c}.t3{fill:#a04b80}.t4{fill:#b27700}.t5{fill:#c24e00}
.hollow{fill:#f8f8f5;stroke-width:1.6}.h0{stroke:#767d86}.h1{stroke:#0072b2}.h2{stroke:#007f5c}.h3{stroke:#a04b80}.h4{stroke:#b27700}.h5{stroke:#c24e00}
.tear{stroke:#f8f8f5;stroke-width:2.6}.tear-edge{stroke:#16191d;stroke-width:4.5}.lost{stroke:#d55e00;stroke-width:2.4}
.label{font-size:11.5px;font-weight:500;stroke:#f8f8f5;stroke-width:3.5px;paint-order:stroke}.bad{fill:#a84300}
";

/// The stage of `run` as it stands, called `title`, on a sheet of `width` by `height`.
pub fn svg(run: &Run<Checks>, title: &str, width: f64, height: f64) -> String {
    let world = run.world();
    let plan = Rc::new(stage::plan(world, width, height));
    let scene = stage::scene(world, &plan, None);
    let manner = Manner { now: run.time(), ..Manner::default() };
    let motion = stage::motion(world, &super::so_far(run), &plan, manner, &mut Sides::default());
    let nodes: Vec<String> = scene.nodes.iter().map(|n| n.sentence()).collect();
    let says =
        format!("At {}: {}. {} messages under way.", run.time(), nodes.join("; "), motion.messages.len());
    let mut sheet = Sheet { paper: Paper::new(plan.width, plan.height, title, &says, STYLE), plan: &plan };
    sheet.draw(&scene, &motion);
    sheet.paper.finish()
}

/// A picture under way.
struct Sheet<'a> {
    paper: Paper,
    plan: &'a Plan,
}

impl Sheet<'_> {
    fn draw(&mut self, scene: &Scene, motion: &Motion) {
        if self.plan.layout == Layout::TwoHills {
            for n in self.plan.members() {
                let d = hill(self.plan, self.plan.at(n));
                self.paper.path("hill", &d);
            }
        }
        scene.pairs.iter().for_each(|p| self.pair(p));
        scene.walls.iter().for_each(|w| self.wall(w));
        self.rings(motion);
        scene.nodes.iter().for_each(|n| self.node(n));
        let size = match self.plan.detail {
            Detail::Full => 8.5,
            Detail::Short => 6.5,
            Detail::Dot => 4.5,
        };
        motion.messages.iter().for_each(|m| self.message(m, size));
        motion.losses.iter().for_each(|l| self.loss(l, size));
        for (label, text) in &motion.labels {
            self.paper.text("label", "middle", label.at.x, label.at.y, text);
        }
    }

    /// A pair at rest is one hairline; its two directions part only where they differ.
    fn pair(&mut self, p: &PairView) {
        let lane = if p.there == p.back { 0.0 } else { 4.0 };
        self.line(self.plan.line(p.a, p.b, lane), p.there);
        if p.there != p.back {
            self.line(self.plan.line(p.b, p.a, lane), p.back);
        }
    }

    fn line(&mut self, (a, b): (Pt, Pt), state: LinkState) {
        let class = match state {
            LinkState::Open => "open",
            LinkState::Slow => "slow",
            LinkState::Faulty => "faulty",
            LinkState::Walled => "walled",
            LinkState::Cut => "cut",
        };
        self.paper.path(class, &path("M# #L# #", &[a.x, a.y, b.x, b.y]));
        if state == LinkState::Cut {
            let Pt { x, y } = a.toward(b, 0.5);
            self.paper.path("snip", &path("M# #l8 8m0-8l-8 8", &[x - 4.0, y - 4.0]));
        }
    }

    fn wall(&mut self, w: &WallView) {
        let d = w.outline();
        self.paper.path("under", &d);
        self.paper.path(if w.one_way { "wall one-way" } else { "wall" }, &d);
        let (anchor, dx) = match w.outward(self.plan.width) {
            true => ("start", 8.0),
            false => ("end", -8.0),
        };
        let at = w.label_at;
        self.paper.text("wall-name", anchor, at.x + dx, at.y + 4.0, &w.label);
    }

    /// Timers: a thin track around the node, and an arc that fills it clockwise from the top.
    fn rings(&mut self, motion: &Motion) {
        let full = self.plan.detail == Detail::Full;
        let (gap, step) = if full { (7.0, 6.0) } else { (4.0, 4.5) };
        let (track, ring) = match full {
            true => ("track thick", "ring thick"),
            false => ("track thin", "ring thin"),
        };
        for r in &motion.rings {
            let radius = self.plan.radius + gap + r.level as f64 * step;
            let at = self.plan.at(r.node);
            self.paper.path(track, &shapes::arc(at, radius, 1.0));
            self.paper.path(ring, &shapes::arc(at, radius, r.gone));
        }
    }

    fn node(&mut self, n: &NodeView) {
        let off = n.status != Status::Up;
        let down = matches!(n.status, Status::Crashed | Status::Stopped);
        let mut class = String::from("node");
        for (is, word) in [
            (n.prominent, " prominent"),
            (off, " off"),
            (down, " down"),
            (n.byzantine, " liar"),
            (n.client, " client"),
            (n.glyph == crate::sim::Glyph::Question, " asking"),
        ] {
            class += if is { word } else { "" };
        }
        self.paper.group(&class, n.at.x, n.at.y);
        self.paper.says(&n.sentence());
        self.paper.circle("disc", [0.0, 0.0, n.radius]);
        if down {
            let s = n.radius * 0.66;
            let d = path("M# #L# #M# #L# #", &[-s, -s, s, s, -s, s, s, -s]);
            self.paper.path("cross", &d);
        }
        match n.detail {
            Detail::Full => self.inside(n),
            Detail::Short => self.paper.text("small", "middle", 0.0, 4.0, &n.name),
            Detail::Dot => {}
        }
        if n.byzantine {
            self.corner(-n.radius * 0.56, -n.radius * 0.56, "!");
        }
        if n.waiting > 0 {
            self.corner(n.radius * 0.62, n.radius * 0.62, &n.waiting.to_string());
        }
        self.paper.end();
    }

    /// Name and badge inside; the role's sign on top, its word above; cells and clock below.
    fn inside(&mut self, n: &NodeView) {
        let state = match n.status {
            Status::Up => n.badge.as_str(),
            Status::Crashed => "crashed",
            Status::Stopped => "gone",
            Status::Paused => "paused",
        };
        let sign = shapes::sign(n.glyph, n.status);
        let (name_y, badge_y) = if sign.is_some() { (6.0, 21.0) } else { (1.0, 17.0) };
        if let Some(d) = sign {
            self.paper.group("", -8.0, -n.radius + 5.0);
            self.paper.path("sign", d);
            self.paper.end();
        }
        let wide = n.name.chars().count() > 5;
        let class = if wide { "name small" } else { "name" };
        self.paper.text(class, "middle", 0.0, name_y, &n.name);
        self.paper.text("badge", "middle", 0.0, badge_y, state);
        if let Some(words) = n.above() {
            self.paper.text("role", "middle", 0.0, -n.radius - 19.0, &words);
        }
        self.below(n);
    }

    fn below(&mut self, n: &NodeView) {
        const CELL: f64 = 15.0;
        let y = n.radius + 15.0;
        let left = -(n.cells.len() as f64) * n.cell / 2.0;
        if n.cells_before > 0 {
            self.paper.text("badge", "end", left - 3.0, y + 11.0, "\u{2026}");
        }
        for (i, c) in n.cells.iter().enumerate() {
            let class = match c.tone {
                CellTone::Firm => "cell firm",
                CellTone::Tentative => "cell tentative",
                CellTone::Conflict => "cell conflict",
                CellTone::Empty => "cell empty",
            };
            let x = left + i as f64 * n.cell;
            self.paper.rect(class, [x + 0.75, y, n.cell - 1.5, CELL - 1.5]);
            let middle = x + n.cell / 2.0;
            self.paper.text("cell-text", "middle", middle, y + 10.5, &in_a_cell(&c.text));
        }
        if let Some(clock) = &n.clock {
            let under = if n.cells.is_empty() { 10.0 } else { CELL + 14.0 };
            let words = format!("clock {clock}");
            self.paper.text("role", "middle", 0.0, y + under, &words);
        }
    }

    /// A small sign at a point.
    fn corner(&mut self, x: f64, y: f64, words: &str) {
        self.paper.circle("corner", [x, y, 9.0]);
        self.paper.text("corner-text", "middle", x, y + 4.0, words);
    }

    /// A shape that is turned the way it travels; hollow ones are filled with the ground.
    fn message(&mut self, m: &MessageView, size: f64) {
        let tone = m.tone.index();
        let s = if m.mark == Mark::Ack { size * 0.6 } else { size };
        let class = match m.shape {
            Shape::Hollow => format!("m hollow h{tone}"),
            _ => format!("m t{tone}"),
        };
        if m.mark == Mark::Copy {
            let d = shapes::outline(m.shape, m.at.by(-3.0, -3.0), m.heading, s);
            self.paper.path(&class, &d);
        }
        self.paper.path(&class, &shapes::outline(m.shape, m.at, m.heading, s));
        let sign = |m: &MessageView, dy: f64| (m.at.x + size + 5.0, m.at.y + dy);
        if m.held {
            let (x, y) = sign(m, -size - 3.0);
            self.corner(x, y, "\u{2016}");
        }
        match m.mark {
            Mark::Corrupted => {
                let d = shapes::tear(m.at, m.heading, size);
                self.paper.path("tear-edge", &d);
                self.paper.path("tear", &d);
            }
            Mark::Lie | Mark::Resent => {
                let (x, y) = sign(m, size + 3.0);
                let words = if m.mark == Mark::Lie { "!" } else { "\u{21bb}" };
                self.corner(x, y, words);
            }
            Mark::None | Mark::Copy | Mark::Ack => {}
        }
    }

    /// Two halves that have drifted apart, a cross between them, and the reason.
    fn loss(&mut self, l: &LossView, size: f64) {
        let drift = 3.0 + 7.0 * stage::geometry::smooth(l.age * 1.6);
        let class = format!("m t{}", l.tone.index());
        for way in [1.0, -1.0] {
            let heading = Pt::new(l.heading.x * way, l.heading.y * way);
            let at = l.at.by(heading.x * drift, heading.y * drift);
            self.paper.path(&class, &shapes::half(at, heading, size));
        }
        let arm = size * 0.62;
        let from = [l.at.x - arm, l.at.y - arm];
        let d = path(
            "M# #l# #m0 #l# #",
            &[from[0], from[1], 2.0 * arm, 2.0 * arm, -2.0 * arm, -2.0 * arm, 2.0 * arm],
        );
        self.paper.path("lost", &d);
        let words = format!("lost: {}", l.reason);
        let y = l.at.y + size + 17.0;
        self.paper.text("label bad", "middle", l.at.x, y, &words);
    }
}

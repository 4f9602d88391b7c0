//! The space-time diagram as a picture that stands alone: what the page's canvas draws, from the
//! same data.
//!
//! The rules that are easy to break: it ends where the run stands. A run that was taken back still
//! remembers its future; a picture of it must not. And what is too full for single events shows sums,
//! as on the page, so that a picture of a long run leaves out nothing that happened.

use super::paper::Paper;
use crate::check::Checks;
use crate::sim::history::Run;
use crate::sim::{EventId, EventKind, Loss, Mark, NodeId, Span, Trace};
use crate::view::log;
use crate::view::player::group;
use crate::view::spacetime::density::{COLUMN, LEAST};
use crate::view::spacetime::{self, Arrow, Bars, Camera, Dot, Grid, Index, SpaceTime, SpanKind};
use crate::view::svg::path;

/// The room above the first lane, and below the last one.
const TOP: f64 = 26.0;
const BOTTOM: f64 = 58.0;
/// With more events than this in the picture none of them carries its sentence.
const MOST_SAID: usize = 400;

const STYLE: &str = "\
.ground{fill:#ffffff}.t{font-size:11px}.quiet{fill:#666c75}.name{font-size:12px;font-weight:600}
.b0{fill:#f1ecfa}.b1{fill:#e8f2fa}.b2{fill:#e6f5ee}.b3{fill:#fbf3df}.band{font-size:11px;fill:#50565f}
path{fill:none}.grid{stroke:#dfe2e0}.lane{stroke:#8a9099;opacity:.45}
.t0{stroke:#767d86}.t1{stroke:#0072b2}.t2{stroke:#007f5c}.t3{stroke:#a04b80}.t4{stroke:#b27700}.t5{stroke:#c24e00}
.arrows path{stroke-width:1.1;opacity:.8}.lost{stroke:#d55e00;stroke-width:1.9}
.dot,.sum{fill:#50565f}.sum{opacity:.8}.fall{fill:#d55e00}.span{stroke:#8a9099}.crashed{fill:url(#crashed)}.paused{fill:url(#paused)}
.over{fill:#ffffff}.bar{stroke:#d55e00;stroke-width:3}.flap{stroke-dasharray:6 4}.bad{fill:#a84300}
.flag{fill:#d55e00;stroke:#d55e00;stroke-width:1.2}.now{stroke:#d55e00;stroke-width:1.75}
";

/// Hatching: a crash and a pause differ without colour.
const PATTERNS: &str = "<defs>\
<pattern id=\"crashed\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><rect width=\"6\" height=\"6\" fill=\"#ffffff\"/><path d=\"M-1 7L7 -1\" stroke=\"#8a9099\"/></pattern>\
<pattern id=\"paused\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><rect width=\"6\" height=\"6\" fill=\"#ffffff\"/><path d=\"M-1 -1L7 7\" stroke=\"#8a9099\"/></pattern>\
</defs>\n";

/// What is drawn, and how large.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// From this moment, in microseconds.
    pub from_us: u64,
    /// To this one; never beyond where the run stands.
    pub to_us: u64,
    /// The picture's width.
    pub width: f64,
}

impl Frame {
    /// All that has happened so far, 1,200 pixels wide.
    pub fn whole(run: &Run<Checks>) -> Self {
        Frame { from_us: 0, to_us: run.time().us(), width: 1_200.0 }
    }
}

/// The parts of a picture under way.
struct Sheet<'a> {
    run: &'a Run<Checks>,
    window: SpaceTime,
    grid: Grid,
    now_us: u64,
    bottom: f64,
    paper: Paper,
}

/// The diagram of `run`, called `title`.
pub fn svg(run: &Run<Checks>, title: &str, frame: Frame) -> String {
    let world = run.world();
    let now_us = run.time().us();
    let to_us = frame.to_us.min(now_us).max(frame.from_us + 1);
    let trace = super::so_far(run);
    let lanes = world.node_count().max(1) as f64;
    let lane = (640.0 / lanes).clamp(7.0, 46.0);
    let longest = world.node_ids().map(|n| world.name(n).chars().count());
    let left = longest.max().unwrap_or(2) as f64 * 7.4 + 22.0;
    let span = (to_us - frame.from_us) as f64;
    let grid = Grid {
        camera: Camera { from_us: frame.from_us as f64, span_us: span * 1.02, follows: false },
        left,
        width: (frame.width.max(200.0) - left - 12.0).max(100.0),
        top: TOP + lane / 2.0,
        lane,
    };
    let window = window(run, &trace, (frame.from_us, to_us), &grid);
    let bottom = TOP + lane * lanes;
    let says = format!(
        "Space-time diagram: {} nodes, {} events, to {}.{}",
        world.node_count(),
        run.position(),
        run.time(),
        match window.columns {
            Some(_) => " They are too many to be shown one by one: bars are sums.",
            None => "",
        }
    );
    let paper = Paper::new(frame.width.max(200.0), bottom + BOTTOM, title, &says, STYLE);
    let mut sheet = Sheet { run, window, grid, now_us, bottom, paper };
    sheet.draw(title);
    sheet.paper.finish()
}

/// What happened between two moments: events one by one, or their sums if they are too many.
fn window(run: &Run<Checks>, trace: &Trace, (from_us, to_us): (u64, u64), grid: &Grid) -> SpaceTime {
    let world = run.world();
    let name = |n: NodeId| world.name(n).to_owned();
    if spacetime::crowded(trace, from_us, to_us, false) {
        let mut index = Index::default();
        index.update(trace, world.node_count());
        let shown = (from_us, to_us, (grid.width / COLUMN) as usize);
        spacetime::dense(trace, &index, &name, shown, &[])
    } else {
        let grain_us = (2.0 * grid.camera.span_us / grid.width) as u64;
        let shown = (from_us, to_us, grain_us);
        spacetime::window(trace, &world.in_flight(), &name, shown)
    }
}

impl Sheet<'_> {
    fn draw(&mut self, title: &str) {
        self.paper.raw(PATTERNS);
        self.bands();
        self.axis();
        self.lanes();
        self.columns();
        self.spans();
        self.arrows();
        self.dots();
        self.bars();
        self.flags();
        self.playhead();
        let (right, y) = (self.right(), self.bottom + BOTTOM - 6.0);
        self.paper.text("t quiet", "end", right, y, title);
    }

    fn right(&self) -> f64 {
        self.grid.left + self.grid.width
    }

    /// Above each lane how much happened in each column, below it how much was lost; and what a bar says.
    fn columns(&mut self) {
        let Some(columns) = self.window.columns.take() else {
            return;
        };
        let bars = Bars::new(&columns, &self.grid);
        let end = self.inside(u64::MAX);
        let (mut sums, mut falls) = (String::new(), String::new());
        for (i, cells) in columns.cells.chunks(columns.lanes.max(1)).enumerate() {
            // The first column may begin before the plot does, and the last end after the run.
            let x = bars.left + i as f64 * bars.step;
            let (x, right) = (x.max(self.grid.left), (x + bars.body).min(end));
            let wide = (right - x).max(LEAST);
            for (lane, cell) in cells.iter().enumerate() {
                let y = self.grid.y(lane as f64);
                if cell.events > 0 {
                    let high = bars.events(cell.events);
                    sums += &path("M# #v#h#v#z", &[x, y, -high, wide, high]);
                }
                if cell.losses > 0 {
                    let high = bars.losses(cell.losses);
                    falls += &path("M# #v#h#v#z", &[x, y + 1.0, high, wide, -high]);
                }
            }
        }
        self.paper.path("sum", &sums);
        self.paper.path("fall", &falls);
        let words = format!(
            "bars up: events, at most {} in {} \u{b7} down: lost",
            group(columns.most.into()),
            Span(columns.step_us)
        );
        let (left, y) = (self.grid.left, self.bottom + BOTTOM - 6.0);
        self.paper.text("t quiet", "start", left, y, &words);
    }

    /// A moment's place, kept inside the plot; what lasts ends where the run stands.
    fn inside(&self, us: u64) -> f64 {
        let x = self.grid.x(us.min(self.now_us) as f64);
        x.max(self.grid.left).min(self.right())
    }

    fn bands(&mut self) {
        let mut free = f64::MIN;
        for band in std::mem::take(&mut self.window.bands) {
            let (from, to) = (self.inside(band.from_us), self.inside(band.to_us));
            if to <= from {
                continue;
            }
            let class = ["b0", "b1", "b2", "b3"][(band.number % 4) as usize];
            let place = [from, 16.0, (to - from - 1.0).max(0.5), self.bottom - 12.0];
            self.paper.rect(class, place);
            let wide = band.label.chars().count() as f64 * 5.8 + 6.0;
            if to - from > wide && from >= free {
                free = from + wide;
                self.paper.text("band", "start", from + 2.0, 12.0, &band.label);
            }
        }
    }

    fn axis(&mut self) {
        let mut lines = String::new();
        let right = self.right();
        for (us, words) in self.grid.ticks(92.0) {
            let x = self.grid.x(us);
            lines += &path("M# #V#", &[x, 16.0, self.bottom + 4.0]);
            let anchor = match x {
                x if x < self.grid.left + 18.0 => "start",
                x if x > right - 24.0 => "end",
                _ => "middle",
            };
            let y = self.bottom + BOTTOM - 22.0;
            self.paper.text("t quiet", anchor, x, y, &words);
        }
        self.paper.path("grid", &lines);
    }

    fn lanes(&mut self) {
        let world = self.run.world();
        let every = libm::ceil(12.0 / self.grid.lane).max(1.0) as usize;
        let mut lines = String::new();
        for id in world.node_ids() {
            let y = self.grid.y(f64::from(id.0));
            lines += &path("M# #H#", &[self.grid.left, y, self.right()]);
            if id.index() % every == 0 {
                let x = self.grid.left - 10.0;
                self.paper.text("name", "end", x, y + 4.0, world.name(id));
            }
        }
        self.paper.path("lane", &lines);
    }

    fn spans(&mut self) {
        let half = (self.grid.lane * 0.3).min(9.0);
        for s in std::mem::take(&mut self.window.spans) {
            let (from, to) = (self.inside(s.from_us), self.inside(s.to_us));
            let y = self.grid.y(f64::from(s.lane));
            let (class, word) = match s.kind {
                SpanKind::Crashed => ("span crashed", "crashed"),
                SpanKind::Paused => ("span paused", "paused"),
            };
            // However short, it can be seen.
            let to = to.max(from + LEAST);
            self.paper.rect(class, [from, y - half, to - from, 2.0 * half]);
            if to - from > 58.0 && half > 6.0 {
                let middle = f64::midpoint(from, to);
                self.paper.rect("over", [middle - 24.0, y - 6.5, 48.0, 13.0]);
                self.paper.text("t", "middle", middle, y + 4.0, word);
            }
        }
    }

    fn arrows(&mut self) {
        let heads = self.window.arrows.len() <= 900 && self.grid.lane >= 8.0;
        let mut tones: [String; 6] = Default::default();
        let mut crosses = String::new();
        for a in &self.window.arrows {
            tones[a.tone.index()] += &self.shaft(a, heads);
            if a.loss != Loss::None {
                let [_, (x, y)] = a.ends(&self.grid);
                crosses += &path("M# #l6.4 6.4m0-6.4l-6.4 6.4", &[x - 3.2, y - 3.2]);
            }
        }
        self.paper.group("arrows", 0.0, 0.0);
        for (d, class) in tones.iter().zip(["t0", "t1", "t2", "t3", "t4", "t5"]) {
            self.paper.path(class, d);
        }
        self.paper.end();
        self.paper.path("lost", &crosses);
    }

    /// The line of a message, as far as it has come, with a head where it arrived.
    fn shaft(&self, a: &Arrow, head: bool) -> String {
        let [(x, y), (mut u, mut v)] = a.ends(&self.grid);
        if a.from == a.to {
            let r = ((u - x) / 2.0).max(3.0);
            return path("M# #a# # 0 0 1 # 0", &[x, y, r, r, 2.0 * r]);
        }
        let open = a.fate == EventId::NONE && a.to_us > self.now_us;
        if open {
            let whole = (a.to_us - a.from_us).max(1) as f64;
            let gone = self.now_us.saturating_sub(a.from_us) as f64 / whole;
            (u, v) = (x + (u - x) * gone, y + (v - y) * gone);
        }
        let mut d = path("M# #L# #", &[x, y, u, v]);
        let (dx, dy) = (u - x, v - y);
        let long = libm::sqrt(dx * dx + dy * dy);
        if head && !open && a.loss == Loss::None && long > 9.0 {
            let (hx, hy) = (dx / long, dy / long);
            // The head ends just before the dot of the event.
            let (u, v) = (u - hx * 3.0, v - hy * 3.0);
            let (bx, by) = (u - 6.0 * hx, v - 6.0 * hy);
            let (sx, sy) = (2.8 * hy, 2.8 * hx);
            d += &path("M# #L# #L# #", &[bx - sx, by + sy, u, v, bx + sx, by - sy]);
        }
        if a.mark == Mark::Copy {
            let (mx, my) = (f64::midpoint(x, u) - 2.5, f64::midpoint(y, v));
            d += &path("M# #a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0", &[mx, my]);
        }
        d
    }

    /// A disc for a message, a lozenge for a timer, a square for what came from outside.
    fn dots(&mut self) {
        let dense = self.window.dots.len() > 900 || self.grid.lane < 8.0;
        let said = self.window.dots.len() <= MOST_SAID;
        let s = if dense { 1.0 } else { (self.grid.lane * 0.12).clamp(1.6, 2.8) };
        let mut all = String::new();
        for dot in std::mem::take(&mut self.window.dots) {
            let d = self.dot(&dot, s);
            if said {
                self.paper.group("e", 0.0, 0.0);
                self.paper.says(&log::line(self.run, dot.event).text);
                self.paper.path("dot", &d);
                self.paper.end();
            } else {
                all += &d;
            }
        }
        self.paper.path("dot", &all);
    }

    fn dot(&self, d: &Dot, s: f64) -> String {
        let (x, y) = (self.grid.x(d.us as f64), self.grid.y(f64::from(d.lane)));
        match d.kind {
            EventKind::Timer => {
                let s = s * 1.35;
                path("M# #L# #L# #L# #Z", &[x - s, y, x, y - s, x + s, y, x, y + s])
            }
            EventKind::Request | EventKind::Fault => {
                path("M# #h#v#h#Z", &[x - s, y - s, 2.0 * s, 2.0 * s, -2.0 * s])
            }
            _ => path("M# #a# # 0 1 0 # 0a# # 0 1 0 # 0Z", &[x - s, y, s, s, 2.0 * s, s, s, -2.0 * s]),
        }
    }

    /// Partitions and cuts: a line for each, in two rows, and names below where they fit.
    fn bars(&mut self) {
        let (mut free, mut named) = ([f64::MIN; 2], f64::MIN);
        for b in std::mem::take(&mut self.window.bars) {
            let (from, to) = (self.inside(b.from_us), self.inside(b.to_us));
            let to = to.max(from + LEAST);
            let row = free.iter().position(|f| *f <= from).unwrap_or(1);
            free[row] = to;
            let y = self.bottom + 4.0 + row as f64 * 4.5;
            let class = if b.flapping { "bar flap" } else { "bar" };
            self.paper.path(class, &path("M# #H#", &[from, y, to]));
            if named <= from {
                let wide = b.label.chars().count() as f64 * 6.4;
                let x = from.min(self.right() - wide).max(self.grid.left);
                named = x + wide + 10.0;
                let y = self.bottom + 20.0;
                self.paper.text("t bad", "start", x, y, &b.label);
            }
        }
    }

    fn flags(&mut self) {
        let mut d = String::new();
        for f in &self.window.flags {
            let x = self.grid.x(f.us as f64);
            let y = match f.node {
                Some(n) => self.grid.y(f64::from(n.0)),
                None => self.bottom + 4.0,
            };
            d += &path("M# #v-7l6 2.5l-6 2.5", &[x, y - 3.0]);
        }
        self.paper.path("flag", &d);
    }

    fn playhead(&mut self) {
        let x = self.grid.x(self.now_us as f64);
        if x <= self.right() {
            let d = path("M# 8V#", &[x, self.bottom + 8.0]);
            self.paper.path("now", &d);
        }
    }
}

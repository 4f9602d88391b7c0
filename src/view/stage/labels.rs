//! Which messages are labelled, and where their labels stand.
//!
//! The rule that is easy to break: a label that would lie on another is left out, not drawn over
//! it; a message keeps the side of its label from frame to frame, or the text would flicker.

use super::geometry::Pt;
use super::layout::{Detail, Plan};
use super::motion::MessageView;
use crate::sim::MsgId;

/// A text on the stage, centred at a point.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelView {
    /// Whose label it is: an index into the messages.
    pub of: usize,
    /// The middle of its baseline.
    pub at: Pt,
}

/// More messages than this have no labels, but for the one that is picked.
pub const MOST: usize = 28;
/// The height of a line, and the mean width of a letter, in the stage's label font.
const LINE: f64 = 13.0;
const LETTER: f64 = 6.0;

#[derive(Clone, Copy)]
struct Area {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Area {
    fn around(p: Pt, half_width: f64, up: f64, down: f64) -> Self {
        Area { left: p.x - half_width, right: p.x + half_width, top: p.y - up, bottom: p.y + down }
    }

    fn meets(&self, o: &Area) -> bool {
        self.left < o.right && o.left < self.right && self.top < o.bottom && o.top < self.bottom
    }
}

/// On which side of its message each label stood in the last frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sides(Vec<(MsgId, usize)>);

impl Sides {
    /// Chooses labels for `messages`; `text` gives a message's label, asked for only when needed.
    pub fn place(
        &mut self,
        plan: &Plan,
        messages: &[MessageView],
        picked: Option<MsgId>,
        text: impl Fn(usize) -> usize,
    ) -> Vec<LabelView> {
        let crowded = messages.len() > MOST || plan.detail == Detail::Dot;
        let mut taken: Vec<Area> = Vec::new();
        if !crowded {
            let below = if plan.detail == Detail::Full { 26.0 } else { 0.0 };
            let discs = plan.places.iter();
            taken.extend(discs.map(|p| Area::around(*p, plan.radius, plan.radius, plan.radius + below)));
            taken.extend(messages.iter().map(|m| Area::around(m.at, 9.0, 8.0, 8.0)));
        }
        let (mut labels, mut sides) = (Vec::new(), Vec::new());
        for (of, m) in messages.iter().enumerate() {
            let is_picked = picked == Some(m.msg);
            if crowded && !is_picked {
                continue;
            }
            let half = text(of) as f64 * LETTER / 2.0 + 3.0;
            let spots = spots(m, half);
            let before = self.0.iter().find(|(msg, _)| *msg == m.msg);
            let last = before.map_or(0, |(_, side)| *side);
            let order = (0..spots.len()).map(|i| (last + i) % spots.len());
            let free = order.clone().find(|&i| {
                let a = Area::around(spots[i], half, LINE - 3.0, 4.0);
                let inside = a.left > 0.0 && a.right < plan.width && a.top > 0.0 && a.bottom < plan.height;
                // Its own shape is among the obstacles, but the spots keep clear of it.
                inside && !taken.iter().any(|t| t.meets(&a))
            });
            let Some(side) = free.or(is_picked.then_some(last)) else {
                continue;
            };
            taken.push(Area::around(spots[side], half, LINE - 3.0, 4.0));
            sides.push((m.msg, side));
            labels.push(LabelView { of, at: spots[side] });
        }
        self.0 = sides;
        labels
    }
}

/// Above, below, to the right and to the left of a message.
fn spots(m: &MessageView, half: f64) -> [Pt; 4] {
    [m.at.by(0.0, -16.0), m.at.by(0.0, 24.0), m.at.by(half + 14.0, 4.0), m.at.by(-half - 14.0, 4.0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::world::Layout;
    use crate::sim::{Mark, NodeId, Shape, Tone};

    fn message(i: u32, x: f64, y: f64) -> MessageView {
        MessageView {
            msg: MsgId(i),
            from: NodeId(0),
            to: NodeId(1),
            at: Pt::new(x, y),
            heading: Pt::new(1.0, 0.0),
            progress: 0.5,
            shape: Shape::Disc,
            tone: Tone::Blue,
            mark: Mark::None,
            held: false,
            deadline: None,
        }
    }

    #[test]
    fn labels_never_lie_on_each_other_and_crowds_have_none() {
        let plan = Plan::plain(Layout::Circle, &[false; 5], 810.0, 560.0);
        let row: Vec<_> = (0..12).map(|i| message(i, 330.0 + 14.0 * f64::from(i), 300.0)).collect();
        let labels = Sides::default().place(&plan, &row, None, |_| 10);
        assert!(!labels.is_empty() && labels.len() < row.len());
        for (i, a) in labels.iter().enumerate() {
            for b in &labels[..i] {
                let (dx, dy) = ((a.at.x - b.at.x).abs(), (a.at.y - b.at.y).abs());
                assert!(dx >= 60.0 || dy >= LINE, "{a:?} on {b:?}");
            }
        }
        let crowd: Vec<_> = (0..200).map(|i| message(i, 400.0, 300.0)).collect();
        assert_eq!(Sides::default().place(&plan, &crowd, None, |_| 10), []);
        let one = Sides::default().place(&plan, &crowd, Some(MsgId(7)), |_| 10);
        assert_eq!(one.len(), 1);
    }

    #[test]
    fn a_label_stays_on_its_side_when_the_obstacle_is_gone() {
        let plan = Plan::plain(Layout::Circle, &[false; 5], 810.0, 560.0);
        let (a, above) = (message(1, 400.0, 280.0), message(0, 400.0, 270.0));
        let mut sides = Sides::default();
        let with = sides.place(&plan, &[above, a.clone()], None, |_| 8);
        let place = with.iter().find(|l| l.of == 1).map(|l| l.at);
        let without = sides.place(&plan, &[a], None, |_| 8);
        assert_eq!(place, without.first().map(|l| l.at));
        assert_eq!(place, Some(Pt::new(400.0, 304.0)));
    }
}

//! Points, curves and distances in CSS pixels: what the stage is laid out with.
//!
//! The rule that is easy to break: curves come from `libm`, so that a picture asserted in a native
//! test is the picture in the page.

/// A point, in CSS pixels from the top left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pt {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

impl Pt {
    /// The point `(x, y)`.
    pub const fn new(x: f64, y: f64) -> Self {
        Pt { x, y }
    }

    /// This point moved by `(dx, dy)`.
    pub fn by(self, dx: f64, dy: f64) -> Self {
        Pt::new(self.x + dx, self.y + dy)
    }

    /// The point `f` of the way to `other`; 0 is here, 1 is there.
    pub fn toward(self, other: Pt, f: f64) -> Self {
        self.by((other.x - self.x) * f, (other.y - self.y) * f)
    }

    /// How far away `other` is.
    pub fn distance(self, other: Pt) -> f64 {
        length(other.x - self.x, other.y - self.y)
    }

    /// The unit vector towards `other`; `(1, 0)` if it is the same point.
    pub fn heading(self, other: Pt) -> Pt {
        let (dx, dy) = (other.x - self.x, other.y - self.y);
        match length(dx, dy) {
            d if d < 1e-9 => Pt::new(1.0, 0.0),
            d => Pt::new(dx / d, dy / d),
        }
    }
}

/// The length of the vector `(dx, dy)`.
pub fn length(dx: f64, dy: f64) -> f64 {
    libm::sqrt(dx * dx + dy * dy)
}

/// The point at `degrees` on the ellipse around `centre`; 0 is to the right, 90 is below.
pub fn on_ellipse(centre: Pt, rx: f64, ry: f64, degrees: f64) -> Pt {
    let a = degrees * std::f64::consts::PI / 180.0;
    let (cos, sin) = super::circle::cos_sin(a);
    centre.by(rx * cos, ry * sin)
}

/// How far `p` is from the segment from `a` to `b`.
pub fn to_segment(p: Pt, a: Pt, b: Pt) -> f64 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let square = dx * dx + dy * dy;
    if square < 1e-9 {
        return p.distance(a);
    }
    let f = ((p.x - a.x) * dx + (p.y - a.y) * dy) / square;
    p.distance(a.toward(b, f.clamp(0.0, 1.0)))
}

/// On which side of the line from `a` to `b` the point `p` lies: positive is to the right of one
/// who walks from `a` to `b` (the y axis points down).
pub fn side(a: Pt, b: Pt, p: Pt) -> f64 {
    (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x)
}

/// How far along the segment `a`-`b` the segment `c`-`d` crosses it, if it does.
pub fn crossing(a: Pt, b: Pt, c: Pt, d: Pt) -> Option<f64> {
    let (sc, sd) = (side(a, b, c), side(a, b, d));
    let (sa, sb) = (side(c, d, a), side(c, d, b));
    (sc * sd < 0.0 && sa * sb < 0.0).then(|| sa / (sa - sb))
}

/// 0 below 0, 1 above 1, and a soft curve between them.
pub fn smooth(x: f64) -> f64 {
    let x = x.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_diagonals_of_a_square_cross_in_the_middle() {
        let (a, b) = (Pt::new(0.0, 0.0), Pt::new(10.0, 10.0));
        let (c, d) = (Pt::new(0.0, 10.0), Pt::new(10.0, 0.0));
        assert_eq!(crossing(a, b, c, d), Some(0.5));
        assert_eq!(crossing(a, b, c, Pt::new(1.0, 9.0)), None);
    }

    #[test]
    fn the_distance_to_a_segment_is_to_its_nearest_point() {
        let (a, b) = (Pt::new(0.0, 0.0), Pt::new(10.0, 0.0));
        assert_eq!(to_segment(Pt::new(5.0, 3.0), a, b), 3.0);
        assert_eq!(to_segment(Pt::new(13.0, 4.0), a, b), 5.0);
        assert!(side(a, b, Pt::new(5.0, 1.0)) > 0.0);
    }
}

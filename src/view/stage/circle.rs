//! Sine and cosine of an angle on screen, to a millionth.
//!
//! The rule that is easy to break: only drawings may use these. `libm`'s are right to the last bit, for which they
//! carry a reduction of huge angles that weighs more than the whole stage's geometry; a pixel does not need it.

use std::f64::consts::FRAC_PI_2;

/// `(cos, sin)` of `angle` in radians, each within a millionth. Meant for angles of a few turns.
pub fn cos_sin(angle: f64) -> (f64, f64) {
    let quarter = libm::round(angle / FRAC_PI_2);
    let x = angle - quarter * FRAC_PI_2;
    let (c, s) = (cosine(x), sine(x));
    match (quarter as i64).rem_euclid(4) {
        0 => (c, s),
        1 => (-s, c),
        2 => (-c, -s),
        _ => (s, -c),
    }
}

/// Taylor's sum; on `[-PI/4, PI/4]` the first term left out is below 2e-9.
fn sine(x: f64) -> f64 {
    let q = x * x;
    x * (1.0 - q / 6.0 * (1.0 - q / 20.0 * (1.0 - q / 42.0 * (1.0 - q / 72.0))))
}

/// The same; the first term left out is below 3e-8.
fn cosine(x: f64) -> f64 {
    let q = x * x;
    1.0 - q / 2.0 * (1.0 - q / 12.0 * (1.0 - q / 30.0 * (1.0 - q / 56.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_a_millionth_of_libm_over_four_turns() {
        for i in -4_000..=4_000 {
            let angle = f64::from(i) * std::f64::consts::TAU / 1_000.0;
            let (c, s) = cos_sin(angle);
            assert!((c - libm::cos(angle)).abs() < 1e-6, "cos {angle}");
            assert!((s - libm::sin(angle)).abs() < 1e-6, "sin {angle}");
        }
    }
}

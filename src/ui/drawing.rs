//! Small drawings beside the controls.
//!
//! The rule that is easy to break: geometry stands in SVG attributes, never in a style string; the
//! page's policy forbids those.

use crate::sim::{Delay, Span};
use crate::view::curve::curve;
use crate::view::svg::{path, px};
use crate::view::words;
use yew::prelude::*;

const WIDTH: f64 = 280.0;
const HEIGHT: f64 = 64.0;

/// The outline of a delay distribution, with the bound of the timing model if there is one.
pub fn delay_curve(delay: Delay, bound_us: u64) -> Html {
    let c = curve(delay, bound_us);
    let x = |us: f64| us / c.right_us * WIDTH;
    let mut line = String::new();
    for (i, (along, up)) in c.points.iter().enumerate() {
        let verb = if i == 0 { "M" } else { "L" };
        line.push_str(verb);
        line += &path("# #", &[x(*along), HEIGHT - 2.0 - up * (HEIGHT - 8.0)]);
    }
    let area = line.clone() + &path("L# #L0 #Z", &[WIDTH, HEIGHT, HEIGHT]);
    let typical = delay.typical_us();
    html! {
        <figure class="curve">
            <svg viewBox={path("0 0 # #", &[WIDTH, HEIGHT + 14.0])} role="img" aria-label={format!("Delay: {}", words::delay(delay))}>
                <path class="area" d={area} />
                <path class="line" d={line} />
                <path class="axis" d={path("M0 #H#", &[HEIGHT, WIDTH])} />
                if bound_us > 0 {
                    <path class="bound" d={path("M# 0V#", &[x(bound_us as f64), HEIGHT])} />
                }
                <text x="0" y={px(HEIGHT + 12.0)}>{ "0" }</text>
                <text x={px(x(typical as f64).clamp(24.0, WIDTH - 60.0))} y={px(HEIGHT + 12.0)} text-anchor="middle">
                    { Span(typical).to_string() }</text>
                <text x={px(WIDTH)} y={px(HEIGHT + 12.0)} text-anchor="end">{ Span(round(c.right_us)).to_string() }</text>
            </svg>
        </figure>
    }
}

/// Two significant digits are enough at the end of an axis.
fn round(us: f64) -> u64 {
    let mut unit = 1.0;
    while us / unit >= 100.0 {
        unit *= 10.0;
    }
    ((us / unit).round() * unit) as u64
}

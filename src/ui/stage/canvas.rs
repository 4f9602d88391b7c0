//! A canvas as sharp as the screen, and the page's colours as it needs them.
//!
//! The rule that is easy to break: colours are named in style.css alone. A canvas cannot read
//! `var(--ink)`, so each is resolved once through the canvas's own computed colour, and again when
//! that colour changes: a transition of a millisecond tells (see stage.css). And no style sheet says how
//! large a canvas is: what was drawn in one size is never shown in another (see sizes.rs).

use crate::sim::Tone;
use crate::view::svg::path;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement, Window};
use yew::NodeRef;

/// A canvas and its pen.
pub struct Canvas {
    element: HtmlCanvasElement,
    /// The pen; one unit is a CSS pixel.
    pub pen: CanvasRenderingContext2d,
    size: (f64, f64, f64),
}

impl Canvas {
    /// The canvas behind `node`, once it is on the page.
    pub fn of(node: &NodeRef) -> Option<Canvas> {
        let element: HtmlCanvasElement = node.cast()?;
        let pen = element.get_context("2d").ok()??.dyn_into().ok()?;
        Some(Canvas { element, pen, size: (0.0, 0.0, 0.0) })
    }

    /// Makes it `width` by `height` CSS pixels, on the page and at the screen's own resolution, and empties it.
    pub fn begin(&mut self, width: f64, height: f64) {
        let ratio = window().map_or(1.0, |w| w.device_pixel_ratio()).clamp(1.0, 3.0);
        if self.size != (width, height, ratio) {
            self.size = (width, height, ratio);
            self.element.set_width((width * ratio) as u32);
            self.element.set_height((height * ratio) as u32);
            // By script: the page's policy forbids style attributes.
            let style = self.element.style();
            let _ = style.set_property("width", &path("#px", &[width]));
            let _ = style.set_property("height", &path("#px", &[height]));
        }
        // A canvas that was resized, and one whose last drawing left a transform, begin alike.
        let _ = self.pen.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        self.pen.clear_rect(0.0, 0.0, width, height);
        self.pen.set_line_join("round");
        self.pen.set_line_cap("round");
    }

    /// The page's colours and font, as they are now.
    pub fn palette(&self) -> Option<Palette> {
        Palette::read(&self.element)
    }
}

fn window() -> Option<Window> {
    web_sys::window()
}

/// The page's colours, resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct Palette {
    /// The ground of the stage.
    pub stage: String,
    /// The page's ground.
    pub ground: String,
    /// Text.
    pub ink: String,
    /// Second text.
    pub ink_2: String,
    /// Third text.
    pub ink_3: String,
    /// Hairlines.
    pub line: String,
    /// Edges.
    pub edge: String,
    /// What is picked.
    pub accent: String,
    /// What went wrong, as a stroke.
    pub bad: String,
    /// The same, as text.
    pub bad_ink: String,
    /// What comes after the event that is picked.
    pub violet: String,
    /// A timer.
    pub ring: String,
    /// The rest of a timer.
    pub track: String,
    /// A node that does nothing.
    pub hatch: String,
    /// The outlines of messages.
    pub outline: String,
    /// Kinds of message.
    tones: [String; 6],
    /// Epochs.
    pub bands: [String; 4],
    /// The font family.
    pub font: String,
}

impl Palette {
    fn read(element: &HtmlCanvasElement) -> Option<Palette> {
        let computed = window()?.get_computed_style(element.unchecked_ref::<Element>()).ok()??;
        let style = element.style();
        let of = |name: &str| {
            let _ = style.set_property("color", &format!("var(--{name})"));
            computed.get_property_value("color").unwrap_or_default()
        };
        // Without this the computed colour would be on its way to the new one, not there.
        let _ = style.set_property_with_priority("transition", "none", "important");
        let palette = Palette {
            stage: of("stage-ground"),
            ground: of("ground"),
            ink: of("ink"),
            ink_2: of("ink-2"),
            ink_3: of("ink-3"),
            line: of("line"),
            edge: of("node-edge"),
            accent: of("accent"),
            bad: of("bad"),
            bad_ink: of("bad-ink"),
            violet: of("violet"),
            ring: of("ring"),
            track: of("ring-track"),
            hatch: of("hatch"),
            outline: of("ink"),
            tones: ["quiet", "blue", "green", "purple", "orange", "red"].map(|t| of(&format!("tone-{t}"))),
            bands: ["band-0", "band-1", "band-2", "band-3"].map(of),
            font: computed.get_property_value("font-family").unwrap_or_default(),
        };
        let _ = style.remove_property("color");
        // Flushed before the transition is allowed again, or it would tell of our own changes.
        let _ = computed.get_property_value("color");
        let _ = style.remove_property("transition");
        Some(palette)
    }

    /// The colour of a kind of message.
    pub fn tone(&self, tone: Tone) -> &str {
        &self.tones[tone.index()]
    }
}

/// A dash pattern, for `set_line_dash`.
pub fn dash(pattern: &[f64]) -> js_sys::Array {
    pattern.iter().map(|d| wasm_bindgen::JsValue::from_f64(*d)).collect()
}

/// Where a pointer is, from the top left corner of the element behind `node`, in the pixels in which that was drawn:
/// the page may be shown larger or smaller, by CSS zoom or a transform.
pub fn place(node: &NodeRef, e: &web_sys::MouseEvent) -> (f64, f64) {
    let Some(element) = node.cast::<Element>() else {
        return (0.0, 0.0);
    };
    let rect = element.get_bounding_client_rect();
    let within = |at: i32, from: f64, drawn: i32, shown: f64| {
        let scale = if shown > 0.0 { f64::from(drawn) / shown } else { 1.0 };
        (f64::from(at) - from) * scale
    };
    (
        within(e.client_x(), rect.left(), element.client_width(), rect.width()),
        within(e.client_y(), rect.top(), element.client_height(), rect.height()),
    )
}

//! The page's pictograms: own SVG paths on a grid of 16, drawn in the colour of the text.
//!
//! The rule that is easy to break: they are decoration. The control around one carries its name.

use yew::prelude::*;

/// A triangle: play.
pub const PLAY: &str = "M4 2.5v11l9-5.5z";
/// Two bars: pause.
pub const PAUSE: &str = "M4 2.5h3v11H4zM9 2.5h3v11H9z";
/// To the start.
pub const START: &str = "M3 3h2v10H3zM13 3v10L6 8z";
/// The event before.
pub const BACK: &str = "M11 3v10L4 8z";
/// The next event.
pub const STEP: &str = "M5 3v10l7-5z";
/// A die.
pub const DICE: &str = "M3.5 2h9A1.5 1.5 0 0 1 14 3.5v9a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 2 12.5v-9A1.5 1.5 0 0 1 3.5 2zM3.5 3.5v9h9v-9zM5 5h2v2H5zM9 9h2v2H9zM7 7h2v2H7z";
/// One path becomes two.
pub const FORK: &str =
    "M3 7.25h3.2l4-4H9V1.75h4v4h-1.5V4.3L8.1 7.25v1.5l3.4 2.95v-1.45H13v4H9v-1.5h1.2l-4-4H3z";
/// A tree of lines.
pub const TREE: &str =
    "M2 2h3v3H2zM7 2.75h7v1.5H7zM5 6.5h3v3H5zM10 7.25h4v1.5h-4zM5 11h3v3H5zM10 11.75h4v1.5h-4z";
/// A pencil.
pub const PENCIL: &str = "M11.5 1.8 14.2 4.5 5.4 13.3 2 14l.7-3.4z";
/// An arrow turning back.
pub const UNDO: &str = "M6.5 2 2 6l4.5 4V7.25h3a2.75 2.75 0 0 1 0 5.5H5v1.5h4.5a4.25 4.25 0 0 0 0-8.5h-3z";
/// An arrow turning forth.
pub const REDO: &str = "M9.5 2 14 6l-4.5 4V7.25h-3a2.75 2.75 0 0 0 0 5.5H11v1.5H6.5a4.25 4.25 0 0 1 0-8.5h3z";
/// A circle half dark.
pub const THEME: &str = "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM8 3v10A5 5 0 0 1 8 3z";
/// A cross.
pub const CLOSE: &str = "m4 2.9 4 4 4-4L13.1 4l-4 4 4 4-1.1 1.1-4-4-4 4L2.9 12l4-4-4-4z";
/// A pictogram.
pub fn icon(path: &'static str) -> Html {
    html! {
        <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d={path} fill="currentColor" fill-rule="evenodd" />
        </svg>
    }
}

/// The mark of the house: a line that is broken, and goes on.
pub fn mark() -> Html {
    html! {
        <svg viewBox="0 0 20 20" aria-hidden="true" focusable="false" class="mark">
            <path d="M2 13 7.5 7.5 10 10" />
            <path d="M11 12.5 13 14.5 18 7" class="far" />
            <path d="M12.5 3 8.5 17" class="crack" />
        </svg>
    }
}

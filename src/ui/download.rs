//! Files that the page hands to its reader: through a blob and a link, as browsers want it.
//!
//! The rule that is easy to break: a page cannot see whether a download came about. A frame without an
//! origin of its own usually forbids it in silence, so whoever calls says so: [`forbidden`].

use super::dom;
use gloo_timers::callback::Timeout;
use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, CanvasRenderingContext2d, HtmlAnchorElement, HtmlCanvasElement, HtmlImageElement,
    Url,
};

/// Pixels of a picture for each of its own: sharp on paper and on dense screens.
const SCALE: u32 = 2;
/// The longest side of a picture of pixels; browsers refuse canvases beyond some such number.
const LONGEST: u32 = 8_192;
/// How long a blob is kept for the browser to read, in milliseconds.
const READ_MS: u32 = 60_000;

/// Why nothing may come of a download here, if something speaks for it.
pub fn forbidden() -> Option<&'static str> {
    let origin = dom::window().map(|w| w.origin());
    (origin.as_deref() == Some("null")).then_some(
        "If no file appears: this page stands in a frame that may not save files. Copy the link, and open \
         it in a window of its own.",
    )
}

/// `text` as what a download takes.
pub fn blob(text: &str, media: &str) -> Option<Blob> {
    of(&Array::of1(&text.into()), media)
}

/// `parts` one after the other. To the browser texts and blobs are alike, so one way in serves both.
fn of(parts: &Array, media: &str) -> Option<Blob> {
    let options = BlobPropertyBag::new();
    options.set_type(media);
    Blob::new_with_str_sequence_and_options(parts, &options).ok()
}

/// A file that is put together piece by piece. The browser takes each as it comes and may put it on its
/// disk; neither the page's memory nor the script's holds all of them.
#[derive(Default)]
pub struct Pieces(Array);

impl Pieces {
    /// Adds `text` at the end; `None` where the browser has no room.
    pub fn add(&mut self, text: &str) -> Option<()> {
        self.0.push(blob(text, "")?.as_ref());
        Some(())
    }

    /// All of it.
    pub fn file(&self, media: &str) -> Option<Blob> {
        of(&self.0, media)
    }
}

/// Why nothing comes of a file where `None` was the answer.
pub const NO_WAY: &str = "This browser does not let a page save files.";

/// Hands `blob` to the reader as a file called `name`; `None` where the browser has no way.
pub fn save(blob: &Blob, name: &str) -> Option<()> {
    let url = Url::create_object_url_with_blob(blob).ok()?;
    let link = dom::document()?.create_element("a").ok()?;
    let link: HtmlAnchorElement = link.dyn_into().ok()?;
    link.set_href(&url);
    link.set_download(name);
    link.click();
    Timeout::new(READ_MS, move || {
        let _ = Url::revoke_object_url(&url);
    })
    .forget();
    Some(())
}

/// The picture `svg` in pixels, as PNG.
///
/// # Errors
/// A picture that the browser does not draw or does not give out, in a sentence.
pub async fn png(svg: &str) -> Result<Blob, &'static str> {
    let image = HtmlImageElement::new().map_err(|_| NO_PICTURE)?;
    // As data, not as a blob: the page's policy lets images be nothing else.
    let data = String::from(js_sys::encode_uri_component(svg));
    image.set_src(&format!("data:image/svg+xml;charset=utf-8,{data}"));
    JsFuture::from(image.decode()).await.map_err(|_| NO_PICTURE)?;
    let canvas = drawn(&image).ok_or(NO_PICTURE)?;
    let mut given = |done: Function, _: Function| {
        // A canvas that holds what is not the page's own throws; the promise then brings nothing.
        if canvas.to_blob_with_type(&done, "image/png").is_err() {
            let _ = done.call0(&JsValue::NULL);
        }
    };
    let blob = JsFuture::from(Promise::new(&mut given)).await;
    blob.ok()
        .and_then(|b| b.dyn_into::<Blob>().ok())
        .ok_or("This browser does not give out what it has drawn: save the picture as SVG.")
}

const NO_PICTURE: &str = "This browser does not draw this picture: save it as SVG.";

/// `image` on a canvas, as large as is sensible.
fn drawn(image: &HtmlImageElement) -> Option<HtmlCanvasElement> {
    let (width, height) = (image.natural_width(), image.natural_height());
    let scale = (LONGEST / width.max(height).max(1)).clamp(1, SCALE);
    let canvas = dom::document()?.create_element("canvas").ok()?;
    let canvas: HtmlCanvasElement = canvas.dyn_into().ok()?;
    canvas.set_width(width * scale);
    canvas.set_height(height * scale);
    let context = canvas.get_context("2d").ok()??;
    let context: CanvasRenderingContext2d = context.dyn_into().ok()?;
    let (w, h) = (f64::from(width * scale), f64::from(height * scale));
    context.draw_image_with_html_image_element_and_dw_and_dh(image, 0.0, 0.0, w, h).ok()?;
    Some(canvas)
}

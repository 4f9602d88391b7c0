//! How large the drawings are: one observer for all of them, which measures once a frame and hands the sizes down; and
//! when they must be drawn anew though nothing of them has changed, for another screen or for paper.
//!
//! The rule that is easy to break: nobody else measures a drawing, and a drawing is exactly as large as it was
//! told. Its canvas and its figure take their size from there, never from the style sheet: what has not been told
//! yet is cut off or leaves a margin, and is never squashed.

use super::dom;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ResizeObserver};
use yew::NodeRef;

/// Who is told the size of an element, in CSS pixels.
type Tell = Rc<dyn Fn(f64, f64)>;

/// The element's last size, and who was told it.
struct Watched {
    element: Element,
    size: (i32, i32),
    tell: Tell,
}

/// The one observer, and what it watches.
struct Observer {
    observer: ResizeObserver,
    // Kept alive as long as the observer may call it.
    _measure: Closure<dyn FnMut()>,
    watched: Vec<Watched>,
}

thread_local! {
    static ONE: RefCell<Option<Observer>> = const { RefCell::new(None) };
    static DENSITY: Cell<f64> = const { Cell::new(0.0) };
}

/// Measures everything, then tells those whose size has changed: all in the frame before it is painted.
fn measure() {
    let mut changed: Vec<(Tell, (i32, i32))> = Vec::new();
    ONE.with_borrow_mut(|one| {
        for w in one.iter_mut().flat_map(|one| &mut one.watched) {
            let size = (w.element.client_width(), w.element.client_height());
            if std::mem::replace(&mut w.size, size) != size {
                changed.push((w.tell.clone(), size));
            }
        }
    });
    for (tell, (width, height)) in changed {
        tell(f64::from(width), f64::from(height));
    }
}

/// Has everything drawn anew: told the size that it has, a drawing knows that what is around it has changed,
/// the screen's density or the page's colours.
pub fn redraw() {
    let all: Vec<(Tell, (i32, i32))> = ONE.with_borrow_mut(|one| {
        one.iter_mut().flat_map(|one| &one.watched).map(|w| (w.tell.clone(), w.size)).collect()
    });
    for (tell, (width, height)) in all {
        tell(f64::from(width), f64::from(height));
    }
}

/// Has everything drawn anew if the screen has another density than at the last look: the window was moved to another, or
/// the reader zooms. Not every browser tells of it, so somebody has to look.
pub fn look_at_screen() {
    let density = dom::window().map_or(1.0, |w| w.device_pixel_ratio());
    if DENSITY.replace(density) != density {
        redraw();
    }
}

impl Observer {
    fn new() -> Option<Observer> {
        let measure = Closure::<dyn FnMut()>::new(measure);
        Some(Observer {
            observer: ResizeObserver::new(measure.as_ref().unchecked_ref()).ok()?,
            _measure: measure,
            watched: Vec::new(),
        })
    }
}

/// Tells how large an element is, from the next frame on and whenever that changes, as long as it is kept.
pub struct SizeWatch {
    element: Element,
}

impl SizeWatch {
    /// Watches the element behind `node`, which nobody else does.
    pub fn new(node: &NodeRef, tell: impl Fn(f64, f64) + 'static) -> Option<SizeWatch> {
        let element: Element = node.cast()?;
        ONE.with_borrow_mut(|one| {
            if one.is_none() {
                *one = Observer::new();
            }
            let one = one.as_mut()?;
            one.watched.push(Watched { element: element.clone(), size: (0, 0), tell: Rc::new(tell) });
            one.observer.observe(&element);
            Some(())
        })?;
        Some(SizeWatch { element })
    }
}

impl Drop for SizeWatch {
    fn drop(&mut self) {
        // Let go of only after the list is free again: what it holds may be another drawing.
        let _gone = ONE.with_borrow_mut(|one| {
            let one = one.as_mut()?;
            one.observer.unobserve(&self.element);
            let at = one.watched.iter().position(|w| w.element == self.element)?;
            Some(one.watched.remove(at))
        });
    }
}

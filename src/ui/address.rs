//! The page's address, which follows the run on screen.
//!
//! The rule that is easy to break: browsers count how often a page writes its address (a hundred times in ten seconds,
//! where they are strictest) and refuse more, with an error or without a word. So it is written seldom enough, and
//! what could not be written now is written later: nobody else may write it.

use super::dom;
use crate::view::App;
use gloo_timers::callback::Timeout;
use yew::Callback;

/// So many times it is written at once,
const AT_ONCE: f64 = 40.0;
/// and after that once in so many milliseconds: in no ten seconds more than ninety times.
const PAUSE_MS: f64 = 200.0;
/// Milliseconds after which it is tried again where it was refused all the same.
const AGAIN_MS: f64 = 1_000.0;

/// The address.
pub struct Address {
    shown: String,
    // How many runs were left behind.
    left: u32,
    // How often it may still be written, and when that was last counted.
    spare: f64,
    counted_ms: f64,
    later: Option<Timeout>,
}

impl Address {
    /// The address as it is.
    pub fn new() -> Self {
        let shown = dom::address().1;
        Address { shown, left: 0, spare: AT_ONCE, counted_ms: dom::now_ms(), later: None }
    }

    /// Somebody else has changed it to this.
    pub fn came(&mut self, hash: &str) {
        hash.clone_into(&mut self.shown);
    }

    /// Writes what follows from `app`, or calls `again` once that can be done.
    pub fn follow(&mut self, app: &App, again: &Callback<()>) {
        let times = app.left.as_ref().map_or(0, |l| l.times);
        let leaves = self.left != times;
        // While time runs the address is left alone: it would change sixty times a second.
        if !leaves && app.is_moving() {
            return;
        }
        let now = dom::now_ms();
        self.spare = (self.spare + (now - self.counted_ms) / PAUSE_MS).min(AT_ONCE);
        self.counted_ms = now;
        let wait = match leaves && !self.leave_behind(app, times) {
            true => Some(PAUSE_MS),
            false => app.address().filter(|h| *h != self.shown).and_then(|hash| self.write(hash)),
        };
        self.later = wait.map(|ms| {
            let again = again.clone();
            Timeout::new(ms as u32, move || again.emit(()))
        });
    }

    /// Leaves the run before in the browser's history, under its own address: "back" leads to it. Whether that is done.
    fn leave_behind(&mut self, app: &App, times: u32) -> bool {
        let hash = app.left.as_ref().and_then(|l| l.hash.as_ref());
        if self.spare < 2.0 || hash.is_some_and(|hash| !dom::replace_hash(hash)) || !dom::push_address() {
            return false;
        }
        self.spare -= 2.0;
        self.left = times;
        self.shown = dom::address().1;
        true
    }

    /// Writes `hash`, or says after how many milliseconds to try that again.
    fn write(&mut self, hash: String) -> Option<f64> {
        if self.spare < 1.0 {
            return Some(PAUSE_MS);
        }
        self.spare -= 1.0;
        let now = dom::address().1;
        // If it is not what was written last, the reader has just gone elsewhere, and the page is about to hear of it.
        if now == self.shown && dom::replace_hash(&hash) {
            self.shown = dom::address().1;
        } else {
            self.shown = now;
        }
        (self.shown != hash).then_some(AGAIN_MS)
    }
}

//! The parts of the program that a scenario needs: one way in for the page and for its worker.
//!
//! The rule that is easy to break: whoever opens a scenario waits for this first, wherever it is opened.

/// Comes back once the chapter of this scenario is there. Today the program is one part, so it is.
///
/// # Errors
/// A part that cannot be had, in a sentence.
pub async fn have(_scenario: &str) -> Result<(), String> {
    Ok(())
}

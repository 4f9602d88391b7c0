//! The seam between the page and what comes on demand: each chapter, and the details of the page, is a part of the
//! program of its own.
//!
//! The rule that is easy to break: a part is what only its function here leads to, so what it holds may be named
//! nowhere else. Without the feature `split` this is one program, and everything is in it.
//!
//! `wasm_split` writes code that the compiler cannot check, to declare and export functions by the names by which the
//! tool that divides the program finds them. It is that macro's own, so `unsafe_code` stays forbidden here as everywhere.

use faultline::ui::chapters::Come;
use faultline::ui::details::{DETAILS, Details};

/// Brings the chapter of that name; whether it is here then.
pub fn chapter(name: &'static str) -> Come<bool> {
    Box::pin(async move { bring(name).await })
}

/// Brings the details of the page, if they can be had.
pub fn details() -> Come<Option<&'static Details>> {
    Box::pin(async { bring_details().await })
}

#[cfg(not(feature = "split"))]
async fn bring(_: &'static str) -> bool {
    true
}

#[cfg(not(feature = "split"))]
async fn bring_details() -> Option<&'static Details> {
    Some(&DETAILS)
}

#[cfg(feature = "split")]
use split::{bring, bring_details};

#[cfg(feature = "split")]
mod split {
    use super::{DETAILS, Details};
    use faultline::scenario::catalogue;
    use faultline::scenario::chapters::{Chapter, provide};
    use wasm_split_helpers::{SplitLoaderError, wasm_split};

    #[wasm_split(details, fallible)]
    fn part() -> Result<&'static Details, SplitLoaderError> {
        Ok(&DETAILS)
    }

    pub async fn bring_details() -> Option<&'static Details> {
        part().await.ok()
    }

    /// One line a chapter: its name, what its part is called, what is in it.
    macro_rules! parts {
        ($($name:literal $part:ident $chapter:ident),* $(,)?) => {
            $(
                #[wasm_split($part, fallible)]
                fn $part() -> Result<&'static Chapter, SplitLoaderError> {
                    Ok(&catalogue::$chapter)
                }
            )*

            pub async fn bring(chapter: &str) -> bool {
                let come = match chapter {
                    $($name => $part().await,)*
                    _ => return false,
                };
                come.map(provide).is_ok()
            }
        };
    }

    parts! {
        "Consensus" consensus CONSENSUS,
        "Election" election ELECTION,
        "Links" links LINKS,
        "Agreement" agreement AGREEMENT,
    }
}

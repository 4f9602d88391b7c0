//! The seam between the page and its chapters: each comes with a part of the program of its own.
//!
//! The rule that is easy to break: a part is what only its function here leads to, so a chapter may be named nowhere
//! else. Without the feature `split` this is one program, and every chapter is in it.
//!
//! `wasm_split` writes code that the compiler cannot check, to declare and export functions by the names by which the
//! tool that divides the program finds them. It is that macro's own, so `unsafe_code` stays forbidden here as everywhere.

use std::future::Future;
use std::pin::Pin;

/// Brings the chapter of that name; whether it is here now.
pub fn load(chapter: &'static str) -> Pin<Box<dyn Future<Output = bool>>> {
    Box::pin(async move { bring(chapter).await })
}

#[cfg(not(feature = "split"))]
async fn bring(_: &'static str) -> bool {
    true
}

#[cfg(feature = "split")]
use split::bring;

#[cfg(feature = "split")]
mod split {
    use faultline::scenario::catalogue;
    use faultline::scenario::chapters::{Chapter, provide};
    use wasm_split_helpers::{SplitLoaderError, wasm_split};

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

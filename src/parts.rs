//! The seam between the page and what comes on demand: each chapter, the details of the page, and the landing page, is a
//! part of the program of its own.
//!
//! The rule that is easy to break: a part is what only its function here leads to, so what it holds may be named
//! nowhere else. Without the feature `split` this is one program, and everything is in it.
//!
//! `wasm_split` writes code that the compiler cannot check, to declare and export functions by the names by which the
//! tool that divides the program finds them. It is that macro's own, so `unsafe_code` stays forbidden here as everywhere.

use faultline::ui::chapters::Come;
use faultline::ui::details::Details;
use faultline::ui::gallery::LANDING;
use faultline::ui::landing::Landing;
use faultline::ui::whole::DETAILS;

/// Brings the chapter of that name; whether it is here then.
pub fn chapter(name: &'static str) -> Come<bool> {
    Box::pin(async move { bring(name).await })
}

/// Brings the details of the page, if they can be had.
pub fn details() -> Come<Option<&'static Details>> {
    Box::pin(async { bring_details().await })
}

/// Brings the landing page, if it can be had.
pub fn landing() -> Come<Option<&'static Landing>> {
    Box::pin(async { bring_landing().await })
}

#[cfg(not(feature = "split"))]
async fn bring(_: &'static str) -> bool {
    true
}

#[cfg(not(feature = "split"))]
async fn bring_details() -> Option<&'static Details> {
    Some(&DETAILS)
}

#[cfg(not(feature = "split"))]
async fn bring_landing() -> Option<&'static Landing> {
    Some(&LANDING)
}

#[cfg(feature = "split")]
use split::{bring, bring_details, bring_landing};

#[cfg(feature = "split")]
mod split {
    use super::{DETAILS, Details, LANDING, Landing};
    use faultline::protocols::{self, Chapter};
    use faultline::scenario::library::{Folder, built, provide};
    use faultline::scenario::own::{self, READER, Reader};
    use faultline::scenario::text::{self, TEXT, Text};
    use wasm_split_helpers::{SplitLoaderError, wasm_split};

    #[wasm_split(details, fallible)]
    fn part() -> Result<&'static Details, SplitLoaderError> {
        Ok(&DETAILS)
    }

    pub async fn bring_details() -> Option<&'static Details> {
        part().await.ok()
    }

    #[wasm_split(landing, fallible)]
    fn landing_part() -> Result<&'static Landing, SplitLoaderError> {
        Ok(&LANDING)
    }

    pub async fn bring_landing() -> Option<&'static Landing> {
        landing_part().await.ok()
    }

    #[wasm_split(reader, fallible)]
    fn reader() -> Result<&'static Reader, SplitLoaderError> {
        Ok(&own::WHOLE)
    }

    #[wasm_split(text, fallible)]
    fn texts() -> Result<&'static Text, SplitLoaderError> {
        Ok(&text::WHOLE)
    }

    /// What a chapter brings along: its protocols and its scenarios.
    struct Part {
        chapter: &'static Chapter,
        folder: &'static Folder,
    }

    /// A part a chapter.
    macro_rules! parts {
        ($($chapter:ident),*) => {
            $(
                #[wasm_split($chapter, fallible)]
                fn $chapter() -> Result<&'static Part, SplitLoaderError> {
                    static PART: Part = Part {
                        chapter: &protocols::$chapter::CHAPTER,
                        folder: &built::$chapter::FOLDER,
                    };
                    Ok(&PART)
                }
            )*

            pub async fn bring(chapter: &str) -> bool {
                let come = match chapter {
                    _ if chapter == READER.name => return reader().await.map(|r| READER.provide(r)).is_ok(),
                    _ if chapter == TEXT.name => return texts().await.map(|t| TEXT.provide(t)).is_ok(),
                    $(stringify!($chapter) => $chapter().await,)*
                    _ => return false,
                };
                come.map(|part| provide(part.chapter, part.folder)).is_ok()
            }
        };
    }

    faultline::each_chapter!(parts);
}

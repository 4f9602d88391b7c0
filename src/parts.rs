//! The seam between the page and what comes on demand: each protocol with its scenarios, the details of the page, and the
//! landing page, is a part of the program of its own.
//!
//! The rule that is easy to break: a part is what only its function here leads to, so what it holds may be named
//! nowhere else. Without the feature `split` this is one program, and everything is in it.
//!
//! `wasm_split` writes code that the compiler cannot check, to declare and export functions by the names by which the
//! tool that divides the program finds them. It is that macro's own, so `unsafe_code` stays forbidden here as everywhere.

use faultline::ui::details::Details;
use faultline::ui::gallery::LANDING;
use faultline::ui::landing::Landing;
use faultline::ui::parts::Come;
use faultline::ui::whole::DETAILS;

/// Brings the part of that name; whether it is here then.
pub fn part(name: &'static str) -> Come<bool> {
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
    use faultline::kit::Entry;
    use faultline::protocols;
    use faultline::scenario::hidden::{self, HIDDEN, Hidden};
    use faultline::scenario::library::{Lessons, built, provide};
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

    #[wasm_split(hidden, fallible)]
    fn hidden_scenarios() -> Result<&'static Hidden, SplitLoaderError> {
        Ok(&hidden::WHOLE)
    }

    #[wasm_split(text, fallible)]
    fn texts() -> Result<&'static Text, SplitLoaderError> {
        Ok(&text::WHOLE)
    }

    /// What a protocol's part brings along.
    struct Part {
        entry: &'static Entry,
        lessons: &'static Lessons,
    }

    /// A part a protocol.
    macro_rules! parts {
        ($($chapter:ident $title:literal { $($protocol:ident),* })*) => {
            $($(
                #[wasm_split($protocol, fallible)]
                fn $protocol() -> Result<&'static Part, SplitLoaderError> {
                    static PART: Part = Part {
                        entry: &protocols::$chapter::$protocol::ENTRY,
                        lessons: &built::$protocol::LESSONS,
                    };
                    Ok(&PART)
                }
            )*)*

            pub async fn bring(part: &str) -> bool {
                let come = match part {
                    _ if part == READER.name => return reader().await.map(|r| READER.provide(r)).is_ok(),
                    _ if part == HIDDEN.name => return hidden_scenarios().await.map(|h| HIDDEN.provide(h)).is_ok(),
                    _ if part == TEXT.name => return texts().await.map(|t| TEXT.provide(t)).is_ok(),
                    $($(stringify!($protocol) => $protocol().await,)*)*
                    _ => return false,
                };
                come.map(|part| provide(part.entry, part.lessons)).is_ok()
            }
        };
    }

    faultline::course!(parts);
}

//! Mutants: a protocol with one rule left out, declared once, for the checks to catch.
//!
//! The rule that is easy to break: a mutant leaves out exactly one rule, and is asked about at the place
//! of that rule and nowhere else. It names the promise that it breaks; a test of the registry stages it
//! and demands that this promise breaks, in time, and holds without it.

use super::params::{Choice, Param, ParamKind};

/// What is known of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MutantDef {
    /// Its name in links and on the command line: `forget-vote`.
    pub id: &'static str,
    /// What it does, for people: "forgets its vote at a restart".
    pub label: &'static str,
    /// The rule that it leaves out, as the paper states it: what a violation is blamed on.
    pub rule: &'static str,
    /// The name of a promise that it breaks.
    pub breaks: &'static str,
    /// Settings under which a sweep finds it, besides the mutant itself: `["dedupe=true"]`.
    pub with: &'static [&'static str],
}

/// The parameter by which every protocol with mutants is told which rule to leave out.
pub const PARAM: &str = "mutant";

/// That parameter, with these words.
pub const fn param(words: &'static [Choice]) -> Param {
    Param { id: PARAM, label: "a rule left out", kind: ParamKind::Choice(words) }
}

/// Declares the mutants of a protocol: an enum with `None` first, the table, and the parameter
/// (`Mutant::PARAM`, to stand among the protocol's parameters).
///
/// ```ignore
/// mutants! {
///     /// The protocol with a rule left out.
///     pub enum Mutant {
///         /// Passes smaller ids on, too.
///         SwallowNothing = "swallow-nothing", "passes smaller ids on, too" {
///             rule: "an id that meets a larger one is swallowed",
///             breaks: "Election safety",
///         }
///     }
///     as it is: "as in the paper",
/// }
/// ```
macro_rules! mutants {
    ($(#[$about:meta])* $vis:vis enum $name:ident {
        $($(#[$doc:meta])* $mutant:ident = $id:literal, $label:literal {
            rule: $rule:literal,
            breaks: $breaks:literal,
            $(with: $with:expr,)?
        })*
    } as it is: $whole:literal $(,)?) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            /// No rule is left out.
            #[default]
            None,
            $($(#[$doc])* $mutant),*
        }

        impl $name {
            /// What is known of each, in the order of the enum, [`Self::None`] left out.
            $vis const TABLE: &'static [$crate::kit::MutantDef] = &[
                $($crate::kit::MutantDef {
                    id: $id,
                    label: $label,
                    rule: $rule,
                    breaks: $breaks,
                    with: $crate::kit::mutants::or_none!($($with)?),
                }),*
            ];

            /// The parameter that chooses one.
            $vis const PARAM: $crate::kit::Param = $crate::kit::mutants::param(&[
                $crate::kit::Choice { id: "none", label: $whole },
                $($crate::kit::Choice { id: $id, label: $label }),*
            ]);

            /// The one that `params` choose.
            $vis fn of(params: &$crate::kit::Params) -> Self {
                match params.word($crate::kit::mutants::PARAM) {
                    $($id => Self::$mutant,)*
                    _ => Self::None,
                }
            }
        }
    };
}
pub(crate) use mutants;

/// The expression that is given, or an empty list.
macro_rules! or_none {
    () => {
        &[]
    };
    ($given:expr) => {
        $given
    };
}
pub(crate) use or_none;

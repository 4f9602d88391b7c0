//! Facts declared once: the enum, and each fact's name in scenario files.
//!
//! The rule that is easy to break: a name is for ever, for scenario files and filters say it.

/// Declares what a protocol tells those who watch it.
///
/// ```ignore
/// facts! {
///     /// What a general tells.
///     pub enum Fact {
///         /// He has decided.
///         Decided { attack: bool } = "decided" => Decisive,
///         /// He has heard this messenger.
///         Heard { number: u8 } = "heard",
///     }
/// }
/// ```
///
/// What stands behind the arrow is its [`Rank`](crate::sim::Rank); where nothing does, it is a turn of the story.
macro_rules! facts {
    ($(#[$about:meta])* $vis:vis enum $name:ident {
        $($(#[$doc:meta])* $fact:ident $({ $($field:ident : $type:ty),* $(,)? })? = $id:literal $(=> $rank:ident)?),* $(,)?
    }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq)]
        $vis enum $name {
            $($(#[$doc])* $fact $({ $(
                #[allow(missing_docs, reason = "the fact's own comment says what its fields are")]
                $field: $type
            ),* })?),*
        }

        impl $name {
            /// The names of all facts, as scenario files say them.
            #[allow(dead_code, reason = "a protocol of a test is in no registry")]
            $vis const NAMES: &'static [&'static str] = &[$($id),*];
        }

        impl $crate::sim::Fact for $name {
            fn name(&self) -> &'static str {
                match self {
                    $(Self::$fact { .. } => $id),*
                }
            }
            fn rank(&self) -> $crate::sim::Rank {
                match self {
                    $(Self::$fact { .. } => [$($crate::sim::Rank::$rank,)? $crate::sim::Rank::Telling][0]),*
                }
            }
            fn field(&self, name: &str) -> Option<String> {
                match self {
                    $(Self::$fact $({ $($field),* })? => {
                        let fields: &[(&str, &dyn std::fmt::Debug)] = &[$($((stringify!($field), $field)),*)?];
                        let found = fields.iter().find(|(n, _)| *n == name);
                        found.map(|(_, value)| format!("{value:?}"))
                    }),*
                }
            }
        }
    };
}
pub(crate) use facts;

/// The names of two lists: what a protocol tells, and what its clients do.
pub const fn joined<const N: usize>(first: &[&'static str], second: &[&'static str]) -> [&'static str; N] {
    assert!(first.len() + second.len() == N);
    let mut all = [""; N];
    let mut i = 0;
    while i < N {
        all[i] = if i < first.len() { first[i] } else { second[i - first.len()] };
        i += 1;
    }
    all
}

/// Reads something off facts, for promises and gauges: `pick!(Fact::Sent { packet } => packet.number)` is a
/// function from a fact to an option.
macro_rules! pick {
    ($($fact:pat $(if $so:expr)? => $value:expr),+ $(,)?) => {
        |fact: &_| match fact {
            $($fact $(if $so)? => Some($value),)+
            #[allow(unreachable_patterns, reason = "a fact may be the only one")]
            _ => None,
        }
    };
}
pub(crate) use pick;

//! Messages declared once: the enum, and for each kind its name, shape, tone and label.
//!
//! The rule that is easy to break: a kind's look must not depend on a colour alone; kinds that mean
//! different things have different shapes.

/// Declares what a protocol sends.
///
/// The label is a format string that may name the fields. What a message becomes when bits flip, and how
/// large it is, may follow after the table, as functions of `&Self`.
///
/// ```ignore
/// messages! {
///     /// What goes round the ring.
///     pub enum RingMsg {
///         /// "Is anyone larger than this?"
///         Election { id: u16 } = "election", Disc, Blue, "id {id}";
///         /// "This one leads."
///         Elected { id: u16 } = "elected", Diamond, Green, "leader {id}";
///     }
///     corrupted: flipped,
/// }
/// ```
macro_rules! messages {
    ($(#[$about:meta])* $vis:vis enum $name:ident {
        $($(#[$doc:meta])* $msg:ident $({ $($field:ident : $type:ty),* $(,)? })?
            = $kind:literal, $shape:ident, $tone:ident, $label:literal;)*
    } $(corrupted: $corrupted:path,)? $(bytes: $bytes:path,)?) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        $vis enum $name {
            $($(#[$doc])* $msg $({ $(
                #[allow(missing_docs, reason = "the message's own comment says what its fields are")]
                $field: $type
            ),* })?),*
        }

        impl $crate::sim::Message for $name {
            fn kind(&self) -> $crate::sim::Kind {
                match self {
                    $(Self::$msg { .. } => $crate::sim::Kind {
                        name: $kind,
                        shape: $crate::sim::Shape::$shape,
                        tone: $crate::sim::Tone::$tone,
                    }),*
                }
            }

            fn label(&self) -> String {
                match self {
                    $(#[allow(unused_variables, reason = "a label need not name every field")]
                    Self::$msg $({ $($field),* })? => format!($label)),*
                }
            }

            $(fn corrupted(&self, draw: u64) -> Option<Self> {
                $corrupted(self, draw)
            })?

            $(fn bytes(&self) -> u32 {
                $bytes(self)
            })?
        }
    };
}
pub(crate) use messages;

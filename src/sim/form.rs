//! Request forms: what a node may be asked, as a form with fields instead of free text.
//!
//! The rule that is easy to break: links, files and scripts carry a request as its text, the form's word
//! and its fields in order (`set x 3`), for ever. A form may be added; one that exists keeps its word and
//! the order and meaning of its fields.

use super::ids::NodeId;
use std::fmt;

/// What a node may be asked.
#[derive(Debug, PartialEq, Eq)]
pub struct Form {
    /// Its word: `set`.
    pub id: &'static str,
    /// What it asks for, on a button: "Set a key".
    pub label: &'static str,
    /// What is to be filled in, in order.
    pub fields: &'static [FormField],
}

/// A field of a form.
#[derive(Debug, PartialEq, Eq)]
pub struct FormField {
    /// Its name: "key".
    pub label: &'static str,
    /// What may be filled in.
    pub kind: FieldKind,
}

/// What may be filled into a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A lower-case letter.
    Letter {
        /// What stands there at first.
        default: char,
    },
    /// A whole number.
    Int {
        /// What stands there at first.
        default: i64,
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// A node, by its number.
    Node,
    /// One of these words; the first stands there at first.
    Word(&'static [&'static str]),
}

/// What was filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A letter.
    Letter(char),
    /// A number.
    Int(i64),
    /// A node.
    Node(NodeId),
    /// A word.
    Word(&'static str),
}

/// A form, filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The form's word.
    pub form: &'static str,
    answers: Vec<Answer>,
}

impl Asked {
    /// The letter in field number `i`; panics if that field is none, since forms are the protocol's own.
    pub fn letter(&self, i: usize) -> char {
        match self.answers[i] {
            Answer::Letter(c) => c,
            other => panic!("field {i} of {} is no letter: {other:?}", self.form),
        }
    }

    /// The number in field number `i`; panics if that field is none.
    pub fn int(&self, i: usize) -> i64 {
        match self.answers[i] {
            Answer::Int(n) => n,
            other => panic!("field {i} of {} is no number: {other:?}", self.form),
        }
    }

    /// The node in field number `i`; panics if that field is none.
    pub fn node(&self, i: usize) -> NodeId {
        match self.answers[i] {
            Answer::Node(n) => n,
            other => panic!("field {i} of {} is no node: {other:?}", self.form),
        }
    }

    /// The word in field number `i`; panics if that field is none.
    pub fn word(&self, i: usize) -> &'static str {
        match self.answers[i] {
            Answer::Word(w) => w,
            other => panic!("field {i} of {} is no word: {other:?}", self.form),
        }
    }
}

impl Form {
    /// A form without fields.
    pub const fn bare(id: &'static str, label: &'static str) -> Self {
        Form { id, label, fields: &[] }
    }
}

impl FieldKind {
    fn read(self, text: &str) -> Option<Answer> {
        match self {
            FieldKind::Letter { .. } => {
                let mut letters = text.chars();
                match (letters.next(), letters.next()) {
                    (Some(c @ 'a'..='z'), None) => Some(Answer::Letter(c)),
                    _ => None,
                }
            }
            FieldKind::Int { min, max, .. } => {
                let n = text.parse().ok()?;
                (min..=max).contains(&n).then_some(Answer::Int(n))
            }
            FieldKind::Node => text.parse().ok().map(|n| Answer::Node(NodeId(n))),
            FieldKind::Word(words) => {
                let word = words.iter().find(|w| **w == text)?;
                Some(Answer::Word(word))
            }
        }
    }

    /// What stands in the field at first, as text.
    pub fn default_text(self) -> String {
        match self {
            FieldKind::Letter { default } => default.to_string(),
            FieldKind::Int { default, .. } => default.to_string(),
            FieldKind::Node => "0".to_owned(),
            FieldKind::Word(words) => words[0].to_owned(),
        }
    }
}

impl fmt::Display for FieldKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FieldKind::Letter { .. } => f.write_str("a letter from a to z"),
            FieldKind::Int { min, max, .. } => write!(f, "a whole number from {min} to {max}"),
            FieldKind::Node => f.write_str("a node's number"),
            FieldKind::Word(words) => f.write_str(&words.join(" or ")),
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)?;
        for field in self.fields {
            write!(f, " {}", field.kind.default_text())?;
        }
        Ok(())
    }
}

/// Reads a request by the forms that a node has.
///
/// # Errors
/// A sentence that says what it does understand.
pub fn read(forms: &'static [Form], text: &str) -> Result<Asked, String> {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    let Some(form) = forms.iter().find(|f| f.id == first) else {
        return Err(match forms {
            [] => "this node takes no requests".to_owned(),
            _ => format!("it understands {}", examples(forms)),
        });
    };
    let mut answers = Vec::new();
    for field in form.fields {
        let wanted = || format!("{} of '{}' must be {}, as in '{form}'", field.label, form.id, field.kind);
        let word = words.next().ok_or_else(wanted)?;
        answers.push(field.kind.read(word).ok_or_else(wanted)?);
    }
    if words.next().is_some() {
        return Err(format!("'{}' ends there, as in '{form}'", form.id));
    }
    Ok(Asked { form: form.id, answers })
}

/// `'set x 3', 'get x'`.
fn examples(forms: &[Form]) -> String {
    let all: Vec<String> = forms.iter().map(|f| format!("'{f}'")).collect();
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    static FORMS: [Form; 2] = [
        Form {
            id: "set",
            label: "Set a key",
            fields: &[
                FormField { label: "the key", kind: FieldKind::Letter { default: 'x' } },
                FormField { label: "the value", kind: FieldKind::Int { default: 3, min: -9, max: 9 } },
            ],
        },
        Form::bare("elect", "Call an election"),
    ];

    #[test]
    fn a_form_reads_what_it_writes() {
        for form in &FORMS {
            assert_eq!(read(&FORMS, &form.to_string()).unwrap().form, form.id);
        }
        let asked = read(&FORMS, " set  y -2 ").unwrap();
        assert_eq!((asked.letter(0), asked.int(1)), ('y', -2));
    }

    #[test]
    fn what_is_wrong_is_said_with_what_would_be_right() {
        for (text, said) in [
            ("", "it understands 'set x 3', 'elect'"),
            ("put x 3", "it understands 'set x 3', 'elect'"),
            ("set X 3", "the key of 'set' must be a letter from a to z, as in 'set x 3'"),
            ("set x", "the value of 'set' must be a whole number from -9 to 9, as in 'set x 3'"),
            ("set x 10", "the value of 'set' must be a whole number from -9 to 9, as in 'set x 3'"),
            ("elect me", "'elect' ends there, as in 'elect'"),
        ] {
            assert_eq!(read(&FORMS, text).unwrap_err(), said);
        }
        assert_eq!(read(&[], "x").unwrap_err(), "this node takes no requests");
    }
}

//! Reads a scenario file: TOML between two lines of `+++`, Markdown behind.
//!
//! The rule that is easy to break: a mistake is told with its line, the way to its field, and what would be
//! accepted there. In the page this reader is a part of its own: only a file that is not built in needs
//! it, and nothing else may name the two parsers.

use super::check;
use super::prose::{Address, Block, Piece};
use super::{Front, Scenario};
use crate::sim::data::{self, Step, Way, Wrong};
use crate::sim::letters::unmarked;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde::Deserialize;
use serde_json::Value;
use std::fmt;
use std::ops::Range;
use toml::de::{DeTable, DeValue, Deserializer};

/// The line that opens and closes the front.
const FENCE: &str = "+++";
/// The largest scenario file, in bytes.
pub const BYTES: usize = 256 << 10;

/// What is wrong in a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, counted from 1.
    pub line: usize,
    /// The way to the field: `step[0].done`; empty where no field is at fault.
    pub field: String,
    /// What is wrong, and what would be accepted.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field.as_str() {
            "" => write!(f, "line {}: {}", self.line, self.message),
            field => write!(f, "line {}, {field}: {}", self.line, self.message),
        }
    }
}

/// The parts of a file, with the number of the line before each.
struct Parts<'a> {
    front: &'a str,
    front_after: usize,
    prose: &'a str,
    prose_after: usize,
}

/// Reads a file's text.
///
/// # Errors
/// The first mistake.
pub fn read(text: &str) -> Result<Scenario, Mistake> {
    if text.len() > BYTES {
        return Err(at_line(1, format!("this file is larger than {BYTES} bytes")));
    }
    let text = unmarked(text);
    if let Some(at) = text.find(crate::sim::json::is_hidden) {
        let line = line_of(text, at);
        let message = "there is a letter here that cannot be seen or turns the direction of reading";
        return Err(at_line(line, message.to_owned()));
    }
    let parts = split(text)?;
    let front = front(&parts)?;
    Ok(Scenario { front, prose: prose(parts.prose, parts.prose_after)? })
}

fn at_line(line: usize, message: String) -> Mistake {
    Mistake { line, field: String::new(), message }
}

fn line_of(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or(text).matches('\n').count() + 1
}

fn split(text: &str) -> Result<Parts<'_>, Mistake> {
    let fence = |line: &str| line.trim_end() == FENCE;
    let mut at = 0;
    let mut opened = None;
    for (i, line) in text.split_inclusive('\n').enumerate() {
        match (fence(line), opened) {
            (true, None) => opened = Some((at + line.len(), i + 1)),
            (true, Some((front, front_after))) => {
                return Ok(Parts {
                    front: &text[front..at],
                    front_after,
                    prose: &text[at + line.len()..],
                    prose_after: i + 1,
                });
            }
            (false, None) if !line.trim().is_empty() => break,
            _ => {}
        }
        at += line.len();
    }
    let message = match opened {
        None => {
            format!("a scenario file begins with a line of '{FENCE}', then its settings in TOML")
        }
        Some(_) => format!("the settings have no end: a second line of '{FENCE}' closes them"),
    };
    Err(at_line(1, message))
}

fn front(parts: &Parts<'_>) -> Result<Front, Mistake> {
    let text = parts.front;
    let data = Deserializer::parse(text).and_then(Value::deserialize).map_err(|e| Mistake {
        line: line_of(text, e.span().map_or(0, |s| s.start)) + parts.front_after,
        field: String::new(),
        message: format!("this is no TOML: {}", e.message()),
    })?;
    let front: Front = data::read(data).map_err(|Wrong { way, why }| located(parts, &way, why))?;
    check::front(&front).map_err(|(way, message)| located(parts, &way, message))?;
    Ok(front)
}

/// Reads a scenario that comes as data.
///
/// # Errors
/// What is none, with the way to the field.
pub fn scenario(data: Value) -> Result<Scenario, String> {
    let scenario: Scenario = data::read(data).map_err(|wrong| wrong.to_string())?;
    check::front(&scenario.front).map_err(|(way, why)| format!("{way}: {why}"))?;
    Ok(scenario)
}

impl Mistake {
    /// Something that is wrong in a file's `text` at what the way leads to, as far as it goes.
    pub fn at(text: &str, way: &Way, message: String) -> Self {
        let text = unmarked(text);
        match split(text) {
            Ok(parts) => located(&parts, way, message),
            Err(_) => at_line(1, message),
        }
    }
}

/// A mistake at the innermost thing on the way that stands in the text.
fn located(parts: &Parts<'_>, way: &Way, message: String) -> Mistake {
    let text = parts.front;
    let found = DeTable::parse(text).ok().and_then(|table| place(table.get_ref(), &way.0));
    let at = found.map_or(0, |found| found.start);
    Mistake { line: line_of(text, at) + parts.front_after, field: way.to_string(), message }
}

/// Where what the way leads to stands, as far as it goes.
fn place(table: &DeTable<'_>, way: &[Step]) -> Option<Range<usize>> {
    let (Step::Field(name), rest) = way.split_first()? else {
        return None;
    };
    let (key, value) = table.get_key_value(name.as_str())?;
    Some(within(value.get_ref(), rest).unwrap_or_else(|| match rest.is_empty() {
        true => key.span(),
        false => value.span(),
    }))
}

fn within(value: &DeValue<'_>, way: &[Step]) -> Option<Range<usize>> {
    match (value, way.split_first()?) {
        (DeValue::Table(table), _) => place(table, way),
        (DeValue::Array(list), (Step::Place(i), rest)) => {
            let item = list.get(*i)?;
            Some(within(item.get_ref(), rest).unwrap_or_else(|| item.span()))
        }
        _ => None,
    }
}

// ------------------------------------------------------------------ prose

/// What a piece of a line is inside of.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    Em,
    Strong,
}

/// Builds blocks from the parser's events.
#[derive(Default)]
struct Builder {
    blocks: Vec<Block>,
    line: Vec<Piece>,
    items: Option<(bool, Vec<Vec<Piece>>)>,
    code: Option<String>,
    style: Option<Style>,
    link: Option<(Address, String)>,
}

fn prose(text: &str, after: usize) -> Result<Vec<Block>, Mistake> {
    let mut builder = Builder::default();
    for (event, span) in Parser::new_ext(text, Options::empty()).into_offset_iter() {
        let line = line_of(text, span.start) + after;
        builder.take(event).map_err(|message| at_line(line, message))?;
    }
    Ok(builder.blocks)
}

/// What the prose may hold.
const TAKEN: &str = "the text takes paragraphs, headings, lists, code, emphasis and links";

impl Builder {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Start(tag) => self.begin(tag),
            Event::End(tag) => {
                self.end(tag);
                Ok(())
            }
            Event::Text(text) => {
                self.add(&text);
                Ok(())
            }
            Event::Code(text) => {
                self.line.push(Piece::Code(text.into_string()));
                Ok(())
            }
            Event::SoftBreak | Event::HardBreak => {
                self.add(" ");
                Ok(())
            }
            Event::Html(_) | Event::InlineHtml(_) => Err(format!("HTML is not taken: {TAKEN}")),
            _ => Err(format!("this is not taken: {TAKEN}")),
        }
    }

    fn begin(&mut self, tag: Tag<'_>) -> Result<(), String> {
        match tag {
            Tag::Paragraph | Tag::Heading { .. } | Tag::Item => {}
            Tag::List(first) if self.items.is_none() => {
                self.items = Some((first.is_some(), Vec::new()));
            }
            Tag::List(_) => return Err(format!("a list in a list is not taken: {TAKEN}")),
            Tag::CodeBlock(_) if self.items.is_none() => self.code = Some(String::new()),
            Tag::Emphasis if self.style.is_none() => self.style = Some(Style::Em),
            Tag::Strong if self.style.is_none() => self.style = Some(Style::Strong),
            Tag::Link { dest_url, .. } => {
                self.link = Some((Address::try_from(dest_url.into_string())?, String::new()));
            }
            Tag::Image { .. } => return Err(format!("pictures are not taken: {TAKEN}")),
            Tag::HtmlBlock => return Err(format!("HTML is not taken: {TAKEN}")),
            _ => return Err(format!("this is not taken: {TAKEN}")),
        }
        Ok(())
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph if self.items.is_none() => {
                let line = std::mem::take(&mut self.line);
                self.blocks.push(Block::P(line));
            }
            TagEnd::Heading(_) => {
                let line = std::mem::take(&mut self.line);
                self.blocks.push(Block::H(line));
            }
            // The paragraphs of an item become one.
            TagEnd::Paragraph => self.add(" "),
            TagEnd::Item => {
                let line = std::mem::take(&mut self.line);
                if let Some((_, items)) = &mut self.items {
                    items.push(line);
                }
            }
            TagEnd::List(_) => match self.items.take() {
                Some((true, items)) => self.blocks.push(Block::Ol(items)),
                Some((false, items)) => self.blocks.push(Block::Ul(items)),
                None => {}
            },
            TagEnd::CodeBlock => {
                let code = self.code.take().unwrap_or_default();
                self.blocks.push(Block::Code(code.trim_end().to_owned()));
            }
            TagEnd::Emphasis | TagEnd::Strong => self.style = None,
            TagEnd::Link => {
                if let Some((to, text)) = self.link.take() {
                    self.line.push(Piece::A { text, to });
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, text: &str) {
        if let Some(code) = &mut self.code {
            code.push_str(text);
            return;
        }
        if let Some((_, inner)) = &mut self.link {
            inner.push_str(text);
            return;
        }
        match (self.style, self.line.last_mut()) {
            (None, Some(Piece::T(before)))
            | (Some(Style::Em), Some(Piece::Em(before)))
            | (Some(Style::Strong), Some(Piece::Strong(before))) => before.push_str(text),
            (None, _) => self.line.push(Piece::T(text.to_owned())),
            (Some(Style::Em), _) => self.line.push(Piece::Em(text.to_owned())),
            (Some(Style::Strong), _) => self.line.push(Piece::Strong(text.to_owned())),
        }
    }
}

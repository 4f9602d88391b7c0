//! What the address of the page asks for.
//!
//! The rule that is easy to break: an address is written by strangers. Nothing of it is trusted;
//! what cannot be read is refused in a sentence, and an unknown option is ignored, so that every
//! link ever made keeps opening.

use super::chosen::Theme;
use crate::sim::Refusal;
use std::collections::BTreeMap;

/// The longest address that is read, in bytes.
const LONGEST: usize = 40_000;

/// A place of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// The gallery.
    #[default]
    Gallery,
    /// A scenario by its id.
    Scenario(String),
    /// A shared run: the link's payload.
    Shared(String),
}

/// A place and what goes with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// Where.
    pub place: Place,
    /// The staged situation that a scenario begins with, by its id.
    pub stage: Option<String>,
    /// The seed, if named.
    pub seed: Option<u64>,
    /// Parameters of the protocol, by name: every option after the `#` that is none of the page's own.
    pub params: BTreeMap<String, String>,
    /// How the page shows itself.
    pub look: Look,
}

/// How the page shows itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Inside another page: no header, and the address is never rewritten.
    pub embed: bool,
    /// The parts shown in an embed; empty: stage and time.
    pub parts: Vec<String>,
    /// Colours.
    pub theme: Option<Theme>,
    /// Simulated microseconds a second.
    pub speed: Option<u64>,
    /// Plays from the start.
    pub autoplay: bool,
    /// The reader may look, not touch.
    pub lock: bool,
    /// The scenario file to open, by its address beside the page's.
    pub lesson: Option<String>,
}

impl Look {
    /// Whether `part` (`stage`, `time`, `log`, `lesson`, `inspector`) is shown.
    pub fn shows(&self, part: &str) -> bool {
        match (self.embed, self.parts.is_empty()) {
            (false, _) => true,
            (true, true) => part == "stage" || part == "time",
            (true, false) => self.parts.iter().any(|p| p == part),
        }
    }
}

impl Route {
    /// Reads the address's `search` (with its `?`, or empty) and `hash` (with its `#`, or empty).
    ///
    /// # Errors
    /// A place that is none, an id or a payload with foreign characters, a seed that is no number.
    pub fn parse(search: &str, hash: &str) -> Result<Route, Refusal> {
        if search.len() + hash.len() > LONGEST {
            return Err(Refusal::new(
                "bad-route",
                format!("this address is longer than {LONGEST} characters: it was damaged"),
            ));
        }
        let hash = hash.strip_prefix('#').unwrap_or(hash);
        let (path, options) = hash.split_once('?').unwrap_or((hash, ""));
        let mut route = Route { place: place(path)?, ..Route::default() };
        let search = search.trim_start_matches('?');
        for (part, params) in [(search, false), (options, true)] {
            for pair in part.split('&') {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                if !key.is_empty() {
                    route.option(&decode(key), &decode(value), params)?;
                }
            }
        }
        Ok(route)
    }

    /// Takes an option; one that is none of the page's own is a parameter of the protocol where there may
    /// be `params`. Before the `#` there are none: whoever passes a link on adds marks of their own there.
    fn option(&mut self, key: &str, value: &str, params: bool) -> Result<(), Refusal> {
        let on = !matches!(value, "0" | "false" | "off" | "no");
        let look = &mut self.look;
        match key {
            "embed" => look.embed = on,
            "autoplay" => look.autoplay = on,
            "lock" => look.lock = on,
            "ui" => look.parts = value.split(',').map(str::to_owned).collect(),
            "theme" => {
                look.theme = match value {
                    "light" => Some(Theme::Light),
                    "dark" => Some(Theme::Dark),
                    _ => None,
                }
            }
            "lesson" => look.lesson = beside(value),
            "speed" => look.speed = speed(value),
            "seed" => self.seed = Some(seed(value)?),
            "stage" if params => self.stage = Some(value.to_owned()),
            _ if params && matches!(self.place, Place::Scenario(_)) => {
                self.params.insert(key.to_owned(), value.to_owned());
            }
            _ => {}
        }
        Ok(())
    }
}

fn place(path: &str) -> Result<Place, Refusal> {
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    match parts.as_slice() {
        [] => Ok(Place::Gallery),
        ["s", id] if plain(id) => Ok(Place::Scenario((*id).to_owned())),
        ["x", payload] if plain(payload) => Ok(Place::Shared((*payload).to_owned())),
        _ => {
            let shown = crate::sim::letters::short(path);
            Err(Refusal::new(
                "bad-route",
                format!("'#{shown}' is no place here: try #/ for the gallery or #/s/raft-election"),
            ))
        }
    }
}

/// Reads a seed. Shared with the field in the transport.
///
/// # Errors
/// Anything but a whole number that fits 64 bits.
pub fn seed(text: &str) -> Result<u64, Refusal> {
    text.trim().parse().map_err(|_| {
        let shown = crate::sim::letters::short(text);
        Refusal::new(
            "bad-seed",
            format!("the seed must be a whole number from 0 to {}, not '{shown}'", u64::MAX),
        )
    })
}

/// The address of a file beside the page, or below it; nothing if it leads anywhere else.
fn beside(text: &str) -> Option<String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./".contains(&b);
    let steps = text.split('/').all(|s| !s.is_empty() && !s.starts_with('.'));
    (text.len() <= 200 && text.bytes().all(plain) && steps).then(|| text.to_owned())
}

/// `0.25` or `0.25x` as simulated microseconds a second; nothing if it is no such number.
fn speed(text: &str) -> Option<u64> {
    let factor = text.trim().trim_end_matches(['x', '×']).parse::<f64>().ok()?;
    (factor > 0.0 && factor < 1e6).then_some((factor * 1e6) as u64)
}

/// Undoes percent signs and pluses; what is malformed stays as it is.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = (bytes[i] == b'%')
            .then(|| text.get(i + 1..i + 3))
            .flatten()
            .and_then(|h| u8::from_str_radix(h, 16).ok());
        match (bytes[i], hex) {
            (_, Some(b)) => {
                out.push(b);
                i += 2;
            }
            (b'+', None) => out.push(b' '),
            (b, None) => out.push(b),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lesson is a file of the page's own host, below the page.
    #[test]
    fn a_lesson_lies_below_the_page() {
        let lesson = |value: &str| Route::parse(&format!("?lesson={value}"), "#/").unwrap().look.lesson;
        assert_eq!(lesson("notes/one-crash.md").as_deref(), Some("notes/one-crash.md"));
        assert_eq!(lesson("notes%2Fone-crash.md").as_deref(), Some("notes/one-crash.md"));
        for elsewhere in [
            "",
            "/etc/x.md",
            "//host/x.md",
            "https://host/x.md",
            "../x.md",
            "a/../../x.md",
            ".git/config",
            "a//b",
            "x.md?y",
        ] {
            assert_eq!(lesson(elsewhere), None, "{elsewhere}");
        }
        assert_eq!(lesson(&"a".repeat(201)), None);
    }

    #[test]
    fn a_route_names_a_place_a_seed_parameters_and_a_look() {
        let r =
            Route::parse("?embed=1&ui=stage,log&theme=dark", "#/s/raft-election?seed=7&nodes=3&speed=0.25x")
                .unwrap();
        assert_eq!(r.place, Place::Scenario("raft-election".to_owned()));
        assert_eq!((r.seed, r.look.speed), (Some(7), Some(250_000)));
        assert_eq!(r.params.get("nodes").map(String::as_str), Some("3"));
        assert!(!r.params.contains_key("embed"));
        assert!(r.look.shows("log") && !r.look.shows("lesson"));
    }

    #[test]
    fn a_scenario_may_begin_with_a_staged_situation() {
        let r = Route::parse("", "#/s/raft-election?stage=split-vote&seed=2").unwrap();
        assert_eq!((r.stage.as_deref(), r.params.len()), (Some("split-vote"), 0));
        // Before the `#` stand the marks of strangers.
        assert_eq!(Route::parse("?stage=x", "#/s/raft-election").unwrap().stage, None);
    }

    /// Mail programs and social sites put marks of their own into a link's query.
    #[test]
    fn what_others_add_to_an_address_is_no_parameter() {
        let hash = "#/s/raft-election?seed=7&nodes=3";
        let plain = Route::parse("", hash).unwrap();
        let marked = Route::parse("?fbclid=abc&utm_source=x&nodes=5", hash).unwrap();
        assert_eq!(marked, plain);
        assert_eq!(marked.params.len(), 1);
    }

    #[test]
    fn nothing_is_the_gallery() {
        for hash in ["", "#", "#/"] {
            assert_eq!(Route::parse("", hash).unwrap().place, Place::Gallery);
        }
    }

    #[test]
    fn what_strangers_write_is_refused_in_a_sentence() {
        for hash in ["#/s/a/b", "#/s/<script>", "#/q", "#/s/x?seed=-1", "#/s/x?seed=99999999999999999999"] {
            let refusal = Route::parse("", hash).unwrap_err();
            assert!(!refusal.message.is_empty(), "{hash}");
        }
        assert!(Route::parse("", &"#".repeat(50_000)).is_err());
        assert_eq!(decode("%C3%A9+%zz%"), "é %zz%");
    }
}

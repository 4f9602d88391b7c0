//! A run in another page: what its author chooses, the address that says it, and the text to paste.
//!
//! The rule that is easy to break: the text is pasted into pages of strangers, so all that comes from a run or a scenario
//! is escaped, and every text works where its host's rules are as they are by default; where they have to be changed, a
//! word says so.

use super::chosen::Theme;

/// The parts that an author may add to the stage, as `ui=` calls them, with what they are called here.
pub const PARTS: [(&str, &str); 5] = [
    ("time", "Diagram over time"),
    ("boards", "Boards"),
    ("lesson", "Lesson and question"),
    ("log", "Log"),
    ("inspector", "Inspector"),
];

/// Speeds to choose from, in simulated seconds a second; none: as the story goes.
pub const SPEEDS: [&str; 4] = ["", "0.1", "0.25", "1"];

/// Where it is pasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// HTML, as a frame without a script.
    Frame,
    /// HTML, as an element, which is as high as its content.
    Element,
    /// MkDocs, Material or not.
    MkDocs,
    /// mdBook.
    MdBook,
    /// Quartz and Hugo.
    Hugo,
    /// Obsidian.
    Obsidian,
    /// Quarto.
    Quarto,
    /// A Jupyter notebook.
    Jupyter,
    /// Moodle, Canvas and the like.
    Lms,
}

impl Host {
    /// All of them, the one that works everywhere first.
    pub const ALL: [Host; 9] = [
        Host::Frame,
        Host::Element,
        Host::MkDocs,
        Host::MdBook,
        Host::Hugo,
        Host::Obsidian,
        Host::Quarto,
        Host::Jupyter,
        Host::Lms,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Host::Frame => "Any page: a frame",
            Host::Element => "Any page: an element",
            Host::MkDocs => "MkDocs",
            Host::MdBook => "mdBook",
            Host::Hugo => "Quartz, Hugo",
            Host::Obsidian => "Obsidian",
            Host::Quarto => "Quarto",
            Host::Jupyter => "Jupyter",
            Host::Lms => "Moodle, Canvas",
        }
    }

    /// What its author should know.
    pub fn note(self) -> &'static str {
        match self {
            Host::Frame => "Works wherever HTML does. The height is yours to set.",
            Host::Element => {
                "As high as its content, and the page hears of steps and answers. The script is needed once a page."
            }
            Host::MkDocs => {
                "Markdown takes it as it is. The script may stand once in mkdocs.yml, under extra_javascript."
            }
            Host::MdBook => "Markdown takes it as it is: leave an empty line before and after.",
            Host::Hugo => {
                "Quartz takes it as it is; Hugo only with markup.goldmark.renderer.unsafe = true, or in a shortcode."
            }
            Host::Obsidian => "Shown when the note is read, not while it is edited as source.",
            Host::Quarto => "A raw block, for HTML output.",
            Host::Jupyter => {
                "A code cell of its own. Run it, and the frame is saved with the notebook's output."
            }
            Host::Lms => {
                "Paste it in the editor's HTML view. Frames of this host may have to be allowed by an administrator."
            }
        }
    }

    fn is_element(self) -> bool {
        matches!(self, Host::Element | Host::MkDocs | Host::MdBook)
    }
}

/// What an author chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embedding {
    /// The parts that are shown with the stage.
    pub parts: Vec<&'static str>,
    /// The reader looks and changes nothing.
    pub lock: bool,
    /// Colours; none: the reader's.
    pub theme: Option<Theme>,
    /// One of [`SPEEDS`].
    pub speed: &'static str,
    /// This very run and moment; else the scenario from its start.
    pub moment: bool,
    /// Where it is pasted.
    pub host: Host,
}

impl Default for Embedding {
    fn default() -> Self {
        let (parts, host) = (vec!["time"], Host::Frame);
        Embedding { parts, lock: false, theme: None, speed: "", moment: true, host }
    }
}

/// What is embedded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The page's address, without what follows its path.
    pub base: String,
    /// The scenario's id; empty if it is somebody's own, which no page knows by name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The link to this run, from its `#` on.
    pub link: String,
}

impl Embedding {
    /// Shows `part`, or does so no more.
    pub fn turn(&mut self, part: &'static str, on: bool) {
        self.parts.retain(|p| *p != part);
        if on {
            self.parts.push(part);
        }
    }

    fn theme_name(&self) -> Option<&'static str> {
        match self.theme {
            Some(Theme::Light) => Some("light"),
            Some(Theme::Dark) => Some("dark"),
            _ => None,
        }
    }

    /// `stage` and the chosen parts, in their order on the page.
    fn shown(&self) -> String {
        let chosen = PARTS.iter().map(|(part, _)| *part).filter(|part| self.parts.contains(part));
        std::iter::once("stage").chain(chosen).collect::<Vec<_>>().join(",")
    }

    /// The address of the frame.
    pub fn address(&self, s: &Subject) -> String {
        let mut look = format!("?embed=1&ui={}", self.shown());
        if let Some(theme) = self.theme_name() {
            look += &format!("&theme={theme}");
        }
        if !self.speed.is_empty() {
            look += &format!("&speed={}", self.speed);
        }
        if self.lock {
            look += "&lock=1";
        }
        match self.moment || s.id.is_empty() {
            true => format!("{}{look}{}", s.base, s.link),
            false => format!("{}{look}#/s/{}", s.base, s.id),
        }
    }

    /// The text to paste.
    pub fn text(&self, s: &Subject) -> String {
        let html = match self.host.is_element() {
            true => self.element(s),
            false => self.frame(s),
        };
        match self.host {
            Host::Quarto => format!("```{{=html}}\n{html}\n```"),
            Host::Jupyter => format!("%%html\n{html}"),
            _ => html,
        }
    }

    fn frame(&self, s: &Subject) -> String {
        let (src, title) = (escaped(&self.address(s)), escaped(&s.title));
        format!(
            "<iframe src=\"{src}\" title=\"Faultline: {title}\" width=\"100%\" height=\"560\" loading=\"lazy\" sandbox=\"allow-scripts\"></iframe>"
        )
    }

    fn element(&self, s: &Subject) -> String {
        let what = match self.moment || s.id.is_empty() {
            true => format!("run=\"{}\"", escaped(s.link.trim_start_matches("#/x/"))),
            false => format!("scenario=\"{}\"", escaped(&s.id)),
        };
        let mut attributes =
            format!("{what} title=\"Faultline: {}\" ui=\"{}\"", escaped(&s.title), self.shown());
        if let Some(theme) = self.theme_name() {
            attributes += &format!(" theme=\"{theme}\"");
        }
        if !self.speed.is_empty() {
            attributes += &format!(" speed=\"{}\"", self.speed);
        }
        if self.lock {
            attributes += " lock";
        }
        format!(
            "<script src=\"{}embed.js\" defer></script>\n<fault-line {attributes}></fault-line>",
            escaped(&s.base)
        )
    }
}

/// For an attribute in double quotes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::route::{Place, Route};

    fn subject() -> Subject {
        Subject {
            base: "https://host/path/".to_owned(),
            id: "raft-election".to_owned(),
            title: "A \"leader\" & <others>".to_owned(),
            link: "#/x/1abc".to_owned(),
        }
    }

    fn route(address: &str) -> Route {
        let (search, hash) = address.trim_start_matches("https://host/path/").split_once('#').unwrap();
        Route::parse(search, hash).unwrap()
    }

    #[test]
    fn the_address_says_what_was_chosen_as_the_page_reads_it() {
        let mut e = Embedding { lock: true, theme: Some(Theme::Dark), speed: "0.25", ..Embedding::default() };
        e.turn("log", true);
        e.turn("time", false);
        let r = route(&e.address(&subject()));
        assert_eq!(r.place, Place::Shared("1abc".to_owned()));
        assert!(r.look.embed && r.look.lock && r.look.shows("stage") && r.look.shows("log"));
        assert!(!r.look.shows("time") && !r.look.shows("lesson"));
        assert_eq!((r.look.theme, r.look.speed), (Some(Theme::Dark), Some(250_000)));
        // A scenario of one's own has no name by which another page could find it: it goes with the link.
        let own = Subject { id: String::new(), ..subject() };
        let address = Embedding { moment: false, ..Embedding::default() }.address(&own);
        assert_eq!(route(&address).place, Place::Shared("1abc".to_owned()));
        let start = Embedding { moment: false, ..Embedding::default() };
        assert_eq!(route(&start.address(&subject())).place, Place::Scenario("raft-election".to_owned()));
    }

    #[test]
    fn no_title_ends_its_attribute_whatever_the_host() {
        for host in Host::ALL {
            let text = Embedding { host, ..Embedding::default() }.text(&subject());
            assert!(text.contains("title=\"Faultline: A &quot;leader&quot; &amp; &lt;others>\""), "{text}");
            assert_eq!(text.matches("ui=").count(), 1, "{text}");
            assert!(!host.note().is_empty());
        }
    }

    #[test]
    fn each_host_gets_what_it_takes() {
        let text = |host| Embedding { host, ..Embedding::default() }.text(&subject());
        assert!(text(Host::MkDocs).starts_with(
            "<script src=\"https://host/path/embed.js\" defer></script>\n<fault-line run=\"1abc\" "
        ));
        assert!(
            text(Host::Quarto).starts_with("```{=html}\n<iframe ") && text(Host::Quarto).ends_with("\n```")
        );
        assert!(text(Host::Jupyter).starts_with("%%html\n<iframe "));
        assert!(
            text(Host::Lms)
                .starts_with("<iframe src=\"https://host/path/?embed=1&amp;ui=stage,time#/x/1abc\"")
        );
    }
}

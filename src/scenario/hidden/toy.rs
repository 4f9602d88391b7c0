//! A protocol that shows one of everything that a protocol can show: each layout, each kind of board,
//! each kind of field in a request, gauges with theory and without. Tests of the page open it; no list
//! shows it.

use crate::kit::boards::{Band, Bar, Branch, Field, Lamp, Line, Mood, Part};
use crate::kit::{Board, Choice, Entry, GaugeDef, Param, Params, gauges};
use crate::scenario::front::{Block, Front, Piece, Scenario};
use crate::sim::form::{Asked, FieldKind, Form, FormField};
use crate::sim::world::{Layout, NodeSetup, Setup, World};
use crate::sim::{Cell, CellTone, Ctx, Host, Inspect, Kind, Message, NodeId, Protocol, Shape, Span, Tone};

/// Its line, which is not in the registry.
pub static ENTRY: Entry = Entry {
    id: "test-toy",
    title: "One of everything",
    source: "none",
    leaves_out: "sense",
    params: &[
        Param::int("nodes", "Nodes", 6, 2..=30),
        Param::choice(
            "layout",
            "Layout",
            &[
                Choice::new("star", "a star"),
                Choice::new("sides", "two sides"),
                Choice::new("tiers", "tiers"),
                Choice::new("grid", "a grid"),
                Choice::new("map", "a map"),
            ],
        ),
    ],
    build,
    gauges: GAUGES,
    boards: Some(boards),
    ..Entry::BLANK
};

/// The scenario that opens it.
pub fn scenario() -> Scenario {
    Scenario {
        front: Front {
            title: ENTRY.title.to_owned(),
            summary: "Every layout, every board, every request.".to_owned(),
            speed_ms: 200,
            length_ms: 2_000,
            leaves_out: ENTRY.leaves_out.to_owned(),
            ..Front::of(ENTRY.id, ENTRY.id)
        },
        prose: vec![Block::P(vec![Piece::T("Nodes pass words on and throw a die.".to_owned())])],
    }
}

fn build(params: &Params, seed: u64) -> Result<Setup, crate::sim::Refusal> {
    let n = params.int("nodes") as u16;
    let layout = match params.word("layout") {
        "sides" => Layout::TwoSides,
        "tiers" => Layout::Tiers,
        "grid" => Layout::Grid,
        "map" => Layout::Map,
        _ => Layout::Star,
    };
    let node = |i: u16| {
        let group = match layout {
            Layout::TwoSides => u8::from(i * 2 >= n),
            Layout::Tiers => u8::from(i > 0) + u8::from(i > n / 3),
            _ => u8::from(i > 0),
        };
        NodeSetup::server(format!("T{}", i + 1), Host::boxed(Toy::default()))
            .in_group(group)
            .at(i * 389 % 1_001, i * 617 % 1_001)
    };
    Ok(Setup { seed, nodes: (0..n).map(node).collect(), layout, ..Setup::default() })
}

#[derive(Clone, Debug, Hash)]
struct Word(u32);

impl Message for Word {
    fn kind(&self) -> Kind {
        Kind::new("word", Shape::Arrow, Tone::Blue)
    }

    fn label(&self) -> String {
        format!("word {}", self.0)
    }
}

/// Passes words on, and remembers what it was asked.
#[derive(Clone, Debug, Default, Hash)]
struct Toy {
    heard: u32,
    die: u32,
    asked: String,
}

impl Toy {
    fn say(ctx: &mut Ctx<'_, Self>, word: u32) {
        let others = u64::from(ctx.nodes()) - 1;
        let me = u64::from(ctx.me().0);
        let to = (me + 1 + ctx.random_below(others)) % (others + 1);
        ctx.send(NodeId(to as u16), Word(word));
    }
}

impl Protocol for Toy {
    type Msg = Word;
    type Timer = ();
    type Stable = ();

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.die = ctx.random_below(6) as u32 + 1;
        ctx.set_timer((), Span::ms(80));
        Self::say(ctx, 1);
    }

    fn restart(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.start(ctx);
    }

    fn on_message(&mut self, ctx: &mut Ctx<'_, Self>, _: NodeId, msg: &Word) {
        self.heard += 1;
        if msg.0 < 9 {
            Self::say(ctx, msg.0 + 1);
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, (): ()) {
        ctx.set_timer((), Span::ms(80));
        Self::say(ctx, 7);
    }

    fn on_request(&mut self, ctx: &mut Ctx<'_, Self>, asked: &Asked) {
        self.asked = match asked.form {
            "mix" => format!("{} {} {} {}", asked.letter(0), asked.int(1), asked.node(2), asked.word(3)),
            form => form.to_owned(),
        };
        ctx.note(format!("was asked: {}", self.asked));
    }

    fn requests(&self) -> &'static [Form] {
        const {
            &[
                Form::bare("wave", "Wave"),
                Form {
                    id: "mix",
                    label: "Mix",
                    fields: &[
                        FormField { label: "the letter", kind: FieldKind::Letter { default: 'x' } },
                        FormField {
                            label: "the number",
                            kind: FieldKind::Int { default: 3, min: -9, max: 99 },
                        },
                        FormField { label: "the node", kind: FieldKind::Node },
                        FormField { label: "the manner", kind: FieldKind::Word(&["gently", "firmly"]) },
                    ],
                },
                Form::bare("panic", "Refuse"),
            ]
        }
    }

    fn inspect(&self) -> Inspect {
        Inspect {
            role: "toy".to_owned(),
            badge: format!("heard {}", self.heard),
            cells: vec![Cell::new(self.die, CellTone::Firm, "its die")],
            ..Inspect::default()
        }
        .field("asked", &self.asked)
        .field("die", self.die)
    }
}

static GAUGES: &[GaugeDef] = &[
    GaugeDef::new("die", "the first node's die", "", |_| {
        gauges::reading(|w| Some(f64::from(w.node_as::<Toy>(NodeId(0))?.die)).filter(|d| *d > 0.0))
    })
    .theory(|_| Some(3.5)),
    GaugeDef::new("messages", "words sent", "", gauges::messages),
    GaugeDef::new("spread_ms", "a time, for its unit", "ms", |_| {
        gauges::reading(|w| Some(w.hash() as f64 / u64::MAX as f64 * 40.0))
    }),
    GaugeDef::new("never", "what never comes", "ms", |_| gauges::reading(|_| None)),
];

fn heard(world: &World, node: NodeId) -> u32 {
    world.node_as::<Toy>(node).map_or(0, |t| t.heard)
}

fn mood(n: u32) -> Mood {
    [Mood::Plain, Mood::Good, Mood::Waiting, Mood::Bad][n as usize % 4]
}

/// A bar for each of the first words, the last of them still under way.
fn bands(heard: u32) -> Vec<Band> {
    let band = |i: u32| Band {
        label: format!("word {i}"),
        from_us: u64::from(i) * 20_000,
        to_us: (i < 3).then_some(u64::from(i) * 20_000 + 15_000),
        mood: mood(i),
    };
    (0..heard.min(4)).map(band).collect()
}

fn heard_when(world: &World, nodes: &[NodeId]) -> Board {
    let row = |n: &NodeId| (world.name(*n).to_owned(), bands(heard(world, *n)));
    Board::Bands { title: "When each has heard".to_owned(), rows: nodes.iter().take(3).map(row).collect() }
}

fn boards(_: &Params, world: &World) -> Vec<Board> {
    let nodes: Vec<NodeId> = world.node_ids().take(6).collect();
    let name = |n: &NodeId| world.name(*n).to_owned();
    let field = |n: u32| Field::of(n).mood(mood(n));
    let row = |n: &NodeId| (name(n), vec![field(heard(world, *n)), field(n.0.into())]);
    let known = |a: &NodeId| {
        let cell = |b: &NodeId| field(world.carried(*a, *b));
        nodes.iter().map(cell).collect()
    };
    let bar = |n: &NodeId| Bar { label: name(n), value: f64::from(heard(world, *n)), mood: mood(n.0.into()) };
    let line = |n: &NodeId| {
        let (us, count) = (world.now().us(), heard(world, *n));
        let point = |i: u32| (us * u64::from(i) / u64::from(count + 1), f64::from(i));
        Line { label: name(n), points: (0..=count).map(point).collect() }
    };
    let lamp = |n: &NodeId| Lamp {
        label: format!("{} has heard {} of 20", name(n), heard(world, *n)),
        mood: if heard(world, *n) >= 20 { Mood::Good } else { Mood::Waiting },
    };
    let part = |n: &NodeId| Part { label: name(n), value: i64::from(heard(world, *n)) };
    let leaf = |n: &NodeId| Branch {
        label: format!("{} was told", name(n)),
        mood: mood(n.0.into()),
        children: Vec::new(),
    };
    let titled = |t: &str| t.to_owned();
    vec![
        Board::Table {
            title: titled("What each has heard"),
            columns: ["node", "heard", "number"].map(titled).to_vec(),
            rows: nodes.iter().map(row).collect(),
        },
        Board::Matrix {
            title: titled("Who sent to whom"),
            names: nodes.iter().map(name).collect(),
            cells: nodes.iter().map(known).collect(),
        },
        Board::Bars {
            title: titled("Words heard"),
            unit: titled("words"),
            bars: nodes.iter().map(bar).collect(),
            mark: Some(25.0),
        },
        Board::Series {
            title: titled("Words over time"),
            unit: titled("words"),
            lines: nodes.iter().take(3).map(line).collect(),
            mark: Some(20.0),
        },
        heard_when(world, &nodes),
        Board::Lamps {
            title: titled("Who has heard enough"),
            lamps: nodes.iter().take(3).map(lamp).collect(),
        },
        Board::Tree {
            title: titled("What came of what"),
            roots: vec![Branch {
                label: titled("the first word"),
                mood: Mood::Plain,
                children: nodes.iter().take(3).map(leaf).collect(),
            }],
        },
        Board::Total {
            title: titled("Words in all"),
            unit: titled("words"),
            parts: nodes.iter().map(part).collect(),
            should_be: i64::from(nodes.iter().map(|n| heard(world, *n)).sum::<u32>() / 10 * 10),
        },
    ]
}

//! Two protocols in one world: a message of the other one is not delivered, and the event says so.

use super::*;

/// What no [`Ticker`] understands.
#[derive(Clone, Debug, Hash)]
struct Word;

impl Message for Word {
    fn kind(&self) -> Kind {
        Kind { name: "word", shape: Shape::Disc, tone: Tone::Quiet }
    }
}

/// Says a word to the next node every `every_ms` (never if 0), and counts the words that it hears.
#[derive(Clone, Debug, Default, Hash)]
struct Talker {
    every_ms: u64,
    heard: u32,
}

impl Protocol for Talker {
    type Msg = Word;
    type Timer = u8;
    type Stable = ();

    fn start(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.every_ms > 0 {
            ctx.set_timer(0, Span::ms(self.every_ms));
        }
    }
    fn restart(&mut self, _: &mut Ctx<'_, Self>) {}
    fn on_message(&mut self, _: &mut Ctx<'_, Self>, _: NodeId, _: &Word) {
        self.heard += 1;
    }
    fn on_timer(&mut self, ctx: &mut Ctx<'_, Self>, _: u8) {
        ctx.send(NodeId((ctx.me().0 + 1) % ctx.nodes()), Word);
        self.start(ctx);
    }
    fn inspect(&self) -> Inspect {
        Inspect::default()
    }
}

/// A talker, a ticker that ticks, and another talker, in a ring: of the three kinds of link one leads from a protocol
/// to itself.
fn mixed(link: Link, config: NodeConfig) -> Run {
    let talker = || Talker { every_ms: 10, heard: 0 };
    let ticker = Ticker { every_ms: 10, ..Ticker::default() };
    let mut nodes = vec![
        NodeSetup::server("A", Host::boxed(talker())),
        NodeSetup::server("B", Host::boxed(ticker)),
        NodeSetup::server("C", Host::boxed(talker())),
    ];
    nodes.iter_mut().for_each(|n| n.config = config);
    run(Setup { seed: 7, link, nodes, ..Setup::default() })
}

/// What became of every message that has come to its end: from whom to whom, the event's kind, where, and why it
/// was lost. An acknowledgement of a layer is left out.
fn ends(run: &Run) -> Vec<(u16, u16, EventKind, u16, Loss)> {
    let trace = run.trace();
    let of = |e: &crate::sim::trace::Event| {
        let sent = trace.get_sent(e.msg()?)?;
        let end = (sent.from.0, sent.to.0, e.kind, e.node.0, e.loss);
        (trace.fate(e.msg()?).is_some() && trace.kind(e.msg()?).name != "link ack").then_some(end)
    };
    trace.events_from(EventId(0)).filter_map(|(_, e)| of(e)).collect()
}

fn check(run: &Run, what: &str) {
    let ends = ends(run);
    for pair in [(0, 1), (1, 2), (2, 0)] {
        let of: Vec<_> = ends.iter().filter(|e| (e.0, e.1) == pair).collect();
        assert!(of.len() > 5, "{what}: {pair:?} {}", of.len());
        for &&(_, to, kind, node, loss) in &of {
            let expected = match pair {
                (2, 0) => (EventKind::Deliver, Loss::None),
                _ => (EventKind::Lost, Loss::NotUnderstood),
            };
            assert_eq!(((kind, loss), node), (expected, to), "{what}: {pair:?}");
        }
    }
    let heard = |n| run.world().node_as::<Talker>(NodeId(n)).unwrap().heard;
    assert!(got(run, 1).is_empty(), "{what}: a ticker got a word");
    assert_eq!(heard(2), 0, "{what}: a talker heard a token");
    let words = ends.iter().filter(|e| (e.0, e.1) == (2, 0)).count();
    assert_eq!(heard(0) as usize, words, "{what}");
}

#[test]
fn what_is_not_understood_is_lost_at_the_receiver_whatever_its_way_there() {
    let swift = NodeConfig::default();
    let slow = NodeConfig { service_us: 300, ..swift };
    let layers = Layers { retransmit_us: 5_000, dedupe: true, reorder: true, ..Layers::default() };
    let layered = Link { layers, ..constant(1_000) };
    for (what, link, config) in [
        ("at once", constant(1_000), swift),
        ("by a slow processor", constant(1_000), slow),
        ("through layers", layered.clone(), swift),
        ("through layers, slowly", layered, slow),
    ] {
        let mut r = mixed(link, config);
        r.run_until(ms(105));
        check(&r, what);
        let resent = r.trace().events_from(EventId(0)).any(|(_, e)| e.kind == EventKind::Resend);
        assert!(!resent, "{what}: the layer has delivered it, and its sender is told so");
    }
}

#[test]
fn a_message_that_waited_is_not_understood_either() {
    let mut r = mixed(constant(1_000), NodeConfig::default());
    let node = NodeId(1);
    r.run_until(ms(35));
    r.edit(Fault::Pause { node }).unwrap();
    r.run_until(ms(65));
    let before = losses(&r).len();
    r.edit(Fault::Resume { node }).unwrap();
    r.run_until(ms(66));
    assert!(losses(&r).len() >= before + 3, "three words have waited");
    r.run_until(ms(150));
    let at_b: Vec<_> = ends(&r).into_iter().filter(|e| (e.0, e.1) == (0, 1)).collect();
    let waited = at_b.iter().filter(|e| e.2 == EventKind::Arrive).count();
    let lost = at_b.iter().filter(|e| e.4 == Loss::NotUnderstood).count();
    assert_eq!((waited + lost, lost), (at_b.len(), at_b.len() - waited));
    assert!(waited >= 3);
}

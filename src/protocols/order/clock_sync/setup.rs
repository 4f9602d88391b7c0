//! The server, its clients, and the ways between them, which may differ there and back.
//!
//! The rule that is easy to break: how far a clock is off is the hardware's, which no protocol can set.

use super::soft::SoftClock;
use super::{Client, Config, Method, Mutant, SERVER, Server};
use crate::kit::Params;
use crate::sim::world::Layout;
use crate::sim::{Delay, Host, Layers, Link, NodeConfig, NodeId, NodeSetup, Refusal, Setup};
use std::collections::BTreeMap;

pub(super) fn build(params: &Params, seed: u64) -> Result<Setup, Refusal> {
    let clients = params.int("clients") as u16;
    let config = Config {
        method: match params.word("method") {
            "ntp" => Method::Ntp,
            "berkeley" => Method::Berkeley,
            "none" => Method::None,
            _ => Method::Cristian,
        },
        slew: params.word("adjust") == "slew",
        clients,
        interval: params.ms("interval_ms"),
        stamp: params.ms("stamp_ms"),
        mutant: Mutant::of(params),
    };
    let server = Server { config, clock: SoftClock::default(), answers: BTreeMap::new(), polled_at: 0 };
    let client = |i: u16| {
        let client = Client {
            config,
            clock: SoftClock::default(),
            asked_at: Vec::new(),
            left: 0,
            best: None,
            corrections: 0,
            last_by: 0,
        };
        // The first is off by the most; every second one runs slow.
        let share = i64::from(clients - i);
        let drift = params.int("drift_ppm") as i32;
        let mut setup = NodeSetup::server(format!("C{}", i + 1), Host::boxed(client)).in_group(1);
        setup.config = NodeConfig {
            offset_us: params.int("offset_ms") * 1_000 * share / i64::from(clients),
            drift_ppm: if i.is_multiple_of(2) { drift } else { -drift },
            ..NodeConfig::default()
        };
        setup
    };
    let (there, back) = (way(params, "out_ms"), way(params, "back_ms"));
    there.check()?;
    back.check()?;
    let mut nodes = vec![NodeSetup::server("Server", Host::boxed(server))];
    nodes.extend((0..clients).map(client));
    let pairs = (1..=clients).map(NodeId);
    Ok(Setup {
        seed,
        links: pairs.flat_map(|c| [(c, SERVER, there.clone()), (SERVER, c, back.clone())]).collect(),
        nodes,
        layout: Layout::Star,
        ..Setup::default()
    })
}

/// One direction of a link.
fn way(params: &Params, shortest: &str) -> Link {
    let min_us = params.ms(shortest).0;
    let delay = Delay::Uniform { min_us, max_us: min_us + params.ms("jitter_ms").0 };
    let mut link = Link::fair_loss(delay, params.ppm("loss_percent"));
    if params.word("transport") == "retry" {
        link.layers = Layers { retransmit_us: 200_000, dedupe: true, ..Layers::default() };
    }
    link
}

//! Both ends side by side, and what has not happened.
//!
//! The rule that is easy to break: each end is shown as it sees itself; that two rows speak of the same connection no end can see.

use super::client::{Client, Phase as AtClient};
use super::server::{Phase as AtServer, Server};
use super::{CLIENT, SERVER};
use crate::kit::prelude::*;
use crate::sim::Status;

fn down(world: &World, node: NodeId) -> bool {
    matches!(world.status(node), Status::Crashed | Status::Stopped)
}

fn client(world: &World) -> Option<&Client> {
    world.node_as::<Client>(CLIENT).filter(|_| !down(world, CLIENT))
}

fn server(world: &World) -> Option<&Server> {
    world.node_as::<Server>(SERVER).filter(|_| !down(world, SERVER))
}

/// Which connection an end has, whether it takes it for open, and its numbers.
type End = (u16, bool, u32, u32);

fn at_client(c: &Client) -> Option<End> {
    let open = matches!(c.phase, AtClient::Established | AtClient::FinWait);
    (c.phase != AtClient::Closed).then_some((c.conn, open, c.send, c.expect))
}

fn at_server(s: &Server) -> Option<End> {
    (s.phase != AtServer::Listen).then(|| (s.conn, s.phase == AtServer::Established, s.send(), s.expect))
}

pub(super) fn boards(_: &Params, world: &World) -> Vec<Board> {
    let ends = [(CLIENT, client(world).and_then(at_client)), (SERVER, server(world).and_then(at_server))];
    let row = |&(node, end): &(NodeId, Option<End>)| {
        let state = match down(world, node) {
            true => "is down".to_owned(),
            false => world.inspect(node).role,
        };
        let mood = match end {
            Some((_, true, ..)) => Mood::Good,
            Some(_) => Mood::Waiting,
            None => Mood::Plain,
        };
        let mut cells = vec![Field::of(state).mood(mood)];
        match end {
            Some((conn, _, send, expect)) => {
                // Before an answer it expects nothing in particular.
                let expect = if expect == 0 { "-".to_owned() } else { expect.to_string() };
                cells.extend([Field::of(conn), Field::of(send), Field::of(expect)]);
            }
            None => cells.extend(["-", "-", "-"].map(Field::of)),
        }
        (world.name(node).to_owned(), cells)
    };
    let open = |i: usize| ends[i].1.is_some_and(|e| e.1);
    let lamp = |label: &str, mood| Lamp { label: label.to_owned(), mood };
    let same = match (ends[0].1, ends[1].1) {
        (Some(c), Some(s)) if c.0 == s.0 => Mood::Good,
        (None, Some((_, true, ..))) | (Some((_, true, ..)), None) | (Some(_), Some(_)) => Mood::Bad,
        _ => Mood::Plain,
    };
    vec![
        Board::table(
            "Both ends",
            &["end", "state", "connection", "sends next", "expects next"],
            ends.iter().map(row).collect(),
        ),
        Board::Lamps {
            title: "Who has a connection open?".to_owned(),
            lamps: vec![
                lamp("the client", Mood::good_if(open(0))),
                lamp("the server", Mood::good_if(open(1))),
                lamp("both mean the same one", same),
            ],
        },
    ]
}

/// Who waits for an answer.
pub(super) fn absences(world: &World, _: &Trace) -> Vec<Absence> {
    let mut all = Vec::new();
    if let Some(c) = client(world).filter(|c| matches!(c.phase, AtClient::SynSent | AtClient::FinWait)) {
        let (what, says, kinds): (_, _, &'static [&'static str]) = match c.phase {
            AtClient::SynSent => ("open", "its SYN is acknowledged", &["SYN", "SYN-ACK"]),
            _ => ("closed", "its FIN is acknowledged", &["FIN", "ACK"]),
        };
        let heard =
            Condition::of(says, false).lacks([Lack::Running(SERVER), Lack::Word(SERVER, CLIENT, kinds)]);
        let what = format!("connection {} is not {what} at Client", c.conn);
        all.push(Absence::of(Lacking::Answer, what, vec![heard]));
    }
    if let Some(s) = server(world).filter(|s| s.phase == AtServer::SynReceived) {
        let says = format!("its number {} is acknowledged, by an ACK or by data", s.iss);
        let heard = Condition::of(says, false)
            .lacks([Lack::Running(CLIENT), Lack::Word(CLIENT, SERVER, &["SYN-ACK", "ACK", "DATA"])]);
        let what = format!("connection {} is not open at Server", s.conn);
        all.push(Absence::of(Lacking::Answer, what, vec![heard]));
    }
    all
}

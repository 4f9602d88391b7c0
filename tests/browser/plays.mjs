// How each step of each scenario's card is done by hand, in the words of cards.test.mjs: in order, and when the first begins, a
// run of one's own stands at its start.

import { leaderOf, servers } from "./hands.mjs";

const crashed = (state) => state.nodes.find((n) => n.status === "crashed");
const follower = (state) => servers(state).find((n) => n.role === "follower" && n.status === "up");
const uncertain = (state) => state.nodes.filter((n) => n.role === "uncertain").length;
const asking = (state) => state.in_flight.filter((m) => m.kind === "DECISION-REQ").length;
const receiver = (state) => state.nodes[state.in_flight[0].to];
const late = (state) => state.time_us >= 300_000;
const second = (state) => state.time_us >= 1_000_000;
const dawn = (state) => state.nodes.every((n) => n.role !== "waits for dawn");
const charged = (state) => /^has charged [1-9]/.test(state.nodes.find((n) => n.name === "Bank").badge);
const asked = (state) => state.in_flight.some((m) => m.kind === "request");
const idle = (state) => state.nodes[0].role === "idle";
const after = (ms) => (state) => state.time_us >= ms * 1_000;
// Who stands still or is slow may suspect others itself.
const suspecting = (whom) => (state) => state.nodes.filter((n) => n.fields.suspects.split(", ").includes(whom)).length;
const threeDecided = (state) => state.nodes.filter((n) => n.role === "decided").length >= 3;
const packet = (message) => message.kind === "packet";
const wrote = (state) => /^(wrote|read) [1-9]\d*$/.test(state.nodes.find((n) => n.name === "C1").badge);

// The verbs of a hand, to be said before there is one: `play()` is (hand) => hand.play().
const verbs = new Proxy({}, { get: (_, verb) => (...words) => (hand) => hand[verb](...words) });
const { act, begin, choose, heal, hurry, next, pause, pick, pickLink, pickMessage, play, pressIn, request, reset, separate } = verbs;
const { set, setIn, sow, stepOn, strike, strikeInText, toStart, tune, turn, unless, unpick, wait } = verbs;

const holder = (state) => state.nodes.find((n) => n.role === "holder");
const looked = (state) => holder(state)?.fields.does === "has looked, and will write";
const fieldOf = (state, node, field) => state.nodes.find((n) => n.name === node).fields[field];
const cameBy = (count) => (state) => Number(fieldOf(state, "Mallory", "payments heard")) >= count;
const bobHas = (state) => Number(fieldOf(state, "Bob", "of these different")) >= 4;
const paused = (state) => state.nodes.find((n) => n.status === "paused");
const sleepsBeforeItWrites = [
  stepOn("a client has looked at its lease", looked),
  ...[choose(holder, "pause"), hurry(), wait(1_000), choose(paused, "resume"), play()],
];
const numbersTravel = [reset(), stepOn("a number is on its way", (s) => s.in_flight.length > 0)];
const concurrent = [pause(), act("P1", "Do something"), act("P3", "Do something"), act("P3", "Do something"), play()];

const toP3 = (message) => message.from === 0 && message.to === 2;
// Behind a picked link: this direction alone.
const cutOneWay = [pressIn("Link", "→ one way"), pressIn("Link", "Cut")];

const markerToP2 = (message) => message.kind === "marker" && message.from === 0 && message.to === 1;
const holdsAndPays = [
  ...[toStart(), act("P1", "Begin a snapshot"), strike("Hold", markerToP2)],
  ...[request("P1", "pay", "P2", "30"), hurry(), play()],
];

// Goes on until a client says this.
const says = (who, badge) => stepOn(`${who}: ${badge}`, (s) => s.nodes.find((n) => n.name === who).badge === badge);
const wroteX = [reset(), request("C1", "write", "x", "3", "0"), says("C1", "x = 3")];
const wroteBoth = [reset(), request("C1", "write", "x", "3", "0"), request("C1", "write", "y", "4", "0"), says("C1", "y = 4")];

const oldest = (message) => message.label === "0: #1";
// The receiver takes an old 0 for a new one.
const cameRound = ({ nodes: [, { fields }] }) =>
  Number(fields["handed over"]) >= 4 && ["0", "3"].includes(fields["waits for number"]);

const copies = (state) => state.in_flight.length > 0;
const EAGER = "eager reliable: deliver it, and send it on (Algorithm 3.3)";
const UNIFORM = "uniform: send it on, deliver when a majority has (Algorithm 3.5)";

const block = [reset(), stepOn("both banks show a question mark", (s) => uncertain(s) === 2), choose("Coordinator", "crash")];

const bothOpen = (state) => state.nodes.every((n) => n.role === "established");
const backup = (state) => state.nodes.find((n) => n.role === "backup coordinator");
const committable = (state) => state.nodes.find((n) => n.role === "committable");
const allUncertain = [reset(), stepOn("all banks are uncertain", (s) => uncertain(s) === 3), choose("Coordinator", "crash")];

export const PLAYS = {
  "two-generals": [
    [play()],
    [reset(), strike("Drop")],
    [
      ...[begin("calm-night"), toStart(), strike("Drop"), play("dawn", dawn)],
      ...[begin("calm-night"), toStart(), strike("Drop", (m) => m.label === "ack 4"), play()],
    ],
  ],
  "raft-election": [
    [play()],
    [play("somebody leads", leaderOf), choose(leaderOf, "crash")],
    [play()],
    [choose(crashed, "recover"), play()],
  ],
  "raft-replication": [
    [stepOn()],
    [choose(follower, "crash"), play()],
    [choose(crashed, "recover"), play()],
  ],
  "raft-partition": [
    // A client that goes on asking the old leader stands on its side, too: else its log has nothing that stays dashed.
    [play("somebody leads", leaderOf), separate([leaderOf, follower, "C1"])],
    [play()],
    [play()],
    [heal(), play()],
  ],
  "raft-recovery": [
    [choose("S1", "crash"), choose("S1", "recover")],
    [begin("forgotten-vote"), hurry(), play()],
  ],
  "raft-snapshots": [
    [play()],
    // A cell such as 1-6 or ≤24: twice after the crash, which three of them more than outlast.
    [choose(follower, "crash"), hurry(), wait(1_500), choose(crashed, "recover"), play()],
    [begin("lost-sessions"), hurry(), play()],
  ],
  "raft-membership": [
    // S3 leads under the scenario's own seed.
    [play("somebody leads", leaderOf), request(leaderOf, "add", "S5"), play()],
    [request(leaderOf, "remove", "S3"), hurry(), play()],
    [begin("first-published"), hurry(), play()],
  ],
  "raft-nine": [
    [separate(["S1", "S2", "S3"], ["S4", "S5", "S6"])],
    [play()],
    [heal(), play()],
  ],
  gossip: [
    [hurry(), play()],
    [request("N7", "write", "q"), hurry(), play()],
    [reset(), ...["N3", "N9", "N15", "N21", "N27"].map((node) => choose(node, "crash")), play()],
  ],
  discovery: [
    [hurry(), play()],
    [
      ...[begin("by-hand"), play("a second later", after(1_000)), request("Host A", "stop", "silently")],
      ...[act("Host B", "Start the service here"), hurry(), play()],
    ],
    [begin("gossip"), toStart(), play("a second later", after(1_000)), choose("Host A", "crash"), hurry(), play()],
  ],
  "registry-down": [
    [hurry(), play("all have had an answer", after(2_000)), choose("Registry", "crash"), play()],
    [choose("C3", "crash"), choose("C3", "recover"), hurry(), play()],
    // C3's menu lies over it still.
    [unpick(), choose("Registry", "recover"), hurry(), play()],
  ],
  "ring-election": [
    [pickMessage(), stepOn()],
    [play()],
    [reset(), stepOn("a number on its way", (s) => s.in_flight.length > 0), choose(receiver, "crash"), play()],
  ],
  bully: [
    [play()],
    [choose(leaderOf, "crash"), play()],
    [choose(crashed, "recover"), play()],
    [separate(["P1", "P2"]), play()],
  ],
  heartbeat: [
    [choose("P3", "crash"), play()],
    [choose("P3", "recover"), play()],
    [reset(), strike("Hold"), play()],
  ],
  paxos: [
    [play()],
    [reset(), choose("A3", "crash"), play()],
    [reset(), choose("A2", "crash"), choose("A3", "crash"), play("nothing moves on", late), choose("A3", "recover"), play()],
    [begin("duel"), hurry(), play("some ballots", (s) => s.time_us >= 1_000_000), choose("P1", "pause"), play()],
  ],
  flp: [
    [reset(), play()],
    [toStart(), pickLink("P2", "P3"), set("Shortest", "200"), hurry(), play()],
    [reset(), choose("P3", "crash"), hurry(), play()],
    [begin("ordered"), hurry(), play()],
  ],
  "ben-or": [
    [reset(), hurry(), play()],
    [reset(), choose("P4", "crash"), choose("P5", "crash"), hurry(), play()],
    [tune("coin", "tosses a coin that shows all the same"), choose("P4", "crash"), choose("P5", "crash"), hurry(), play()],
    [reset(), choose("P3", "crash"), choose("P4", "crash"), choose("P5", "crash"), hurry(), play()],
  ],
  "multi-paxos": [
    [play()],
    [choose(leaderOf, "crash"), hurry(), play()],
    [choose(crashed, "recover"), hurry(), play()],
    [begin("hole"), hurry(), play()],
    [tune("phase1", "for every command anew"), hurry(), play()],
  ],
  "multi-paxos-duel": [
    [begin("fixed"), hurry(), play()],
    [choose("S1", "pause"), hurry(), play()],
    [tune("timeout", "drawn, up to twice as long; doubles when its ballot is overtaken"), hurry(), play()],
    [begin("patient"), hurry(), play()],
  ],
  "link-stack": [
    [play()],
    [begin("retransmit"), play()],
    [pause(), pickLink("Sender", "Receiver"), turn("Deduplicate"), turn("Reorder buffer")],
    [begin("all-three"), toStart(), pickLink("Sender", "Receiver"), set("Loss", "60"), hurry(), play()],
  ],
  queue: [
    [play()],
    [request("Source", "burst", "40"), play()],
    [choose("Server", "crash"), choose("Server", "recover"), play()],
  ],
  "remote-call": [
    [play()],
    [reset(), strike("Drop", (m) => m.kind === "reply"), play()],
    [begin("memory"), toStart(), stepOn("it has charged", charged), next(), choose("Bank", "crash"), choose("Bank", "recover"), play()],
    [begin("disk-crash"), play()],
  ],
  "retry-storm": [
    [play()],
    [choose("Bank", "crash"), pick("Shop"), pressIn("Node", "Charge a card"), hurry(), play()],
    [begin("shop-only"), pick("Shop"), pressIn("Node", "Charge a card"), hurry(), play()],
    // The customers stop coming after four seconds.
    [begin("budget"), play("calls are given up", (s) => s.time_us >= 1_700_000), choose("Bank", "recover"), hurry(), play()],
  ],
  "quorum-register": [
    [begin("one-and-one"), hurry(), play()],
    [reset(), choose("R3", "crash"), hurry(), play("C1 has written", wrote), choose("R2", "crash"), play()],
    [begin("inversion"), hurry(), play()],
  ],
  "models-of-consistency": [
    [...wroteX, request("C2", "read", "x", "0"), play()],
    [
      tune("keeping", "causes first: a write waits for what its writer knew"),
      ...[request("C1", "write", "x", "1", "0"), request("C2", "write", "y", "2", "0")],
      ...[request("C1", "read", "y", "0"), request("C2", "read", "x", "0"), play()],
    ],
    [...wroteX, request("C1", "read", "x", "2"), play()],
    [...wroteX, request("C2", "read", "x", "1"), says("C2", "x: 3"), request("C2", "read", "x", "2"), play()],
    [...wroteBoth, request("C2", "read", "y", "1"), request("C2", "read", "x", "2"), play()],
    [
      ...[...wroteX, request("C2", "read", "x", "1"), request("C2", "write", "y", "4", "1"), says("C2", "y = 4")],
      ...[request("C3", "read", "y", "1"), request("C3", "read", "x", "3"), play()],
    ],
    [reset(), request("C1", "write", "x", "1", "0"), request("C2", "write", "x", "2", "0"), play()],
  ],
  "price-of-order": [
    [tune("keeping", "one order of all writes; reads are answered nearby"), hurry(), play()],
    [tune("keeping", "causes first: a write waits for what its writer knew"), hurry(), play()],
    [
      tune("keeping", "one order of all writes; reads are answered nearby"),
      ...[tune("delay_ms", 200), hurry(), play()],
    ],
  ],
  pbft: [
    [play()],
    [reset(), request("R3", "turn", "silent"), play()],
    [reset(), request("R0", "turn", "silent"), hurry(), play()],
    [reset(), request("R0", "turn", "two-faced"), hurry(), play()],
  ],
  "pbft-too-many": [
    [hurry(), play()],
    [reset(), request("R3", "turn", "two-faced"), play()],
    [begin("seven"), hurry(), play()],
    [begin("false-answers"), hurry(), play()],
  ],
  "primary-backup": [
    [reset(), play("some writes", second), choose("S1", "crash"), play()],
    [tune("mode", "when all backups have it: synchronous"), play("some writes", second), choose("S1", "crash"), play()],
    [begin("backup-down"), hurry(), play()],
    [reset(), separate(["S1", "C1"]), play()],
  ],
  "clock-sync": [
    [play()],
    [pick("C1"), pressIn("Node", "Clock +1 s"), play()],
    // An edit reaches both directions at first.
    [pickLink("C1", "Server"), pressIn("Link", "→ one way"), set("Shortest", "100"), play()],
  ],
  broadcast: [
    [reset(), stepOn("a copy is on its way", copies), choose("P1", "crash"), play()],
    [tune("variant", EAGER), stepOn("a copy is on its way", copies), choose("P1", "crash"), play()],
    [reset(), stepOn("P1 has delivered", (s) => s.nodes[0].role === "delivered"), choose("P1", "crash"), play()],
    [tune("variant", UNIFORM), stepOn("a copy is on its way", copies), choose("P1", "crash"), play()],
  ],
  "byzantine-generals": [
    [play()],
    [begin("three-loyal"), toStart(), request("L2", "tell", "L1", "retreat"), play()],
    [begin("four-loyal"), toStart(), request("Commander", "tell", "L1", "retreat"), play()],
    [begin("four-loyal"), toStart(), request("L2", "tell", "L1", "retreat"), request("L3", "tell", "L1", "retreat"), play()],
  ],
  "signed-generals": [
    [begin("altered"), play()],
    [begin("loyal"), toStart(), request("Commander", "tell", "L2", "retreat"), play()],
    [begin("four-loyal"), toStart(), request("Commander", "tell", "L3", "retreat"), request("L3", "tell", "L1", "nothing"), play()],
    [begin("four-three-rounds"), toStart(), request("Commander", "tell", "L3", "retreat"), request("L3", "tell", "L1", "nothing"), play()],
  ],
  "lock-service": [
    [hurry(), play()],
    [tune("fencing", false), ...sleepsBeforeItWrites],
    [tune("fencing", true), ...sleepsBeforeItWrites],
    [tune("lock", "until it is released"), stepOn("a client holds it", holder), choose(holder, "crash"), hurry(), play()],
  ],
  "lamport-clocks": [
    [play()],
    concurrent,
    [choose("P2", "crash"), choose("P2", "recover"), act("P2", "Do something"), play()],
    [begin("on-disk"), hurry(), play()],
  ],
  "vector-clocks": [
    [hurry(), play()],
    concurrent,
    [pause(), request("P1", "send", "P3"), wait(200), act("P3", "Do something"), play()],
    [reset(), strike("Duplicate"), hurry(), play()],
  ],
  "no-shared-memory": [
    [tune("work", "only when asked to"), act("N1", "Count one"), act("N2", "Read the copy"), play()],
    [tune("carries", "totals: it is so many now"), act("N1", "Count one"), act("N2", "Count one"), play()],
    [tune("carries", "increments: one more"), act("N1", "Count one"), act("N2", "Count one"), play()],
    [act("N1", "Count one"), strike("Drop"), play()],
    [tune("carries", "vectors: of each node so many (G-Counter)"), act("N1", "Count one"), strike("Drop"), play()],
  ],
  snapshot: [
    [play()],
    [begin("markers"), play()],
    [begin("markers"), ...holdsAndPays],
    [begin("markers"), toStart(), act("P1", "Begin a snapshot"), strike("Drop", markerToP2), hurry(), play()],
    [begin("coloured"), ...holdsAndPays],
  ],
  "group-chat": [
    [reset(), strike("Hold", toP3), play()],
    [begin("causal-chat"), toStart(), strike("Hold", toP3), play()],
    [begin("two-users"), toStart(), hurry(), play()],
  ],
  "broadcast-order": [
    [play()],
    [begin("sequencer"), play()],
    [choose("P1", "crash"), play()],
    [begin("lamport"), play("somebody acknowledges", (s) => s.time_us >= 1_500_000), choose("P2", "crash"), play()],
  ],
  "crash-stop": [
    [play("somebody leads", leaderOf), choose(leaderOf, "crash"), choose(follower, "crash"), play()],
    [play("somebody leads", leaderOf), choose(follower, "crash"), hurry(), play()],
    [begin("seven"), play("four are left", (s) => s.time_us >= 3_000_000), choose(follower, "crash"), hurry(), play()],
  ],
  "partial-failure": [
    [choose("P5", "crash"), play()],
    [
      ...[reset(), wait(1_000), choose("P3", "pause"), play("four suspect it", (s) => suspecting("P3")(s) === 4)],
      ...[choose("P3", "resume"), play()],
    ],
    [reset(), sow("9"), play()],
  ],
  "four-stamps": [
    [reset(), tune("retransmit", true), strike("Drop", packet), play()],
    [reset(), tune("dedupe", true), strike("Duplicate", packet), play()],
    [
      ...[reset(), tune("reorder", true), strike("Hold", packet)],
      ...[stepOn("two more have left", (s) => s.nodes[0].badge === "sent 3/8"), strikeInText("Release", (m) => m.held), play()],
    ],
    [begin("late"), play()],
    [begin("all"), play()],
  ],
  "failure-ladder": [
    [begin("crash"), hurry(), play()],
    [begin("omission"), hurry(), play()],
    [begin("late"), hurry(), play()],
    [begin("liar"), hurry(), play()],
  ],
  "full-buffer": [
    [hurry(), play()],
    [begin("oldest"), hurry(), play()],
    [begin("refused"), hurry(), play()],
    [begin("sixteen"), hurry(), play()],
    [begin("blocked"), hurry(), play()],
  ],
  "four-worlds": [
    [stepOn("it has charged", charged), next(), choose("Bank", "crash"), play()],
    [reset(), stepOn("it is asked", asked), choose("Bank", "pause"), play("the shop has given up", idle), choose("Bank", "resume"), play()],
    [begin("four"), hurry(), play("all four are given up", after(980)), pick("Shop"), pressIn("Node", "Charge a card"), play()],
    [begin("again"), hurry(), play()],
    [begin("lives"), hurry(), play()],
  ],
  "one-way-cut": [
    [play("somebody leads", leaderOf), pickLink(leaderOf, follower), ...cutOneWay, play()],
    [begin("deaf"), hurry(), play()],
    [begin("asks-first"), hurry(), play()],
  ],
  "stale-picture": [
    [pickLink("P1", "P2"), ...cutOneWay, hurry(), play()],
    [play()],
    [pickLink("P1", "P2"), pressIn("Link", "Cut"), play()],
  ],
  synchronous: [
    [choose("P3", "crash"), play()],
    [reset(), pickLink("P1", "P2"), pressIn("Timing", "Asynchronous"), set("Longest", "400"), play()],
    [reset(), wait(1_000), strike("Drop"), play()],
  ],
  asynchronous: [
    [wait(1_000), strike("Hold"), play()],
    [begin("patient"), hurry(), play()],
    [reset(), choose("P3", "crash"), hurry(), play()],
  ],
  "unknown-bound": [
    [begin("fixed"), hurry(), play()],
    [begin("doubling"), hurry(), play()],
    [choose("P2", "crash"), play()],
  ],
  "bounded-delivery": [
    [play()],
    [...numbersTravel, act("P3", "Clock +1 s"), play()],
    [...numbersTravel, choose("P3", "pause"), play("nothing moves", after(100)), choose("P3", "resume"), play()],
    [...numbersTravel, choose("P3", "crash"), play()],
  ],
  "timing-matrix": [
    [reset(), stepOn("P1 has told one", (s) => s.in_flight.length > 0), choose("P1", "crash"), play()],
    [begin("one-round"), play()],
    [
      ...[reset(), pressIn("Timing", "Asynchronous"), choose("P1", "pause"), play("the others have decided", threeDecided)],
      ...[choose("P1", "resume"), play()],
    ],
  ],
  storms: [
    [hurry(), play()],
    [begin("short"), hurry(), play()],
    [setIn("Timing", "Good period", "500"), hurry(), play()],
  ],
  "reliable-link": [
    [play()],
    [reset(), pickLink("Sender", "Receiver"), set("Longest", "20"), play()],
    [reset(), pickLink("Sender", "Receiver"), turn("Reorder buffer"), play()],
  ],
  "sliding-window": [
    [begin("acks-lost"), play()],
    [begin("half"), play()],
    [begin("go-back"), play()],
    [
      ...[begin("half"), toStart(), strike("Hold", oldest)],
      ...[stepOn("the numbers have come round", cameRound), strikeInText("Release", oldest), play()],
    ],
  ],
  "wire-tap": [
    [request("Mallory", "forge", "99"), play()],
    [tune("variant", "they encrypt"), request("Mallory", "flip", "7"), play()],
    [
      ...[tune("variant", "they tag (MAC)"), play("two payments have come by", cameBy(2))],
      ...[request("Mallory", "forge", "99"), request("Mallory", "replay", "1"), play()],
    ],
    [
      ...[tune("variant", "they tag, and check numbers"), play("a payment has come by", cameBy(1))],
      ...[request("Mallory", "replay", "1"), play()],
    ],
    [tune("variant", "they encrypt, tag, and check numbers"), request("Mallory", "block", "on"), hurry(), play()],
  ],
  "busy-wire": [
    [hurry(), play()],
    [
      ...[begin("drops"), play("Bob has some", bobHas), choose("Bob", "crash"), choose("Bob", "recover")],
      ...[request("Mallory", "replay", "1"), play()],
    ],
    [begin("memory"), play()],
  ],
  "two-phase-commit": [
    [hurry(), play()],
    [...block, play()],
    [unless(crashed, block), stepOn("both ask", (s) => asking(s) === 2), choose("Coordinator", "recover"), play()],
    [begin("half-done"), play()],
  ],
  "three-phase-commit": [
    [hurry(), play()],
    [...allUncertain, play()],
    [...allUncertain, stepOn("a backup has taken over", backup), choose(backup, "crash"), play()],
    [reset(), stepOn("one bank is committable", committable), separate(["Coordinator", committable]), play()],
  ],
  handshake: [
    [hurry(), play()],
    [reset(), strike("Drop", (m) => m.kind === "ACK" && m.from === 0), play()],
    [begin("old-syn-two-way"), play()],
    [begin("old-syn"), play()],
    [reset(), stepOn("both have it open", bothOpen), choose("Server", "crash"), choose("Server", "recover"), play()],
  ],
};

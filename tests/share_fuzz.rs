//! Whatever stands behind `#/x/` or in a file: it opens or it is refused, soon and in bounded memory.
//! Random bytes, damaged links, damaged JSON that is packed as it should be, and JSON made of the
//! format's own words.
//!
//! The rule that is easy to break: each case follows from its number, so that a failure can be run
//! again alone. `FAULTLINE_FUZZ=1000000 cargo test --release --test share_fuzz` is the long way;
//! `FAULTLINE_FUZZ_CASE=N` runs one.
#![cfg(all(unix, not(target_arch = "wasm32")))]

mod link_kit;

use faultline::scenario::link::{decode, encode, follow};
use faultline::scenario::{SharedRun, base64url, file, inflate, open};
use faultline::sim::hash::mix;
use link_kit::cases::FAULTS;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// Cases in an ordinary run of the tests.
const CASES: u64 = 12_000;
/// The processor time that a case may take.
const SOON: Duration = Duration::from_millis(300);
/// How much more memory than at the start all cases together may need at their worst, in kB.
const MEMORY_KB: u64 = 300_000;

/// Dice that follow from a case's number.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = mix(self.0.wrapping_add(0x9e37_79b9));
        (self.0 >> 11) as usize % n.max(1)
    }
    fn one<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len())]
    }
    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let n = self.below(most);
        (0..n).map(|_| self.below(256) as u8).collect()
    }
}

/// Good links, and the JSON in them.
struct Seeds {
    links: Vec<String>,
    json: Vec<Vec<u8>>,
}

impl Seeds {
    fn read() -> Self {
        let lines = include_str!("share_cases.txt").lines();
        let links: Vec<String> = lines.map(|l| l.rsplit(' ').next().expect("a payload").to_owned()).collect();
        let json = links.iter().map(|link| {
            let bytes = base64url::decode(&link.as_bytes()[1..]).expect("base64");
            inflate::unpack(&bytes[2..], 1 << 20).expect("deflate")
        });
        Seeds { json: json.collect(), links }
    }

    fn payload(&self, d: &mut Dice) -> String {
        match d.below(8) {
            0 => String::from_utf8_lossy(&d.bytes(300)).into_owned(),
            1 => format!("1{}", base64url::encode(&d.bytes(300))),
            2 => link_kit::packed(&d.bytes(300)),
            3 => self.damaged_link(d),
            4 | 5 => {
                let json = self.damaged_json(d);
                link_kit::packed(&json)
            }
            6 => link_kit::payload(&other_edits(d)),
            _ => {
                let mut json = String::from("{");
                own_words(d, &mut json, 0);
                link_kit::payload(&json)
            }
        }
    }

    fn damaged_link(&self, d: &mut Dice) -> String {
        let mut text = self.links[d.below(self.links.len())].clone().into_bytes();
        for _ in 0..=d.below(4) {
            let at = d.below(text.len());
            match d.below(5) {
                0 => text[at] = b"ABCxyz019-_*\xff"[d.below(13)],
                1 => text.truncate(at.max(1)),
                2 => text.insert(at, b'A'),
                3 => {
                    let other = self.links[d.below(self.links.len())].as_bytes();
                    text.truncate(at.max(1));
                    text.extend(&other[d.below(other.len())..]);
                }
                _ => text[at] ^= 1 << d.below(7),
            }
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    fn damaged_json(&self, d: &mut Dice) -> Vec<u8> {
        let mut json = self.json[d.below(self.json.len())].clone();
        for _ in 0..=d.below(3) {
            let at = d.below(json.len().max(1)).min(json.len().saturating_sub(1));
            match d.below(6) {
                0 | 1 => other_number(&mut json, at, d.one(&NUMBERS)),
                2 => {
                    let end = (at + 1 + d.below(12)).min(json.len());
                    json.drain(at..end);
                }
                3 => {
                    let end = (at + 1 + d.below(60)).min(json.len());
                    let piece = json[at..end].to_vec();
                    let to = d.below(json.len());
                    json.splice(to..to, piece);
                }
                4 => json.insert(at, b"{}[],:\"\\ue9-+.N\x00\xe2"[d.below(17)]),
                _ => {
                    let other = &self.json[d.below(self.json.len())];
                    let from = d.below(other.len());
                    json.truncate(at);
                    json.extend(&other[from..]);
                }
            }
            if json.is_empty() {
                break;
            }
        }
        json
    }
}

/// A run of well-formed edits whose numbers are any.
fn other_edits(d: &mut Dice) -> String {
    let mut edits: Vec<String> = Vec::new();
    for _ in 0..=d.below(6) {
        let (_, fault) = FAULTS[d.below(FAULTS.len())];
        let mut fault = fault.as_bytes().to_vec();
        for _ in 0..d.below(3) {
            let at = d.below(fault.len());
            other_number(&mut fault, at, d.one(&NUMBERS));
        }
        let fault = String::from_utf8(fault).expect("ASCII");
        let at_us = d.one(&NUMBERS[..11]);
        edits.push(format!("{{\"at_us\":{at_us},{}", &fault[1..]));
    }
    let id = d.one(&["raft-nine", "raft-election", "ring-election", "link-stack"]);
    let at_us = d.one(&NUMBERS[..11]);
    let edits = edits.join(",");
    format!(r#"{{"s":"{id}","r":{},"t":{at_us},"e":[{edits}]}}"#, d.below(99))
}

/// Puts another number in the place of the first one after `at`.
fn other_number(json: &mut Vec<u8>, at: usize, number: &str) {
    let Some(start) = (at..json.len()).find(|&i| json[i].is_ascii_digit()) else {
        return;
    };
    let digits = json[start..].iter().take_while(|b| b.is_ascii_digit());
    let end = start + digits.count();
    json.splice(start..end, number.bytes());
}

const NUMBERS: [&str; 19] = [
    "0",
    "1",
    "2",
    "5",
    "40",
    "199",
    "200",
    "999999",
    "1000000",
    "3600000000",
    "2592000000000",
    "-1",
    "4294967295",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "1e999",
    "NaN",
    "0.5",
];

const WORDS: [&str; 58] = [
    "s",
    "r",
    "p",
    "e",
    "t",
    "n",
    "v",
    "w",
    "k",
    "at_us",
    "do",
    "node",
    "set",
    "from",
    "to",
    "groups",
    "one_way",
    "up_us",
    "down_us",
    "timing",
    "model",
    "msg",
    "request",
    "rules",
    "act",
    "delay",
    "kind",
    "us",
    "min_us",
    "max_us",
    "mean_us",
    "sd_us",
    "shape_milli",
    "loss_ppm",
    "duplicate_ppm",
    "corrupt_ppm",
    "reorder_ppm",
    "reorder_us",
    "fifo",
    "bandwidth_bytes_s",
    "buffer_bytes",
    "mtu_bytes",
    "cut",
    "layers",
    "retransmit_us",
    "raft-election",
    "link-stack",
    "ring-election",
    "two-generals",
    "crash",
    "link",
    "links",
    "partition",
    "byzantine",
    "replay",
    "clock-jump",
    "by_us",
    "after_steps",
];

/// An object's rest, of the format's own words in any order.
fn own_words(d: &mut Dice, out: &mut String, depth: usize) {
    let fields = if depth == 0 { 4 } else { d.below(5) };
    for i in 0..fields {
        let key = if depth == 0 { ["s", "e", "p", "t"][i] } else { d.one(&WORDS) };
        *out += &format!("\"{key}\":");
        match (key, d.below(8)) {
            ("s", 0..=6) => *out += "\"ring-election\"",
            (_, 0..=2) => *out += d.one(&NUMBERS),
            (_, 3) => *out += &format!("\"{}\"", d.one(&WORDS)),
            (_, 4) => *out += d.one(&["true", "false", "null"]),
            (_, 5) if depth < 40 => {
                *out += "[{";
                own_words(d, out, depth + 1);
                *out += "]";
            }
            (_, _) if depth < 40 => {
                *out += "{";
                own_words(d, out, depth + 1);
            }
            _ => *out += "0",
        }
        if i + 1 < fields {
            out.push(',');
        }
    }
    out.push('}');
}

/// How often each way out was taken.
#[derive(Debug, Default)]
struct Count {
    refused: u64,
    read: u64,
    opened: u64,
}

fn try_one(payload: &str, d: &mut Dice, count: &mut Count) {
    let run = match decode(payload) {
        Ok(run) => run,
        Err(refusal) => {
            assert!(!refusal.message.is_empty() && refusal.message.len() < 600);
            count.refused += 1;
            return;
        }
    };
    count.read += 1;
    said_again(&run);
    if open(&run.opening).is_err() {
        return;
    }
    // A run costs a hundred times what reading it does.
    if d.below(8) == 0
        && let Ok(mut run) = follow(&run)
    {
        (0..200).all(|_| run.step());
        count.opened += 1;
    }
}

/// What was read is written as a link and as a file that mean the same.
fn said_again(run: &SharedRun) {
    let whole = SharedRun { opening: run.opening.clone().seed(run.opening.seed.unwrap_or(1)), ..run.clone() };
    if let Ok(link) = encode(&whole) {
        assert_eq!(decode(&link).as_ref(), Ok(&whole));
    }
    let text = file::text(&whole).expect("a known scenario");
    assert_eq!(file::read(&text).as_ref(), Ok(&whole), "{text}");
}

/// The largest memory that this process has needed so far, in kB; 0 where the system does not say.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let digits = line.map(|l| l.trim_end_matches("kB").trim().parse());
    digits.and_then(Result::ok).unwrap_or(0)
}

fn cpu() -> Duration {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(t.tv_sec as u64, t.tv_nsec as u32)
}

#[expect(clippy::disallowed_methods, reason = "how many cases is no part of a run")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn no_link_whatever_panics_hangs_or_eats_memory() {
    let seeds = Seeds::read();
    let cases = match setting("FAULTLINE_FUZZ_CASE") {
        Some(n) => n..n + 1,
        None => 0..setting("FAULTLINE_FUZZ").unwrap_or(CASES),
    };
    let (mut count, mut slowest, before) = (Count::default(), (Duration::ZERO, 0), peak_kb());
    let total = cases.end - cases.start;
    for n in cases {
        let mut dice = Dice(mix(n));
        let payload = seeds.payload(&mut dice);
        let begun = cpu();
        let done = catch_unwind(AssertUnwindSafe(|| {
            try_one(&payload, &mut dice, &mut count);
        }));
        let took = cpu() - begun;
        assert!(done.is_ok(), "FAULTLINE_FUZZ_CASE={n}: {payload}");
        slowest = slowest.max((took, n));
        assert!(took < SOON, "FAULTLINE_FUZZ_CASE={n} took {took:?}: {payload}");
    }
    let grown = peak_kb() - before;
    println!("{count:?}, slowest {slowest:?}, memory +{grown} kB");
    assert!(grown < MEMORY_KB, "{grown} kB");
    assert!(total < 1_000 || count.read > total / 50 && count.opened > 0, "{count:?}");
}

//! What the tests of links and files share: payloads around any JSON, and runs that say everything.
//!
//! The rule that is easy to break: nothing here calls the encoder that is being tested, but to write
//! down good links.
#![allow(dead_code, reason = "each test file uses some of it")]

pub mod cases;

use faultline::scenario::{Opening, base64url, open};
use faultline::sim::SimTime;
use faultline::sim::hash::Fx;
use std::hash::Hasher;

/// A payload of version 1 around any bytes.
pub fn packed(bytes: &[u8]) -> String {
    let mut h = Fx::default();
    h.write(bytes);
    let sum = h.finish();
    let mut all = vec![(sum >> 8) as u8, sum as u8];
    all.extend(miniz_oxide::deflate::compress_to_vec(bytes, 6));
    format!("1{}", base64url::encode(&all))
}

/// A payload of version 1 around any JSON.
pub fn payload(json: &str) -> String {
    packed(json.as_bytes())
}

/// A run that comes to stand still, shown at `at_us`: one link of a ring changes an election message
/// into one that nobody knows for its own, and then no link has a delay, so it goes round and round
/// at one instant. Which seed has such luck is tried out.
pub fn cycle(at_us: u64) -> String {
    let edits = r#"[{"at_us":0,"do":"link","from":0,"to":1,"set":{"model":"arbitrary",
        "corrupt_ppm":1000000}},{"at_us":100000,"do":"links","set":{"corrupt_ppm":0,
        "delay":{"kind":"constant","us":0}}}]"#;
    let stands_still = |seed: &u64| {
        let json = format!(r#"{{"scenario":"ring-election","seed":{seed},"edits":{edits}}}"#);
        let opening: Opening = serde_json::from_str(&json).expect("an opening");
        let mut run = open(&opening).expect("it opens");
        run.run_until(SimTime::from_ms(1_000));
        run.world().stopped().is_some_and(|s| s.code == "no-delay")
    };
    let seed = (0..1_000).find(stands_still).expect("one of a thousand");
    format!(r#"{{"s":"ring-election","r":{seed},"t":{at_us},"e":{edits}}}"#)
}

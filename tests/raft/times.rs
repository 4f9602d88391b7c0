//! The distribution of election times (sections 5.2 and 9.3), against closed forms.
//!
//! The rule that is easy to break: the forms follow from the model by arithmetic that is written
//! down here; a tolerance is a quantile of the test, never a guess.

use crate::kit::Cluster;
use faultline::protocols::agreement::raft::server::Role;
use faultline::sim::{Delay, EventKind, SimTime};

/// A cluster without clients whose links all take `delay_us`.
fn cluster(servers: u16, (min_ms, max_ms): (u64, u64), delay_us: u64, seed: u64) -> Cluster {
    let given = [
        ("servers", servers.to_string()),
        ("clients", "0".to_owned()),
        ("election_min_ms", min_ms.to_string()),
        ("election_max_ms", max_ms.to_string()),
        ("heartbeat_ms", (min_ms / 3).to_string()),
    ];
    let given = given.each_ref().map(|(k, v)| (*k, v.as_str()));
    Cluster::with(&given, seed, Vec::new(), |setup| {
        setup.link.delay = Delay::Constant { us: delay_us };
    })
}

/// When the next server stands.
fn until_somebody_stands(c: &mut Cluster) -> SimTime {
    c.until(10_000, "a candidate", |c| c.ids().any(|i| c.server(i.0).role() == Role::Candidate));
    c.run.time()
}

/// The largest distance between the distribution of `sample` and `cdf` (Kolmogorov and Smirnov).
fn distance(mut sample: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
    sample.sort_by(f64::total_cmp);
    let n = sample.len() as f64;
    let apart = |(i, x): (usize, &f64)| {
        let (below, above) = (i as f64 / n, (i + 1) as f64 / n);
        (cdf(*x) - below).abs().max((above - cdf(*x)).abs())
    };
    sample.iter().enumerate().map(apart).fold(0.0, f64::max)
}

/// A true distribution is further off than 1.95 / sqrt(n) in one of a thousand samples.
fn tolerance(n: usize) -> f64 {
    1.95 / (n as f64).sqrt()
}

/// Ranges of Figure 16.
const RANGES: [(u64, u64); 7] =
    [(150, 151), (150, 155), (150, 175), (150, 200), (150, 300), (12, 24), (50, 100)];

/// The smallest of n uniform timeouts in [a, b] is below t with probability 1 - ((b-t)/(b-a))^n, and
/// has the mean a + (b-a)/(n+1) and the variance (b-a)^2 n / ((n+1)^2 (n+2)).
#[test]
fn section_5_2_the_first_candidate_comes_at_the_smallest_of_n_uniform_timeouts() {
    const RUNS: usize = 600;
    for servers in [3, 5, 9] {
        for (a, b) in RANGES {
            let stands = |seed| {
                let mut c = cluster(servers, (a, b), 1_000, seed);
                until_somebody_stands(&mut c).us() as f64 / 1_000.0
            };
            let times: Vec<f64> = (0..RUNS as u64).map(stands).collect();
            let (n, width) = (f64::from(servers), (b - a) as f64);
            let mean = times.iter().sum::<f64>() / RUNS as f64;
            let wanted = a as f64 + width / (n + 1.0);
            let sd = width * (n / (n + 2.0)).sqrt() / (n + 1.0);
            let off = (mean - wanted).abs() / (sd / (RUNS as f64).sqrt());
            assert!(off < 4.0, "{servers} servers, {a}-{b} ms: mean {mean}, not {wanted}");
            let cdf = |t: f64| 1.0 - libm::pow((b as f64 - t) / width, n);
            let d = distance(times, cdf);
            assert!(d < tolerance(RUNS), "{servers} servers, {a}-{b} ms: {d}");
        }
    }
}

/// After the leader's last heartbeat has reached the n-1 followers, the first of them stands at the
/// smallest of n-1 fresh timeouts.
#[test]
fn section_9_3_a_crashed_leader_is_missed_after_the_smallest_of_the_followers_timeouts() {
    const RUNS: usize = 400;
    const DELAY_US: u64 = 1_000;
    for (a, b) in RANGES {
        let missed = |seed| {
            let mut c = cluster(5, (a, b), DELAY_US, seed);
            let mut leader = c.until_leader();
            c.for_ms(4 * a + 100);
            leader = c.leader().unwrap_or(leader);
            // To the next heartbeat, and then it crashes.
            loop {
                assert!(c.run.step());
                let last = c.world().last_event();
                if last.kind == EventKind::Timer && last.node == leader {
                    break;
                }
            }
            let heard = c.run.time().us() + DELAY_US;
            c.crash(leader.0);
            (until_somebody_stands(&mut c).us() - heard) as f64 / 1_000.0
        };
        let times: Vec<f64> = (0..RUNS as u64).map(missed).collect();
        let cdf = |t: f64| 1.0 - libm::pow((b as f64 - t) / (b - a) as f64, 4.0);
        let d = distance(times, cdf);
        assert!(d < tolerance(RUNS), "{a}-{b} ms: {d}");
    }
}

fn choose(n: u32, k: u32) -> f64 {
    (0..k).map(|i| f64::from(n - i) / f64::from(i + 1)).product()
}

/// P(at least `k` of `n`), each with chance `x`.
fn binomial_tail(n: u32, k: u32, x: f64) -> f64 {
    let term = |i: u32| choose(n, i) * libm::pow(x, f64::from(i)) * libm::pow(1.0 - x, f64::from(n - i));
    (k..=n).map(term).sum()
}

/// All links take d. The first candidate's request reaches the others d after it stood; k of them
/// stood before, and voted for themselves. All others vote for the first, since its request is the
/// first they hear. So the first has n-k votes, and wins if k <= n - majority. It fails if the
/// timeout that comes (n - majority + 1)-th after the first comes within d; and that spacing of n
/// uniform timeouts in a range of width w is Beta(n - majority + 1, majority) times w, so
/// P(split) = P(at least n - majority + 1 of n, each with chance d / w).
#[test]
fn section_5_2_split_votes_come_as_often_as_the_spacings_of_the_timeouts_say() {
    const RUNS: u64 = 800;
    const DELAY_MS: u64 = 15;
    let cases = [(3, 25), (3, 50), (4, 50), (5, 20), (5, 25), (5, 50), (5, 150), (9, 30), (9, 60)];
    for (servers, width) in cases {
        let mut split = 0;
        for seed in 0..RUNS {
            let mut c = cluster(servers, (150, 150 + width), DELAY_MS * 1_000, seed);
            let first = until_somebody_stands(&mut c);
            let leader = c.until_leader();
            if c.server(leader.0).current_term() > 1 {
                split += 1;
            } else {
                let took = c.run.time().since(first).0;
                assert_eq!(took, 2 * DELAY_MS * 1_000, "there and back");
            }
        }
        let majority = u32::from(servers) / 2 + 1;
        let n = u32::from(servers);
        let p = binomial_tail(n, n - majority + 1, DELAY_MS as f64 / width as f64);
        let (seen, runs) = (f64::from(split), RUNS as f64);
        let sd = (runs * p * (1.0 - p)).sqrt();
        assert!(
            (seen - runs * p).abs() <= 4.0 * sd + 1.0,
            "{servers} servers, width {width} ms: {seen} split votes of {runs}, expected {}",
            runs * p
        );
    }
}

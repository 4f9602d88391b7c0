//! How many rounds gossip takes, by theory.
//!
//! The rule that is easy to break: this looks at no run. It knows the parameters alone, and counts chances.

use crate::kit::Params;

/// The mean number of rounds until all of `n` know: from one that knows, step by step, the chance of each
/// number of those who know after a round (a Markov chain, since a round depends on that number alone).
pub(super) fn rounds(params: &Params) -> Option<f64> {
    if params.int("rewrite_ms") > 0 {
        return None;
    }
    let n = params.int("nodes") as usize;
    let fanout = (params.int("fanout") as usize).min(n - 1);
    let arrives = 1.0 - params.int("loss_percent") as f64 / 100.0;
    let mode = params.word("mode");
    // By how many do not know yet.
    let mut chance = vec![0.0; n];
    chance[n - 1] = 1.0;
    let mut mean = 0.0;
    for _ in 0..400 {
        let open: f64 = chance[1..].iter().sum();
        if open < 1e-12 {
            return Some(mean);
        }
        mean += open;
        let mut next = vec![0.0; n];
        next[0] = chance[0];
        for left in (1..n).filter(|&u| chance[u] > 0.0) {
            let mut after = vec![0.0; left + 1];
            after[left] = chance[left];
            if mode != "pull" {
                (0..n - left).for_each(|_| after = one_tells(&after, n - 1, fanout, arrives));
            }
            if mode != "push" {
                let none = misses_all(n - 1, n - left, fanout, arrives * arrives);
                after = each_asks(&after, 1.0 - none);
            }
            next.iter_mut().zip(&after).for_each(|(all, part)| *all += part);
        }
        chance = next;
    }
    None
}

/// One node tells `fanout` of the `others`; each that arrives at one who does not know leaves one less.
fn one_tells(left: &[f64], others: usize, fanout: usize, arrives: f64) -> Vec<f64> {
    let mut after = vec![0.0; left.len()];
    for (u, &p) in left.iter().enumerate().filter(|(_, p)| **p > 0.0) {
        for hits in 0..=fanout.min(u) {
            let q = p * drawn(others, u, fanout, hits);
            for new in 0..=hits {
                after[u - new] += q * chosen(hits, new, arrives);
            }
        }
    }
    after
}

/// Each of those who do not know learns it with chance `p` by asking.
fn each_asks(left: &[f64], p: f64) -> Vec<f64> {
    let mut after = vec![0.0; left.len()];
    for (u, &q) in left.iter().enumerate().filter(|(_, q)| **q > 0.0) {
        for new in 0..=u {
            after[u - new] += q * chosen(u, new, p);
        }
    }
    after
}

/// The chance that nobody who knows answers one who asks `fanout` of the `others`, of whom `know` do.
fn misses_all(others: usize, know: usize, fanout: usize, answers: f64) -> f64 {
    let miss = |hits: usize| drawn(others, know, fanout, hits) * chosen(hits, 0, answers);
    (0..=fanout.min(know)).map(miss).sum()
}

/// `n` over `k`.
fn ways(n: usize, k: usize) -> f64 {
    if k > n {
        return 0.0;
    }
    (0..k).fold(1.0, |w, i| w * (n - i) as f64 / (i + 1) as f64)
}

/// Hypergeometric: `k` of `draws` out of `all` are among the `marked`.
fn drawn(all: usize, marked: usize, draws: usize, k: usize) -> f64 {
    if draws - k > all - marked {
        return 0.0;
    }
    ways(marked, k) * ways(all - marked, draws - k) / ways(all, draws)
}

/// Binomial: `k` of `n` happen, each with chance `p`.
fn chosen(n: usize, k: usize, p: f64) -> f64 {
    let power = |base: f64, n: usize| (0..n).fold(1.0, |x, _| x * base);
    ways(n, k) * power(p, k) * power(1.0 - p, n - k)
}

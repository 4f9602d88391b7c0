//! A directed link: how it delays, loses, duplicates, reorders, corrupts, queues, and what it
//! promises.
//!
//! The rule that is easy to break: the link model is a promise with teeth. *Reliable* loses,
//! duplicates and changes nothing (it may reorder). *Fair-loss* may lose and duplicate, but not
//! everything for ever (Cachin, Guerraoui, Rodrigues 2011, section 2.4.2), and changes nothing.
//! *Arbitrary* promises nothing. A setting that breaks the promise is refused, with the reason.

use super::data;
use super::delay::Delay;
use super::limits;
use super::refusal::Refusal;
use super::time::Span;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// What a link promises.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum LinkModel {
    /// Every message arrives exactly once, unchanged; the order may differ.
    Reliable,
    /// A message sent for ever is delivered for ever; some are lost or doubled, none is changed.
    #[default]
    FairLoss,
    /// Nothing: an adversary may read, change, drop and replay.
    Arbitrary,
}

impl LinkModel {
    /// Its name in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            LinkModel::Reliable => "reliable",
            LinkModel::FairLoss => "fair-loss",
            LinkModel::Arbitrary => "arbitrary",
        }
    }
}

/// Protocol layers that the link's two ends put on top of it, lowest first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(default, deny_unknown_fields)]
pub struct Layers {
    /// Send again every so many microseconds until acknowledged; 0: off.
    #[serde(deserialize_with = "data::or_default")]
    pub retransmit_us: u64,
    /// The receiver remembers what it has had, and drops a second copy. The memory is volatile.
    #[serde(deserialize_with = "data::or_default")]
    pub dedupe: bool,
    /// The receiver holds back what came early, and hands over in the order of sending.
    #[serde(deserialize_with = "data::or_default")]
    pub reorder: bool,
    /// The receiver checks a code, and drops what was changed on the way.
    #[serde(deserialize_with = "data::or_default")]
    pub authenticate: bool,
}

impl Layers {
    /// True if any layer is on.
    pub fn any(&self) -> bool {
        *self != Layers::default()
    }
}

/// One direction of a link. Probabilities are in parts per million, sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Link {
    /// What it promises.
    pub model: LinkModel,
    /// How long a message travels.
    pub delay: Delay,
    /// The chance that a fragment is lost.
    pub loss_ppm: u32,
    /// The chance that a message is delivered twice.
    pub duplicate_ppm: u32,
    /// The chance that bits of a message flip.
    pub corrupt_ppm: u32,
    /// The chance that a message is set aside for [`Link::reorder_us`] and so overtaken.
    pub reorder_ppm: u32,
    /// How long a message that is set aside waits.
    pub reorder_us: u64,
    /// First in, first out: no message overtakes another.
    pub fifo: bool,
    /// Bytes a second; 0: without limit.
    pub bandwidth_bytes_s: u64,
    /// Bytes that wait before the bottleneck; what exceeds it is dropped (drop-tail). 0: no limit.
    pub buffer_bytes: u64,
    /// The largest fragment; a larger message is sent in several, and one lost loses it whole.
    /// 0: no limit.
    pub mtu_bytes: u32,
    /// Nothing gets through.
    pub cut: bool,
    /// What the ends put on top.
    pub layers: Layers,
}

impl Default for Link {
    fn default() -> Self {
        Link {
            model: LinkModel::FairLoss,
            delay: Delay::default(),
            loss_ppm: 0,
            duplicate_ppm: 0,
            corrupt_ppm: 0,
            reorder_ppm: 0,
            reorder_us: 20_000,
            fifo: false,
            bandwidth_bytes_s: 0,
            buffer_bytes: 0,
            mtu_bytes: 0,
            cut: false,
            layers: Layers::default(),
        }
    }
}

impl Link {
    /// A reliable link with the given delay.
    pub fn reliable(delay: Delay) -> Self {
        Link { model: LinkModel::Reliable, delay, ..Link::default() }
    }

    /// It, as a pipe: what is sent first arrives first.
    #[must_use]
    pub fn in_order(self) -> Self {
        Link { fifo: true, ..self }
    }

    /// A fair-loss link with the given delay and chance of loss.
    pub fn fair_loss(delay: Delay, loss_ppm: u32) -> Self {
        Link { delay, loss_ppm, ..Link::default() }
    }

    /// How many fragments a message of `bytes` becomes.
    pub fn fragments(&self, bytes: u32) -> u32 {
        match self.mtu_bytes {
            0 => 1,
            mtu => bytes.div_ceil(mtu).max(1),
        }
    }

    /// The chance that at least one of `fragments` is lost, in parts per million. On a link that
    /// keeps its promise to let something through it is never all of them, also after rounding.
    pub fn loss_of(&self, fragments: u32) -> u32 {
        let keep = u64::from(1_000_000 - self.loss_ppm);
        let whole = (1..fragments).fold(keep, |w, _| w * keep / 1_000_000);
        let least = u64::from(self.loss_ppm < 1_000_000);
        (1_000_000 - whole.max(least)) as u32
    }

    /// The longest a message can be under way, or `None` without a bound: the delay, the wait when
    /// set aside, and a full buffer before the bottleneck.
    pub fn longest(&self, largest_message: u32) -> Option<Span> {
        let aside = if self.reorder_ppm > 0 { self.reorder_us } else { 0 };
        let queue = match (self.bandwidth_bytes_s, self.buffer_bytes) {
            (0, _) => 0,
            (_, 0) => return None,
            (rate, buffer) => (buffer + u64::from(largest_message)) * 1_000_000 / rate,
        };
        Some(Span(self.delay.longest()?.0 + aside + queue))
    }

    /// Refuses what is out of range, and what breaks the link's own promise.
    pub fn check(&self) -> Result<(), Refusal> {
        self.delay.check()?;
        self.check_ranges()?;
        self.check_promise()
    }

    fn check_ranges(&self) -> Result<(), Refusal> {
        let chances = [
            ("loss", self.loss_ppm),
            ("duplication", self.duplicate_ppm),
            ("corruption", self.corrupt_ppm),
            ("reordering", self.reorder_ppm),
        ];
        for (what, ppm) in chances {
            if ppm > 1_000_000 {
                return Err(Refusal::new(
                    "out-of-range",
                    format!("{what} of {ppm} parts per million is over 100 %"),
                ));
            }
        }
        let spans = [("reorder_us", self.reorder_us), ("retransmit_us", self.layers.retransmit_us)];
        for (what, us) in spans {
            if us > limits::SPAN_US {
                return Err(Refusal::new(
                    "out-of-range",
                    format!("{what} of {us} us is over the limit of one hour"),
                ));
            }
        }
        let retransmit = self.layers.retransmit_us;
        if retransmit != 0 && retransmit < 1_000 {
            return Err(Refusal::new(
                "out-of-range",
                format!("retransmitting every {retransmit} us would flood the link: 1 ms or more"),
            ));
        }
        if self.bandwidth_bytes_s > 1 << 40 || self.buffer_bytes > 1 << 40 {
            return Err(Refusal::new("out-of-range", "bandwidth and buffer are limited to one terabyte"));
        }
        Ok(())
    }

    fn check_promise(&self) -> Result<(), Refusal> {
        let broken = |code, message: &str| Err(Refusal::new(code, message));
        match self.model {
            LinkModel::Reliable if self.loss_ppm > 0 || self.buffer_bytes > 0 => broken(
                "not-reliable",
                "a reliable link loses nothing: make it fair-loss to set a loss or a buffer limit",
            ),
            LinkModel::Reliable if self.duplicate_ppm > 0 => {
                broken("not-reliable", "a reliable link delivers once: make it fair-loss to set duplication")
            }
            LinkModel::FairLoss if self.loss_ppm >= 1_000_000 => broken(
                "not-fair-loss",
                "a loss of 100 % is not fair-loss, it is a cut: some messages must get through",
            ),
            LinkModel::FairLoss if self.duplicate_ppm >= 1_000_000 => broken(
                "not-fair-loss",
                "duplication of 100 % is not fair-loss: each message would be sent twice",
            ),
            LinkModel::Reliable | LinkModel::FairLoss if self.corrupt_ppm > 0 => broken(
                "not-arbitrary",
                "only an arbitrary link changes messages: choose arbitrary to set corruption",
            ),
            _ => Ok(()),
        }
    }
}

/// A change of some settings of a link; what is `None` stays.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(deny_unknown_fields)]
pub struct LinkPatch {
    /// See [`Link::model`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<LinkModel>,
    /// See [`Link::delay`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<Delay>,
    /// See [`Link::loss_ppm`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_ppm: Option<u32>,
    /// See [`Link::duplicate_ppm`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_ppm: Option<u32>,
    /// See [`Link::corrupt_ppm`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrupt_ppm: Option<u32>,
    /// See [`Link::reorder_ppm`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reorder_ppm: Option<u32>,
    /// See [`Link::reorder_us`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reorder_us: Option<u64>,
    /// See [`Link::fifo`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fifo: Option<bool>,
    /// See [`Link::bandwidth_bytes_s`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth_bytes_s: Option<u64>,
    /// See [`Link::buffer_bytes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buffer_bytes: Option<u64>,
    /// See [`Link::mtu_bytes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtu_bytes: Option<u32>,
    /// See [`Link::cut`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<bool>,
    /// See [`Link::layers`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layers: Option<Layers>,
}

impl LinkPatch {
    /// `link` with this change. Choosing a stricter model clears what that model forbids, so that
    /// one click on *reliable* is enough; a setting given in the same patch is kept, and judged.
    pub fn on(&self, link: &Link) -> Link {
        let mut l = link.clone();
        if let Some(model) = self.model {
            l.model = model;
            if model != LinkModel::Arbitrary {
                l.corrupt_ppm = 0;
                l.loss_ppm = l.loss_ppm.min(999_999);
                l.duplicate_ppm = l.duplicate_ppm.min(999_999);
            }
            if model == LinkModel::Reliable {
                (l.loss_ppm, l.duplicate_ppm, l.buffer_bytes) = (0, 0, 0);
            }
        }
        macro_rules! set {
            ($($field:ident),*) => { $( if let Some(x) = self.$field { l.$field = x; } )* };
        }
        set!(
            delay,
            loss_ppm,
            duplicate_ppm,
            corrupt_ppm,
            reorder_ppm,
            reorder_us,
            fifo,
            bandwidth_bytes_s,
            buffer_bytes,
            mtu_bytes,
            cut,
            layers
        );
        l
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_model_refuses_what_breaks_its_promise() {
        let code = |l: Link| l.check().map_err(|r| r.code);
        let fair = |loss_ppm| Link::fair_loss(Delay::default(), loss_ppm);
        assert_eq!(code(fair(999_999)), Ok(()));
        assert_eq!(code(fair(1_000_000)), Err("not-fair-loss"));
        let reliable = Link::reliable(Delay::default());
        assert_eq!(code(reliable.clone()), Ok(()));
        let lossy = Link { loss_ppm: 1, ..reliable };
        assert_eq!(code(lossy), Err("not-reliable"));
        let corrupt = Link { corrupt_ppm: 1, ..Link::default() };
        assert_eq!(code(corrupt.clone()), Err("not-arbitrary"));
        let arbitrary = Link { model: LinkModel::Arbitrary, ..corrupt };
        assert_eq!(code(arbitrary), Ok(()));
    }

    /// 1 - 0.9^3 = 0.271.
    #[test]
    fn one_lost_fragment_loses_the_whole_message() {
        let link = Link { mtu_bytes: 100, ..Link::fair_loss(Delay::default(), 100_000) };
        assert_eq!(link.fragments(300), 3);
        assert_eq!(link.loss_of(3), 271_000);
    }

    #[test]
    fn choosing_reliable_is_one_click() {
        let lossy = Link::fair_loss(Delay::default(), 300_000);
        let patch = LinkPatch { model: Some(LinkModel::Reliable), ..LinkPatch::default() };
        assert_eq!(patch.on(&lossy).check(), Ok(()));
    }
}

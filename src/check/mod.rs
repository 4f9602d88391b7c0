//! What "correct" means: properties that watch a run, the account of what they assume, gauges that
//! measure it, histories that are judged afterwards, and a search for what breaks them.

pub mod account;
pub mod calm;
pub mod consistency;
pub mod faultmix;
pub mod gauge;
pub mod models;
pub mod promise;
pub mod property;
pub mod recall;
#[cfg(not(target_arch = "wasm32"))]
pub mod search;
pub mod seen;
pub mod shrink;
pub mod standing;

pub use account::{Account, Need};
pub use consistency::Level;
pub use gauge::{Gauge, Gauges};
pub use models::{Finding, Model};
pub use promise::{Broken, Promised, Rule};
pub use property::{CheckLine, Checks, Class, Property, Verdict, verdicts, witness};
pub use recall::Recall;
pub use seen::{Seen, Wake};
pub use standing::{Standing, Standings};

//! Time: clocks that differ, and what can be done about it.

super::chapter! { "time", "Time": clock_sync }

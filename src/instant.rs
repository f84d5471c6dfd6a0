//! A point in time, as the language writes it.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};

/// A point in time: seconds since 1970 in UTC, and nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    seconds: i64,
    nanos: u32,
}

/// A text that is no date and no RFC 3339 time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no date and no time (type `2026-12-31` or `2026-12-31T18:00:00Z`)")]
pub struct BadInstant(pub String);

const DAY: i64 = 86_400;
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

impl Instant {
    /// An instant from seconds since 1970 and nanoseconds below a second.
    pub fn from_unix(seconds: i64, nanos: u32) -> Instant {
        Instant { seconds, nanos: nanos.min(999_999_999) }
    }

    /// Seconds since 1970 and nanoseconds below a second.
    pub fn to_unix(self) -> (i64, u32) {
        (self.seconds, self.nanos)
    }

    /// The present, by the machine's clock.
    pub fn now() -> Instant {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(d) => Instant::from_unix(d.as_secs() as i64, d.subsec_nanos()),
            Err(e) => Instant::from_unix(-(e.duration().as_secs() as i64), 0),
        }
    }

    /// Whether it can be written as a date and a time: the end of the last day that can be written is behind all of these.
    pub fn is_dated(self) -> bool {
        EPOCH.checked_add(SignedDuration::new(self.seconds, self.nanos as i32)).is_ok()
    }

    /// The end of something as a person writes it behind `until`: midnight in UTC is the end of the day before.
    pub fn shown_end(self) -> String {
        let whole_day = self.nanos == 0 && self.seconds.rem_euclid(DAY) == 0;
        let shown = if whole_day { Instant::from_unix(self.seconds.saturating_sub(DAY), 0) } else { self };
        let text = shown.to_string();
        if whole_day { text.trim_end_matches("T00:00:00Z").into() } else { text }
    }

    /// The instant at which something that lasts `until` the text ends: a date lasts through that day in UTC.
    pub fn until(text: &str) -> Option<Instant> {
        match date(text) {
            Some(seconds) => Some(Instant::from_unix(seconds + DAY, 0)),
            None => timestamp(text),
        }
    }
}

impl FromStr for Instant {
    type Err = BadInstant;
    fn from_str(text: &str) -> Result<Instant, BadInstant> {
        let date = date(text).map(|s| Instant::from_unix(s, 0));
        date.or_else(|| timestamp(text)).ok_or_else(|| BadInstant(text.chars().take(60).collect()))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::new(self.seconds, self.nanos as i32) {
            Ok(t) => write!(f, "{t}"),
            // The last hours that can be written as a date are beyond what counts as a point in every zone.
            Err(_) => match EPOCH.checked_add(SignedDuration::new(self.seconds, self.nanos as i32)) {
                Ok(t) => write!(f, "{t}Z"),
                Err(_) => write!(f, "{}s", self.seconds),
            },
        }
    }
}

fn date(text: &str) -> Option<i64> {
    if !shape(text, "dddd-dd-dd") {
        return None;
    }
    let date: Date = text.parse().ok()?;
    let epoch = Date::constant(1970, 1, 1);
    Some(date.duration_since(epoch).as_secs())
}

/// RFC 3339, and nothing else that a date library may read.
fn timestamp(text: &str) -> Option<Instant> {
    let upper = text.to_ascii_uppercase();
    let (head, tail) = upper.split_at_checked(19)?;
    let zone = tail.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let fraction = &tail[..tail.len() - zone.len()];
    let good_fraction = fraction.is_empty() || (fraction.len() > 1 && fraction.starts_with('.') && !fraction[1..].contains('.'));
    let good_zone = zone == "Z" || shape(zone, "+dd:dd") || shape(zone, "-dd:dd");
    if !shape(head, "dddd-dd-ddTdd:dd:dd") || !good_fraction || !good_zone {
        return None;
    }
    let stamp: jiff::Timestamp = upper.parse().ok()?;
    let nanos = stamp.as_nanosecond();
    let seconds = nanos.div_euclid(1_000_000_000);
    Some(Instant { seconds: seconds as i64, nanos: nanos.rem_euclid(1_000_000_000) as u32 })
}

fn shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(|(t, s)| if s == b'd' { t.is_ascii_digit() } else { t == s })
}

//! How long the certificates of its clients had to live, as an API server counts them: what `kubectl get --raw /metrics` prints
//! (Prometheus text format 0.0.4), of which three series are read and nothing else.
//!
//! Kubernetes 1.20.2, `apiserver/pkg/authentication/request/x509/x509.go`: each *request* that comes over a connection with a
//! client certificate is counted once, by what that certificate has to live at this moment, and before it is verified. So
//! nobody who was let in by a certificate is missing, and some who were refused are counted too. Who was let in by a front
//! proxy's header never gets there.

use thiserror::Error;

use crate::refusal::{Class, Reason, Refusal};
use crate::wire::time::Timestamp;

/// The longest text that is read, in bytes.
pub const MAX_TEXT: u64 = 64 << 20;
/// So many buckets; 1.20 has fifteen.
const MAX_BUCKETS: usize = 64;
/// Counts are written as floating point, exact up to here.
const MAX_COUNT: f64 = 9_007_199_254_740_992.0;

const BUCKET: &str = "apiserver_client_certificate_expiration_seconds_bucket";
const COUNT: &str = "apiserver_client_certificate_expiration_seconds_count";
const STARTED: &str = "process_start_time_seconds";
const COLLECTED: &str = "go_memstats_last_gc_time_seconds";

/// What an API server counted since it was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lives {
    /// When its process was started, by its clock.
    pub started: Timestamp,
    /// When it last collected its garbage: it was asked after this, and as a rule within two minutes of it.
    pub collected: Timestamp,
    buckets: Vec<Bucket>,
}

/// Requests whose certificates had so long to live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// Longer than this, in seconds; the first has no such end.
    pub above: Option<i64>,
    /// And so long at most, in seconds; the last has no such end.
    pub up_to: Option<i64>,
    /// How many.
    pub requests: u64,
}

/// Why it tells nothing. Lines count from one.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum LivesError {
    /// The text is not UTF-8.
    #[error("metrics of an API server are not text")]
    Text,
    /// A series is not there.
    #[error("metrics of an API server lack {0}")]
    Missing(&'static str),
    /// A series is there twice.
    #[error("metrics of an API server say {0} twice")]
    Twice(&'static str),
    /// A line of one of the series is not in its form.
    #[error("line {0} of the metrics of an API server is not in its form")]
    Form(usize),
    /// Buckets do not rise, do not add up, or are too many.
    #[error("the buckets in the metrics of an API server do not fit together")]
    Buckets,
}

/// What was read of the series so far.
#[derive(Default)]
struct Read {
    /// Upper ends and counts from the first bucket on.
    rising: Vec<(Option<i64>, u64)>,
    count: Option<u64>,
    started: Option<Timestamp>,
    collected: Option<Timestamp>,
}

impl Lives {
    /// Reads the series out of `bytes`; what else stands there is passed over.
    ///
    /// # Errors
    /// Any [`LivesError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, LivesError> {
        let text = std::str::from_utf8(bytes).map_err(|_| LivesError::Text)?;
        let mut read = Read::default();
        for (line, number) in text.lines().zip(1..) {
            read.take(line, number)?;
        }
        let missing = LivesError::Missing;
        Ok(Self {
            started: read.started.ok_or(missing(STARTED))?,
            collected: read.collected.ok_or(missing(COLLECTED))?,
            buckets: buckets(&read.rising, read.count.ok_or(missing(COUNT))?)?,
        })
    }

    /// From the shortest life to the longest.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }
}

impl Bucket {
    /// Whether its certificates had ended: no server takes them, of whichever root they are.
    pub const fn is_ended(&self) -> bool {
        matches!(self.up_to, Some(..=0))
    }
}

impl Read {
    fn take(&mut self, line: &str, number: usize) -> Result<(), LivesError> {
        let name = line.split(['{', ' ']).next().unwrap_or_default();
        let rest = line.get(name.len()..).unwrap_or_default();
        let plain = || rest.strip_prefix(' ').ok_or(LivesError::Form(number));
        match name {
            BUCKET => {
                let inner = rest.strip_prefix("{le=\"").and_then(|rest| rest.split_once("\"} "));
                let (end, count) = inner.ok_or(LivesError::Form(number))?;
                if self.rising.len() >= MAX_BUCKETS {
                    return Err(LivesError::Buckets);
                }
                self.rising.push((up_to(end, number)?, whole(count, number)?));
                Ok(())
            }
            COUNT => once(&mut self.count, COUNT, whole(plain()?, number)?),
            STARTED => once(&mut self.started, STARTED, moment(plain()?, number)?),
            COLLECTED => once(&mut self.collected, COLLECTED, moment(plain()?, number)?),
            _ => Ok(()),
        }
    }
}

fn once<T>(place: &mut Option<T>, name: &'static str, value: T) -> Result<(), LivesError> {
    if place.replace(value).is_some() { Err(LivesError::Twice(name)) } else { Ok(()) }
}

/// The counts rise from bucket to bucket; here each counts for itself.
fn buckets(rising: &[(Option<i64>, u64)], count: u64) -> Result<Vec<Bucket>, LivesError> {
    let Some((None, last)) = rising.last().copied() else { return Err(LivesError::Missing(BUCKET)) };
    let (mut above, mut before, mut found) = (None, 0, Vec::new());
    for (at, (end, total)) in rising.iter().copied().enumerate() {
        let is_last = at + 1 == rising.len();
        let rises = match (above, end) {
            (Some(above), Some(end)) => above < end,
            (_, None) => is_last,
            (None, Some(_)) => true,
        };
        let requests = total.checked_sub(before).filter(|_| rises).ok_or(LivesError::Buckets)?;
        found.push(Bucket { above, up_to: end, requests });
        (above, before) = (end, total);
    }
    if last == count { Ok(found) } else { Err(LivesError::Buckets) }
}

fn up_to(text: &str, line: usize) -> Result<Option<i64>, LivesError> {
    match text {
        "+Inf" => Ok(None),
        text => whole(text, line).map(|seconds| i64::try_from(seconds).ok()),
    }
}

/// A number as Go writes it: `0`, `1800`, `2.592e+06`, `1.60690473178e+09`.
fn number(text: &str, line: usize) -> Result<f64, LivesError> {
    let is_of_form = text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_digit() || b".e+".contains(&byte));
    let read = text.parse::<f64>().ok().filter(|_| is_of_form && text.starts_with(|c: char| c.is_ascii_digit()));
    read.filter(|value| (0.0..=MAX_COUNT).contains(value)).ok_or(LivesError::Form(line))
}

fn whole(text: &str, line: usize) -> Result<u64, LivesError> {
    let value = number(text, line)?;
    // In range, and without a fraction.
    if value.fract() == 0.0 { Ok(value as u64) } else { Err(LivesError::Form(line)) }
}

/// Fractions of a second are cut off.
fn moment(text: &str, line: usize) -> Result<Timestamp, LivesError> {
    Timestamp::from_unix(number(text, line)? as i64).ok_or(LivesError::Form(line))
}

impl Refusal for LivesError {
    fn reason(&self) -> Reason {
        let verification =
            |code| Reason::new(Class::Verification, code, "print /metrics of that API server alone again");
        match self {
            Self::Text => verification("LIVES_TEXT"),
            Self::Missing(_) => verification("LIVES_MISSING"),
            Self::Twice(_) => verification("LIVES_TWICE"),
            Self::Form(_) => verification("LIVES_FORM"),
            Self::Buckets => verification("LIVES_BUCKETS"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Kubernetes 1.20.2 prints it, other series left out.
    const PRINTED: &str = include_str!("../../fixtures/seeds/lives/1.20.2.txt");

    #[test]
    fn what_1_20_2_prints_is_read() {
        let lives = Lives::parse(PRINTED.as_bytes()).unwrap();
        assert_eq!(lives.started.to_string(), "2020-12-02T10:25:31Z");
        let ends: Vec<_> = lives.buckets().iter().map(|bucket| bucket.up_to.unwrap_or(-1)).collect();
        let hours = |hours: i64| hours * 3600;
        let days = |days: i64| hours(24 * days);
        let expected = [
            [0, 1800, hours(1), hours(2), hours(6)],
            [hours(12), days(1), days(2), days(4), days(7)],
            [days(30), days(90), days(180), days(360), -1],
        ];
        assert_eq!(ends, expected.concat());
        let counts: Vec<_> = lives.buckets().iter().map(|bucket| bucket.requests).filter(|count| *count > 0).collect();
        assert_eq!(counts, [2, 1_234_565]);
        assert!(lives.buckets()[0].is_ended() && !lives.buckets()[1].is_ended());
    }

    #[test]
    fn anything_else_is_refused() {
        let code = |from: &str, to: &str| {
            let text = PRINTED.replacen(from, to, 1);
            assert_ne!(text, PRINTED, "{from}");
            Lives::parse(text.as_bytes()).unwrap_err().reason().code
        };
        let bucket = "apiserver_client_certificate_expiration_seconds_bucket";
        for (from, to, expected) in [
            ("process_start_time_seconds 1", "process_start_time_second 1", "LIVES_MISSING"),
            ("go_memstats_last_gc_time_seconds 1", "go_memstats 1", "LIVES_MISSING"),
            ("_seconds_count", "_seconds_counts", "LIVES_MISSING"),
            ("{le=\"+Inf\"}", "{le=\"4e+07\"}", "LIVES_MISSING"),
            ("go_memstats_last_gc_time_seconds 1", "process_start_time_seconds 1", "LIVES_TWICE"),
            ("process_start_time_seconds 1", "process_start_time_seconds -1", "LIVES_FORM"),
            ("process_start_time_seconds 1", "process_start_time_seconds 1e", "LIVES_FORM"),
            ("process_start_time_seconds 1.60690473178e+09", "process_start_time_seconds NaN", "LIVES_FORM"),
            ("process_start_time_seconds 1.60690473178e+09", "process_start_time_seconds 1e+20", "LIVES_FORM"),
            ("{le=\"0\"} 0", "{le=\"0\"} 0.5", "LIVES_FORM"),
            ("{le=\"0\"} 0", "{le=\"0\",a=\"b\"} 0", "LIVES_FORM"),
            ("{le=\"0\"} 0", "{le=\"0\"} 0 1606904731", "LIVES_FORM"),
            ("{le=\"0\"} 0", "{le=\"0\"} 3", "LIVES_BUCKETS"),
            ("{le=\"1800\"}", "{le=\"0\"}", "LIVES_BUCKETS"),
            ("{le=\"1800\"}", "{le=\"+Inf\"}", "LIVES_BUCKETS"),
            ("_seconds_count 1.234567e+06", "_seconds_count 1.234568e+06", "LIVES_BUCKETS"),
        ] {
            assert_eq!(code(from, to), expected, "{from} as {to}");
        }
        let many = (1..100).map(|end| format!("{bucket}{{le=\"{end}\"}} 0\n")).collect::<String>();
        assert_eq!(Lives::parse(many.as_bytes()).unwrap_err().reason().code, "LIVES_BUCKETS");
        assert_eq!(Lives::parse(b"\xff").unwrap_err().reason().code, "LIVES_TEXT");
        assert_eq!(Lives::parse(b"").unwrap_err(), LivesError::Missing(STARTED));
    }
}

//! The success rate of requests while a rotation runs: how sure it is, and when it stops the next step.
//!
//! Bounds are those of Clopper and Pearson, one-sided at 95 %: exact, and never more sure than the count allows. With no
//! failure at all, 37 447 requests must have gone well before 99.992 % may be claimed.

use std::fmt;

use serde::Serialize;

use crate::wire::text::fill;
use crate::wire::time::Timestamp;

/// How many requests may fail, in parts per million.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Budget(u32);

/// Requests counted by second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meter {
    budget: Budget,
    ok: u64,
    failed: u64,
    second: Option<Second>,
    dark: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Second {
    at: Timestamp,
    ok: u64,
    failed: u64,
}

/// How the counts stand to the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The rate is within the budget, at 95 %.
    Proven,
    /// There are too few requests to tell.
    TooFew,
    /// The rate is beyond the budget at 95 %, or nothing succeeded for a whole second: nothing goes on.
    Spent,
}

/// The claim of the article is 99.992 %: 80 of a million may fail.
pub const DEFAULT_BUDGET: Budget = Budget(80);

/// What is not believed of a bound.
const DOUBT: f64 = 0.05;
/// Above so many failures the bound of Wilson is as good, and quick.
const MANY: u64 = 10_000;
/// The quantile of the normal distribution for [`DOUBT`].
const QUANTILE: f64 = 1.644_853_626_951_472_2;

impl Budget {
    /// `failures` of a million requests; refused where nothing may succeed.
    pub const fn per_million(failures: u32) -> Option<Self> {
        if failures < 1_000_000 { Some(Self(failures)) } else { None }
    }

    fn rate(self) -> f64 {
        f64::from(self.0) / 1e6
    }
}

impl Meter {
    /// Nothing counted.
    pub const fn new(budget: Budget) -> Self {
        Self { budget, ok: 0, failed: 0, second: None, dark: 0 }
    }

    /// Goes on from what was counted before: requests that went well and that did not, and dark seconds.
    pub const fn resumed(budget: Budget, ok: u64, failed: u64, dark: u64) -> Self {
        Self { budget, ok, failed, second: None, dark }
    }

    /// Counts requests that ended in the second `at`. Seconds may be told in parts; what belongs to one that is over
    /// already counts in the sums.
    pub fn count(&mut self, at: Timestamp, ok: u64, failed: u64) {
        self.ok = self.ok.saturating_add(ok);
        self.failed = self.failed.saturating_add(failed);
        match &mut self.second {
            Some(second) if second.at == at => {
                second.ok = second.ok.saturating_add(ok);
                second.failed = second.failed.saturating_add(failed);
            }
            Some(second) if second.at > at => {}
            second => {
                let dark = second.is_some_and(Second::is_dark);
                self.dark = self.dark.saturating_add(u64::from(dark));
                *second = Some(Second { at, ok, failed });
            }
        }
    }

    /// How many went well, and how many did not.
    pub const fn counts(&self) -> (u64, u64) {
        (self.ok, self.failed)
    }

    /// Seconds in which requests were made and none went well.
    pub fn dark_seconds(&self) -> u64 {
        self.dark.saturating_add(u64::from(self.second.is_some_and(Second::is_dark)))
    }

    /// How the counts stand to the budget now.
    pub fn standing(&self) -> Standing {
        let (least, most) = self.failure_rate();
        if self.dark_seconds() > 0 || least > self.budget.rate() {
            Standing::Spent
        } else if most <= self.budget.rate() {
            Standing::Proven
        } else {
            Standing::TooFew
        }
    }

    /// Between which two rates the rate of failures lies; each bound is wrong in one of twenty runs.
    pub fn failure_rate(&self) -> (f64, f64) {
        let total = self.ok.saturating_add(self.failed);
        (lower(self.failed, total), upper(self.failed, total))
    }

    /// How many requests more must go well before the budget is proven kept; `None` where so many failed that it takes
    /// more than a thousand million.
    pub fn needed(&self) -> Option<u64> {
        let total = self.ok.saturating_add(self.failed);
        let kept = |more: u64| upper(self.failed, total.saturating_add(more)) <= self.budget.rate();
        let (mut low, mut high) = (0_u64, 1_000_000_000_u64);
        if !kept(high) {
            return None;
        }
        while low < high {
            let middle = low.midpoint(high);
            if kept(middle) { high = middle } else { low = middle.saturating_add(1) }
        }
        Some(low)
    }
}

impl Second {
    const fn is_dark(self) -> bool {
        self.ok == 0 && self.failed > 0
    }
}

impl Standing {
    /// How it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "within the budget",
            Self::TooFew => "too few samples",
            Self::Spent => "the budget is spent",
        }
    }
}

impl fmt::Display for Meter {
    /// The rate of success and what is known of it, as `99.9931 % of 40000, at least 99.9863 % at 95 %: ...`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.ok.saturating_add(self.failed);
        if total == 0 {
            return write!(f, "no request yet: {}", Standing::TooFew.as_str());
        }
        let (rate, (_, most)) = (self.ok as f64 / total as f64, self.failure_rate());
        // Rounded down: no digit is claimed that was not reached.
        let percent = |rate: f64| (rate * 1e6).floor() / 1e4;
        write!(f, "{:.4} % of {total}, at least {:.4} % at 95 %", percent(rate), percent(1.0 - most))?;
        if self.dark_seconds() > 0 {
            f.write_str(&fill(", {} second{s} without any success", [&self.dark_seconds()]))?;
        }
        write!(f, ": {}", self.standing().as_str())
    }
}

/// The least rate that gives `failed` or more of `total` in one of twenty runs.
fn lower(failed: u64, total: u64) -> f64 {
    match failed {
        0 => 0.0,
        MANY.. => wilson(failed, total, -1.0),
        _ => bisect(|rate| 1.0 - at_most(failed.saturating_sub(1), total, rate) < DOUBT),
    }
}

/// The greatest rate that gives `failed` or fewer of `total` in one of twenty runs.
fn upper(failed: u64, total: u64) -> f64 {
    match failed {
        _ if failed >= total => 1.0,
        MANY.. => wilson(failed, total, 1.0),
        _ => bisect(|rate| at_most(failed, total, rate) > DOUBT),
    }
}

/// Where `is_below` turns false, between 0 and 1.
fn bisect(is_below: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if is_below(middle) { low = middle } else { high = middle }
    }
    high
}

/// The chance of `count` or fewer of `total` where one fails with the chance `rate`: the terms of the binomial
/// distribution, each from the one before, in logarithms, for the first may be too small to be written.
fn at_most(count: u64, total: u64, rate: f64) -> f64 {
    if rate <= 0.0 {
        return 1.0;
    }
    if rate >= 1.0 {
        return if count >= total { 1.0 } else { 0.0 };
    }
    let odds = rate.ln() - (-rate).ln_1p();
    let mut term = total as f64 * (-rate).ln_1p();
    let mut sum = term.exp();
    for index in 0..count.min(total) {
        let (index, total) = (index as f64, total as f64);
        term += ((total - index) / (index + 1.0)).ln() + odds;
        sum += term.exp();
    }
    sum.min(1.0)
}

fn wilson(failed: u64, total: u64, side: f64) -> f64 {
    let (total, rate, square) = (total as f64, failed as f64 / total as f64, QUANTILE * QUANTILE);
    let middle = rate + square / (2.0 * total);
    let spread = QUANTILE * (rate * (1.0 - rate) / total + square / (4.0 * total * total)).sqrt();
    (middle + side * spread) / (1.0 + square / total)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn meter(ok: u64, failed: u64) -> Meter {
        let mut meter = Meter::new(DEFAULT_BUDGET);
        meter.count(Timestamp::from_unix(1).unwrap(), ok, failed);
        meter
    }

    #[test]
    fn the_rule_of_three_holds_and_nothing_is_claimed_before() {
        assert_eq!(meter(0, 0).needed(), Some(37_446));
        assert_eq!(meter(37_445, 0).standing(), Standing::TooFew);
        assert_eq!(meter(37_446, 0).standing(), Standing::Proven);
        assert_eq!(meter(30_000, 0).needed(), Some(7_446));
    }

    #[test]
    fn one_of_a_thousand_stops_it_and_the_noise_of_a_restart_does_not_prove_it() {
        assert_eq!(meter(999, 1).standing(), Standing::TooFew, "one failure of a thousand may be chance");
        assert_eq!(meter(2_997, 3).standing(), Standing::Spent);
        assert_eq!(meter(99_900, 100).standing(), Standing::Spent);
        assert_eq!(meter(40_000, 1).standing(), Standing::TooFew);
        assert_eq!(meter(100_000, 1).standing(), Standing::Proven);
    }

    #[test]
    fn a_second_in_the_dark_stops_it_whatever_the_rate() {
        let mut meter = meter(10_000_000, 0);
        let at = |second| Timestamp::from_unix(second).unwrap();
        meter.count(at(2), 0, 1);
        meter.count(at(2), 1, 0);
        meter.count(at(3), 1, 0);
        assert_eq!((meter.dark_seconds(), meter.standing()), (0, Standing::Proven));
        meter.count(at(4), 0, 3);
        assert_eq!((meter.dark_seconds(), meter.standing()), (1, Standing::Spent));
        meter.count(at(5), 100, 0);
        meter.count(at(4), 100, 0);
        assert_eq!((meter.dark_seconds(), meter.counts()), (1, (10_000_202, 4)));
    }

    #[test]
    fn the_bounds_are_those_of_the_tables() {
        // R: binom.test(k, n, alternative = "less" and "greater").
        for (failed, total, least, most) in [
            (0, 100, 0.0, 0.029_513_0),
            (1, 100, 0.000_512_8, 0.046_559_8),
            (5, 100, 0.019_908_7, 0.102_249_2),
            (50, 1_000, 0.039_159_4, 0.062_886_6),
        ] {
            assert!((lower(failed, total) - least).abs() < 1e-4, "{failed} {total}: {}", lower(failed, total));
            assert!((upper(failed, total) - most).abs() < 1e-4, "{failed} {total}: {}", upper(failed, total));
        }
        let (exact, quick) = (bisect(|rate| at_most(20_000, 100_000, rate) > DOUBT), upper(20_000, 100_000));
        assert!((exact - quick).abs() < 1e-5, "{exact} {quick}");
    }

    #[test]
    fn it_says_what_it_knows() {
        assert_eq!(meter(0, 0).to_string(), "no request yet: too few samples");
        let said = meter(40_000, 0).to_string();
        assert_eq!(said, "100.0000 % of 40000, at least 99.9925 % at 95 %: within the budget");
        let said = meter(999, 1).to_string();
        assert!(said.starts_with("99.9000 % of 1000, at least 99.52") && said.ends_with("too few samples"), "{said}");
    }

    proptest! {
        #[test]
        fn bounds_hold_the_rate_between_them(ok in 0_u64..200_000, failed in 0_u64..300) {
            let (least, most) = meter(ok, failed).failure_rate();
            prop_assert!((0.0..=1.0).contains(&least) && (0.0..=1.0).contains(&most));
            if ok + failed > 0 {
                let rate = failed as f64 / (ok + failed) as f64;
                prop_assert!(least <= rate + 1e-9 && rate <= most + 1e-9, "{} {} {}", least, rate, most);
            }
        }
    }
}

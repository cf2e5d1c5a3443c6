//! A sheet for 20 000 requests.

use std::time::Instant;

use airlock::cluster::role::Role;
use airlock::exchange::csr_bundle::number::Number;
use airlock::report::sheet::facts::Contents;
use airlock::report::sheet::{Language, Sheet};

use crate::{facts, keeps_to_the_paper};

const COUNT: u32 = 20_000;

#[test]
fn twenty_thousand_requests_are_paged_in_order_and_in_no_time() {
    let mut bundle = facts::bundle();
    let role = |at: u32| if at.is_multiple_of(1000) { Role::SuperAdmin } else { Role::KubeletClient };
    bundle.requests =
        Number::list(COUNT as usize).unwrap().map(|n| facts::request(n, role(n.value()), n.value())).collect();
    let statement = facts::changed(|lines| lines.items = COUNT);
    let sheet = Sheet::new(statement, Contents::Bundle(bundle.into()), facts::print()).unwrap();

    let start = Instant::now();
    let text = sheet.text(Language::Bilingual);
    // A tenth of a second when optimised.
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());

    keeps_to_the_paper(&sheet);
    let numbers: Vec<&str> = text
        .lines()
        .filter_map(|line| line.get(1..7)?.strip_suffix(' '))
        .filter(|n| n.parse::<Number>().is_ok())
        .collect();
    let (privileged, others) = numbers.split_at(20);
    assert!(privileged.iter().all(|number| number.ends_with("000")));
    assert!(others.is_sorted() && privileged.is_sorted());
    assert_eq!(privileged.len() + others.len(), COUNT as usize);
    assert_eq!(text.matches("INVENTORY / ").count(), text.matches('\x0c').count(), "a title on each page");
}

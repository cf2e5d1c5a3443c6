//! The encodings that everything is made of.

use airlock::wire::base64::Base64;
use airlock::wire::digest::Digest;
use airlock::wire::time::Timestamp;
use airlock::wire::{json, pem, text};
use serde_json::Value;

use super::{Target, Verdict, exact, taken, texts};
use crate::mutate::Shape;
use crate::seeds::{tree, trees};

pub(super) fn all() -> Vec<Target> {
    let certificate = || trees(&["cluster/kubeadm-ha/cp1"], &["crt"]);
    vec![
        Target::new("json", Shape::Json, || tree("seeds/roster"), json),
        Target::new(
            "base64",
            Shape::Text,
            || texts(&["AP8Q", "AA==", ""]),
            |input| {
                super::text(input, |text| exact(input, text.parse::<Base64>(), |value| value.to_string().into_bytes()))
            },
        ),
        Target::new(
            "digest",
            Shape::Text,
            || texts(&[&Digest::of(b"").to_string()]),
            |input| {
                super::text(input, |text| exact(input, text.parse::<Digest>(), |value| value.to_string().into_bytes()))
            },
        ),
        Target::new(
            "time",
            Shape::Text,
            || texts(&["2025-07-29T03:00:00Z", "9999-12-31T23:59:59Z"]),
            |input| {
                super::text(input, |text| {
                    exact(input, text.parse::<Timestamp>(), |value| value.to_string().into_bytes())
                })
            },
        ),
        Target::new("pem", Shape::Text, certificate, |input| {
            exact(input, pem::decode(pem::CERTIFICATE, input), |der| pem::encode(pem::CERTIFICATE, der).into_bytes())
        }),
        Target::new("pem_blocks", Shape::Text, certificate, |input| {
            super::text(input, |text| taken(pem::blocks(text), |blocks| assert!(blocks.len() <= text.len())))
        }),
        Target::new("shown_text", Shape::Text, || texts(&["CN=system:node:w1", "a\u{202e}b\u{1b}[2J\u{85}\\ü"]), shown),
    ]
}

fn json(input: &[u8]) -> Verdict {
    exact(input, json::from_slice::<Value>(input), |value| json::to_vec(value).unwrap())
}

fn shown(input: &[u8]) -> Verdict {
    super::text(input, |hostile| {
        let safe = text::escape(hostile);
        assert!(safe.bytes().all(|b| b == b' ' || b.is_ascii_graphic()));
        for columns in [0, 3, 8, 80] {
            assert!(text::clip(hostile, columns).len() <= columns.max(3));
        }
        Verdict::Accepted
    })
}

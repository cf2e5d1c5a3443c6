//! Ways to wound bytes, and a bench on which other people's tools run.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Every proper prefix and every text with one other byte, each with where it was wounded.
pub(crate) fn wounds(good: &[u8]) -> impl Iterator<Item = (String, Vec<u8>)> {
    wounds_by(&[0x01, 0x20, 0x80], good)
}

/// [`wounds`], each byte changed in these bits, one after the other.
pub(crate) fn wounds_by<'a>(bits: &'a [u8], good: &'a [u8]) -> impl Iterator<Item = (String, Vec<u8>)> {
    let cut = (0..good.len()).map(|length| (format!("cut to {length} bytes"), good[..length].to_vec()));
    let flipped = (0..good.len()).flat_map(move |at| {
        bits.iter().map(move |bit| {
            let mut bytes = good.to_vec();
            bytes[at] ^= bit;
            (format!("byte {at} ^ {bit:#x}"), bytes)
        })
    });
    cut.chain(flipped)
}

/// Characters that hide or move text, as a hostile hand would put them in.
pub(crate) const HIDING: [&str; 6] = ["\u{202e}", "\u{200b}", "\u{feff}", "\x1b[2J", "\r", "\u{ff11}"];

/// A directory in which tools run.
pub(crate) struct Bench(TempDir);

impl Bench {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// Runs a shell line, with `input` on its standard input.
    pub(crate) fn run(&self, line: &str, input: &[u8]) -> Output {
        self.put(".input", input);
        let input = fs::File::open(self.path(".input")).unwrap();
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", line]).current_dir(self.0.path()).env("TZ", "UTC");
        command.stdin(input).output().unwrap()
    }

    /// Whether ssh-keygen accepts the file `sig` over `message` by `principal`, against the file `allowed`.
    pub(crate) fn ssh_keygen_accepts(&self, principal: &str, namespace: &str, message: &[u8]) -> bool {
        let line = format!("ssh-keygen -Y verify -f allowed -I {principal} -n {namespace} -s sig");
        self.run(&line, message).status.success()
    }
}

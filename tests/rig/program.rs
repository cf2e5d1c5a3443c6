//! The built program, as tests start it.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The program without what only a debugger needs. It reads itself whenever it starts, to say in the log what it is, and
/// that is most of what a debug build is made of.
pub(crate) fn airlock() -> &'static Path {
    static STRIPPED: OnceLock<PathBuf> = OnceLock::new();
    STRIPPED.get_or_init(|| {
        let built = assert_cmd::cargo::cargo_bin("airlock");
        let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join("airlock");
        let own = to.with_extension(std::process::id().to_string());
        let stripped = Command::new("strip").arg("-o").args([&own, &built]).status();
        assert!(stripped.unwrap().success());
        // Whole at once: another test may just be starting it.
        std::fs::rename(own, &to).unwrap();
        to
    })
}

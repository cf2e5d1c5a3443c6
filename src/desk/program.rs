//! Which binary this is: its version and its digest stand in every entry of the log.

use std::path::Path;
use std::sync::OnceLock;

use crate::audit::entry::Tool;
use crate::devices::store::{Links, StoreError, digest_file};

/// The largest binary that is hashed, in bytes.
const MAX: u64 = 1 << 30;

/// This program, hashed once in the life of the process.
///
/// # Errors
/// Where the binary cannot be read.
pub fn tool() -> Result<Tool, StoreError> {
    static TOOL: OnceLock<Tool> = OnceLock::new();
    if let Some(tool) = TOOL.get() {
        return Ok(tool.clone());
    }
    // The link leads to the very file that runs, even where its name was taken by another since.
    let sha256 = digest_file(Path::new("/proc/self/exe"), MAX, Links::Follow)?;
    let tool = Tool { sha256, version: env!("CARGO_PKG_VERSION").to_owned() };
    Ok(TOOL.get_or_init(|| tool).clone())
}

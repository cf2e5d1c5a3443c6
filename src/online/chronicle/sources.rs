//! What a person names beside what this host knows, in the words that the command line and I50 have in common.

use std::path::PathBuf;

use crate::wire::text;

/// Files of other hosts and of the cluster. The config names none of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// Logs of other hosts of the cluster, as they lie in their state.
    pub logs: Vec<PathBuf>,
    /// What kubectl printed, for the places that embed a CA.
    pub objects: Vec<PathBuf>,
}

impl Sources {
    /// The options of `airlock online report` that say the same, each with a space before it.
    pub fn options(&self) -> String {
        let option = |name: &str, file: &PathBuf| format!(" --{name} {}", text::quoted(&file.to_string_lossy()));
        let logs = self.logs.iter().map(|file| option("log", file));
        logs.chain(self.objects.iter().map(|file| option("objects", file))).collect()
    }
}

//! The machine around this program, as far as it can endanger a CA host.

use std::fs;
use std::io;
use std::path::Path;

use thiserror::Error;

use crate::refusal::{Class, Reason, Refusal};
use crate::wire::text;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Network interfaces beside the loopback that are not down.
    pub links_up: Vec<String>,
    /// Swap devices and files.
    pub swap: Vec<String>,
    /// Where the kernel puts core dumps of other processes (`kernel.core_pattern`).
    pub core_pattern: String,
}

/// The kernel does not tell.
#[derive(Debug, Error)]
#[error("the kernel does not tell {0}: {1}")]
pub struct SurroundingsError(&'static str, String);

impl Surroundings {
    /// Looks at this machine.
    ///
    /// # Errors
    /// [`SurroundingsError`] where sysfs or procfs is missing.
    pub fn look() -> Result<Self, SurroundingsError> {
        Self::under(Path::new("/"))
    }

    fn under(root: &Path) -> Result<Self, SurroundingsError> {
        let fault = |what| move |e: io::Error| SurroundingsError(what, e.to_string());
        let swaps = fs::read_to_string(root.join("proc/swaps")).map_err(fault("its swap space"))?;
        let swap = swaps.lines().skip(1).filter_map(|line| line.split_whitespace().next()).map(text::escape);
        let core = fs::read_to_string(root.join("proc/sys/kernel/core_pattern")).map_err(fault("its core dumps"))?;
        let links_up = links_up(&root.join("sys/class/net")).map_err(fault("its network interfaces"))?;
        Ok(Self { links_up, swap: swap.collect(), core_pattern: text::escape(core.trim_end()) })
    }
}

fn links_up(net: &Path) -> io::Result<Vec<String>> {
    let mut up = Vec::new();
    for link in fs::read_dir(net)? {
        let link = link?;
        let state = fs::read_to_string(link.path().join("operstate")).unwrap_or_default();
        let name = text::escape(&link.file_name().to_string_lossy());
        if name != "lo" && state.trim_end() != "down" {
            up.push(name);
        }
    }
    up.sort();
    Ok(up)
}

impl Refusal for SurroundingsError {
    fn reason(&self) -> Reason {
        Reason::new(Class::Internal, "HOST_UNKNOWN", "mount /proc and /sys on this host")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(state: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, content: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        };
        write("proc/swaps", "Filename\tType\tSize\n/dev/sda2  partition  1\n");
        write("proc/sys/kernel/core_pattern", "core\n");
        write("sys/class/net/lo/operstate", "unknown\n");
        write("sys/class/net/eth0/operstate", state);
        root
    }

    #[test]
    fn a_link_counts_unless_it_is_down() {
        for (state, expected) in [("up\n", vec!["eth0"]), ("unknown\n", vec!["eth0"]), ("down\n", vec![])] {
            let found = Surroundings::under(machine(state).path()).unwrap();
            assert_eq!(
                (found.links_up, found.core_pattern.as_str()),
                (expected.iter().map(ToString::to_string).collect(), "core")
            );
            assert_eq!(found.swap, ["/dev/sda2"]);
        }
    }

    #[test]
    fn a_machine_that_does_not_tell_is_not_taken_for_a_good_one() {
        let root = machine("down");
        fs::remove_dir_all(root.path().join("sys")).unwrap();
        assert_eq!(Surroundings::under(root.path()).unwrap_err().reason().code, "HOST_UNKNOWN");
    }
}

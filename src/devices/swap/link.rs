//! A link that leads to the current file of several, as the kubelet keeps its certificates: `kubelet-client-current.pem`
//! leads to one of `kubelet-client-DATE.pem`, certificate and key in one.

use std::ffi::OsStr;
use std::path::Path;

use rustix::fs;
use rustix::io::Errno;

use crate::devices::store::fault::shown;
use crate::devices::store::{Directory, StateLock, StoreError};

/// A link and the directory in which it and its files lie.
#[derive(Debug)]
pub struct Link {
    directory: Directory,
    name: String,
}

impl Link {
    /// The link at `path`, whose directory must be there; the link itself need not.
    ///
    /// # Errors
    /// [`StoreError::Name`]; any error of the disk.
    pub fn at(path: &Path) -> Result<Self, StoreError> {
        let name = path.file_name().and_then(OsStr::to_str).ok_or_else(|| StoreError::Name(shown(path)))?;
        let above = path.parent().ok_or_else(|| StoreError::Name(shown(path)))?;
        Ok(Self { directory: Directory::open(above)?, name: name.to_owned() })
    }

    /// The name of the file that it leads to; `None` where it is no link, or leads out of its directory.
    ///
    /// # Errors
    /// Any [`StoreError`] of the disk.
    pub fn target(&self) -> Result<Option<String>, StoreError> {
        let read = match fs::readlinkat(self.directory.fd(), self.name.as_str(), Vec::new()) {
            Err(Errno::NOENT | Errno::INVAL) => return Ok(None),
            read => read.map_err(|e| StoreError::of(&self.directory.path().join(&self.name), e))?,
        };
        let read = Path::new(OsStr::new(read.to_str().unwrap_or_default()));
        let here = self.directory.path();
        // The kubelet writes the whole path; on a copy of a node that path is another.
        let same = read.parent().is_none_or(|above| above.as_os_str().is_empty() || here.ends_with(relative(above)));
        Ok(read.file_name().and_then(OsStr::to_str).filter(|_| same).map(str::to_owned))
    }

    /// The names of the files beside it that begin with `start` and end with `end`, in order.
    ///
    /// # Errors
    /// Any [`StoreError`] of the disk.
    pub fn beside(&self, start: &str, end: &str) -> Result<Vec<String>, StoreError> {
        let names = self.directory.entries()?.into_iter().filter(|entry| entry.nameable).map(|entry| entry.name);
        let mut names: Vec<_> = names.filter(|name| name.starts_with(start) && name.ends_with(end)).collect();
        names.retain(|name| *name != self.name);
        names.sort_unstable();
        Ok(names)
    }
}

/// Makes `link` lead to `target`, a file of its directory, in one step; durable when it returns. That it does already is
/// fine.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such file; any error of the disk.
pub fn turn(link: &Link, target: &str, _lock: &StateLock) -> Result<(), StoreError> {
    let path = link.directory.path().join(&link.name);
    let fault = |e: Errno| StoreError::of(&path, e);
    if !link.directory.holds(target)? {
        return Err(StoreError::Missing(shown(&link.directory.path().join(target))));
    }
    if link.target()?.as_deref() != Some(target) {
        let between = format!(".{}.turn.airlock-tmp", link.name);
        match link.directory.remove(&between) {
            Err(StoreError::Missing(_)) => {}
            removed => removed?,
        }
        fs::symlinkat(target, link.directory.fd(), between.as_str()).map_err(fault)?;
        fs::renameat(link.directory.fd(), between.as_str(), link.directory.fd(), link.name.as_str()).map_err(fault)?;
    }
    link.directory.flush()
}

/// `path` without what makes it absolute.
fn relative(path: &Path) -> &Path {
    path.strip_prefix("/").unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_is_turned_in_one_step_and_never_leads_nowhere() {
        let base = tempfile::tempdir().unwrap();
        let lock = StateLock::acquire(&Directory::private(&base.path().join("state")).unwrap()).unwrap();
        let pki = base.path().join("var/lib/kubelet/pki");
        std::fs::create_dir_all(&pki).unwrap();
        for name in ["kubelet-client-1.pem", "kubelet-client-2.pem", "kubelet.crt"] {
            std::fs::write(pki.join(name), name).unwrap();
        }
        let current = pki.join("kubelet-client-current.pem");
        let link = Link::at(&current).unwrap();
        assert_eq!(link.target().unwrap(), None);
        symlink("/var/lib/kubelet/pki/kubelet-client-1.pem", &current).unwrap();
        assert_eq!(link.target().unwrap().as_deref(), Some("kubelet-client-1.pem"));
        let files = ["kubelet-client-1.pem", "kubelet-client-2.pem"];
        assert_eq!(link.beside("kubelet-client-", ".pem").unwrap(), files);
        for _ in 0..2 {
            turn(&link, "kubelet-client-2.pem", &lock).unwrap();
            assert_eq!(std::fs::read_to_string(&current).unwrap(), "kubelet-client-2.pem");
        }
        assert!(matches!(turn(&link, "kubelet-client-3.pem", &lock), Err(StoreError::Missing(_))));
        assert_eq!(link.target().unwrap().as_deref(), Some("kubelet-client-2.pem"));
        // What a killed run left is no hindrance.
        symlink("nowhere", pki.join(".kubelet-client-current.pem.turn.airlock-tmp")).unwrap();
        turn(&link, "kubelet-client-1.pem", &lock).unwrap();
        assert_eq!(std::fs::read_to_string(&current).unwrap(), "kubelet-client-1.pem");
    }
}

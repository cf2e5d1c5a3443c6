//! Introductions that nobody's key has signed: what one of them could do to another exchange, and to another of its own trace.

use std::fs;
use std::path::{Path, PathBuf};

use airlock::wire::time::Timestamp;

use crate::forged::line;
use crate::host::{Host, file, forged, option};
use crate::online::Pair;

/// A copy of `medium` whose statement is another one.
fn another(medium: &Path) -> PathBuf {
    forged(medium, "another", |at| {
        let text = fs::read_to_string(file(at, ".txt")).unwrap();
        let expires = line(&text, "expires:");
        let sooner = expires[8..].trim().parse::<Timestamp>().unwrap().plus(-1);
        fs::write(file(at, ".txt"), text.replace(expires, &format!("expires: {sooner}"))).unwrap();
    })
}

/// A copy of `medium` that bears the trace of something else.
fn of_trace(medium: &Path, trace: &str) -> PathBuf {
    forged(medium, "of-trace", |at| {
        let text = fs::read_to_string(file(at, ".txt")).unwrap();
        let own = line(&text, "trace:")[6..].trim().to_owned();
        fs::write(file(at, ".txt"), text.replace(&own, trace)).unwrap();
        for entry in fs::read_dir(at).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            fs::rename(entry.path(), at.join(name.replace(&own, trace))).unwrap();
        }
    })
}

/// Neither host takes one in that bears the `trace` of a request or of its answer; of two that differ each tells whoever brings
/// the other. The one on `back` is enrolled by now, the one on `there` comes in for the first time.
pub(crate) fn are_kept_apart(pair: &Pair, trace: &str, there: &Path, back: &Path) {
    for (host, medium) in [(&pair.offline, there), (&pair.online, back)] {
        let taken = of_trace(medium, trace);
        host.refuses(3, "ARRIVAL_TRACE", "enrol import", &option("--media", &taken));
        fs::remove_dir_all(taken).unwrap();
    }
    let (offline, online) = (pair.offline.copy("introduced"), pair.online.copy("introduced"));
    let genuine = imports(&offline, there);
    assert!(genuine.contains("airlock enrol confirm") && !genuine.contains("two different"), "{genuine}");
    for (host, medium) in [(&offline, there), (&online, back)] {
        let other = another(medium);
        let said = imports(host, &other);
        let told = said.contains("two different enrolments of this trace were received: do not go on");
        assert!(told && !said.contains("airlock enrol") && !said.contains("seal"), "{said}");
        fs::remove_dir_all(other).unwrap();
    }
}

fn imports(host: &Host, medium: &Path) -> String {
    host.runs("enrol import", &option("--media", medium)).ok().said
}

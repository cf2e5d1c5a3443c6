//! A print service as hosts have it: CUPS, with a queue whose backend keeps what would go to the printer.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use airlock::devices::printer::{Printer, PrinterName};
use airlock::refusal::Refusal as _;

const PATIENCE: Duration = Duration::from_secs(60);
const SOCKET: &str = "CUPS_SERVER";
/// It is started with the job on its standard input, or in the file of its sixth argument.
const BACKEND: &str = "#!/bin/sh\n[ $# -eq 0 ] && exit 0\ncat \"${6:--}\" > \"${DEVICE_URI#paper:}\"\n";

/// The daemon, with everything it has in one directory.
struct Service(Child);

impl Service {
    fn starts(dir: &Path) -> Option<Self> {
        for folder in ["root", "spool", "temporary", "cache", "state", "programs/backend"] {
            fs::create_dir_all(dir.join(folder)).unwrap();
        }
        for folder in ["daemon", "filter", "notifier", "monitor"] {
            symlink(Path::new("/usr/lib/cups").join(folder), dir.join("programs").join(folder)).unwrap();
        }
        let backend = dir.join("programs/backend/paper");
        fs::write(&backend, BACKEND).unwrap();
        fs::set_permissions(&backend, fs::Permissions::from_mode(0o700)).unwrap();
        let at = dir.display();
        let config = format!(
            "Listen {at}/socket\nLogLevel warn\n<Location />\nOrder allow,deny\nAllow all\n</Location>\n\
             <Policy default>\n<Limit All>\nOrder deny,allow\nAllow all\n</Limit>\n</Policy>\n"
        );
        let files = format!(
            "ServerRoot {at}/root\nServerBin {at}/programs\nRequestRoot {at}/spool\nTempDir {at}/temporary\nCacheDir {at}/cache\n\
             StateDir {at}/state\nAccessLog {at}/access\nErrorLog {at}/errors\nPageLog {at}/pages\nSystemGroup root\n"
        );
        fs::write(dir.join("cupsd.conf"), config).unwrap();
        fs::write(dir.join("cups-files.conf"), files).unwrap();
        let daemon = Command::new("cupsd")
            .arg("-f")
            .arg("-c")
            .arg(dir.join("cupsd.conf"))
            .arg("-s")
            .arg(dir.join("cups-files.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let service = Self(daemon.ok()?);
        let begun = Instant::now();
        while !dir.join("socket").exists() {
            assert!(begun.elapsed() < PATIENCE, "{:?}", fs::read_to_string(dir.join("errors")));
            sleep(Duration::from_millis(50));
        }
        Some(service)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn tool(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

fn print(queue: &str, job: &[u8]) -> &'static str {
    let printer = Printer::open(&format!("lp:{queue}").parse::<PrinterName>().unwrap());
    printer.and_then(|printer| printer.print(job, PATIENCE)).map_or_else(|error| error.reason().code, |()| "")
}

/// Runs in a process of its own, whose environment names the service.
#[test]
#[ignore = "needs CUPS: scripts/test runs it where AIRLOCK_QEMU is set"]
fn a_queue_of_cups_gets_the_whole_job_or_says_why_not() {
    if let Some(socket) = std::env::var_os(SOCKET) {
        return prints(Path::new(&socket).parent().unwrap());
    }
    let dir = tempfile::tempdir().unwrap();
    let Some(service) = Service::starts(dir.path()) else {
        println!("skipped: no cupsd here");
        return;
    };
    let inside = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "service::a_queue_of_cups_gets_the_whole_job_or_says_why_not", "--ignored", "--nocapture"])
        .env(SOCKET, dir.path().join("socket"))
        .status();
    drop(service);
    assert!(inside.unwrap().success(), "{:?}", fs::read_to_string(dir.path().join("errors")));
}

fn prints(dir: &Path) {
    let paper = dir.join("paper");
    fs::write(&paper, "").unwrap();
    let job: Vec<u8> = [b"%PDF-1.7\n".as_slice(), &[0x1b; 200_000]].concat();
    assert_eq!(print("ceremony", &job), "PRINTER_QUEUE", "there is no such queue");
    tool("lpadmin", &["-p", "ceremony", "-E", "-v", &format!("paper:{}", paper.display()), "-m", "raw"]);
    assert_eq!(print("ceremony", &job), "");
    let begun = Instant::now();
    while fs::metadata(&paper).unwrap().len() < job.len() as u64 {
        assert!(begun.elapsed() < PATIENCE, "{:?}", fs::read_to_string(dir.join("errors")));
        sleep(Duration::from_millis(50));
    }
    assert!(fs::read(&paper).unwrap() == job, "not one byte is another");
    // Closed by who stands before it: out of paper, or being seen to.
    tool("cupsreject", &["ceremony"]);
    assert_eq!(print("ceremony", &job), "PRINTER_QUEUE");
    tool("cupsaccept", &["ceremony"]);
    assert_eq!(print("ceremony", b"%PDF-1.7\n"), "");
}

//! The independent judge.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Runs openssl with `arguments`, separated by blanks, on `input`; what it prints, or `None` where it fails.
pub(crate) fn openssl(arguments: &str, input: &str) -> Option<String> {
    let mut child = Command::new("openssl")
        .args(arguments.split(' '))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

/// What openssl says of a certificate: subject and issuer in RFC 2253 reversed to reading order, serial, dates, SANs.
pub(crate) struct Told {
    pub(crate) subject: String,
    pub(crate) issuer: String,
    pub(crate) serial: String,
    pub(crate) not_after: String,
    pub(crate) names: Vec<String>,
    pub(crate) public_key: String,
}

pub(crate) fn tell(pem: &str) -> Told {
    let fields = "x509 -noout -subject -issuer -serial -enddate -dateopt iso_8601 -nameopt oneline,-space_eq";
    let text = openssl(fields, pem).unwrap();
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_start_matches('=').to_owned()
    };
    let names = openssl("x509 -noout -ext subjectAltName", pem).unwrap_or_default();
    let names = names.lines().nth(1).unwrap_or_default().split(", ").map(str::trim).filter(|name| !name.is_empty());
    Told {
        subject: field("subject"),
        issuer: field("issuer"),
        serial: field("serial").to_lowercase(),
        not_after: field("notAfter").replace(' ', "T"),
        names: names
            .map(|name| name.replace("IP Address:0:0:0:0:0:0:0:1", "IP:::1").replace("IP Address", "IP"))
            .collect(),
        public_key: openssl("x509 -noout -pubkey", pem).unwrap(),
    }
}

/// Makes a certificate and its key with `openssl req -x509` and `options`, separated by blanks.
pub(crate) fn issue(options: &str) -> (String, String) {
    let key = tempfile::NamedTempFile::new().unwrap();
    let arguments = format!("req -x509 -nodes -days 365 -keyout {} {options}", key.path().display());
    let certificate = openssl(&arguments, "").unwrap_or_else(|| panic!("openssl {arguments}"));
    (certificate, std::fs::read_to_string(key.path()).unwrap())
}

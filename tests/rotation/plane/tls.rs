//! The TLS of the stand-ins, and how the stand-in of a controller manager signs.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use airlock::pki::certificate::Certificate;
use airlock::pki::path::{self, LeafUse};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rustls::ServerConnection;
use serde_json::Value;

use super::pod::{Flags, always, certificates};
use crate::stand_in::{self, Callers, Paths, request};

/// How a pair is read again.
pub(crate) struct Manner;

impl Manner {
    pub(crate) const APISERVER: stand_in::Manner = stand_in::APISERVER;
    /// Without SNI it shows for ever what it read at its start.
    pub(crate) const KUBELET: stand_in::Manner = stand_in::Manner {
        pair_hot: true,
        only_sni_is_hot: true,
        client_ca_hot: true,
        callers: Callers::Answered,
        old_tls: false,
    };
}

/// Serves on `--secure-port`: clients are judged by the CA file as it is now. `answer` is asked for each request of somebody
/// who is known: his leaf, and the request; it gives a status and a body.
pub(crate) fn listen(
    flags: &Flags,
    manner: stand_in::Manner,
    answer: impl Fn(&Certificate, &str) -> (u16, Value) + Sync,
) {
    let paths = Paths {
        certificate: flags.path("tls-cert-file"),
        key: flags.path("tls-private-key-file"),
        ca: flags.path("client-ca-file"),
    };
    let config = stand_in::config(&paths, manner);
    let port: u16 = flags.need("secure-port").parse().unwrap();
    // The one before may hold the port for a moment.
    let listener = (0..100).find_map(|_| {
        TcpListener::bind(("127.0.0.1", port)).map_err(|_| std::thread::sleep(Duration::from_millis(50))).ok()
    });
    let listener = listener.expect("a free port");
    std::thread::scope(|scope| {
        for stream in listener.incoming() {
            let (config, answer, paths) = (Arc::clone(&config), &answer, &paths);
            scope.spawn(move || drop(serve(stream.unwrap(), config, paths, answer)));
        }
    });
}

fn serve(
    mut stream: TcpStream,
    config: Arc<rustls::ServerConfig>,
    paths: &Paths,
    answer: &(impl Fn(&Certificate, &str) -> (u16, Value) + Sync),
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut tls = ServerConnection::new(config).unwrap();
    while tls.is_handshaking() {
        tls.complete_io(&mut stream)?;
    }
    let chain = tls.peer_certificates().map(|chain| chain.iter().map(|der| der.to_vec()).collect::<Vec<_>>());
    let mut stream = rustls::Stream::new(&mut tls, &mut stream);
    let (mut asked, mut buffer) = (Vec::new(), [0; 4096]);
    // By which CA file the caller was judged, and as whom: the file is looked at with each request.
    let mut judged: Option<(String, Option<Certificate>)> = None;
    loop {
        while let Some(end) = request(&asked) {
            let one: Vec<u8> = asked.drain(..end).collect();
            let ca = std::fs::read_to_string(&paths.ca)?;
            if judged.as_ref().is_none_or(|(by, _)| *by != ca) {
                let who = chain.as_deref().and_then(|chain| known(chain, &ca));
                judged = Some((ca, who));
            }
            let (status, body) = match judged.as_ref().and_then(|(_, who)| who.as_ref()) {
                None => (401, Value::Null),
                Some(who) => answer(who, &String::from_utf8_lossy(&one)),
            };
            let body = body.to_string();
            let head = format!(
                "HTTP/1.1 {status} X\r\nDate: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                date(),
                body.len()
            );
            stream.write_all(format!("{head}{body}").as_bytes())?;
            stream.flush()?;
        }
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            count => asked.extend_from_slice(&buffer[..count]),
        }
    }
}

/// The leaf of a caller that the CA file as it is now leads to.
fn known(chain: &[Vec<u8>], ca: &str) -> Option<Certificate> {
    let all: Option<Vec<_>> = chain.iter().map(|der| Certificate::parse_der(der).ok()).collect();
    let all = all?;
    let (leaf, above) = all.split_first()?;
    let roots = certificates(ca);
    path::verify(leaf, above, &roots, always(), LeafUse::Client).ok()?;
    Some(leaf.clone())
}

/// The clock, as HTTP tells it (RFC 9110, 5.6.7).
fn date() -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let now = super::pod::now();
    let text = now.to_string();
    let month: usize = text[5..7].parse().unwrap();
    let day = DAYS[usize::try_from(now.unix() / 86_400 % 7).unwrap()];
    format!("{day}, {} {} {} {} GMT", &text[8..10], MONTHS[month - 1], &text[..4], &text[11..19])
}

/// A request, base64 of PEM, certified by a pair; base64 of PEM.
pub(crate) fn sign(request: &str, certificate: &str, key: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let request = put("request", &BASE64_STANDARD.decode(request).unwrap());
    let (ca, ca_key) = (put("ca", certificate.as_bytes()), put("key", key.as_bytes()));
    let uses = put("uses", b"extendedKeyUsage=clientAuth\nauthorityKeyIdentifier=keyid\n");
    let done = Command::new("openssl")
        .args(["x509", "-req", "-in", &request, "-CA", &ca, "-CAkey", &ca_key, "-days", "30", "-set_serial", "77"])
        .args(["-extfile", &uses])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    BASE64_STANDARD.encode(String::from_utf8(done.stdout).unwrap() + certificate)
}

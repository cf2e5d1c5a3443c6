//! A STAND-IN for a kube-apiserver or a kubelet, for where no real one is at hand: a TLS listener that loads its files as
//! those were measured to, and answers 401 and 403 as they do. It speaks enough HTTP for a probe and nothing more.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use airlock::devices::probe::Endpoint;
use airlock::pki::certificate::Certificate;
use airlock::pki::path::{self, LeafUse};
use airlock::wire::pem;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject as _};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{
    DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, ServerConnection, SignatureScheme,
};

use crate::pki::Pair;

/// What it does with its files and its callers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// Reads its pair at each handshake, as an apiserver nearly does; otherwise once, at its start.
    pub(crate) pair_hot: bool,
    /// Serves what it read at its start to whoever comes without SNI, as a kubelet does.
    pub(crate) only_sni_is_hot: bool,
    /// Reads its client CA at each request; otherwise once, at its start.
    pub(crate) client_ca_hot: bool,
    /// What becomes of callers.
    pub(crate) callers: Callers,
    /// TLS 1.2 at most.
    pub(crate) old_tls: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Callers {
    /// As an apiserver: any certificate passes the handshake; the answer is 401 where no root leads to it, 403 where it is
    /// of no group, 200 where it is.
    Answered,
    /// As etcd: the handshake fails.
    Strict,
    /// Nobody is asked for a certificate.
    Unasked,
}

pub(crate) const APISERVER: Manner =
    Manner { pair_hot: true, only_sni_is_hot: false, client_ca_hot: true, callers: Callers::Answered, old_tls: false };

/// Where its files lie.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) ca: PathBuf,
}

impl Paths {
    fn within(files: &Path) -> Self {
        let at = |name: &str| files.join(name);
        Self { certificate: at("server.crt"), key: at("server.key"), ca: at("ca.crt") }
    }
}

/// A stand-in that listens until it is dropped.
pub(crate) struct StandIn {
    pub(crate) endpoint: Endpoint,
    files: PathBuf,
    ends: Arc<AtomicBool>,
    pub(crate) handshakes: Arc<AtomicUsize>,
}

impl StandIn {
    /// Listens with `server.crt`, `server.key` and `ca.crt` of `files`.
    pub(crate) fn start(files: &Path, manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = Endpoint::by_address(listener.local_addr().unwrap());
        let (ends, handshakes) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let server = Arc::new(Server {
            config: config(&Paths::within(files), manner),
            roots: if manner.client_ca_hot { None } else { Some(roots(&files.join("ca.crt"))) },
            files: files.to_owned(),
            canary: Mutex::new(None),
        });
        let (stop, count) = (Arc::clone(&ends), Arc::clone(&handshakes));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let (server, count) = (Arc::clone(&server), Arc::clone(&count));
                thread::spawn(move || drop(server.serve(stream.unwrap(), &count)));
            }
        });
        Self { endpoint, files: files.to_owned(), ends, handshakes }
    }

    pub(crate) fn put(&self, pair: &Pair) {
        put(&self.files, pair);
    }

    pub(crate) fn trust(&self, bundle: &str) {
        trust(&self.files, bundle);
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.endpoint.address());
    }
}

pub(crate) fn put(files: &Path, pair: &Pair) {
    std::fs::write(files.join("server.key"), &pair.key).unwrap();
    std::fs::write(files.join("server.crt"), &pair.certificate).unwrap();
}

pub(crate) fn trust(files: &Path, bundle: &str) {
    std::fs::write(files.join("ca.crt"), bundle).unwrap();
}

struct Server {
    config: Arc<ServerConfig>,
    roots: Option<Vec<Certificate>>,
    files: PathBuf,
    canary: Mutex<Option<String>>,
}

impl Server {
    fn serve(&self, mut stream: TcpStream, handshakes: &AtomicUsize) -> io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let mut tls = ServerConnection::new(Arc::clone(&self.config)).unwrap();
        while tls.is_handshaking() {
            tls.complete_io(&mut stream)?;
        }
        handshakes.fetch_add(1, Ordering::SeqCst);
        let caller = tls.peer_certificates().map(|chain| chain.iter().map(|der| der.to_vec()).collect::<Vec<_>>());
        let mut stream = rustls::Stream::new(&mut tls, &mut stream);
        let (mut asked, mut buffer) = (Vec::new(), [0; 4096]);
        loop {
            while let Some(end) = request(&asked) {
                let one: Vec<u8> = asked.drain(..end).collect();
                stream.write_all(self.answer(caller.as_deref(), &String::from_utf8_lossy(&one)).as_bytes())?;
                stream.flush()?;
            }
            match stream.read(&mut buffer)? {
                0 => return Ok(()),
                count => asked.extend_from_slice(&buffer[..count]),
            }
        }
    }

    /// In chunks, so that the client has something to put together.
    fn answer(&self, caller: Option<&[Vec<u8>]>, asked: &str) -> String {
        let status = caller.map_or("401 Unauthorized", |chain| self.standing(chain));
        let (status, body) = match status {
            "200 OK" => self.config_map(asked),
            refused => (refused, r#"{"kind":"Status"}"#.to_owned()),
        };
        let (one, two) = body.split_at(9);
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
             9\r\n{one}\r\n{:x}\r\n{two}\r\n0\r\n\r\n",
            two.len()
        )
    }

    /// One ConfigMap: made, changed and read.
    fn config_map(&self, asked: &str) -> (&'static str, String) {
        let mut canary = self.canary.lock().unwrap();
        let (head, body) = asked.split_once("\r\n\r\n").unwrap();
        match (head.split(' ').next().unwrap(), canary.is_some()) {
            ("GET", _) if !head.contains("/airlock-canary ") => ("200 OK", r#"{"kind":"Status"}"#.to_owned()),
            ("PATCH" | "GET", false) => ("404 Not Found", r#"{"kind":"Status","code":404}"#.to_owned()),
            ("GET", true) => ("200 OK", canary.clone().unwrap()),
            ("PATCH", true) if !head.contains("application/merge-patch+json") => {
                ("415 Unsupported Media Type", r#"{"kind":"Status","code":415}"#.to_owned())
            }
            _ => ("200 OK", canary.insert(body.to_owned()).clone()),
        }
    }

    fn standing(&self, chain: &[Vec<u8>]) -> &'static str {
        let parse = |der: &Vec<u8>| Certificate::parse_der(der).unwrap();
        let above: Vec<_> = chain[1..].iter().map(parse).collect();
        let leaf = parse(&chain[0]);
        let roots = self.roots.clone().unwrap_or_else(|| roots(&self.files.join("ca.crt")));
        let now = "2027-01-01T00:00:00Z".parse().unwrap();
        if path::verify(&leaf, &above, &roots, now, LeafUse::Client).is_err() {
            "401 Unauthorized"
        } else if leaf.subject().organizations().is_empty() {
            "403 Forbidden"
        } else {
            "200 OK"
        }
    }
}

/// Where the first whole request ends.
pub(crate) fn request(asked: &[u8]) -> Option<usize> {
    let head = asked.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&asked[..head]).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok()).unwrap_or(0);
    (asked.len() >= head + length).then_some(head + length)
}

fn roots(file: &Path) -> Vec<Certificate> {
    let text = std::fs::read_to_string(file).unwrap();
    pem::blocks(&text).unwrap().iter().map(|(_, der)| Certificate::parse_der(der).unwrap()).collect()
}

pub(crate) fn config(files: &Paths, manner: Manner) -> Arc<ServerConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let versions: &[_] =
        if manner.old_tls { &[&rustls::version::TLS12] } else { &[&rustls::version::TLS13, &rustls::version::TLS12] };
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(versions).unwrap();
    let builder = match manner.callers {
        Callers::Unasked => builder.with_no_client_auth(),
        Callers::Answered => builder.with_client_cert_verifier(Arc::new(Anybody)),
        Callers::Strict => {
            let mut store = RootCertStore::empty();
            for root in roots(&files.ca) {
                store.add(CertificateDer::from(root.der().to_vec())).unwrap();
            }
            builder.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider).build().unwrap(),
            )
        }
    };
    let first = load(files).expect("a pair that fits");
    Arc::new(builder.with_cert_resolver(Arc::new(Pairs { files: files.clone(), first, manner })))
}

/// The pair on disk; `None` while it does not fit.
fn load(files: &Paths) -> Option<Arc<CertifiedKey>> {
    let chain = CertificateDer::pem_file_iter(&files.certificate).ok()?.collect::<Result<Vec<_>, _>>().ok()?;
    let key = aws_lc_rs::sign::any_supported_type(&PrivateKeyDer::from_pem_file(&files.key).ok()?).ok()?;
    let pair = CertifiedKey::new(chain, key);
    pair.keys_match().ok()?;
    Some(Arc::new(pair))
}

#[derive(Debug)]
struct Pairs {
    files: Paths,
    first: Arc<CertifiedKey>,
    manner: Manner,
}

impl ResolvesServerCert for Pairs {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let hot = self.manner.pair_hot && (hello.server_name().is_some() || !self.manner.only_sni_is_hot);
        if hot { load(&self.files).or_else(|| Some(Arc::clone(&self.first))) } else { Some(Arc::clone(&self.first)) }
    }
}

/// Asks for a certificate and takes any: the handshake proves that the caller holds its key.
#[derive(Debug)]
struct Anybody;

fn algorithms() -> WebPkiSupportedAlgorithms {
    aws_lc_rs::default_provider().signature_verification_algorithms
}

impl ClientCertVerifier for Anybody {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _leaf: &CertificateDer<'_>,
        _above: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, leaf, signed, &algorithms())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, leaf, signed, &algorithms())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        algorithms().supported_schemes()
    }
}

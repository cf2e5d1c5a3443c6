//! Requests: what one asks, and what is made of it.

use std::rc::Rc;

use crate::cluster::role::Role;
use crate::exchange::csr_bundle::manifest::{self, Replaces};
use crate::exchange::csr_bundle::number::Number;
use crate::issuance::request::Request;
use crate::issuance::specimen::World;
use crate::pki::certificate::Certificate;
use crate::pki::csr::{Csr, RequestInfo};
use crate::pki::extension::{Extension, Extensions, oid};
use crate::pki::key::{Curve, PublicKey};
use crate::pki::mint::{Authority as Minted, Key};
use crate::pki::name::Name;
use crate::pki::san::{AltName, SubjectAltNames};

/// A request before it is one.
pub(crate) struct Wish {
    /// A fresh one where there is none.
    pub(crate) key: Option<Rc<Key>>,
    pub(crate) subject: Name,
    pub(crate) extensions: Vec<Extension>,
    pub(crate) asked: manifest::Request,
    pub(crate) replaced: Option<Certificate>,
}

/// A made request.
pub(crate) struct Made {
    pub(crate) asked: manifest::Request,
    pub(crate) csr: Csr,
    pub(crate) replaced: Option<Certificate>,
}

impl Wish {
    pub(crate) fn names(&mut self, names: &[AltName]) {
        self.extensions.retain(|extension| extension.oid != oid::SUBJECT_ALT_NAME);
        if !names.is_empty() {
            let der = SubjectAltNames::from_names(names).unwrap().der().to_vec();
            self.extensions.push(Extension::new(oid::SUBJECT_ALT_NAME, false, der));
        }
    }

    /// Names `certificate` as the one it replaces.
    pub(crate) fn replaces(&mut self, certificate: &Certificate, issuer: &PublicKey) {
        self.asked.replaces = Some(Replaces {
            issuer_spki_sha256: issuer.spki_sha256(),
            not_after: certificate.validity().not_after(),
            serial: certificate.serial().clone(),
        });
        self.replaced = Some(certificate.clone());
    }

    pub(crate) fn make(self) -> Made {
        let key = self.key.unwrap_or_else(|| Rc::new(Key::ec(Curve::P256)));
        let info = RequestInfo::new(&self.subject, &key.public(), &Extensions::new(self.extensions).unwrap());
        let csr = info.assemble(key.algorithm(), &key.sign(info.der())).unwrap();
        Made { asked: self.asked, csr, replaced: self.replaced }
    }
}

/// Numbers them from 1.
pub(crate) fn numbered(mut made: Vec<Made>) -> Vec<Made> {
    let count = made.len();
    for (request, number) in made.iter_mut().zip(Number::list(count).unwrap()) {
        request.asked.id = number;
    }
    made
}

pub(crate) fn requests(made: &[Made]) -> Vec<Request<'_>> {
    made.iter()
        .map(|Made { asked, csr, replaced }| Request { asked, csr: Ok(csr), replaced: replaced.as_ref() })
        .collect()
}

/// What a cluster had before it was enrolled: a CA, and the serving certificate of w1 with its key.
pub(crate) struct Before {
    pub(crate) ca: Minted,
    pub(crate) key: Rc<Key>,
    pub(crate) certificate: Certificate,
}

impl Before {
    pub(crate) fn new() -> Self {
        let (ca, key) = (Minted::root("kubernetes", Key::ec(Curve::P256)), Key::ec(Curve::P256));
        let certificate = ca.leaf(&key, |fields| fields.subject = Role::KubeletServer.subject("w1").unwrap());
        Self { ca, key: Rc::new(key), certificate }
    }

    /// The world in which the CA was enrolled with its cluster.
    pub(crate) fn enrolled(&self, world: World) -> World {
        World { adopted: vec![self.ca.certificate.clone()], ..world }
    }

    pub(crate) fn replaced_by(&self, wish: &mut Wish) {
        wish.replaces(&self.certificate, &self.ca.key.public());
    }
}

/// Changes of a wish.
pub(crate) fn with(extension: Extension) -> impl FnOnce(&mut Wish) {
    |wish| wish.extensions.push(extension)
}

pub(crate) fn with_key(key: Key) -> impl FnOnce(&mut Wish) {
    |wish| wish.key = Some(Rc::new(key))
}

pub(crate) fn with_subject(pairs: &[(&str, &str)]) -> impl FnOnce(&mut Wish) {
    let subject = Name::from_pairs(pairs).unwrap();
    |wish| wish.subject = subject
}

/// The request of a file of `fixtures/csr`, asked for the serving certificate of w1.
macro_rules! fixture {
    ($name:literal) => {
        $crate::issuance::specimen::wish::of_text(include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/fixtures/csr/",
            $name,
            ".csr"
        )))
    };
}
pub(crate) use fixture;

pub(crate) fn of_text(text: &str) -> Made {
    let csr = Csr::parse_foreign(text).unwrap();
    Made { csr, ..World::default().wish(Role::KubeletServer, "w1").make() }
}

//! Two generations of a root, and what they issue. Throw-away keys of this test alone.

use std::sync::atomic::{AtomicU32, Ordering};

use airlock::devices::probe::Caller;
use airlock::pki::certificate::Certificate;
use airlock::wire::digest::Digest;
use airlock::wire::pem;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType,
};

/// A root with its key.
pub(crate) struct Root {
    issuer: Issuer<'static, KeyPair>,
    params: CertificateParams,
    /// When its leaves end: year, month, day; none for as late as can be.
    ends: Option<(i32, u8, u8)>,
    pub(crate) pem: String,
}

/// A certificate and its key, both PEM.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Root {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params.clone(), key), params, ends: None, pem }
    }

    /// One whose leaves end on that day: year, month, day.
    pub(crate) fn until(name: &str, ends: (i32, u8, u8)) -> Self {
        Self { ends: Some(ends), ..Self::new(name) }
    }

    /// This root as a CA below `other`: the bridge for those who have loaded only that one.
    pub(crate) fn cross_signed_by(&self, other: &Self) -> String {
        let mut params = self.params.clone();
        params.use_authority_key_identifier_extension = true;
        params.signed_by(self.issuer.key(), &other.issuer).unwrap().pem()
    }

    /// As [`Root::cross_signed_by`], of a time that is over.
    pub(crate) fn past_cross(&self, other: &Self) -> String {
        let mut params = self.params.clone();
        params.use_authority_key_identifier_extension = true;
        params.not_before = rcgen::date_time_ymd(2025, 1, 1);
        params.not_after = rcgen::date_time_ymd(2025, 12, 31);
        params.signed_by(self.issuer.key(), &other.issuer).unwrap().pem()
    }

    /// As kubeadm makes the leaves of etcd: for servers and clients.
    pub(crate) fn server(&self, name: &str) -> Pair {
        let names = [SanType::IpAddress([127, 0, 0, 1].into()), SanType::DnsName("localhost".try_into().unwrap())];
        let usages = [ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(name, None, &names, &usages)
    }

    pub(crate) fn client(&self, name: &str) -> Pair {
        self.issue(name, None, &[], &[ExtendedKeyUsagePurpose::ClientAuth])
    }

    /// A client whose time is over.
    pub(crate) fn past_client(&self, name: &str) -> Pair {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.not_before = rcgen::date_time_ymd(2025, 1, 1);
        params.not_after = rcgen::date_time_ymd(2025, 12, 31);
        let key = KeyPair::generate().unwrap();
        Pair { certificate: params.signed_by(&key, &self.issuer).unwrap().pem(), key: key.serialize_pem() }
    }

    pub(crate) fn client_of(&self, name: &str, organization: &str) -> Pair {
        self.issue(name, Some(organization), &[], &[ExtendedKeyUsagePurpose::ClientAuth])
    }

    /// A leaf as kubeadm makes it: by subject, names and uses.
    pub(crate) fn leaf(&self, name: &str, organization: Option<&str>, serves: bool, calls: bool) -> Pair {
        let names = [SanType::IpAddress([127, 0, 0, 1].into()), SanType::DnsName("localhost".try_into().unwrap())];
        let mut usages = Vec::new();
        usages.extend(serves.then_some(ExtendedKeyUsagePurpose::ServerAuth));
        usages.extend(calls.then_some(ExtendedKeyUsagePurpose::ClientAuth));
        self.issue(name, organization, if serves { &names } else { &[] }, &usages)
    }

    /// A CA below this root, and its key.
    pub(crate) fn below(&self, name: &str) -> Pair {
        let other = Self::new(name);
        Pair { certificate: other.cross_signed_by(self), key: other.key() }
    }

    /// Its key, PEM.
    pub(crate) fn key(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    pub(crate) fn certificate(&self) -> Certificate {
        certificate(&self.pem)
    }

    pub(crate) fn issue(
        &self,
        name: &str,
        organization: Option<&str>,
        names: &[SanType],
        usages: &[ExtendedKeyUsagePurpose],
    ) -> Pair {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        if let Some(organization) = organization {
            params.distinguished_name.push(DnType::OrganizationName, organization);
        }
        params.subject_alt_names = names.to_vec();
        params.extended_key_usages = usages.to_vec();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(u64::from(NUMBER.fetch_add(1, Ordering::Relaxed)).into());
        if let Some((year, month, day)) = self.ends {
            params.not_after = rcgen::date_time_ymd(year, month, day);
        }
        let key = KeyPair::generate().unwrap();
        let issued = params.signed_by(&key, &self.issuer).unwrap();
        Pair { certificate: issued.pem(), key: key.serialize_pem() }
    }
}

impl Pair {
    pub(crate) fn caller(&self) -> Caller {
        Caller::holding(&self.certificate, &self.key).unwrap()
    }

    pub(crate) fn fingerprint(&self) -> Digest {
        Digest::of(certificate(&self.certificate).der())
    }
}

pub(crate) fn certificate(text: &str) -> Certificate {
    let (_, der) = pem::blocks(text).unwrap().into_iter().next().unwrap();
    Certificate::parse_der(&der).unwrap()
}

//! The bridge: the root that comes, certified by the old CA, so that who has loaded that one alone accepts new leaves.
//!
//! One that fits is taken from where there is one: somebody hands it over, the package brings it, this host signed it before.
//! Otherwise the key of the old CA signs it, once for each domain, on the node that holds it, and that stands in the log
//! first. A cross-certificate is public and speaks for itself, so nothing depends on who carried it.

use super::goods::Goods;
use super::node::Node;
use super::plan::Choice;
use crate::audit::detail::Crossed;
use crate::audit::entry::{Actor, Outcome};
use crate::audit::event::Event;
use crate::cluster::role::Domain;
use crate::cluster::scan::EXPIRING_WITHIN;
use crate::exchange::roots::RootStatus;
use crate::issuance::authority::Authority;
use crate::issuance::lint::{self, Expected};
use crate::issuance::profile::Profile;
use crate::issuance::template;
use crate::online::private_key::PrivateKey;
use crate::online::room::Room;
use crate::online::scan::NodeRoot;
use crate::pki::certificate::{Certificate, TbsCertificate};
use crate::pki::chain;
use crate::pki::serial::Serial;
use crate::refusal::Refused;
use crate::wire::text;
use crate::wire::time::Timestamp;

mod fault;
pub use fault::BridgeError;

/// Cross-certificates that fit, one a domain.
#[derive(Debug, Clone, Default)]
pub struct Crosses(Vec<(Domain, Certificate)>);

/// What leads from the old CAs of the nodes to the roots that come. Nothing has been signed.
pub struct Bridge {
    nodes: Vec<Node>,
    spans: Vec<Span>,
}

/// One domain of it.
struct Span {
    domain: Domain,
    old: Certificate,
    root: Certificate,
    /// When the last leaf ends that it stands behind.
    until: Timestamp,
    source: Source,
}

/// Where a cross-certificate comes from.
enum Source {
    /// It is there: from where.
    Ready(Box<Certificate>, &'static str),
    /// It is yet to be signed, on the node at this place.
    Sign(usize),
}

impl Crosses {
    /// That of `domain`.
    pub fn of(&self, domain: Domain) -> Option<&Certificate> {
        self.0.iter().find(|(of, _)| *of == domain).map(|(_, cross)| cross)
    }
}

impl Bridge {
    /// Looks at what the nodes `roots` trust and at what `goods` brings; `given` are cross-certificates that were handed over.
    ///
    /// # Errors
    /// [`BridgeError`]; what the nodes and the blobs say.
    pub fn look(
        room: &Room,
        goods: &Goods,
        roots: &[NodeRoot],
        choice: &Choice,
        given: &[Certificate],
    ) -> Result<Self, Refused> {
        let now = room.desk().now()?;
        let wanted = roots.iter().filter(|at| !choice.excluded.contains(&at.node));
        let nodes = wanted.map(Node::open).collect::<Result<Vec<_>, _>>()?;
        let found = Found { goods, nodes: &nodes, given, known: known(room)?, now };
        if let Some(other) = given.iter().find(|cross| !found.is_meant_anywhere(cross)) {
            return Err(BridgeError::cross(&format!("{} is no root of this package", other.subject())).into());
        }
        let mut spans = Vec::new();
        for domain in Domain::ALL {
            spans.extend(found.span(domain)?);
        }
        if spans.is_empty() {
            return Err(BridgeError::Nothing.into());
        }
        Ok(Self { nodes, spans })
    }

    /// Those that are there already.
    pub fn ready(&self) -> Crosses {
        let ready = self.spans.iter().filter_map(|span| match &span.source {
            Source::Ready(cross, _) => Some((span.domain, (**cross).clone())),
            Source::Sign(_) => None,
        });
        Crosses(ready.collect())
    }

    /// Whether the key of an old CA is to be used.
    pub fn signs(&self) -> bool {
        self.spans.iter().any(|span| matches!(span.source, Source::Sign(_)))
    }

    /// What comes from where, a line a domain.
    pub fn lines(&self) -> Vec<String> {
        let line = |span: &Span| match &span.source {
            Source::Ready(_, from) => format!("{}: {from}", span.domain),
            Source::Sign(at) => {
                let node = self.nodes.get(*at).map_or("", |node| node.name.as_str());
                format!("{}: signed with {} of {}", span.domain, span.domain.ca_key(), text::clip(node, 64))
            }
        };
        self.spans.iter().map(line).collect()
    }

    /// Signs what is yet to be signed, each written down before and after; then all of them.
    ///
    /// # Errors
    /// [`BridgeError`], [`PrivateKeyError`](crate::online::private_key::PrivateKeyError); what the log says.
    pub fn carry_out(self, room: &mut Room, trace: &str, actor: &Actor) -> Result<Crosses, Refused> {
        let mut crosses = self.ready();
        for span in &self.spans {
            let Source::Sign(at) = span.source else { continue };
            let node = self.nodes.get(at).ok_or(BridgeError::NoKey(span.domain))?;
            crosses.0.push((span.domain, span.sign(room, node, trace, actor)?));
        }
        Ok(crosses)
    }
}

/// Where a span is looked for.
struct Found<'a> {
    goods: &'a Goods,
    nodes: &'a [Node],
    given: &'a [Certificate],
    known: Vec<Certificate>,
    now: Timestamp,
}

impl Found<'_> {
    fn is_meant_anywhere(&self, cross: &Certificate) -> bool {
        self.goods.ca().roots().iter().any(|root| is_of(cross, &root.certificate))
    }

    /// What leads to the root of the leaves of `domain`; nothing where the nodes trust nothing in it, or it has no leaf.
    fn span(&self, domain: Domain) -> Result<Option<Span>, Refused> {
        let mut old: Vec<Certificate> = Vec::new();
        for node in self.nodes {
            old.extend(node.old_cas(domain, self.goods.ca())?.into_iter().flatten());
        }
        let has_any = self.nodes.iter().any(|node| node.trusts(domain));
        let roots = each_once(self.goods.roots_above(domain).into_iter().cloned());
        let old = each_once(old.into_iter());
        let (Some(until), true) = (self.goods.last_end(domain), has_any && !roots.is_empty()) else { return Ok(None) };
        let ([old], [root]) = (old.as_slice(), roots.as_slice()) else {
            return Err(BridgeError::Many { domain, old: old.len(), roots: roots.len() }.into());
        };
        let room_below = 1 + self.goods.longest_between(domain);
        may_bridge(domain, old, room_below, self.now)?;
        let source = self.source(domain, old, root, until)?;
        Ok(Some(Span { domain, old: old.clone(), root: root.clone(), until, source }))
    }

    fn source(
        &self,
        domain: Domain,
        old: &Certificate,
        root: &Certificate,
        until: Timestamp,
    ) -> Result<Source, Refused> {
        let fits = |cross: &&Certificate| fits(cross, old, root, (self.now, until)).is_ok();
        if let Some(cross) = self.given.iter().find(|cross| is_of(cross, root)) {
            fits_or(cross, old, root, (self.now, until))?;
            return Ok(Source::Ready(Box::new(cross.clone()), "handed over"));
        }
        if let Some(cross) = self.goods.crosses_of(domain).find(fits) {
            return Ok(Source::Ready(Box::new(cross.clone()), "from the package"));
        }
        if let Some(cross) = self.known.iter().find(fits) {
            return Ok(Source::Ready(Box::new(cross.clone()), "signed here before"));
        }
        let holds = |node: &Node| node.ca_key(domain).is_some_and(|public| public == *old.public_key());
        let at = self.nodes.iter().position(holds);
        Ok(Source::Sign(at.ok_or(BridgeError::NoKey(domain))?))
    }
}

impl Span {
    /// Asks the key of the old CA once.
    fn sign(&self, room: &mut Room, node: &Node, trace: &str, actor: &Actor) -> Result<Certificate, Refused> {
        let tbs = self.tbs(room)?;
        let detail = Crossed {
            certificate: None,
            domain: self.domain.to_string(),
            issuer: self.old.fingerprint(),
            node: text::clip(&node.name, 64),
            root: self.root.fingerprint(),
            tbs: tbs.tbs_sha256(),
        };
        room.desk.note(actor, Some(trace), Event::CrossIntent(detail.clone()))?;
        let key = node.ca_key_text(self.domain).ok_or(BridgeError::NoKey(self.domain))?;
        let cross = PrivateKey::parse(key)?.certify(tbs)?;
        fits(&cross, &self.old, &self.root, (room.desk.now()?, self.until))?;
        let certificate = Some(room.desk.objects().put(cross.der())?);
        room.desk.note(actor, Some(trace), Event::CrossSigned(Crossed { certificate, ..detail }))?;
        Ok(cross)
    }

    /// The exact bytes, under the rules by which the CA certifies one of its roots by another. It lasts as long as both CAs:
    /// what other nodes put before their leaves is this one, and how long those last is not known here.
    fn tbs(&self, room: &mut Room) -> Result<TbsCertificate, Refused> {
        let now = room.desk.now()?;
        let issuer =
            Authority { domain: self.domain, status: RootStatus::Retiring, tbs: TbsCertificate::clone(&self.old) };
        let validity = template::cross_validity(now, u64::MAX, &self.root, &issuer.tbs);
        let ends = BridgeError::Ends { domain: self.domain, end: self.old.validity().not_after() };
        let serial = Serial::from_entropy(room.desk.random()?, room.desk.random()?);
        let tbs = template::cross(&self.root, &issuer, validity.ok_or(ends)?, serial)?;
        let expected = Expected {
            profile: Profile::Cross(self.domain),
            issuer: &issuer,
            certified: Some(&self.root),
            record: None,
            policy: None,
            privileged: false,
        };
        let findings = lint::certificate(&tbs, &expected);
        if findings.is_empty() { Ok(tbs) } else { Err(BridgeError::Lint(findings.to_string()).into()) }
    }
}

/// Whether `cross` names `root`, whoever signed it.
fn is_of(cross: &Certificate, root: &Certificate) -> bool {
    cross.subject() == root.subject() && cross.public_key() == root.public_key()
}

/// Whether the old CA may stand above another CA, with so many CAs below it, and does not end soon.
fn may_bridge(domain: Domain, old: &Certificate, below: usize, now: Timestamp) -> Result<(), BridgeError> {
    let (extensions, end) = (old.extensions(), old.validity().not_after());
    let room = extensions.basic_constraints().and_then(|constraints| constraints.path_len);
    let limits = [
        (old.is_ca() && chain::may_sign(old).is_ok(), "it may not sign certificates"),
        (room.is_none_or(|room| usize::from(room) >= below), "its path length leaves no room for another CA"),
        (extensions.name_constraints().is_none(), "its names are constrained"),
        (extensions.extended_key_usage().is_none(), "its usages are constrained"),
        (extensions.unknown_critical().is_empty(), "it has a critical extension that is not known"),
        (extensions.subject_key_id().is_some(), "it has no key identifier"),
    ];
    if let Some((_, why)) = limits.into_iter().find(|(holds, _)| !holds) {
        return Err(BridgeError::Limited { domain, why });
    }
    if !old.validity().contains(now) || end.since(now) < EXPIRING_WITHIN {
        return Err(BridgeError::Ends { domain, end });
    }
    Ok(())
}

/// Whether `cross` is `root` certified by `old`, in time, and lasts as long as the leaves that it stands behind: so long one
/// that has loaded nothing new may meet them. Neither CA can lend it more than it has.
fn fits(
    cross: &Certificate,
    old: &Certificate,
    root: &Certificate,
    (now, until): (Timestamp, Timestamp),
) -> Result<(), Refused> {
    chain::cross_certifies(cross, root)?;
    chain::issued(old, cross)?;
    let end = cross.validity().not_after();
    if !cross.validity().contains(now) || end.since(now) < EXPIRING_WITHIN {
        return Err(BridgeError::cross("it ends within thirty days").into());
    }
    if end < until.min(old.validity().not_after()).min(root.validity().not_after()) {
        return Err(BridgeError::cross(&format!("it ends at {end}, before the leaves that it stands behind")).into());
    }
    Ok(())
}

/// As [`fits`], said of one that a person gave.
fn fits_or(
    cross: &Certificate,
    old: &Certificate,
    root: &Certificate,
    span: (Timestamp, Timestamp),
) -> Result<(), BridgeError> {
    fits(cross, old, root, span).map_err(|refused| BridgeError::cross(&refused.to_string()))
}

/// What this host signed before, the newest first.
fn known(room: &Room) -> Result<Vec<Certificate>, Refused> {
    let signed = room.desk().entries().iter().rev().filter(|entry| entry.outcome == Outcome::Ok);
    let signed = signed.filter_map(|entry| match &entry.event {
        Event::CrossSigned(crossed) => crossed.certificate,
        _ => None,
    });
    let read = |digest| Ok(Certificate::parse_der(&room.desk().objects().get(&digest)?)?);
    signed.map(read).collect()
}

fn each_once(all: impl Iterator<Item = Certificate>) -> Vec<Certificate> {
    let mut each = Vec::new();
    for one in all {
        if !each.contains(&one) {
            each.push(one);
        }
    }
    each
}

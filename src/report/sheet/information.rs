//! What the first page tells besides the statement. None of it is covered by the code.

use std::collections::BTreeMap;

use super::block::Block;
use super::facts::{Bundle, Contents, Enrolment, Package, Request, Root, RootStatus};
use super::label::{Label, Language};
use super::profile::short;
use crate::cluster::role::PRIVILEGED_GROUPS;
use crate::report::columns;
use crate::wire::digest::Digest;
use crate::wire::text;

const SIGNER: Label = Label("Signer key", "签名密钥");
const POLICY: Label = Label("Policy", "策略");
const ROSTER: Label = Label("Roster epoch", "名册");
const TOKEN: Label = Label("HSM token", "密码机");

/// The lines about `contents`, in groups that are not split.
pub(super) fn of(contents: &Contents, language: Language) -> Vec<Vec<String>> {
    let mut block = Block::new(language);
    match contents {
        Contents::Bundle(bundle) => block.bundle(bundle),
        Contents::Package(package) => block.package(package),
        Contents::Enrolment(enrolment) => block.enrolment(enrolment),
    }
    block.groups
}

impl Block {
    fn bundle(&mut self, bundle: &Bundle) {
        self.profiles(&bundle.requests);
        self.privileged(&bundle.requests);
        self.field(Label("Revocations", "吊销"), &bundle.revocations.len().to_string());
        self.list(Label("Trust change", "信任变更"), bundle.trust_ops.iter().map(ToString::to_string));
        self.list(Label("Voids", "作废"), bundle.voids.iter().map(ToString::to_string));
        for root in &bundle.roots {
            let digits = root.sha256.short();
            let (left, right) = digits.split_at(8);
            let about = format!("{} {}", root.domain, self.text(status(root)));
            let subject = columns::cut_middle(&root.subject.safe(), 56);
            self.list(Label("Root known", "根"), [format!("{left} {right}"), about, subject]);
        }
        self.field(SIGNER, &bundle.signer.fingerprint());
    }

    fn package(&mut self, package: &Package) {
        let (issued, denied) = (package.issued.len(), package.denials.len());
        let words = |label| self.text(label);
        let counts = [
            (Label("asked", "申请"), issued + denied),
            (Label("issued", "签发"), issued),
            (Label("denied", "拒签"), denied),
        ];
        let counts = counts.map(|(label, count)| format!("{} {count}", words(label)));
        self.list(Label("Requests", "请求"), counts);
        self.list(Label("Denied for", "拒签原因"), by_code(package));
        self.profiles(&package.issued);
        self.privileged(&package.issued);
        let answers = format!("answers bundle {}", package.bundle_seq);
        self.list(Label("Package number", "包号"), [package.package_seq.to_string(), answers]);
        for root in &package.roots {
            self.root(root);
        }
        let lists = package.crls.iter().map(|crl| format!("{} {}, next {}", crl.domain, crl.number, crl.next_update));
        self.list(Label("CRL", "吊销列表"), lists);
        self.approval(package);
        self.log(package);
        for event in &package.key_events {
            let keys = [format!("was {}", event.old.fingerprint()), format!("is  {}", event.new.fingerprint())];
            self.wide(Label("Key changed", "换钥"), &text::escape(&event.what), &keys);
        }
        self.field(TOKEN, &text::escape(&package.token));
        self.field(SIGNER, &package.signer.fingerprint());
    }

    fn approval(&mut self, package: &Package) {
        let names = |people: &[_]| people.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let approval = &package.approval;
        let rule = format!("({})", text::escape(&approval.rule));
        self.field(Label("Approved by", "批准"), &format!("{} {rule}", names(&approval.officers)));
        if !approval.witnesses.is_empty() {
            self.field(Label("Witness", "见证"), &names(&approval.witnesses));
        }
    }

    fn log(&mut self, package: &Package) {
        self.digest(Label("Log entries", "日志"), &package.log.size.to_string(), &package.log.root);
        self.policy(&package.policy);
        let (epoch, digest) = &package.roster;
        self.digest(ROSTER, &epoch.to_string(), digest);
        let clock = &package.clock;
        let attested = format!("attested {}, backdated {} s", clock.attested, clock.backdating_s);
        self.field(Label("Clock", "时钟"), &attested);
        if let Some((from, to)) = clock.set {
            self.field(Label("Clock set", "时钟调整"), &format!("{from} -> {to}"));
        }
    }

    fn enrolment(&mut self, enrolment: &Enrolment) {
        let created = format!("created {}", enrolment.created);
        self.list(Label("Epoch", "版次"), [enrolment.epoch.to_string(), created]);
        if let Some(cluster) = &enrolment.made_for {
            self.field(Label("Made for", "登记对象"), &cluster.to_string());
        }
        self.field(SIGNER, &enrolment.statement_key.fingerprint());
        self.key(Label("Log key", "日志密钥"), &enrolment.log.1.fingerprint(), &enrolment.log.0);
        if let Some((name, key)) = &enrolment.witness {
            self.key(Label("Witness key", "见证密钥"), &key.fingerprint(), name);
        }
        if let Some(recipient) = &enrolment.recipient {
            self.wide(Label("Recipient", "收件密钥"), "", &[recipient.to_string()]);
        }
        for recipient in &enrolment.archive {
            self.wide(Label("Archive", "存档密钥"), "", &[recipient.to_string()]);
        }
        if let Some((uid, record)) = &enrolment.cluster {
            self.digest(Label("Cluster UID", "集群标识"), &text::escape(uid), record);
        }
        for root in &enrolment.roots {
            self.root(root);
        }
        if let Some(roster) = &enrolment.roster {
            let value = text::fill("{}, {} person{s}", [&roster.epoch, &roster.persons.len()]);
            self.digest(ROSTER, &value, &roster.sha256);
        }
        if let Some(policy) = &enrolment.policy {
            self.policy(policy);
        }
        if let Some(token) = &enrolment.token {
            self.field(TOKEN, &text::escape(token));
        }
        for (name, phone) in &enrolment.contacts {
            let contact = format!("{}: {}", text::escape(name), text::escape(phone));
            self.field(Label("Contact", "联系人"), &contact);
        }
    }

    fn profiles(&mut self, requests: &[Request]) {
        let mut counts = BTreeMap::new();
        for request in requests {
            *counts.entry(request.profile).or_insert(0_usize) += 1;
        }
        let counts = counts.iter().map(|(role, count)| format!("{} {count}", short(*role)));
        self.list(Label("By profile", "分类"), counts);
    }

    /// How many requests give full rights, by the group or, without one, by the profile that gives them.
    fn privileged(&mut self, requests: &[Request]) {
        let mut counts = BTreeMap::new();
        for request in requests.iter().filter(|request| request.profile.is_privileged(&request.subject)) {
            let groups = request.subject.organizations();
            let group = PRIVILEGED_GROUPS.iter().find(|group| groups.contains(group));
            let cause = group.map_or_else(|| short(request.profile).to_owned(), |group| format!("O={group}"));
            *counts.entry(cause).or_insert(0_usize) += 1;
        }
        let total = counts.values().sum::<usize>().to_string();
        let each = counts.iter().map(|(cause, count)| format!("{count} x {cause}"));
        self.list(Label("Privileged", "特权"), std::iter::once(total).chain(each));
    }

    fn root(&mut self, root: &Root) {
        let about = format!("{} {} {}", root.domain, self.text(status(root)), root.subject.safe());
        self.digest(Label("Root sha256", "根证书"), &columns::cut_middle(&about, 56), &root.sha256);
    }

    fn policy(&mut self, (id, digest): &(String, Digest)) {
        self.digest(POLICY, &text::escape(id), digest);
    }

    /// A key that has a name: the fingerprint, and the name under it.
    fn key(&mut self, label: Label, fingerprint: &str, name: &str) {
        self.wide(label, fingerprint, &[columns::cut_middle(&text::escape(name), 74)]);
    }
}

const fn status(root: &Root) -> Label {
    match root.status {
        RootStatus::Current => Label("current", "当前"),
        RootStatus::Next => Label("next", "后继"),
        RootStatus::Retiring => Label("retiring", "退役"),
    }
}

/// How many denials name each code.
fn by_code(package: &Package) -> Vec<String> {
    let mut counts = BTreeMap::new();
    for code in package.denials.iter().flat_map(|denial| &denial.codes) {
        *counts.entry(text::escape(code)).or_insert(0_usize) += 1;
    }
    counts.iter().map(|(code, count)| format!("{count} x {code}")).collect()
}

//! N20, what is asked for: a form of everything that can be chosen, in the words of the command line.

use crate::cluster::role::Domain;
use crate::exchange::csr_bundle::manifest::{TrustChange, TrustOp};
use crate::online::request::{Keys, Wish, wish};
use crate::tui::form::{Field, Form};
use crate::tui::language::Language;

/// What stands in a field in which nothing is chosen.
const NOTHING: &str = "-";
/// What asks for the live keys once more, and for the names of the record.
const REUSE: &str = "reuse";
const ADD: &str = "add";

/// What a field takes, in English and Chinese.
type Takes = (&'static str, &'static str);

const KEYS: Takes = (
    "- as today, reuse, rsa-2048/3072/4096, p256, p384, p521 or ed25519.",
    "- 同现用，reuse，rsa-2048/3072/4096，p256，p384，p521 或 ed25519。",
);
const DAYS: Takes = ("A number of days, or - for that of the config.", "填天数，或 - 采用配置值。");
const PROFILES: Takes =
    ("Profiles of the certificate table, with spaces between, or -.", "证书表中的类别，空格分隔，或 -。");
const PLACES: Takes = ("NODE:PROFILE, with spaces between, or -.", "节点:类别，空格分隔，或 -。");
const FILES: Takes = ("NODE:PROFILE=FILE, with spaces between, or -.", "节点:类别=文件，空格分隔，或 -。");
const NAMES: Takes = ("Type add, or - to ask for the names of today.", "填 add，或 - 仅用现有名称。");
const DOMAINS: Takes =
    ("kubernetes, etcd or front-proxy, with spaces between, or -.", "kubernetes etcd front-proxy，空格分隔，或 -。");
const NODES: Takes = ("Nodes of the config, with spaces between, or -.", "配置中的节点，空格分隔，或 -。");
/// What each field takes.
const FIELDS: [Takes; 11] = [KEYS, DAYS, PROFILES, NODES, PLACES, FILES, NAMES, DOMAINS, DOMAINS, TRACE, DAYS];
const ALONE: Takes = (
    "A change of trust stands alone in its bundle: leave the other fields.",
    "信任变更须单独成包：其他字段请保持原样。",
);
const TRACE: Takes = ("The trace of an outstanding request, or -.", "未决申请的追溯号，或 -。");

/// The form, with what `wish` asks for in it.
pub(super) fn form(wish: &Wish) -> Form {
    let of_trust = |op| wish.trust.iter().filter(move |change| change.op == op).map(|change| change.domain.to_string());
    let place = |(node, role): &wish::Place| format!("{node}:{role}");
    let file = |(node, role, file): &(String, _, std::path::PathBuf)| format!("{node}:{role}={}", file.display());
    let keys = match wish.keys {
        Keys::Like => NOTHING.to_owned(),
        Keys::Reuse => REUSE.to_owned(),
        Keys::New(key_type) => wish::key_type_word(key_type).to_owned(),
    };
    let field = |english, chinese, text: String| Field::text(english, chinese).filled(&text);
    Form::new([
        field("Keys", "密钥", keys),
        field("Validity, days", "有效期（天）", list(wish.validity_days.iter())),
        field("Only profiles", "仅这些类别", list(wish.roles.iter())),
        field("Only nodes", "仅这些节点", list(wish.nodes.iter())),
        field("Not there today", "现无、新增", list(wish.added.iter().map(place))),
        field("Made elsewhere", "他处生成的 CSR", list(wish.foreign.iter().map(file))),
        field("Names of record", "记录要求的名称", if wish.add_names { ADD } else { NOTHING }.to_owned()),
        field("Introduce root of", "引入新根", list(of_trust(TrustChange::IntroduceRoot))),
        field("Retire root of", "停用旧根", list(of_trust(TrustChange::RetireRoot))),
        field("In place of trace", "取代未决申请", list(wish.void.iter())),
        field("Days to receive", "接收期限（天）", wish.life_days.to_string()),
    ])
}

/// What the field takes that the person is in.
pub(super) fn hint(form: &Form, language: Language) -> &'static str {
    FIELDS.get(form.at()).map_or("", |(english, chinese)| language.say(english, chinese))
}

/// What the form asks for, nothing in the places that `before` dropped. Where a field is not taken, the person is in it again.
pub(super) fn read(form: &mut Form, before: &Wish) -> Option<Wish> {
    match wished(form, before) {
        Ok(wish) => Some(wish),
        Err((field, (english, chinese))) => {
            form.mistyped(field, english, chinese);
            None
        }
    }
}

fn wished(form: &Form, before: &Wish) -> Result<Wish, (usize, Takes)> {
    let introduced = each(form, 7, DOMAINS, domain)?.into_iter().map(of(TrustChange::IntroduceRoot));
    let retired = each(form, 8, DOMAINS, domain)?.into_iter().map(of(TrustChange::RetireRoot));
    let wish = Wish {
        keys: keys(form.text(0)).ok_or((0, KEYS))?,
        validity_days: one(form, 1, DAYS, |text| text.parse().ok())?,
        roles: each(form, 2, PROFILES, |text| text.parse().ok())?,
        nodes: each(form, 3, NODES, |text| Some(text.to_owned()))?,
        added: each(form, 4, PLACES, |text| wish::place(text).ok())?,
        foreign: each(form, 5, FILES, |text| wish::file(text).ok())?,
        add_names: match form.text(6) {
            NOTHING => false,
            ADD => true,
            _ => return Err((6, NAMES)),
        },
        trust: introduced.chain(retired).collect(),
        void: one(form, 9, TRACE, |text| text.parse().ok())?,
        life_days: form.text(10).parse().map_err(|_| (10, DAYS))?,
        dropped: before.dropped.clone(),
    };
    let Wish { trust, void, life_days, .. } = wish.clone();
    let alone = Wish { trust, void, life_days, ..Wish::default() };
    if wish.trust.is_empty() || wish == alone { Ok(wish) } else { Err((7, ALONE)) }
}

/// The words of a field, each read by `read`.
fn each<T>(form: &Form, at: usize, typo: Takes, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, (usize, Takes)> {
    let words = form.text(at).split_whitespace().filter(|word| *word != NOTHING);
    words.map(|word| read(word).ok_or((at, typo))).collect()
}

/// As [`each`], of a field that takes one word.
fn one<T>(form: &Form, at: usize, takes: Takes, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, (usize, Takes)> {
    let mut words = each(form, at, takes, read)?;
    if words.len() > 1 { Err((at, takes)) } else { Ok(words.pop()) }
}

fn list<T: ToString>(of: impl Iterator<Item = T>) -> String {
    let words: Vec<_> = of.map(|one| one.to_string()).collect();
    if words.is_empty() { NOTHING.to_owned() } else { words.join(" ") }
}

fn keys(word: &str) -> Option<Keys> {
    match word {
        NOTHING => Some(Keys::Like),
        REUSE => Some(Keys::Reuse),
        word => wish::key_type(word).ok().map(Keys::New),
    }
}

fn domain(word: &str) -> Option<Domain> {
    Domain::ALL.into_iter().find(|domain| domain.to_string() == word)
}

fn of(op: TrustChange) -> impl Fn(Domain) -> TrustOp {
    move |domain| TrustOp { domain, op }
}

//! The table of the journey: both hosts are set up and enrol each other, CAs are made, a request goes round and what came
//! back is cut for a node; then lists, people, policy and clock change, and what a wrong sheet locked away is let out.

use std::collections::BTreeMap;

use crate::place::{Place, Side};
use crate::step::{Step, node, offline, online};

/// A verb with the person who does it.
macro_rules! by {
    ($person:literal, $verb:expr) => {
        concat!($verb, " --person ", $person, " --key people/", $person, " --passphrase-file secret/own")
    };
}

/// What online verbs that sign end with.
macro_rules! with_keys {
    ($verb:expr) => {
        concat!($verb, " --host-passphrase-file secret/host")
    };
}

const INIT_ONLINE: &str =
    with_keys!("init --people online.people --signatures genesis-online --import-passphrase-file secret/import");
const INIT_OFFLINE: &str =
    "init --people offline.people --policy policy.toml --signatures genesis-offline --pin-file secret/pin";
const ATTEST: &str = concat!(
    by!("chen", "clock attest --minute {minute} --second-minute {minute}"),
    " --second li --second-key people/li --second-passphrase-file secret/own"
);

pub(crate) const ENROLMENT: [Step; 17] = [
    online(with_keys!("enrol export --to ca:root-ca-01 --media enrol-1 --sheet paper/cluster.txt"))
        .named("cluster")
        .leaves("INTRODUCED", 1)
        .again(),
    offline("enrol import --media enrol-1").leaves("RECEIVED", 1).again(),
    offline(by!("chen", "enrol confirm {cluster}"))
        .typed("paper/cluster.txt")
        .leaves("OOB_ROWS", 1)
        .or(&["ROWS_NOTHING"]),
    offline(by!("li", "enrol confirm {cluster}")).typed("paper/cluster.txt"),
    offline(by!("chen", "enrol approve {cluster}")).leaves("APPROVED", 1).or(&["DECIDE_TWICE"]),
    offline(by!("li", "enrol approve {cluster}")),
    offline(by!("wang", "enrol approve {cluster}")),
    offline(by!("zhao", "enrol approve {cluster}")).leaves("ENROLLED", 1).or(&["ENROLMENT_FOLLOWS"]),
    offline("offline ca init --cluster cluster:prod-1 --generation 2026-1 --key-type p-256 --pin-file secret/pin")
        .named("roots")
        .leaves("PLAN_CLOSED", 1)
        .or(&["CA_PLAN_OPEN"]),
    offline(by!("chen", "offline ca approve {roots}")).leaves("APPROVED", 1).or(&["DECIDE_TWICE"]),
    offline(by!("li", "offline ca approve {roots}")),
    offline(by!("wang", "offline ca approve {roots}")),
    offline(by!("zhao", "offline ca approve {roots}")),
    offline("offline ca sign {roots} --pin-file secret/pin").leaves("CA_INSTALLED", 1).or(&["CA_INSTALLED"]),
    offline("enrol export --to cluster:prod-1 --media enrol-2 --sheet paper/ca.txt --pin-file secret/pin")
        .named("ca")
        .leaves("INTRODUCED", 1)
        .again(),
    online("enrol import --media enrol-2").leaves("RECEIVED", 1).again(),
    online(by!("zhang-wei", "enrol confirm {ca}")).typed("paper/ca.txt").leaves("OOB_ROWS", 1).or(&["ROWS_NOTHING"]),
];

pub(crate) const ROUND: [Step; 16] = [
    online(by!("liu-yang", "enrol confirm {ca}")).typed("paper/ca.txt"),
    online(by!("zhang-wei", "enrol accept {ca}")).leaves("ENROLLED", 1).or(&["ENROLMENT_FOLLOWS"]),
    online(with_keys!(by!(
        "zhang-wei",
        "online request --role scheduler --only cp1 --key-type p256 --media out --sheet paper/bundle.txt"
    )))
    .named("bundle")
    .leaves("KEYS_PLACED", 1)
    .or(&["REQUEST_OUTSTANDING"]),
    offline("offline receive --media out").leaves("RECEIVED", 1).again(),
    offline(by!("chen", "offline confirm {bundle}"))
        .typed("paper/bundle.txt")
        .leaves("OOB_ROWS", 1)
        .or(&["ROWS_NOTHING"]),
    offline(by!("li", "offline confirm {bundle}")).typed("paper/bundle.txt"),
    offline("offline verify {bundle}").leaves("VERIFIED", 1).again(),
    offline("offline plan {bundle}").leaves("PLAN_CLOSED", 1).or(&["PLAN_ANOTHER_OPEN"]),
    offline(by!("chen", "offline approve {bundle} --sheet S-000002/1 --privileged 0"))
        .leaves("APPROVED", 1)
        .or(&["DECIDE_TWICE"]),
    offline(by!("li", "offline approve {bundle} --sheet S-000002/1 --privileged 0")),
    offline("offline sign {bundle} --pin-file secret/pin").leaves("SIGNED", 1),
    offline("offline seal {bundle} --media back --sheet paper/package.txt --pin-file secret/pin").leaves("SEALED", 1),
    online("online receive --media back").leaves("RECEIVED", 1).again(),
    online(by!("zhang-wei", "online confirm {bundle}"))
        .typed("paper/package.txt")
        .leaves("OOB_ROWS", 1)
        .or(&["ROWS_NOTHING"]),
    online("online verify {bundle} --import-passphrase-file secret/import")
        .costly()
        .leaves("PACKAGE_ACCEPTED", 1)
        .or(&["VERIFY_NOT_OUTSTANDING"]),
    online("online stage {bundle}").leaves("STAGED", 1).again(),
];

/// What came back is cut for a node, which takes it and stages it itself.
pub(crate) const CUT: [Step; 6] = [
    node("online node init").leaves("NODE_MADE", 1).or(&["HOST_MADE"]),
    online(with_keys!("online split {bundle} --to split")).leaves("SPLIT", 1).again(),
    node("online node accept split/{bundle}.node-cp1.age").leaves("NODE_PACKAGE_ACCEPTED", 1).again(),
    node("online stage {bundle}").leaves("STAGED", 1).again(),
    node("online metrics --out metrics/airlock.prom").leaves_nothing(),
    online("online report {bundle}").leaves("PLACES_COUNTED", 1).again(),
];

/// The CA makes a next root of etcd, the cluster takes it in, and later goes over to it.
pub(crate) const NEXT_ROOT: [Step; 11] = [
    offline("offline ca next --cluster cluster:prod-1 --domain etcd --generation 2027-1 --key-type p-256 --pin-file secret/pin")
        .named("next")
        .leaves("PLAN_CLOSED", 1)
        .or(&["CA_PLAN_OPEN"]),
    offline(by!("chen", "offline ca approve {next}")),
    offline(by!("li", "offline ca approve {next}")),
    offline(by!("wang", "offline ca approve {next}")),
    offline(by!("zhao", "offline ca approve {next}")),
    offline("offline ca sign {next} --pin-file secret/pin"),
    offline("enrol export --to cluster:prod-1 --media enrol-3 --sheet paper/ca-2.txt --pin-file secret/pin").named("ca"),
    online("enrol import --media enrol-3"),
    online(by!("zhang-wei", "enrol confirm {ca}")).typed("paper/ca-2.txt"),
    online(by!("liu-yang", "enrol confirm {ca}")).typed("paper/ca-2.txt"),
    online(by!("zhang-wei", "enrol accept {ca}")),
];

/// What is asked of a root goes round: the request, its media, its sheets, and where the answer is to be found.
macro_rules! trust_change {
    ($change:literal, $name:literal, $out:literal, $sheet:literal, $number:literal, $back:literal, $answer:literal) => {
        [
            online(with_keys!(by!(
                "zhang-wei",
                concat!("online request --", $change, " etcd --media ", $out, " --sheet ", $sheet)
            )))
            .named($name)
            .leaves("KEYS_PLACED", 1)
            .or(&["REQUEST_OUTSTANDING"]),
            offline(concat!("offline receive --media ", $out)),
            offline(by!("chen", concat!("offline confirm {", $name, "} --whole"))).typed($sheet),
            offline(by!("li", concat!("offline confirm {", $name, "} --whole"))).typed($sheet),
            offline(by!("wang", concat!("offline confirm {", $name, "} --whole"))).typed($sheet),
            offline(concat!("offline verify {", $name, "}")),
            offline(concat!("offline plan {", $name, "}")),
            offline(by!("chen", concat!("offline approve {", $name, "} --privileged 0 --sheet ", $number))),
            offline(by!("li", concat!("offline approve {", $name, "} --privileged 0 --sheet ", $number))),
            offline(by!("wang", concat!("offline approve {", $name, "} --privileged 0 --sheet ", $number))),
            offline(by!("zhao", concat!("offline approve {", $name, "} --privileged 0 --sheet ", $number))),
            offline(concat!(
                "offline seal {",
                $name,
                "} --media ",
                $back,
                " --sheet ",
                $answer,
                " --pin-file secret/pin"
            ))
            .leaves("SEALED", 1),
            online(concat!("online receive --media ", $back)),
            online(by!("zhang-wei", concat!("online confirm {", $name, "}"))).typed($answer),
            online(concat!("online verify {", $name, "} --import-passphrase-file secret/import")),
            online(concat!("online stage {", $name, "}")),
        ]
    };
}

pub(crate) const INTRODUCED: [Step; 16] = trust_change!(
    "introduce-root",
    "introduced",
    "out-3",
    "paper/introduce.txt",
    "S-000003/1",
    "back-3",
    "paper/introduced.txt"
);
pub(crate) const RETIRED: [Step; 16] =
    trust_change!("retire-root", "retired", "out-4", "paper/retire.txt", "S-000004/1", "back-4", "paper/retired.txt");

pub(crate) const CHANGES: [Step; 23] = [
    offline("offline crl --cluster cluster:prod-1 --domain etcd")
        .named("lists")
        .leaves("PLAN_CLOSED", 1)
        .or(&["CA_PLAN_OPEN"]),
    offline(by!("chen", "offline ca approve {lists}")),
    offline("offline ca sign {lists} --pin-file secret/pin").leaves("CA_INSTALLED", 1).or(&["CA_INSTALLED"]),
    offline("officer add zhou --name Zhou --role officer --public-key people/zhou.pub")
        .leaves("PROPOSED", 1)
        .or(&["MATTER_OPEN"]),
    offline(by!("chen", "officer approve")),
    offline(by!("li", "officer approve")),
    offline(by!("wang", "officer approve")),
    offline(by!("zhao", "officer approve")).leaves("ROSTER_ADOPTED", 1).or(&["DECISION_NOTHING"]),
    offline("policy propose policy-2.toml").leaves("PROPOSED", 1).or(&["MATTER_OPEN"]),
    offline(by!("chen", "policy approve")),
    offline(by!("li", "policy approve")),
    offline(by!("wang", "policy approve")),
    offline(by!("zhao", "policy approve")).leaves("POLICY_ADOPTED", 1).or(&["DECISION_NOTHING"]),
    online(with_keys!(by!(
        "zhang-wei",
        "online request --role etcd-peer --only cp1 --key-type p256 --media out-2 --sheet paper/second.txt"
    )))
    .named("second"),
    offline("offline receive --media out-2"),
    offline(by!("chen", "offline confirm {second}")).typed("paper/bundle.txt").ends(5),
    offline("quarantine list").named_object("locked"),
    offline("quarantine clear --statement {locked}").leaves("PROPOSED", 1).or(&["MATTER_OPEN"]),
    offline(by!("chen", "quarantine approve")),
    offline(by!("li", "quarantine approve")),
    offline(by!("wang", "quarantine approve")),
    offline(by!("zhao", "quarantine approve")).leaves("QUARANTINE_CLEARED", 1).or(&["DECISION_NOTHING"]),
    offline("clock set {past}").leaves("PROPOSED", 1).or(&["MATTER_OPEN"]),
];

pub(crate) const CLOCK: [Step; 5] = [
    offline(by!("chen", "clock approve")),
    offline(by!("li", "clock approve")),
    offline(by!("wang", "clock approve")),
    offline(by!("zhao", "clock approve")).leaves("CLOCK_SET", 1).or(&["DECISION_NOTHING"]),
    offline("audit export copy").leaves("LOG_VIEWED", 1).again(),
];

/// Both hosts are set up; `how` is done to each step before it is taken.
pub(crate) fn set_up(place: &Place, traces: &mut BTreeMap<&'static str, String>, how: fn(Step) -> Step) {
    offline(INIT_OFFLINE).ends(6).take(place, traces);
    place.signs_genesis(Side::Offline);
    how(offline(INIT_OFFLINE).leaves("KEY_MADE", 2).or(&["HOST_MADE"])).take(place, traces);
    how(offline(ATTEST).leaves("CLOCK_ATTESTED", 1).again()).take(place, traces);
    online(INIT_ONLINE).ends(6).take(place, traces);
    place.signs_genesis(Side::Online);
    how(online(INIT_ONLINE).costly().leaves("GENESIS", 1).or(&["HOST_MADE"])).take(place, traces);
    place.hastens();
}

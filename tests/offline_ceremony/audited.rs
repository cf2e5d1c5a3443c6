//! A whole ceremony, judged by the auditor's script, which knows nothing of airlock.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use airlock::cluster::role::Role;
use airlock::exchange::code::Code;
use airlock::offline::{enrol, seal};

use crate::rig::with_token;
use crate::scene::{Asks, DAY, Scene, asks, prod};
use crate::world::pin;

#[test]
fn the_auditor_follows_a_ceremony_with_the_tools_of_the_distribution() {
    with_token(the_auditor_follows_a_ceremony_with_the_tools_of_the_distribution, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let record = scene.medium("record");
        let token = room.login(pin()).unwrap();
        enrol::export(&mut room, &token, &prod(), &record).unwrap();
        room.logout(token).unwrap();

        let wishes = [
            asks(Role::Apiserver, "cp1"),
            asks(Role::Admin, "cp1"),
            asks(Role::EtcdPeer, "cp1"),
            Asks { validity_s: 999 * DAY, ..asks(Role::Scheduler, "cp1") },
        ];
        let (medium, _) = scene.bundle(&room, 1, &wishes, |draft| draft.reply_to.ca_epoch = 1);
        let trace = scene.approved(&mut room, &medium);
        scene.votes(&mut room, &trace, "zhao").unwrap();
        scene.signs(&mut room, &trace).unwrap();
        scene.seals(&mut room, &trace, false).unwrap();
        let out = scene.medium("out");
        Scene::exports(&mut room, &trace, &out).unwrap();

        let put = |name: &str, bytes: &[u8]| {
            let path = scene.world.dir.join(name);
            fs::write(&path, bytes).unwrap();
            path
        };
        let rows = Code::of(&seal::kept(&room, &trace).unwrap().statement).sheet_rows().join("\n");
        let only = |folder: &PathBuf, suffix: &str| {
            let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            files.find(|path| path.to_str().unwrap().ends_with(suffix)).unwrap()
        };
        let identity = b"AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0\n";
        let output = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/audit"))
            .args(["--ca".into(), only(&record, ".enrolment.json")])
            .args(["--cluster".into(), put("cluster.json", room.peer(&prod()).unwrap().json())])
            .args(["--paper".into(), put("rows", rows.as_bytes())])
            .args(["--identity".into(), put("identity", identity)])
            .args(["--bundle".into(), only(&medium, ".csr-bundle.zip")])
            .arg(only(&out, ".cert-package.age"))
            .output()
            .unwrap();
        let report = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{report}{}", String::from_utf8_lossy(&output.stderr));
        assert!(report.contains("quorum: rule privileged, 2 of 2 officers, 1 auditors, all 16 rows"), "{report}");
        assert!(!report.contains("NOT "), "{report}");
    });
}

//! Manifests, records, policies and configs.

use airlock::cluster::embed::object::Objects;
use airlock::cluster::embed::{Roots, program};
use airlock::cluster::kubeconfig::Kubeconfig;
use airlock::cluster::lives::{Bucket, Lives};
use airlock::cluster::record::Record;
use airlock::cluster::role::{Domain, Role};
use airlock::config::offline::OfflineConfig;
use airlock::config::online::OnlineConfig;
use airlock::config::{people, roster};
use airlock::exchange::cert_package::manifest::Manifest as PackageManifest;
use airlock::exchange::csr_bundle::manifest::Manifest as BundleManifest;
use airlock::exchange::enrolment::record::{EnrolmentRecord, Side};
use airlock::exchange::node_package::manifest::Manifest as NodeManifest;
use airlock::exchange::people::roster::Roster;
use airlock::exchange::roots::RootStatus;
use airlock::issuance::authority::{Authorities, Authority};
use airlock::issuance::lint::{self, Expected};
use airlock::issuance::plan::fields::PlanFields;
use airlock::issuance::plan::{Plan, Reference};
use airlock::issuance::policy::Policy;
use airlock::issuance::profile::Profile;
use airlock::pki::certificate::{Certificate, TbsCertificate};
use airlock::wire::json;

use super::{Target, Verdict, exact, found, refused, taken, text};
use crate::mutate::Shape;
use crate::seeds::{blocks, file, tree, trees};

pub(super) fn all() -> Vec<Target> {
    vec![
        Target::new("kubectl_objects", Shape::Json, Vec::new, |input| {
            taken(Objects::parse(input, &Roots::default()), |objects| {
                assert!(objects.places.iter().all(|place| place.name.is_ascii() && place.name.len() <= 300));
            })
        }),
        Target::new("lives", Shape::Text, Vec::new, |input| {
            taken(Lives::parse(input), |lives| {
                let buckets = lives.buckets();
                assert!(buckets.len() <= 64 && buckets.last().is_some_and(|last| last.up_to.is_none()));
                assert!(buckets.windows(2).all(|two| two[0].up_to == two[1].above && two[0].up_to.is_some()));
                let rises = |bucket: &Bucket| bucket.above.zip(bucket.up_to).is_none_or(|(above, up_to)| above < up_to);
                assert!(buckets.iter().all(rises));
                let all = buckets.iter().try_fold(0_u64, |all, bucket| all.checked_add(bucket.requests));
                assert!(all.is_some_and(|all| all <= 1 << 53));
            })
        }),
        Target::new("static_pod", Shape::Text, Vec::new, |input| {
            text(input, |manifest| {
                let all = program::of_file("etc/kubernetes/manifests/x.yaml", manifest);
                found((!all.is_empty()).then_some(all), |all| assert!(all.iter().all(|one| !one.name.is_empty())))
            })
        }),
        Target::new("unit_file", Shape::Text, Vec::new, |input| {
            text(input, |unit| {
                let all = program::of_file("etc/systemd/system/etcd.service", unit);
                found((!all.is_empty()).then_some(all), |all| assert!(all.iter().all(|one| !one.name.is_empty())))
            })
        }),
        Target::new("roster", Shape::Json, Vec::new, |input| {
            exact(input, Roster::parse(input), |roster| roster.to_json().unwrap())
        }),
        Target::new("enrolment", Shape::Json, Vec::new, |input| {
            exact(input, EnrolmentRecord::parse(input), |record| {
                let cluster = record.cluster().map(|side| Side::Cluster(Box::new(side.clone())));
                let side = cluster.or_else(|| Some(Side::Ca(Box::new(record.ca()?.clone()))));
                EnrolmentRecord::new(record.common().clone(), side.unwrap()).unwrap().json().to_vec()
            })
        }),
        Target::new(
            "cluster_record",
            Shape::Json,
            || vec![file("cluster/prod-1.cluster.json")],
            |input| exact(input, Record::from_json(input), |record| record.to_json().unwrap()),
        ),
        Target::new("bundle_manifest", Shape::Json, Vec::new, |input| {
            exact(input, json::from_slice::<BundleManifest>(input), |manifest| json::to_vec(manifest).unwrap())
        }),
        Target::new("package_manifest", Shape::Json, Vec::new, |input| {
            exact(input, json::from_slice::<PackageManifest>(input), |manifest| json::to_vec(manifest).unwrap())
        }),
        Target::new("node_package_manifest", Shape::Json, Vec::new, |input| {
            exact(input, json::from_slice::<NodeManifest>(input), |manifest| json::to_vec(manifest).unwrap())
        }),
        Target::new("plan", Shape::Json, || vec![file("seeds/plan/plan.json")], plan),
        Target::new("lint", Shape::Der, certificates, lint).slow(),
        Target::new(
            "policy",
            Shape::Text,
            || tree("policy"),
            |input| taken(Policy::parse(input), |policy| assert!(policy.crl_lifetime_s() > 0)),
        ),
        Target::new(
            "offline_config",
            Shape::Text,
            || vec![file("config/offline.toml")],
            |input| taken(OfflineConfig::parse("offline.toml", input), |config| assert!(config.state().is_absolute())),
        ),
        Target::new("online_config", Shape::Text, Vec::new, |input| {
            taken(OnlineConfig::parse("online.toml", input), |config| assert!(config.state().is_absolute()))
        }),
        Target::new(
            "roster_file",
            Shape::Text,
            || vec![file("config/roster.toml")],
            |input| {
                let ca = "ca:root-ca-01".parse().unwrap();
                taken(roster::parse("roster.toml", input, &ca, 1), |roster| {
                    assert_eq!(Roster::parse(&roster.to_json().unwrap()).as_ref(), Ok(roster));
                })
            },
        ),
        Target::new("people_file", Shape::Text, Vec::new, |input| {
            taken(people::parse("people.toml", input), |all| assert!(all.is_sorted_by(|a, b| a.id <= b.id)))
        }),
        Target::new("kubeconfig", Shape::Text, || trees(&["cluster/kubeadm-ha/cp1"], &["conf"]), kubeconfig).slow(),
    ]
}

/// What a plan says, and whether it fits together; the bytes to be signed stay those of the seed.
fn plan(input: &[u8]) -> Verdict {
    let reference = Reference { authorities: &Authorities::default(), record: None, policy: None };
    if let Err(error) = Plan::load(input, &file("seeds/plan/plan.tbs"), &reference) {
        refused(&error);
    }
    exact(input, json::from_slice::<PlanFields>(input), |fields| json::to_vec(fields).unwrap())
}

fn certificates() -> Vec<Vec<u8>> {
    let files = blocks(&trees(&["cluster/kubeadm-ha/cp1"], &["crt"]));
    files.iter().map(|der| Certificate::parse_der(der).unwrap().tbs_der().to_vec()).collect()
}

/// Bytes to be signed, judged under every profile; there are more profiles than certificates fit.
fn lint(input: &[u8]) -> Verdict {
    let (domain, record) = (Domain::Kubernetes, Record::from_json(&file("cluster/prod-1.cluster.json")).unwrap());
    let tbs = match TbsCertificate::from_der(input) {
        Ok(tbs) => tbs,
        Err(error) => return refused(&error),
    };
    let issuer = Authority { domain, status: RootStatus::Current, tbs: tbs.clone() };
    let leaves = Role::ALL.iter().copied().map(Profile::Role);
    for profile in leaves.chain([Profile::Root(domain), Profile::Cross(domain)]) {
        for record in [None, Some(&record)] {
            let expected =
                Expected { profile, issuer: &issuer, certified: Some(&tbs), record, policy: None, privileged: false };
            let findings = lint::certificate(&tbs, &expected);
            assert!(findings.is_empty() == findings.ids().is_empty());
        }
    }
    Verdict::Accepted
}

/// What was written is read again and written the same.
fn kubeconfig(input: &[u8]) -> Verdict {
    text(input, |yaml| {
        taken(Kubeconfig::parse(yaml), |config| {
            let written = config.to_yaml().unwrap();
            let again = Kubeconfig::parse(&written).unwrap_or_else(|error| panic!("{error}: {:?}", written.as_str()));
            assert_eq!(*again.to_yaml().unwrap(), *written);
            assert_eq!(again.server(), config.server());
        })
    })
}

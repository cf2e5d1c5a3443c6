use super::*;
use crate::exchange::people::person::PersonKey;
use crate::exchange::signature::SigningKey as _;
use crate::exchange::signature::private_key::SoftwareKey;
use zeroize::Zeroizing;

fn key(seed: u8) -> PersonKey {
    let key = SoftwareKey::from_seed(&Zeroizing::new([seed; 32])).unwrap();
    PersonKey { key: key.public_key().clone(), revoked_from: None }
}

fn person(id: &str, role: PersonRole, seed: u8) -> Person {
    Person { id: id.parse().unwrap(), keys: vec![key(seed)], name: format!("The person {id}"), role }
}

fn fields() -> RosterFields {
    RosterFields {
        ca: "ca:root-ca-01".parse().unwrap(),
        epoch: 1,
        format: FORMAT.to_owned(),
        persons: vec![
            person("chen", PersonRole::Officer, 1),
            person("li", PersonRole::Officer, 2),
            person("sun", PersonRole::Officer, 3),
            person("wang", PersonRole::Officer, 4),
            person("zhang-wei", PersonRole::Requester, 5),
            person("zhao", PersonRole::Auditor, 6),
        ],
        quorum: Quorum { administration: 3, crl: 1, leaf: 2, privileged: 2, root: 3 },
    }
}

fn refused(change: impl FnOnce(&mut RosterFields)) -> RosterError {
    let mut fields = fields();
    change(&mut fields);
    Roster::try_from(fields).unwrap_err()
}

#[test]
fn a_roster_reads_back_and_answers() {
    let roster = Roster::try_from(fields()).unwrap();
    let read = Roster::parse(&roster.to_json().unwrap()).unwrap();
    assert_eq!((read.clone(), read.digest()), (roster.clone(), roster.digest()));
    assert_eq!(read.officers(), 4);
    assert_eq!(read.holder(&key(2).key).map(|p| p.id.as_str()), Some("li"));
    assert!(read.principal(&"officer:li".parse().unwrap()).is_some());
    assert!(read.principal(&"auditor:li".parse().unwrap()).is_none());
}

#[test]
fn one_person_has_one_entry_and_one_key_one_person() {
    assert_eq!(refused(|f| f.persons.swap(0, 1)), RosterError::Persons);
    assert_eq!(refused(|f| f.persons[1].id = "chen".parse().unwrap()), RosterError::Persons);
    assert_eq!(refused(|f| f.persons[5].keys = vec![key(1)]), RosterError::SharedKey("zhao".parse().unwrap()));
    assert_eq!(refused(|f| f.persons[0].keys.push(key(1))), RosterError::SharedKey("chen".parse().unwrap()));
    assert_eq!(refused(|f| f.persons[0].keys.clear()), RosterError::NoKey("chen".parse().unwrap()));
}

#[test]
fn a_quorum_leaves_one_officer_to_spare_and_grows_with_the_danger() {
    assert_eq!(refused(|f| f.quorum.root = 4), RosterError::Quorum("root", 4));
    assert_eq!(refused(|f| f.quorum.leaf = 1), RosterError::Quorum("leaf", 4));
    assert_eq!(refused(|f| f.quorum.crl = 0), RosterError::Quorum("crl", 4));
    assert_eq!(refused(|f| f.quorum.leaf = 3), RosterError::Quorum("leaf", 4));
    assert_eq!(
        refused(|f| f.quorum = Quorum { privileged: 3, root: 2, ..f.quorum.clone() }),
        RosterError::Quorum("privileged", 4)
    );
    assert_eq!(refused(|f| f.persons[0].keys[0].revoked_from = Some(9)), RosterError::Quorum("administration", 3));
}

#[test]
fn other_flaws_are_refused() {
    assert_eq!(refused(|f| f.format = "airlock.roster/2".to_owned()), RosterError::Format);
    assert_eq!(refused(|f| f.ca = "cluster:prod-1".parse().unwrap()), RosterError::Ca);
    assert_eq!(refused(|f| f.persons[0].name = "Chen\u{202e}".to_owned()), RosterError::Name("chen".parse().unwrap()));
    assert_eq!(refused(|f| f.persons[0].name = " ".to_owned()), RosterError::Name("chen".parse().unwrap()));
    assert_eq!(refused(|f| f.persons.truncate(5)), RosterError::NoAuditor);
    let json = Roster::try_from(fields()).unwrap().to_json().unwrap();
    let extra = String::from_utf8(json).unwrap().replacen("{\"ca\"", "{\"aa\":1,\"ca\"", 1);
    assert!(matches!(Roster::parse(extra.as_bytes()), Err(RosterError::Json(JsonError::Shape(_)))));
}

#[test]
fn a_revoked_key_counts_before_its_revocation_only() {
    let mut person = person("li", PersonRole::Officer, 2);
    person.keys[0].revoked_from = Some(100);
    assert!(person.holds(&key(2).key, 99));
    assert!(!person.holds(&key(2).key, 100));
    assert!(!person.holds(&key(3).key, 1));
}

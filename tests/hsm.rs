//! The contract of the token as the rooms see it, on SoftHSM2. Signing with issuer keys cannot be asked for from outside
//! the crate; its tests stand beside the code.
#![cfg(feature = "offline")]
// Clippy's leave for tests reaches only functions marked #[test].
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;
use std::time::Duration;

use airlock::devices::hsm::{HsmError, IssuerKeyType, LoginRefused, Patience, Pin, Token, Unlocked};
use airlock::pki::key::PublicKey;
use airlock::pki::key_uri::KeyUri;
use airlock::refusal::{Class, Refusal};
use airlock::wire::pem;
use rig::Rig;
use zeroize::Zeroizing;

mod rig;

fn uri(text: &str) -> KeyUri {
    text.parse().unwrap()
}

fn open(rig: &Rig) -> Token {
    Token::open(&rig.module, &uri(&format!("pkcs11:serial={}", rig.serial)), Patience::default()).unwrap()
}

fn pin(text: &str) -> Pin {
    Pin::typed(Zeroizing::new(text.to_owned()))
}

fn unlock(rig: &Rig) -> Unlocked {
    open(rig).login(pin(rig::PIN)).unwrap()
}

fn refused(result: Result<Unlocked, LoginRefused>) -> (Token, &'static str) {
    let refused = result.unwrap_err();
    assert_eq!(refused.reason().class, Class::Authentication);
    let code = refused.reason().code;
    (refused.token, code)
}

fn code<T: std::fmt::Debug>(result: Result<T, HsmError>) -> &'static str {
    result.unwrap_err().reason().code
}

#[test]
fn a_wrong_pin_is_refused_and_remembered_and_the_right_one_still_opens() {
    rig::with_token(a_wrong_pin_is_refused_and_remembered_and_the_right_one_still_opens, |rig| {
        let token = open(rig);
        assert!(!token.facts().pin.is_low);
        let (token, code) = refused(token.login(pin("12")));
        assert_eq!((code, token.facts().pin.is_low), ("PIN_FORM", false), "the token was not asked");
        let (token, code) = refused(token.login(Pin::at_device()));
        assert_eq!((code, token.facts().pin.is_low), ("PIN_FORM", false), "it has no pad of its own");
        let (token, code) = refused(token.login(pin("4321")));
        assert_eq!((code, token.facts().pin.is_low), ("PIN_WRONG", true));
        drop(token);
        assert_eq!(open(rig).facts().pin.to_string(), "a wrong PIN was given since the last right one");
        open(rig).login(pin(rig::PIN)).unwrap().close().unwrap();
        assert!(!open(rig).facts().pin.is_low);
    });
}

#[test]
fn a_token_is_found_by_its_serial_among_several() {
    rig::with_token(a_token_is_found_by_its_serial_among_several, |rig| {
        let other = rig::add_token(&rig.dir, "other");
        rig::add_token(&rig.dir, "third");
        let open = |text: &str| Token::open(&rig.module, &uri(text), Patience::default());
        let token = open(&format!("pkcs11:serial={}", other["AIRLOCK_TOKEN_SERIAL"])).unwrap();
        assert_eq!((&*token.facts().label, &token.facts().serial), ("other", &other["AIRLOCK_TOKEN_SERIAL"]));
        drop(token);
        assert!(open(&format!("pkcs11:token=ca;serial={}", rig.serial)).is_ok());

        let wrong_label = open(&format!("pkcs11:token=other;serial={}", rig.serial));
        assert!(wrong_label.as_ref().unwrap_err().to_string().contains(&format!("ca (serial {})", rig.serial)));
        assert_eq!(code(wrong_label), "TOKEN_NOT_FOUND");
        for wrong in ["model=M1", "manufacturer=M"] {
            assert_eq!(code(open(&format!("pkcs11:{wrong};serial={}", rig.serial))), "TOKEN_NOT_FOUND", "{wrong}");
        }
        assert_eq!(code(open("pkcs11:serial=0000")), "TOKEN_NOT_FOUND");
        assert_eq!(code(open("pkcs11:token=ca")), "TOKEN_URI");
    });
}

#[test]
fn one_token_at_a_time_uses_the_module() {
    rig::with_token(one_token_at_a_time_uses_the_module, |rig| {
        let uri = uri(&format!("pkcs11:serial={}", rig.serial));
        let token = open(rig);
        assert_eq!(code(Token::open(&rig.module, &uri, Patience::default())), "MODULE_BUSY");
        drop(token);
        for _ in 0..3 {
            unlock(rig).close().unwrap();
        }
        assert_eq!(code(Token::open(&rig.dir.join("none.so"), &uri, Patience::default())), "MODULE_PATH");
    });
}

#[test]
fn a_label_is_given_once() {
    rig::with_token(a_label_is_given_once, |rig| {
        let token = unlock(rig);
        let made = token.generate_issuer("kubernetes-ca", IssuerKeyType::P256).unwrap();
        assert_eq!(made.uri.object(), Some("kubernetes-ca"));
        assert_eq!(made.uri.id().unwrap().len(), 16);
        assert_eq!(code(token.generate_issuer("kubernetes-ca", IssuerKeyType::P384)), "TOKEN_KEY_EXISTS");
        for label in ["machine-log", "", "K8s", "a b"] {
            assert_eq!(code(token.generate_issuer(label, IssuerKeyType::P256)), "TOKEN_KEY_LABEL", "{label}");
        }
        assert_eq!(code(token.generate_machine("log")), "TOKEN_KEY_LABEL");
        assert!(token.generate_issuer("etcd-ca", IssuerKeyType::P256).is_ok());
    });
}

#[test]
fn new_keys_are_kept_as_pkcs11_tool_sees_them() {
    rig::with_token(new_keys_are_kept_as_pkcs11_tool_sees_them, |rig| {
        let token = unlock(rig);
        token.generate_issuer("root", IssuerKeyType::Rsa3072).unwrap();
        token.generate_machine("machine-log").unwrap();
        token.close().unwrap();
        let module = rig.softhsm.to_str().unwrap();
        let list = ["--module", module, "--token-label", rig::LABEL, "--login", "--pin", rig::PIN, "--list-objects"];
        let listed = rig::tool("pkcs11-tool", &list);
        let access = listed.matches("Access:     sensitive, always sensitive, never extractable, local").count();
        assert_eq!(access, 2, "{listed}");
        let usages: Vec<_> = listed.lines().filter(|line| line.contains("Usage:")).map(str::trim).collect();
        assert_eq!(usages.iter().filter(|usage| **usage == "Usage:      sign").count(), 2, "{listed}");
    });
}

#[test]
fn issuer_and_machine_keys_do_not_do_each_others_work() {
    rig::with_token(issuer_and_machine_keys_do_not_do_each_others_work, |rig| {
        let token = unlock(rig);
        let issuer = token.generate_issuer("root", IssuerKeyType::P384).unwrap();
        let machine = token.generate_machine("machine-log").unwrap();
        assert_eq!(code(token.machine(&issuer.uri, &issuer.public)), "TOKEN_KEY_ROLE");
        assert_eq!(code(token.issuer(&machine.uri, &machine.public)), "TOKEN_KEY_ROLE");
        assert!(token.issuer(&issuer.uri, &issuer.public).is_ok());
        let machine_key = token.machine(&machine.uri, &machine.public).unwrap();
        let signature = machine_key.sign_message(b"a checkpoint").unwrap();
        verify_ed25519_by_openssl(rig, &machine.public, b"a checkpoint", &signature);
    });
}

fn verify_ed25519_by_openssl(rig: &Rig, public: &PublicKey, message: &[u8], signature: &[u8]) {
    let file = |name: &str, bytes: &[u8]| {
        let path = rig.dir.join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let key = file("key.pem", pem::encode(pem::PUBLIC_KEY, public.der()).as_bytes());
    let (message, signature) = (file("message", message), file("signature", signature));
    let verify = ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", &key, "-in", &message, "-sigfile", &signature];
    assert!(rig::tool("openssl", &verify).contains("Verified Successfully"));
}

#[test]
fn a_key_is_the_intended_one_or_is_not_used() {
    rig::with_token(a_key_is_the_intended_one_or_is_not_used, |rig| {
        let token = unlock(rig);
        let root = token.generate_issuer("root", IssuerKeyType::P256).unwrap();
        let next = token.generate_issuer("next-root", IssuerKeyType::P256).unwrap();
        assert_eq!(code(token.issuer(&root.uri, &next.public)), "TOKEN_KEY_DIFFERS");
        let at = |rest: &str| uri(&format!("pkcs11:serial={}{rest}", rig.serial));
        assert!(token.issuer(&at(";object=root"), &root.public).is_ok());
        assert_eq!(code(token.issuer(&at(";object=root2"), &root.public)), "TOKEN_KEY_NOT_FOUND");
        assert_eq!(code(token.issuer(&at(";object=root;type=public"), &root.public)), "TOKEN_KEY_NOT_FOUND");
        assert_eq!(code(token.issuer(&at(""), &root.public)), "TOKEN_KEY_AMBIGUOUS");
        assert_eq!(code(token.issuer(&uri("pkcs11:serial=1;object=root"), &root.public)), "TOKEN_NOT_FOUND");
        assert_eq!(code(token.issuer(&uri("pkcs11:object=root"), &root.public)), "TOKEN_URI");
    });
}

#[test]
fn a_key_that_was_outside_the_token_is_refused() {
    rig::with_token(a_key_that_was_outside_the_token_is_refused, |rig| {
        let path = |name: &str| rig.dir.join(name).to_str().unwrap().to_owned();
        let (key, public) = (path("imported.pem"), path("imported.der"));
        rig::tool("openssl", &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", &key]);
        rig::tool("openssl", &["pkey", "-in", &key, "-pubout", "-outform", "DER", "-out", &public]);
        let token = ["--token", rig::LABEL, "--pin", rig::PIN, "--label", "imported", "--id", "0a"];
        rig::tool("softhsm2-util", &[&["--import", &key][..], &token].concat());
        let intended = PublicKey::from_spki(&fs::read(&public).unwrap()).unwrap();

        let token = unlock(rig);
        let imported = uri(&format!("pkcs11:serial={};object=imported", rig.serial));
        assert_eq!(code(token.issuer(&imported, &intended)), "TOKEN_KEY_UNSAFE");
        let held = token.inventory().unwrap().keys;
        assert_eq!((&*held[0].label, &*held[0].id), ("imported", "0a"));
        assert_eq!(held[0].public.as_ref(), Some(&intended));
        assert_eq!(held[0].fault, Some("it has not always been sensitive"));
    });
}

/// What a key generation that is killed leaves: one half, or the beginning of a file in place of one.
#[test]
fn half_a_key_is_found_and_not_used() {
    rig::with_token(half_a_key_is_found_and_not_used, |rig| {
        let token = unlock(rig);
        let made = token.generate_issuer("root", IssuerKeyType::P256).unwrap();
        token.close().unwrap();
        let halves = rig.objects();
        assert_eq!(halves.len(), 2);
        let look = || {
            let token = unlock(rig);
            let inventory = token.inventory().unwrap();
            let fault = inventory.keys.first().map(|key| key.fault);
            (fault, token.issuer(&made.uri, &made.public).map(|_| ()).map_err(|error| error.reason().code))
        };
        let mut missing = Vec::new();
        for half in &halves {
            let whole = fs::read(half).unwrap();
            fs::remove_file(half).unwrap();
            missing.push(look());
            for length in (0..whole.len()).step_by(17) {
                fs::write(half, &whole[..length]).unwrap();
                let (fault, used) = look();
                // Past the last attribute we ask for, a key may work; then it has signed as the intended key.
                assert!(used.is_err() || fault == Some(None), "{length}: {fault:?} {used:?}");
            }
            fs::write(half, &whole).unwrap();
        }
        missing.sort_by_key(|(fault, _)| *fault);
        let private = (Some(Some("its private half is missing")), Err("TOKEN_KEY_NOT_FOUND"));
        let public = (Some(Some("its public half is missing")), Err("TOKEN_KEY_HALF"));
        assert_eq!(missing, [private, public]);
        assert_eq!(look(), (Some(None), Ok(())));
    });
}

#[test]
fn the_generator_of_the_token_gives_bytes_that_differ() {
    rig::with_token(the_generator_of_the_token_gives_bytes_that_differ, |rig| {
        let token = unlock(rig);
        let (one, other) = (token.random(20).unwrap(), token.random(20).unwrap());
        assert_eq!((one.len(), other.len()), (20, 20));
        assert_ne!(one, other);
    });
}

#[test]
fn a_token_that_does_not_answer_is_left_alone() {
    rig::with_remote_token(a_token_that_does_not_answer_is_left_alone, |rig| {
        let patience = Patience { call: Duration::from_millis(500), ..Patience::default() };
        let token = Token::open(&rig.module, &uri(&format!("pkcs11:serial={}", rig.serial)), patience).unwrap();
        rig.signal_server("STOP");
        let refused = token.login(pin(rig::PIN)).unwrap_err();
        assert_eq!((refused.reason().class, refused.reason().code), (Class::Hsm, "TOKEN_HANGS"));
        assert_eq!(refused.token.login(pin(rig::PIN)).unwrap_err().reason().code, "TOKEN_HANGS");
    });
}

#[test]
fn a_module_that_does_not_start_is_not_waited_for() {
    rig::with_remote_token(a_module_that_does_not_start_is_not_waited_for, |rig| {
        rig.signal_listener("STOP");
        let patience = Patience { call: Duration::from_millis(500), ..Patience::default() };
        let uri = uri(&format!("pkcs11:serial={}", rig.serial));
        assert_eq!(code(Token::open(&rig.module, &uri, patience)), "TOKEN_HANGS");
        rig.signal_listener("CONT");
    });
}

#[test]
fn a_token_without_ed25519_makes_no_machine_keys() {
    // p11-kit does not pass CKM_EDDSA on.
    rig::with_remote_token(a_token_without_ed25519_makes_no_machine_keys, |rig| {
        let token = unlock(rig);
        assert_eq!(code(token.generate_machine("machine-log")), "TOKEN_KEY_MECHANISM");
        assert!(token.generate_issuer("root", IssuerKeyType::P256).is_ok());
        assert_eq!(token.inventory().unwrap().keys.len(), 1);
    });
}

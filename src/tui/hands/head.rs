//! The signed head of the log for an auditor: what it says, and commands that he can copy or type, whole, one a line.

use crate::audit::checkpoint::Checkpoint;
use crate::audit::note::Note;
use crate::tui::language::{Language, fill};
use crate::tui::reading::Lines;
use crate::wire::base64::Base64;
use crate::wire::text;

/// Columns of a part of a signature.
const PART: usize = 64;

/// The head `note` of a log that has `entries` by now. The base64 of the signature stands here as in the file of the note.
pub(super) fn told(note: &Note, entries: u64) -> Lines {
    let lines = |language| lines(note, entries, language);
    Lines::both(lines(Language::English), lines(Language::Chinese))
}

fn lines(note: &Note, entries: u64, language: Language) -> Vec<String> {
    let Ok(Checkpoint { origin, head }) = Checkpoint::parse(note.unverified_text()) else { return Vec::new() };
    let signed = language.say(
        "Signed: the first {} of {} entr{y}. Their root, in hexadecimal:",
        "已签名：前 {} 条，共 {} 条。其根值（十六进制）：",
    );
    let mut lines = vec![fill(signed, [&head.size, &entries]), format!("  {}", head.root), String::new()];
    lines.push(language.say("On this host, into a file:", "在本机写入文件：").to_owned());
    lines.extend(["  airlock audit checkpoint >head.note".to_owned(), String::new()]);
    let elsewhere = language.say(
        "Elsewhere, with openssl. RECORD is the enrolment record in your own file:",
        "在别处，用 openssl。RECORD 为您自己存档的登记记录：",
    );
    lines.push(elsewhere.to_owned());
    lines.extend(commands(note, &origin, head.size, &Base64(head.root.as_bytes().to_vec())));
    lines
}

/// Commands that show with openssl that the key of the log signed the head; a long one goes on behind a backslash.
fn commands(note: &Note, origin: &str, size: u64, root: &Base64) -> Vec<String> {
    let blob = note.unverified_blob(origin).unwrap_or_default();
    let (first, rest) = blob.split_at_checked(PART).unwrap_or((&blob, ""));
    let origin = text::quoted(origin);
    [
        r#"  sed -n 's/.*"log":{[^}]*"spki":"\([^"]*\)".*/\1/p' RECORD \"#.to_owned(),
        "    | base64 -d | openssl pkey -pubin -inform DER -out log.pem".to_owned(),
        r"  printf '%s\n' \".to_owned(),
        format!(r"    {origin} \"),
        format!("    {size} {root} >head"),
        r"  printf %s \".to_owned(),
        format!(r"    {first} \"),
        format!(r"    {rest} \"),
        "    | base64 -d | tail -c 64 >head.sig".to_owned(),
        r"  openssl pkeyutl -verify -pubin -inkey log.pem -rawin -in head \".to_owned(),
        "    -sigfile head.sig".to_owned(),
    ]
    .into()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;
    use crate::audit::note::{KeyUse, NoteKey};
    use crate::audit::tree::Head;
    use crate::report::columns;
    use crate::wire::digest::Digest;

    const ORIGIN: &str = "airlock/root-ca-01/log";
    /// What stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410).
    const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn note() -> Note {
        let head = Head { size: 1042, root: Digest::of(b"log") };
        let text = Checkpoint { origin: ORIGIN.to_owned(), head }.to_string();
        let public = NoteKey::new(ORIGIN, key().verifying_key(), KeyUse::Log).unwrap();
        let line = public.line(&text, &key().sign(text.as_bytes()).to_bytes()).unwrap();
        Note::new(text, vec![line])
    }

    /// What openssl says to the commands as they stand on the screen, where the auditor knows `key`.
    fn openssl(lines: &[String], key: &SigningKey) -> bool {
        let scratch = tempfile::tempdir().unwrap();
        let spki = Base64([&SPKI[..], key.verifying_key().as_bytes()].concat());
        let record =
            format!(r#"{{"log":{{"key":"ssh-ed25519 AAAA","origin":"{ORIGIN}","spki":"{spki}"}},"party":"x"}}"#);
        fs::write(scratch.path().join("RECORD"), record).unwrap();
        let from = lines.iter().position(|line| line.starts_with("  sed")).unwrap();
        let script = lines[from..].join("\n");
        let ran = Command::new("bash").args(["-euc", &script]).current_dir(&scratch).output().unwrap();
        assert!(scratch.path().join("head.sig").metadata().unwrap().len() == 64, "{ran:?}");
        ran.status.success() && String::from_utf8_lossy(&ran.stdout).contains("Verified Successfully")
    }

    #[test]
    fn the_commands_can_be_copied_and_openssl_agrees() {
        let lines = told(&note(), 1050);
        for language in [Language::English, Language::Chinese] {
            let lines = lines.of(language);
            assert!(openssl(lines, &key()), "{lines:?}");
            assert!(!openssl(lines, &SigningKey::from_bytes(&[8; 32])), "by another key than the auditor knows");
            assert!(lines.len() <= 18 && lines.iter().all(|line| columns::width(line) <= 76), "{lines:?}");
            assert!(lines.iter().all(|line| !line.contains("\\u{") && !line.contains('\u{2014}')), "{lines:?}");
        }
        // The base64 stands in the file as it does here.
        let file = note().to_string();
        let blob = file.trim_end().rsplit(' ').next().unwrap().to_owned();
        let shown: String = lines.of(Language::English).iter().map(|line| line.trim_end_matches('\\').trim()).collect();
        assert!(shown.contains(&blob), "{shown}");
    }
}

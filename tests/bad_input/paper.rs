//! The log is compared with a paper, by what a person types from it.

use airlock::tui::brake::Brake;
use airlock::tui::effect::Effect;
use airlock::tui::hands::{Hands, Teller};
use airlock::tui::language::Language;
use airlock::tui::told::Told;

use crate::host::Host;

/// The number of entries of the log of `host`, and their root, as its return sheet would have them.
fn head(host: &Host) -> (String, String) {
    let said = host.runs("audit verify -o json", &[]).ok().said;
    let after = |key: &str, is: fn(char) -> bool| {
        let rest = &said[said.find(&format!("\"{key}\":")).unwrap() + key.len() + 3..];
        rest.trim_start_matches([' ', '"']).chars().take_while(|c| is(*c)).collect::<String>()
    };
    let head = (after("entries", |c| c.is_ascii_digit()), after("root", |c| c.is_ascii_hexdigit()));
    assert_eq!(head.1.len(), 64, "{said}");
    head
}

fn of(entries: &str, root: &str) -> Vec<String> {
    ["--entries", entries, "--root", root].map(str::to_owned).to_vec()
}

/// The log has gone on since the paper was printed.
pub(crate) fn is_compared_with_the_log(host: &Host) {
    let (entries, root) = head(host);
    let ran = host.runs("audit verify", &of(&entries, &root[..16])).ok();
    assert!(ran.said.contains(&format!("begins with the {entries} entries of the paper")), "{}", ran.said);
    let grouped = format!("{} {} {} {}  {}", &root[..4], &root[4..8], &root[8..12], &root[12..16], &root[16..40]);
    host.runs("audit verify", &of(&entries, &grouped.to_uppercase())).ok();
    host.runs("audit verify", &of(&entries, &root)).ok();

    let other = format!("{}{}", &root[..15], if root.as_bytes()[15] == b'0' { "1" } else { "0" });
    host.refuses(11, "AUDIT_PAPER", "audit verify", &of(&entries, &other));
    let shorter = (entries.parse::<u64>().unwrap() - 1).to_string();
    host.refuses(11, "AUDIT_PAPER", "audit verify", &of(&shorter, &root[..16]));
    for (entries, root) in [(entries.as_str(), &root[..15]), (&entries, "not hexadecimal!"), ("0", &root[..16])] {
        host.refuses(2, "AUDIT_TYPED", "audit verify", &of(entries, root));
    }
    host.refuses(2, "AUDIT_NO_ENTRY", "audit verify", &of("99999", &root[..16]));
    is_compared_on_the_screen(host, &entries, &root, &other);
}

/// The same on A10, as the hands hear of it.
fn is_compared_on_the_screen(host: &Host, entries: &str, root: &str, other: &str) {
    let compared = |root: &str| {
        let (mut told, entries, root) = (Vec::new(), entries.to_owned(), root.to_owned());
        let mut hands = Hands::new(Some(host.path("host.toml")));
        let compare = Effect::CompareLog { entries, root };
        hands.execute(compare, &Brake::default(), &mut Teller::new(&mut |one| told.push(one)));
        told.pop().unwrap()
    };
    let told = compared(&root[..16]);
    let Told::Read(lines) = &told else { panic!("{told:?}") };
    assert!(lines.of(Language::Chinese).concat().contains(entries), "{lines:?}");
    let told = compared(other);
    assert!(matches!(&told, Told::Refused(notice) if notice.code == "AUDIT_PAPER"), "{told:?}");
}

//! A manifest with other values of some flags: the text stays as it is but for them, and is refused where reading it again
//! shows any other difference.

use super::program::{Program, of_file};

/// `text`, the manifest at `path`, in which the program `name` has other values of flags; one without a value is left out, and
/// one that is not there is added behind the name of the program. `None` where a flag does not stand there once in the form
/// `--flag=value`, or where anything else would change.
pub fn with_flags(path: &str, text: &str, name: &str, changes: &[(&str, Option<&str>)]) -> Option<String> {
    let before = of_file(path, text);
    let program = only(&before, name)?;
    let mut edited = text.to_owned();
    for (flag, value) in changes {
        let Some(old) = program.flag(flag) else {
            // A flag that is to go and is not there has gone.
            if let Some(value) = value {
                edited = add(&edited, name, &format!("--{flag}={value}"))?;
            }
            continue;
        };
        edited = edit(&edited, &format!("--{flag}={old}"), value.map(|value| format!("--{flag}={value}")).as_deref())?;
    }
    let mut after = of_file(path, &edited);
    after.iter_mut().for_each(Program::sort_flags);
    let mut wanted: Vec<_> =
        before.iter().map(|one| if one.name == name { changed(one, changes) } else { one.clone() }).collect();
    wanted.iter_mut().for_each(Program::sort_flags);
    (after == wanted).then_some(edited)
}

fn only<'p>(programs: &'p [Program], name: &str) -> Option<&'p Program> {
    let mut found = programs.iter().filter(|program| program.name == name);
    found.next().filter(|_| found.next().is_none())
}

fn changed(program: &Program, changes: &[(&str, Option<&str>)]) -> Program {
    changes.iter().fold(program.clone(), |program, (flag, value)| program.with_flag(flag, *value))
}

/// Puts a list item behind the only one that is the program `name` itself, or a path to it.
fn add(text: &str, name: &str, item: &str) -> Option<String> {
    let is_program = |line: &&str| {
        let word = line.trim().strip_prefix("- ").map(|word| word.trim_matches(['"', '\'']));
        word.is_some_and(|word| word.rsplit('/').next() == Some(name))
    };
    if text.lines().filter(is_program).count() != 1 {
        return None;
    }
    let lines = text.split_inclusive('\n').map(|line| match is_program(&line) {
        false => line.to_owned(),
        true => {
            let indent: String = line.chars().take_while(|c| *c == ' ').collect();
            format!("{}\n{indent}- {item}\n", line.trim_end())
        }
    });
    Some(lines.collect())
}

/// Replaces the only list item that is `old`, or takes its line out.
fn edit(text: &str, old: &str, new: Option<&str>) -> Option<String> {
    let is_item = |line: &&str| line.trim().strip_prefix("- ").map(|item| item.trim_matches(['"', '\''])) == Some(old);
    if text.lines().filter(is_item).count() != 1 {
        return None;
    }
    let lines = text.split_inclusive('\n').filter_map(|line| match (is_item(&line), new) {
        (false, _) => Some(line.to_owned()),
        (true, Some(new)) => Some(line.replacen(old, new, 1)),
        (true, None) => None,
    });
    Some(lines.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "etc/kubernetes/manifests/kube-controller-manager.yaml";
    const MANIFEST: &str = "apiVersion: v1\nkind: Pod\n# a comment\nspec:\n  containers:\n  - command:\n    \
        - kube-controller-manager\n    - --client-ca-file=/etc/kubernetes/pki/ca.crt\n    \
        - --cluster-signing-cert-file=/etc/kubernetes/pki/ca.crt\n    - \"--cluster-signing-key-file=/etc/kubernetes/pki/ca.key\"\n    \
        - --root-ca-file=/etc/kubernetes/pki/ca.crt\n    image: registry.example/kcm:v1.32.3\n";
    const NAME: &str = "kube-controller-manager";
    const CHANGES: [(&str, Option<&str>); 2] = [
        ("cluster-signing-cert-file", Some("/x/ca-signing.crt")),
        ("cluster-signing-key-file", Some("/x/ca-signing.key")),
    ];

    #[test]
    fn two_flags_change_and_nothing_else() {
        let edited = with_flags(PATH, MANIFEST, NAME, &CHANGES).unwrap();
        let expected = MANIFEST
            .replace("signing-cert-file=/etc/kubernetes/pki/ca.crt", "signing-cert-file=/x/ca-signing.crt")
            .replace("signing-key-file=/etc/kubernetes/pki/ca.key", "signing-key-file=/x/ca-signing.key");
        assert_eq!(edited, expected);
        let back = [
            ("cluster-signing-cert-file", Some("/etc/kubernetes/pki/ca.crt")),
            ("cluster-signing-key-file", Some("/etc/kubernetes/pki/ca.key")),
        ];
        assert_eq!(with_flags(PATH, &edited, NAME, &back).unwrap(), MANIFEST);
    }

    #[test]
    fn flags_go_with_their_lines() {
        let gone = [("cluster-signing-cert-file", None), ("cluster-signing-key-file", None)];
        let edited = with_flags(PATH, MANIFEST, NAME, &gone).unwrap();
        assert_eq!(edited.lines().count(), MANIFEST.lines().count() - 2);
        assert!(!edited.contains("signing") && edited.contains("--root-ca-file"));
        assert_eq!(with_flags(PATH, &edited, NAME, &gone).unwrap(), edited);
        // And come again, on the way back.
        let again = with_flags(PATH, &edited, NAME, &CHANGES).unwrap();
        assert_eq!(again.lines().count(), MANIFEST.lines().count());
        assert!(again.contains("    - --cluster-signing-key-file=/x/ca-signing.key\n"), "{again}");
        let twice = edited.replace("    - --root", "    - kube-controller-manager\n    - --root");
        assert_eq!(with_flags(PATH, &twice, NAME, &CHANGES), None);
    }

    #[test]
    fn what_is_not_plain_is_left_to_a_person() {
        for text in [
            MANIFEST.replace("- --cluster-signing-cert-file=", "- --cluster-signing-cert-file\n    - "),
            MANIFEST
                .replace("    - --root", "    - --cluster-signing-cert-file=/etc/kubernetes/pki/ca.crt\n    - --root"),
            MANIFEST.replace("kind: Pod", "kind: Node"),
            "{".to_owned(),
        ] {
            assert_eq!(with_flags(PATH, &text, NAME, &CHANGES), None, "{text}");
        }
        assert_eq!(with_flags(PATH, MANIFEST, "kube-apiserver", &CHANGES), None);
    }
}

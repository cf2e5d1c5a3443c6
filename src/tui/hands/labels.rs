//! A report as a screen tells it: its labels in both languages. What it found, names, numbers and codes stay as they are.

use crate::report::columns;
use crate::report::document::Report;
use crate::tui::reading::Lines;

/// What stands before a value, and values that say of what kind something is.
const WORDS: [(&str, &str); 34] = [
    ("Type", "类型"),
    ("Subject", "主体"),
    ("Issuer", "签发者"),
    ("Serial", "序列号"),
    ("Validity", "有效期"),
    ("Key", "密钥"),
    ("Signed with", "签名算法"),
    ("Extensions", "扩展"),
    ("Number", "编号"),
    ("This update", "本次更新"),
    ("Next update", "下次更新"),
    ("Revoked", "已吊销"),
    ("To", "发往"),
    ("Expires", "有效至"),
    ("Bytes", "字节数"),
    ("Host", "主机"),
    ("Side", "侧"),
    ("Log entries", "日志条数"),
    ("Clock", "时钟"),
    ("Network links up", "启用的网络接口"),
    ("Swap", "交换区"),
    ("Core dumps", "核心转储"),
    ("Files", "文件"),
    ("File", "文件"),
    ("SAN", "SAN"),
    ("SPKI SHA-256", "SPKI SHA-256"),
    ("SHA-256", "SHA-256"),
    ("certificate", "证书"),
    ("CA certificate", "CA 证书"),
    ("certificate revocation list", "证书吊销列表"),
    ("statement of a transfer", "传输声明"),
    ("PKCS#10 request, possession proven", "PKCS#10 请求，持有证明有效"),
    ("container of a transfer, closed", "传输容器，封闭"),
    ("container encrypted with age, closed", "以 age 加密的容器，封闭"),
];

/// The extensions of RFC 5280, sections 4.2 and 5.2, that are met in practice.
const EXTENSIONS: [(&str, &str); 11] = [
    ("2.5.29.14", "subjectKeyIdentifier"),
    ("2.5.29.15", "keyUsage"),
    ("2.5.29.17", "subjectAltName"),
    ("2.5.29.19", "basicConstraints"),
    ("2.5.29.20", "cRLNumber"),
    ("2.5.29.30", "nameConstraints"),
    ("2.5.29.31", "cRLDistributionPoints"),
    ("2.5.29.32", "certificatePolicies"),
    ("2.5.29.35", "authorityKeyIdentifier"),
    ("2.5.29.37", "extKeyUsage"),
    ("1.3.6.1.5.5.7.1.1", "authorityInfoAccess"),
];

/// The lines of `report` at `width` columns.
pub(super) fn both(report: &Report, width: usize) -> Lines {
    let english: Vec<String> = report.text(width).lines().map(named).collect();
    let chinese = english.iter().map(|line| chinese(line)).collect();
    Lines::both(english, chinese)
}

/// `line` with the name of the extension whose identifier it ends with, for who does not know the numbers by heart.
pub(super) fn named(line: &str) -> String {
    let last = line.rsplit(' ').next().unwrap_or_default();
    let known = EXTENSIONS.iter().find(|(oid, _)| *oid == last);
    known.map_or_else(|| line.to_owned(), |(_, name)| format!("{line}  {name}"))
}

/// `line` with its label, and its value where that is a word of ours, in Chinese; its columns stay.
pub(super) fn chinese(line: &str) -> String {
    if let Some(told) = line.strip_prefix("next: ") {
        return format!("下一步：{told}");
    }
    let Some((label, rest)) = line.split_once("  ").filter(|(label, _)| !label.is_empty()) else {
        return line.to_owned();
    };
    let Some(word) = word(label) else { return line.to_owned() };
    let value = rest.trim_start();
    let at = line.len() - value.len();
    format!("{}{}", columns::left(word, at), self::word(value).unwrap_or(value))
}

fn word(english: &str) -> Option<&'static str> {
    WORDS.iter().find(|(word, _)| *word == english).map(|(_, chinese)| *chinese)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_told_and_values_stay_where_they_are() {
        assert_eq!(chinese("Type                CA certificate"), "类型                CA 证书");
        assert_eq!(chinese("This update  2026-11-22T03:10:00Z"), "本次更新     2026-11-22T03:10:00Z");
        for same in ["", "CN=To  Type", "             second line", "Type: x", "[FAIL] Side  x"] {
            assert_eq!(chinese(same), same);
        }
        assert_eq!(chinese("next: airlock sheet check"), "下一步：airlock sheet check");
    }

    #[test]
    fn an_extension_is_named_and_nothing_else_is() {
        assert_eq!(named("Extensions    2.5.29.15"), "Extensions    2.5.29.15  keyUsage");
        for same in ["", "Serial        2.5.29.150", "              2.5.29.99", "2.5.29.15 is it"] {
            assert_eq!(named(same), same);
        }
    }
}

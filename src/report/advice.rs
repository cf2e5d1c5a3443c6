//! A transfer that was refused when it came in: what is done with it on this side. The code tells what happened and is the same
//! on both; an officer at a CA host stops, a cluster admin fetches it anew.

use crate::audit::entry::Side;

/// What is done on a side, in English and in Chinese.
pub type Here = (&'static str, &'static str);

/// How a refusal came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// It is not what its sender made, or pretends to be something.
    Forged,
    /// The medium does more than to store: it may type, or be a network.
    MoreThanStick,
    /// It is locked away already.
    Locked,
    /// It is not whole, or cannot be read.
    Spoilt,
    /// It is too old.
    Expired,
    /// The medium is not known here.
    Stranger,
}

impl Cause {
    /// None where what the code says is all that there is to do.
    fn of(code: &str) -> Option<Self> {
        Some(match code {
            "ARRIVAL_DIGEST" | "ARRIVAL_TRACE" | "TRANSFER_NAME" | "TRANSFER_PAYLOAD" | "TRANSFER_STATEMENT" => {
                Self::Forged
            }
            "SIGNATURE_CANONICAL" | "SIGNATURE_FORM" | "SIGNATURE_INVALID" | "SIGNATURE_NAMESPACE" => Self::Forged,
            "STATEMENT_CHARACTERS"
            | "STATEMENT_LENGTH"
            | "STATEMENT_LINE"
            | "STATEMENT_SENDER"
            | "STATEMENT_TRACE"
            | "STATEMENT_VALUE"
            | "STATEMENT_VERSION" => Self::Forged,
            "DEVICE_INTERFACE" => Self::MoreThanStick,
            "MEDIA_CASE_TWINS" | "MEDIA_CHANGED" | "MEDIA_NOT_REGULAR" => Self::Forged,
            "PAPER_QUARANTINED" => Self::Locked,
            "MEDIA_AMBIGUOUS"
            | "MEDIA_GONE"
            | "MEDIA_INCOMPLETE"
            | "MEDIA_UNMOUNTABLE"
            | "TRANSFER_INCOMPLETE"
            | "TRANSFER_SEVERAL" => Self::Spoilt,
            "ARRIVAL_EXPIRED" => Self::Expired,
            "MEDIUM_STRANGER" => Self::Stranger,
            _ => return None,
        })
    }
}

/// What is done on `side` with what was refused for `code`; none where the code says all of it.
pub fn refused(side: Side, code: &str) -> Option<Here> {
    Some(match (Cause::of(code)?, side) {
        (Cause::Forged, Side::Offline) => (
            "At this CA host: stop. Take no other copy and do not try again. Stick and sheet go to the auditor; call the cluster on the number in its enrolment record.",
            "本CA主机：停止。不换副本，不再尝试。介质与核对单交审计员；按登记记录中的电话致电集群。",
        ),
        (Cause::Forged, Side::Online) => (
            "At this import host: keep stick and sheet for the auditor, and fetch it anew: call the CA on the number in its enrolment record; it seals the package again (airlock offline seal TRACE --again) with a new sheet.",
            "本导入主机：介质与核对单留交审计员；按登记记录中的电话致电CA重新取得：由其重新封装（airlock offline seal TRACE --again）并附新核对单。",
        ),
        (Cause::MoreThanStick, Side::Offline) => (
            "At this CA host: pull it out now, and plug it in nowhere: a stick that is also something else is an attack. Stop. Stick and sheet go to the auditor; call the cluster on the number in its enrolment record.",
            "本CA主机：立即拔出，不得插入任何设备：兼作他用的介质即为攻击。停止。介质与核对单交审计员；按登记记录中的电话致电集群。",
        ),
        (Cause::MoreThanStick, Side::Online) => (
            "At this import host: pull it out now, and plug it in nowhere: a stick that is also something else is an attack. Keep stick and sheet for the auditor; call the CA on the number in its enrolment record, for the package on another stick.",
            "本导入主机：立即拔出，不得插入任何设备：兼作他用的介质即为攻击。介质与核对单留交审计员；按登记记录中的电话致电CA，改用另一介质取得证书包。",
        ),
        (Cause::Locked, Side::Offline) => (
            "At this CA host: bring it no second time. Officers and the auditor let it out together once the cause is known: S00, its letter, C.",
            "本CA主机：不要再次导入。查明原因后由安全员与审计员共同解除：S00 按其字母，再按 C。",
        ),
        (Cause::Locked, Side::Online) => (
            "At this import host: nobody lets it out. Where it was in order after all, the CA seals it again (airlock offline seal TRACE --again); its new sheet is typed.",
            "本导入主机：无人可解除。若查明无误，由CA重新封装（airlock offline seal TRACE --again），录入新核对单。",
        ),
        (Cause::Spoilt, Side::Offline) => (
            "At this CA host: change nothing on the stick. The cluster writes the bundle to another one (airlock online request --again TRACE); its rows stay the same.",
            "本CA主机：不要改动该介质。由集群写到另一介质（airlock online request --again TRACE），各行数字不变。",
        ),
        (Cause::Spoilt, Side::Online) => (
            "At this import host: fetch it again. The CA writes the package to another stick (T on its S00); its rows stay the same.",
            "本导入主机：重新取得。由CA写到另一介质（其 S00 按 T），各行数字不变。",
        ),
        (Cause::Expired, Side::Offline) => (
            "At this CA host: file stick and sheet. The cluster asks anew and gives this one up (airlock online request --void TRACE).",
            "本CA主机：介质与核对单归档。由集群重新申请并放弃此次申请（airlock online request --void TRACE）。",
        ),
        (Cause::Expired, Side::Online) => (
            "At this import host: file the old sheet. The CA seals the package again (airlock offline seal TRACE --again) with a new one; nothing is asked anew.",
            "本导入主机：旧核对单归档。由CA重新封装（airlock offline seal TRACE --again）并附新核对单，无须重新申请。",
        ),
        (Cause::Stranger, Side::Offline) => (
            "At this CA host: a sysadmin registers it, once the house knows whose it is; or two officers let it in for a day (airlock media admit DEV).",
            "本CA主机：确认来历后由系统管理员登记；或由两名安全员放行一日（airlock media admit DEV）。",
        ),
        (Cause::Stranger, Side::Online) => (
            "At this import host: a requester registers it for the way in, once he knows whose it is; it is let in by nothing else.",
            "本导入主机：确认来历后由申请人按带入方向登记；别无他法放行。",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::meaning;

    #[test]
    fn both_sides_are_told_and_not_the_same() {
        for code in ["ARRIVAL_DIGEST", "PAPER_QUARANTINED", "TRANSFER_INCOMPLETE", "ARRIVAL_EXPIRED", "MEDIUM_STRANGER"]
        {
            assert!(meaning::english(code).is_some(), "{code}");
            let told = [Side::Offline, Side::Online].map(|side| refused(side, code).unwrap());
            assert!(told[0].0.starts_with("At this CA host: ") && told[0].1.starts_with("本CA主机："), "{told:?}");
            assert!(
                told[1].0.starts_with("At this import host: ") && told[1].1.starts_with("本导入主机："),
                "{told:?}"
            );
        }
        // What types by itself is out before anything else is done.
        for (side, pull) in
            [(Side::Offline, "At this CA host: pull it out"), (Side::Online, "At this import host: pull it out")]
        {
            let (english, chinese) = refused(side, "DEVICE_INTERFACE").unwrap();
            assert!(english.starts_with(pull) && chinese.contains("：立即拔出"), "{english} {chinese}");
        }
        // What stands in the code itself is all that there is to do: who is enrolled, whether it is the right medium.
        for code in ["STORAGE_FULL", "MEDIA_MISSING", "ARRIVAL_KIND", "SIGNATURE_KEY", "MEDIA_TOO_LARGE", ""] {
            assert_eq!(refused(Side::Offline, code), None, "{code}");
        }
    }
}

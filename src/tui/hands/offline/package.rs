//! What the package of an exchange holds, and who stands behind it.

use crate::exchange::approval::operation::Decision;
use crate::exchange::trace::Trace;
use crate::issuance::plan::Plan;
use crate::issuance::plan::order::Kind;
use crate::offline::plan::load;
use crate::offline::room::Room;
use crate::offline::sign::authorities;
use crate::refusal::Refused;
use crate::report::columns;
use crate::tui::language::{Both, fill};
use crate::wire::digest::Digest;

/// Columns of a line.
const WIDTH: usize = 76;

/// Outcomes, people, roots and recipients of the newest plan of `trace`.
pub(super) fn about(room: &Room, trace: &Trace) -> Result<Vec<Both>, Refused> {
    let plan = load::plan(room, trace)?;
    let fields = plan.fields();
    let of = |kind: Kind| fields.orders.iter().filter(|order| order.kind == kind).count();
    let (leaves, lists) = (of(Kind::Leaf) + of(Kind::Intermediate), of(Kind::Crl));
    let denied = fields.denials.len();
    let mut lines = vec![Both::new(
        fill("{} certificate{s}   {} denied   {} CRL", [&leaves, &denied, &lists]),
        format!("证书 {leaves}   拒绝 {denied}   CRL {lists}"),
    )];
    lines.push(people(room, &plan)?);
    for root in &fields.roots {
        let told = format!("{} {}   sha256 {}", root.domain, root.status, grouped(&root.sha256));
        lines.push(Both::new(format!("root {told}"), format!("根 {told}")));
    }
    for recipient in &fields.recipients {
        let recipient = columns::visible(&recipient.to_string());
        lines.push(Both::new(format!("sealed to {recipient}"), format!("加密给 {recipient}")));
    }
    Ok(lines.into_iter().map(|line| line.map(|text| columns::cut_middle(text, WIDTH))).collect())
}

/// The keys that the plan of `trace` needs, and how often each signs.
pub(super) fn keys(room: &Room, trace: &Trace) -> Result<Vec<Both>, Refused> {
    let plan = load::plan(room, trace)?;
    let authorities = authorities(room, &plan);
    let count =
        |issuer: &Digest| plan.fields().orders.iter().filter(|order| order.issuer_spki_sha256 == *issuer).count();
    let line = |spki: Digest, count: usize| {
        let tbs = authorities.by_key(&spki).map(|authority| &authority.tbs)?;
        let (subject, key) = (tbs.subject().safe(), tbs.public_key().key_type());
        let told = Both::new(
            fill("{}   {}   {} signature{s}", [&subject, &key, &count]),
            format!("{subject}   {key}   签名 {count} 个"),
        );
        Some(told.map(|text| columns::cut_middle(text, WIDTH)))
    };
    let all = authorities.all().iter().map(|authority| authority.spki_sha256());
    Ok(all.filter_map(|spki| line(spki, Some(count(&spki)).filter(|count| *count > 0)?)).collect())
}

fn people(room: &Room, plan: &Plan) -> Result<Both, Refused> {
    let decided = room.decisions(&plan.sha256())?;
    let who = |wanted: Decision| -> String {
        let lines = decided.iter().map(|one| one.signed.approval().lines());
        let ids: Vec<_> =
            lines.filter(|lines| lines.decision == wanted).map(|lines| lines.person.id.to_string()).collect();
        if ids.is_empty() { "-".to_owned() } else { ids.join(", ") }
    };
    let (approved, witness) = (who(Decision::Approve), who(Decision::Witness));
    Ok(Both::new(format!("approved by {approved}   witness {witness}"), format!("批准 {approved}   见证 {witness}")))
}

/// The first digits of a digest, in the groups in which people compare them.
fn grouped(digest: &Digest) -> String {
    let digits = digest.to_string();
    let groups = digits.as_bytes().chunks(4).take(6).map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join(" ") + " .."
}

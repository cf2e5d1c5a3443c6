//! Rosters that are newer than the one a cluster enrolled, each with the decisions by which it came into force.

use crate::exchange::approval::operation::Decision;
use crate::exchange::approval::signed::SignedApproval;
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::people::roster::Roster;
use crate::exchange::statement::party::Party;
use crate::issuance::plan::Plan;
use crate::offline::case;
use crate::offline::room::Room;
use crate::refusal::Refused;
use crate::wire::digest::Digest;

/// A roster and who approved it.
pub(super) struct Newer {
    pub(super) epoch: u64,
    pub(super) file: Vec<u8>,
    pub(super) approvals: Vec<SignedApproval>,
}

/// The rosters from the one after that which `cluster` enrolled up to that of the plan.
pub(super) fn newer(room: &Room, cluster: &Party, plan: &Plan) -> Result<Vec<Newer>, Refused> {
    let objects = room.desk().objects();
    let Some(own) = case::introduced(room, cluster) else { return Ok(Vec::new()) };
    let enrolled = EnrolmentRecord::parse(&objects.get(&own.record)?)?;
    let pinned = enrolled.ca().map_or(0, |ca| ca.roster.epoch());
    let mut newer = Vec::new();
    for digest in &room.in_force().rosters {
        let file = objects.get(digest)?;
        let epoch = Roster::parse(&file)?.epoch();
        if epoch > pinned && epoch <= plan.fields().roster.epoch {
            newer.push(Newer { epoch, file, approvals: approvals(room, digest)? });
        }
    }
    Ok(newer)
}

/// The decisions on `object`, but rejections.
pub(super) fn approvals(room: &Room, object: &Digest) -> Result<Vec<SignedApproval>, Refused> {
    let decided = room.decisions(object)?.into_iter().map(|decided| decided.signed);
    Ok(decided.filter(|one| one.approval().lines().decision != Decision::Reject).collect())
}

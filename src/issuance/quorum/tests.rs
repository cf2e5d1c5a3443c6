//! Who counts, and who does not.

use super::*;
use crate::cluster::role::Role;
use crate::exchange::approval::Lines;
use crate::exchange::approval::rule::RuleName;
use crate::exchange::statement::party::Party;
use crate::issuance::plan::draft::Draft;
use crate::issuance::specimen::ceremony::{
    answer, approval, counted, counted_by, lines, opened, roster, roster_with, rows, signed, signed_with, witness,
};
use crate::issuance::specimen::{World, now, serial};
use crate::wire::json;

fn leaf() -> Plan {
    World::default().plan(&[(Role::Scheduler, "cp1")])
}

/// An approval of li, who typed the other half, with a change.
fn with(plan: &Plan, change: impl FnOnce(&mut Lines)) -> Result<(), QuorumError> {
    let mut lines = lines(plan, "li", Decision::Approve, rows("second"));
    change(&mut lines);
    counted(plan, &[approval(plan, "chen", "first"), signed(lines)]).map(drop)
}

fn code(result: Result<(), QuorumError>) -> &'static str {
    result.map_or_else(|error| error.reason().code, |()| "")
}

#[test]
fn two_officers_with_all_rows_between_them_approve_a_leaf() {
    let plan = leaf();
    let met = counted(&plan, &[approval(&plan, "chen", "first"), approval(&plan, "li", "second")]).unwrap();
    assert_eq!(met.officers().iter().map(PersonId::as_str).collect::<Vec<_>>(), ["chen", "li"]);
    assert!(met.auditors().is_empty());
    assert!(ApprovedPlan::new(opened(plan), met).is_ok());
}

#[test]
fn r04_people_count_not_keys_and_not_papers() {
    let plan = leaf();
    let chen = approval(&plan, "chen", "all");
    let one = QuorumError::Officers { found: 1, needed: 2 };
    assert_eq!(counted(&plan, &[]).unwrap_err(), QuorumError::Officers { found: 0, needed: 2 });
    assert_eq!(counted(&plan, std::slice::from_ref(&chen)).unwrap_err(), one);
    assert_eq!(counted(&plan, &[chen.clone(), chen.clone()]).unwrap_err(), one);
    let by_the_spare_key = signed_with(lines(&plan, "chen", Decision::Approve, rows("all")), true);
    assert_eq!(counted(&plan, &[chen.clone(), by_the_spare_key]).unwrap_err(), one);
    // An auditor never counts; a requester cannot even approve.
    assert_eq!(counted(&plan, &[chen.clone(), witness(&plan)]).unwrap_err(), one);
    assert!(counted(&plan, &[chen, approval(&plan, "li", "all")]).is_ok());
}

#[test]
fn r03_every_line_of_an_approval_is_the_plans() {
    let plan = leaf();
    assert_eq!(with(&plan, |_| {}), Ok(()));
    let other = Digest::of(b"other");
    let ca: Party = "ca:root-ca-02".parse().unwrap();
    for change in [
        &(|l: &mut Lines| l.subject.trace = Some("20250715-K3JD-88XA-B".parse().unwrap())) as &dyn Fn(&mut Lines),
        &|l| l.subject.statement_sha256 = Some(other),
        &|l| l.subject.object_sha256 = other,
        &|l| l.subject.policy.sha256 = other,
        &|l| l.subject.rule.officers = 1,
        &|l| l.subject.rule.name = RuleName::Crl,
        &|l| l.subject.roster.epoch = 2,
        &|l| l.subject.roster.sha256 = other,
        &|l| l.subject.host = ca.clone(),
    ] {
        assert_eq!(code(with(&plan, change)), "APPROVAL_OTHER");
    }
}

#[test]
fn r06_an_approval_is_made_while_the_plan_is_open() {
    let plan = leaf();
    let at = |seconds: i64| code(with(&plan, |lines| lines.time = now().plus(seconds)));
    assert_eq!((at(0), at(86_400)), ("", ""));
    assert_eq!((at(-1), at(86_401)), ("APPROVAL_TIME", "APPROVAL_TIME"));
}

#[test]
fn r05_an_approval_of_another_operation_is_none() {
    let world = World::default();
    let roster = roster();
    let issuer = &world.authorities.all()[0];
    let mut draft = Draft::ceremony(world.head(&roster));
    let list = crate::issuance::crl::next(issuer, world.index(), &[], &world.policy, now()).unwrap();
    draft.crl(list, issuer);
    let ceremony = draft.close(&world.reference()).unwrap();
    assert!(counted(&ceremony, &[approval(&ceremony, "chen", "all")]).is_ok());
    let plan = leaf();
    let refused = counted(&plan, &[approval(&ceremony, "chen", "all")]).unwrap_err();
    assert_eq!(refused.reason().code, "APPROVAL_OPERATION");
}

#[test]
fn r19_one_rejection_ends_the_count() {
    let plan = leaf();
    let mut votes = vec![approval(&plan, "chen", "all"), approval(&plan, "li", "all")];
    assert!(counted(&plan, &votes).is_ok());
    votes.push(signed(lines(&plan, "wang", Decision::Reject, rows("all"))));
    assert_eq!(code(counted(&plan, &votes).map(drop)), "QUORUM_REJECTED");
    votes.rotate_right(1);
    assert_eq!(code(counted(&plan, &votes).map(drop)), "QUORUM_REJECTED");
}

#[test]
fn r07_privileged_requests_are_ticked_by_each_officer() {
    let world = World::default();
    let plan = world.plan(&[(Role::Scheduler, "cp1"), (Role::Admin, "cp1"), (Role::SuperAdmin, "cp1")]);
    let ticked = plan.ticked();
    assert_eq!(ticked.len(), 2);
    assert_eq!(with(&plan, |_| {}), Ok(()));
    for other in [Vec::new(), ticked[..1].to_vec(), [plan.fields().orders[0].request.unwrap()].to_vec()] {
        let refused = with(&plan, |lines| lines.diligence.as_mut().unwrap().ticked = other);
        assert_eq!(code(refused), "QUORUM_TICKS");
    }
}

#[test]
fn a_reused_key_is_ticked_like_a_privileged_request() {
    let world = World::default();
    let plan = world.plan(&[(Role::Scheduler, "cp1")]);
    let mut fields = plan.fields().clone();
    fields.orders[0].reuses_key = true;
    let json = json::to_vec(&fields).unwrap();
    let plan = Plan::load(&json, plan.tbs_file(), &world.reference()).unwrap();
    assert_eq!(plan.ticked().len(), 1);
    assert_eq!(with(&plan, |_| {}), Ok(()));
    assert_eq!(code(with(&plan, |lines| lines.diligence.as_mut().unwrap().ticked.clear())), "QUORUM_TICKS");
}

#[test]
fn r15_rows_are_covered_and_for_cas_by_everyone() {
    let plan = leaf();
    let both = |plan: &Plan, one, other| {
        code(counted(plan, &[approval(plan, "chen", one), approval(plan, "li", other)]).map(drop))
    };
    assert_eq!(both(&plan, "first", "second"), "");
    assert_eq!(both(&plan, "first", "first"), "ROWS_MISSING");
    let world = World::default().policy("mode = \"leaves\"", "mode = \"intermediates\"");
    let plan = world.plan(&[(Role::IntermediateEtcd, "cp1")]);
    let three = |typed: &str| {
        let mut votes: Vec<_> = ["chen", "li", "wang"].map(|id| approval(&plan, id, typed)).into();
        votes.push(witness(&plan));
        code(counted(&plan, &votes).map(drop))
    };
    assert_eq!((three("all"), three("first")), ("", "ROWS_SHARE"));
}

#[test]
fn a_root_rule_needs_an_auditors_witness() {
    let world = World::default().policy("mode = \"leaves\"", "mode = \"intermediates\"");
    let plan = world.plan(&[(Role::IntermediateEtcd, "cp1")]);
    let mut votes: Vec<_> = ["chen", "li", "wang"].map(|id| approval(&plan, id, "all")).into();
    assert_eq!(counted(&plan, &votes).unwrap_err(), QuorumError::Auditor);
    votes.push(witness(&plan));
    assert_eq!(counted(&plan, &votes).unwrap().auditors().len(), 1);
}

#[test]
fn r17_scripted_rows_count_only_where_a_policy_for_tests_says_so() {
    let world = World::default();
    let plan = leaf();
    let through = |channel| {
        signed(Lines {
            diligence: lines(&plan, "li", Decision::Approve, rows("all")).diligence.map(|d| Diligence { channel, ..d }),
            ..lines(&plan, "li", Decision::Approve, rows("all"))
        })
    };
    let roster = roster();
    let count = |channel, policy: Option<&Policy>| {
        let demands = Demands { roster: &roster, policy, least: 0 };
        code(counted_by(&plan, &[approval(&plan, "chen", "all"), through(channel)], &demands).map(drop))
    };
    assert_eq!(count(Channel::Scripted, None), "QUORUM_CHANNEL");
    assert_eq!(count(Channel::Phone, None), "");
    assert_eq!(count(Channel::Phone, Some(&world.policy)), "QUORUM_CHANNEL");
    assert_eq!(count(Channel::Typed, Some(&world.policy)), "");
    let tests = World::default().policy("[\"typed\"]", "[\"typed\", \"scripted\"]");
    assert_eq!(count(Channel::Scripted, Some(&tests.policy)), "");
}

#[test]
fn r27_a_key_counts_until_the_entry_from_which_it_was_revoked() {
    // The second vote stands in entry 11.
    for (from, expected) in [(10, "QUORUM_KEY"), (11, "QUORUM_KEY"), (12, "")] {
        let roster = roster_with(&format!(r#","revoked_from":{from}"#));
        let world = World::default();
        let mut draft = Draft::answer(world.head(&roster), answer());
        draft.requests(&world.judge(&[world.wish(Role::Scheduler, "cp1").make()]), vec![serial()]).unwrap();
        let plan = draft.close(&world.reference()).unwrap();
        let demands = Demands { roster: &roster, policy: None, least: 0 };
        let votes = [approval(&plan, "li", "all"), approval(&plan, "chen", "all")];
        assert_eq!(code(counted_by(&plan, &votes, &demands).map(drop)), expected, "{from}");
    }
}

#[test]
fn r02_the_roster_here_decides_whatever_the_plan_says() {
    let plan = leaf();
    let votes = [approval(&plan, "chen", "all"), approval(&plan, "li", "all")];
    let other = roster_with(r#","revoked_from":99"#);
    let demands = |roster, least| Demands { roster, policy: None, least };
    assert_eq!(counted_by(&plan, &votes, &demands(&other, 0)).unwrap_err(), QuorumError::Roster);
    let own = roster();
    assert_eq!(
        counted_by(&plan, &votes, &demands(&own, 3)).unwrap_err(),
        QuorumError::Officers { found: 2, needed: 3 }
    );
    assert!(counted_by(&plan, &votes, &demands(&own, 2)).is_ok());
}

#[test]
fn r02_a_plan_that_asks_for_fewer_people_than_the_roster_is_refused() {
    let world = World::default();
    let plan = world.plan(&[(Role::Scheduler, "cp1")]);
    for (officers, of) in [(1, 4), (3, 4), (2, 5)] {
        let mut fields = plan.fields().clone();
        (fields.rule.officers, fields.rule.of) = (officers, of);
        let json = json::to_vec(&fields).unwrap();
        let lax = Plan::load(&json, plan.tbs_file(), &world.reference()).unwrap();
        let votes = ["chen", "li", "wang"].map(|id| approval(&lax, id, "all"));
        assert_eq!(code(counted(&lax, &votes).map(drop)), "QUORUM_RULE");
    }
}

#[test]
fn officers_keys_live_where_the_policy_says() {
    let plan = leaf();
    let tokens = World::default().policy("[\"software\", \"token\"]", "[\"token\"]");
    let roster = roster();
    let demands = Demands { roster: &roster, policy: Some(&tokens.policy), least: 0 };
    let votes = [approval(&plan, "chen", "all"), approval(&plan, "li", "all")];
    assert_eq!(code(counted_by(&plan, &votes, &demands).map(drop)), "QUORUM_KEY_KIND");
}

#[test]
fn a_quorum_opens_its_own_plan_only() {
    let (one, other) = (leaf(), leaf());
    let met = counted(&one, &[approval(&one, "chen", "all"), approval(&one, "li", "all")]).unwrap();
    assert_eq!(ApprovedPlan::new(opened(other), met).map(drop).unwrap_err(), QuorumError::OtherPlan);
}

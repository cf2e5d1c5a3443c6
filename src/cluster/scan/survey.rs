//! From the trees of the nodes to the report.

use super::authority::Authorities;
use super::collect::places;
use super::judge::judge;
use super::problem::Problem;
use super::report::{NodeFound, Report};
use crate::cluster::record::Record;
use crate::cluster::tree::NodeTree;
use crate::wire::time::Timestamp;

/// What a scan judges by.
#[derive(Debug, Clone, Copy)]
pub struct Question<'r> {
    /// Now.
    pub now: Timestamp,
    /// Certificates that end in less than so many seconds are expiring.
    pub expiring_within: i64,
    /// The names that certificates may bear; without it names are not judged.
    pub record: Option<&'r Record>,
}

/// Thirty days, in seconds.
pub const EXPIRING_WITHIN: i64 = 30 * 24 * 60 * 60;

/// Every certificate and every key in `trees`, judged.
pub fn survey(trees: &[NodeTree], question: &Question<'_>) -> Report {
    let nodes: Vec<_> = trees.iter().map(|tree| tree.node().to_owned()).collect();
    let collected: Vec<_> = trees.iter().map(|tree| (tree, places(tree))).collect();
    let all_places = collected.iter().flat_map(|(tree, places)| places.iter().map(|place| (tree.node(), place)));
    let authorities = Authorities::of(all_places);
    let judged = collected.into_iter().flat_map(|(tree, places)| {
        let judge_one = |place| judge(tree, place, &authorities, &nodes, question);
        places.into_iter().map(judge_one).collect::<Vec<_>>()
    });
    let found = judged.collect();
    let nodes = nodes.into_iter().map(|node| NodeFound { problems: node_problems(&node, question), node }).collect();
    Report { time: question.now, nodes, found }
}

fn node_problems(node: &str, question: &Question<'_>) -> Vec<Problem> {
    let unknown = question.record.is_some_and(|record| record.node(node).is_none());
    unknown.then_some(Problem::NodeUnknown).into_iter().collect()
}

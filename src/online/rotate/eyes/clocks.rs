//! How far the clocks of nodes are off.

use std::collections::BTreeMap;

use crate::rotation::facts::NodeFacts;

/// How far the clocks of other nodes than `own` are off by what was seen from here, by their `names`. Those that this node
/// cannot ask are taken from the `words` of who can, by his place, with how far his own is: of several words the worst.
pub fn together(
    names: &[&str],
    own: usize,
    nodes: &mut [NodeFacts],
    words: &BTreeMap<usize, &BTreeMap<String, i64>>,
) -> BTreeMap<String, i64> {
    let seen: Vec<_> = nodes.iter().map(|node| node.clock_skew).collect();
    for (at, (node, name)) in nodes.iter_mut().zip(names).enumerate() {
        if node.clock_skew.is_none() {
            let by = |(place, word): (&usize, &&BTreeMap<String, i64>)| {
                Some(seen.get(*place)?.as_ref()?.saturating_add(*word.get(*name)?))
            };
            let told = words.iter().filter(|(place, _)| **place != at).filter_map(by);
            node.clock_skew = told.max_by_key(|skew| skew.abs());
        }
    }
    let others = names.iter().zip(seen).enumerate().filter(|(place, _)| *place != own);
    others.filter_map(|(_, (name, skew))| Some(((*name).to_owned(), skew?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_words_on_a_clock_the_worst_counts() {
        let at = |clock_skew| NodeFacts { clock_skew, ..NodeFacts::default() };
        let mut nodes = [at(Some(0)), at(Some(1)), at(Some(-2)), at(None)];
        let says = |skew| BTreeMap::from([("w".to_owned(), skew)]);
        let (near, far) = (says(3), says(-400));
        let words = BTreeMap::from([(1, &near), (2, &far)]);
        let told = together(&["a", "b", "c", "w"], 0, &mut nodes, &words);
        assert_eq!(nodes.map(|node| node.clock_skew), [Some(0), Some(1), Some(-2), Some(-402)]);
        assert_eq!(told, BTreeMap::from([("b".to_owned(), 1), ("c".to_owned(), -2)]), "only what was seen from here");
        let mut silent = [at(Some(0)), at(None)];
        together(&["a", "w"], 0, &mut silent, &BTreeMap::from([(1, &near)]));
        assert_eq!(silent[1].clock_skew, None, "nobody vouches for his own clock");
    }
}

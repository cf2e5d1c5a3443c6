//! RFC 6962 Merkle tree over the lines of a log, with inclusion and consistency proofs (sections 2.1.1 and 2.1.2).
//!
//! The arithmetic is the `ct-merkle` crate's; this module fixes the hash (SHA-256) and the leaf (a line without LF).

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, HashableLeaf, InclusionProof, RootHash};
use sha2::Sha256;
use sha2::digest::Update;
use thiserror::Error;

use crate::wire::digest::Digest;

/// A proof does not hold.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ProofError {
    /// The leaf is not in the tree at that index.
    #[error("the entry is not in the log of that head")]
    NotIncluded,
    /// The larger tree does not begin with the smaller.
    #[error("the newer log head does not extend the older")]
    NotConsistent,
}

/// Head of a tree: how many leaves, and their root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Number of leaves.
    pub size: u64,
    /// RFC 6962 root hash.
    pub root: Digest,
}

/// A line of the log as a leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Leaf(Vec<u8>);

impl HashableLeaf for Leaf {
    fn hash<H: Update>(&self, hasher: &mut H) {
        hasher.update(&self.0);
    }
}

/// The tree of a whole log, in memory.
pub struct Tree(MemoryBackedTree<Sha256, Leaf>);

impl Default for Tree {
    fn default() -> Self {
        Self(MemoryBackedTree::new())
    }
}

impl Tree {
    /// Appends a line without its LF.
    pub fn append(&mut self, line: Vec<u8>) {
        self.0.push(Leaf(line));
    }

    /// Number of lines.
    pub fn size(&self) -> u64 {
        self.0.len()
    }

    /// The line at `index`.
    pub fn line(&self, index: u64) -> Option<&[u8]> {
        self.0.get(usize::try_from(index).ok()?).map(|leaf| leaf.0.as_slice())
    }

    /// The head of the whole tree.
    pub fn head(&self) -> Head {
        Head { size: self.size(), root: digest_of(&self.0.root()) }
    }

    /// The head the tree had when it held `size` lines; none where it never held so many.
    pub fn head_at(&self, size: u64) -> Option<Head> {
        if size == self.size() {
            return Some(self.head());
        }
        let lines = self.0.items().get(..usize::try_from(size).ok()?)?;
        let mut earlier = Self::default();
        lines.iter().for_each(|leaf| earlier.0.push(leaf.clone()));
        Some(earlier.head())
    }

    /// Whether the tree had this head when it held so many lines. The root of a tree fixes those of all its beginnings, so
    /// no line is hashed again.
    pub fn begins_with(&self, head: &Head) -> bool {
        match self.consistency(head.size) {
            Some(_) if head.size == 0 => *head == Self::default().head(),
            Some(path) => self.head().verify_extends(head, &path).is_ok(),
            None => false,
        }
    }

    /// The path from the line at `index` to the root of the whole tree.
    pub fn inclusion(&self, index: u64) -> Option<Vec<Digest>> {
        let at = usize::try_from(index).ok().filter(|_| index < self.size())?;
        Some(digests(self.0.prove_inclusion(at).as_bytes()))
    }

    /// The proof that the whole tree begins with its first `size` lines; empty for size 0 and for the whole.
    pub fn consistency(&self, size: u64) -> Option<Vec<Digest>> {
        let added = self.size().checked_sub(size)?;
        if size == 0 || added == 0 {
            return Some(Vec::new());
        }
        Some(digests(self.0.prove_consistency(usize::try_from(added).ok()?).as_bytes()))
    }
}

impl Head {
    /// Checks that `line` stands at `index` under this head.
    ///
    /// # Errors
    /// [`ProofError::NotIncluded`].
    pub fn verify_inclusion(&self, line: &[u8], index: u64, path: &[Digest]) -> Result<(), ProofError> {
        let proof = InclusionProof::<Sha256>::from_bytes(path.iter().flat_map(|d| *d.as_bytes()).collect());
        self.root_hash().verify_inclusion(&Leaf(line.to_vec()), index, &proof).map_err(|_| ProofError::NotIncluded)
    }

    /// Checks that the log of this head begins with the log of `older`.
    ///
    /// # Errors
    /// [`ProofError::NotConsistent`].
    pub fn verify_extends(&self, older: &Head, path: &[Digest]) -> Result<(), ProofError> {
        if older.size == 0 || older.size == self.size {
            let same = older.size == 0 || older.root == self.root;
            return if same && path.is_empty() { Ok(()) } else { Err(ProofError::NotConsistent) };
        }
        let proof = ConsistencyProof::<Sha256>::try_from_bytes(path.iter().flat_map(|d| *d.as_bytes()).collect())
            .map_err(|_| ProofError::NotConsistent)?;
        self.root_hash().verify_consistency(&older.root_hash(), &proof).map_err(|_| ProofError::NotConsistent)
    }

    fn root_hash(&self) -> RootHash<Sha256> {
        RootHash::new((*self.root.as_bytes()).into(), self.size)
    }
}

fn digest_of(root: &RootHash<Sha256>) -> Digest {
    Digest::from_bytes((*root.as_bytes()).into())
}

fn digests(bytes: &[u8]) -> Vec<Digest> {
    bytes.as_chunks::<32>().0.iter().map(|chunk| Digest::from_bytes(*chunk)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(size: u8) -> Tree {
        let mut tree = Tree::default();
        (0..size).for_each(|i| tree.append(vec![i; usize::from(i)]));
        tree
    }

    /// Roots of RFC 6962's reference tree, as Certificate Transparency's own test vectors give them.
    #[test]
    fn roots_equal_the_reference_vectors() {
        let mut tree = Tree::default();
        assert_eq!(tree.head().root.to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        for (line, root) in [
            ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        ] {
            tree.append(hex::decode(line).unwrap());
            assert_eq!(tree.head().root.to_string(), root);
        }
    }

    #[test]
    fn every_line_is_included_and_no_other() {
        for size in 1..20 {
            let tree = tree(size);
            for index in 0..u64::from(size) {
                let path = tree.inclusion(index).unwrap();
                let line = tree.line(index).unwrap();
                tree.head().verify_inclusion(line, index, &path).unwrap();
                assert!(tree.head().verify_inclusion(b"x", index, &path).is_err());
                assert!(tree.head().verify_inclusion(line, index + 1, &path).is_err());
            }
            assert_eq!(tree.inclusion(u64::from(size)), None);
        }
    }

    #[test]
    fn every_prefix_is_consistent_and_no_other() {
        for size in 0..20 {
            let whole = tree(size);
            for part in 0..=u64::from(size) {
                let older = whole.head_at(part).unwrap();
                let path = whole.consistency(part).unwrap();
                whole.head().verify_extends(&older, &path).unwrap();
                let forged = Head { root: Digest::of(b"forged"), ..older };
                assert_eq!(whole.head().verify_extends(&forged, &path).is_err(), part > 0, "{part} of {size}");
                assert!(whole.begins_with(&older) && !whole.begins_with(&forged), "{part} of {size}");
                let other = Head { size: part + 1, ..older };
                assert!(!whole.begins_with(&other), "{part} of {size}");
            }
            assert_eq!(whole.consistency(u64::from(size) + 1), None);
            assert_eq!(whole.head_at(u64::from(size) + 1), None);
        }
    }

    #[test]
    fn a_smaller_head_does_not_extend_a_larger() {
        let (small, large) = (tree(3), tree(5));
        assert!(small.head().verify_extends(&large.head(), &large.consistency(3).unwrap()).is_err());
    }
}

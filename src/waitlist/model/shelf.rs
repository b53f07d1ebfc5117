//! What a wish finds, block by block, kept from one search to the next: only blocks in which seats
//! were taken are searched again.

use std::collections::{BTreeMap, HashMap};

/// Seats by how good they are, the best first.
pub struct Shelf<K> {
    found: BTreeMap<K, Vec<u32>>,
    keys: HashMap<usize, Vec<K>>,
    /// Changes of the pool that are in.
    pub n_changes: usize,
    /// Blocks of a lower rank have been searched.
    pub next_rank: usize,
}

impl<K> Default for Shelf<K> {
    fn default() -> Self {
        Self {
            found: BTreeMap::new(),
            keys: HashMap::new(),
            n_changes: 0,
            next_rank: 0,
        }
    }
}

impl<K: Ord + Clone> Shelf<K> {
    /// Puts what a block has in the place of what it had.
    pub fn put(&mut self, block: usize, found: Vec<(K, Vec<u32>)>) {
        for key in self.keys.remove(&block).unwrap_or_default() {
            self.found.remove(&key);
        }
        if !found.is_empty() {
            let keys = found.iter().map(|(key, _)| key.clone());
            self.keys.insert(block, keys.collect());
            self.found.extend(found);
        }
    }

    pub fn best(&self) -> Option<(&K, &Vec<u32>)> {
        self.found.first_key_value()
    }

    /// The best first.
    pub fn seats(&self) -> impl Iterator<Item = u32> {
        self.found.values().flatten().copied()
    }
}

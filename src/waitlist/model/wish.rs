//! What somebody wants, and which seats of a house that can be.

use std::collections::HashMap;

use super::house::House;

/// What somebody on the waitlist wants.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wish {
    pub quantity: u32,
    /// Next to each other, with no aisle between.
    pub is_together: bool,
    /// Keys of sections; none for any.
    pub sections: Option<Vec<String>>,
    /// Keys of categories; none for any.
    pub categories: Option<Vec<String>>,
    /// The most that one seat may cost, in minor units.
    pub price_max: Option<i64>,
}

/// A wish in terms of a house: equal ones are met, or not, by the same seats.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wanted {
    pub quantity: usize,
    pub is_together: bool,
    /// A bit for each zone.
    zones: Vec<u64>,
}

impl Wish {
    /// `price_of` answers what a seat of that category costs.
    pub fn in_house(&self, house: &House, price_of: impl Fn(&str) -> Option<i64>) -> Wanted {
        let mut zones = vec![0_u64; house.zones.len().div_ceil(64)];
        let is_among = |wanted: &Option<Vec<String>>, key: &String| {
            wanted.as_ref().is_none_or(|keys| keys.contains(key))
        };
        for (at, zone) in house.zones.iter().enumerate() {
            let is_wanted = is_among(&self.sections, &zone.section)
                && is_among(&self.categories, &zone.category)
                && price_of(&zone.category)
                    .is_some_and(|price| self.price_max.is_none_or(|most| price <= most));
            if is_wanted {
                zones[at / 64] |= 1 << (at % 64);
            }
        }
        Wanted {
            quantity: self.quantity as usize,
            is_together: self.is_together && self.quantity > 1,
            zones,
        }
    }
}

/// What each of them wants in terms of a house: equal wishes are looked at once.
pub fn wanted_by_all<'a>(
    wishes: impl Iterator<Item = &'a Wish>,
    house: &House,
    price_of: impl Fn(&str) -> Option<i64>,
) -> Vec<Wanted> {
    let mut known: HashMap<&Wish, Wanted> = HashMap::new();
    let wanted = wishes.map(|wish| {
        let wanted = known
            .entry(wish)
            .or_insert_with(|| wish.in_house(house, &price_of));
        wanted.clone()
    });
    wanted.collect()
}

impl Wanted {
    pub fn fits(&self, house: &House, seat: u32) -> bool {
        let zone = house.zone(seat);
        self.zones[zone / 64] & (1 << (zone % 64)) != 0
    }

    /// Whether seats of any of these zones, a bit each, would do.
    pub fn is_any_of(&self, zones: &[u64]) -> bool {
        let mut both = self.zones.iter().zip(zones);
        both.any(|(wanted, there)| wanted & there != 0)
    }

    /// The zones whose seats would do, a bit each.
    pub fn zone_bits(&self) -> &[u64] {
        &self.zones
    }

    /// The zones whose seats would do.
    pub fn zones(&self) -> impl Iterator<Item = usize> {
        let bits = 0..self.zones.len() * 64;
        bits.filter(|zone| self.zones[zone / 64] & (1 << (zone % 64)) != 0)
    }

    /// Whether the house has enough seats of the kind, and where they must be together, in one
    /// block: otherwise nobody need wait.
    pub fn is_possible(&self, house: &House) -> bool {
        let fitting = |seats: std::ops::Range<u32>| seats.filter(|seat| self.fits(house, *seat));
        if !self.is_together {
            return fitting(0..house.n_seats()).count() >= self.quantity;
        }
        house.blocks.iter().any(|block| {
            let mut run = 0;
            block.seats.clone().any(|seat| {
                run = match (self.fits(house, seat), block.is_loose) {
                    (true, _) => run + 1,
                    (false, true) => run,
                    (false, false) => 0,
                };
                run >= self.quantity
            })
        })
    }
}

//! How often sides of standing areas may be looked at, while places are spread and seats sought in
//! them. Seats and corners have limits of their own; a document could ask for their product.

use super::limits::LOOKS_MAX;

#[derive(Clone, Copy, Debug)]
pub(super) struct Looks {
    n_left: u64,
    used_up_by: Option<u32>,
}

impl Default for Looks {
    fn default() -> Self {
        Self {
            n_left: LOOKS_MAX,
            used_up_by: None,
        }
    }
}

impl Looks {
    /// Takes looks for the area of a source; false once there are too few, and ever after.
    pub(super) fn take(&mut self, n: usize, source: u32) -> bool {
        match self.n_left.checked_sub(n as u64) {
            Some(n_left) if self.used_up_by.is_none() => self.n_left = n_left,
            _ => self.used_up_by = self.used_up_by.or(Some(source)),
        }
        self.used_up_by.is_none()
    }

    /// The source of the area for which there were too few.
    pub(super) fn used_up_by(&self) -> Option<u32> {
        self.used_up_by
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_finds_too_few_is_remembered() {
        let mut looks = Looks::default();

        assert!(looks.take(1_000, 1) && looks.used_up_by().is_none());
        assert!(!looks.take(usize::MAX, 2));
        assert!(!looks.take(1, 3));
        assert_eq!(looks.used_up_by(), Some(2));
    }
}

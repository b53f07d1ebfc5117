//! When somebody had which seat, and when others were refused it.

use std::collections::HashMap;
use std::time::Instant;

/// Limit: refusals that are judged.
const REFUSALS_MAX: usize = 1_000_000;
/// Limit: spans that are kept, by which refusals are judged. Those in flight when the last refusal
/// is kept must still find room.
const SPANS_MAX: usize = 4_000_000;

/// Somebody was told at some time between these that a seat cannot be had.
struct Refusal {
    event: usize,
    seat: usize,
    sent: Instant,
    answered: Instant,
}

#[derive(Clone, Copy)]
struct Span {
    from: Instant,
    until: Option<Instant>,
}

#[derive(Default)]
pub struct Times {
    refusals: Vec<Refusal>,
    spans: HashMap<(usize, usize), Vec<Span>>,
    n_spans: usize,
}

impl Times {
    pub fn refused(&mut self, event: usize, seats: &[usize], sent: Instant) {
        if self.refusals.len() >= REFUSALS_MAX || self.n_spans >= SPANS_MAX / 2 {
            return;
        }
        let answered = Instant::now();
        self.refusals.extend(seats.iter().map(|&seat| Refusal {
            event,
            seat,
            sent,
            answered,
        }));
    }

    /// Somebody had the seat, or may have had it.
    pub fn had(&mut self, event: usize, seat: usize, from: Instant, until: Option<Instant>) {
        if self.n_spans < SPANS_MAX {
            self.n_spans += 1;
            let spans = self.spans.entry((event, seat)).or_default();
            spans.push(Span { from, until });
        }
    }

    /// How many refusals there were, and the seats of those during which nobody had them.
    pub fn judge(&mut self) -> (usize, Vec<usize>) {
        let refusals = std::mem::take(&mut self.refusals);
        let mut spans = std::mem::take(&mut self.spans);
        for spans in spans.values_mut() {
            spans.sort_unstable_by_key(|span| span.from);
        }
        let is_justified = |refusal: &&Refusal| {
            let spans = spans.get(&(refusal.event, refusal.seat));
            spans.is_some_and(|spans| overlaps(spans, refusal))
        };
        let unjustified = refusals.iter().filter(|refusal| !is_justified(refusal));
        let seats = unjustified.map(|refusal| refusal.seat).collect();
        (refusals.len(), seats)
    }
}

/// Whether any of the spans, in order of their beginnings, has a moment in common with the refusal.
fn overlaps(spans: &[Span], refusal: &Refusal) -> bool {
    let n_begun = spans.partition_point(|span| span.from <= refusal.answered);
    let mut begun = spans[..n_begun].iter().rev();
    begun.any(|span| span.until.is_none_or(|until| until >= refusal.sent))
}

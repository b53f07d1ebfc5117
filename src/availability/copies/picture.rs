//! The seats of one board as the public sees them, now and as viewers were last told.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::availability::live::Message;
use crate::availability::model::shown;
use crate::board::{Change, Position, SeatState, Snapshot};

use super::ring::Frame;

#[derive(Debug)]
pub struct Picture {
    position: Position,
    seats: Vec<u8>,
    told_position: Position,
    /// Seats that have changed since viewers were told, whatever they are now, and as which they
    /// were told: who resumes from a position in between has to be told of a seat that changed and
    /// changed back.
    touched: BTreeMap<u32, u8>,
    is_whole: bool,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Taken,
    /// It is known already.
    Old,
    /// Others came in between that were not heard.
    Missed,
}

/// What became of a board that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// Viewers can be told what is different.
    Continued,
    /// Viewers need everything anew.
    Replaced,
    /// It is behind what is known.
    Old,
}

impl Picture {
    pub fn of(snapshot: &Snapshot) -> Self {
        Self {
            position: snapshot.position,
            seats: public_seats(snapshot),
            told_position: snapshot.position,
            touched: BTreeMap::new(),
            is_whole: true,
        }
    }

    pub fn position(&self) -> Position {
        self.position
    }

    pub fn seats(&self) -> &[u8] {
        &self.seats
    }

    pub fn told_position(&self) -> Position {
        self.told_position
    }

    pub fn told_seats(&self) -> Vec<u8> {
        let mut told = self.seats.clone();
        for (index, state) in &self.touched {
            told[*index as usize] = *state;
        }
        told
    }

    /// Takes a change over, if it is the next one.
    pub fn apply(&mut self, change: &Change) -> Step {
        if change.position <= self.position {
            return Step::Old;
        }
        let next = Position {
            revision: self.position.revision + 1,
            ..self.position
        };
        let n_seats = self.seats.len();
        let is_inside = |(index, _): &(u32, SeatState)| (*index as usize) < n_seats;
        if change.position != next || !change.seats.iter().all(is_inside) {
            return Step::Missed;
        }
        for (index, state) in &change.seats {
            let seat = &mut self.seats[*index as usize];
            if *seat != shown(Some(*state)) {
                self.touched.entry(*index).or_insert(*seat);
                *seat = shown(Some(*state));
            }
        }
        self.position = next;
        Step::Taken
    }

    /// Takes over a board that was read because changes may have been missed.
    pub fn renew(&mut self, snapshot: &Snapshot) -> Renewal {
        if snapshot.position < self.position {
            return Renewal::Old;
        }
        let seats = public_seats(snapshot);
        let is_same_epoch = snapshot.position.epoch == self.position.epoch;
        if !is_same_epoch || seats.len() != self.seats.len() {
            *self = Self::of(snapshot);
            return Renewal::Replaced;
        }
        let pairs = (0..).zip(self.seats.iter().zip(&seats));
        for (index, (old, _)) in pairs.filter(|(_, (old, new))| old != new) {
            self.touched.entry(index).or_insert(*old);
        }
        self.is_whole &= snapshot.position == self.position;
        self.position = snapshot.position;
        self.seats = seats;
        Renewal::Continued
    }

    /// What has changed since viewers were told the last time, if anything.
    pub fn tick(&mut self) -> Option<Frame> {
        let from = self.told_position;
        if from == self.position {
            return None;
        }
        let mut changes: BTreeMap<u8, Vec<u32>> = BTreeMap::new();
        for index in std::mem::take(&mut self.touched).into_keys() {
            let state = self.seats[index as usize];
            changes.entry(state).or_default().push(index);
        }
        self.told_position = self.position;
        Some(Frame {
            from,
            to: self.position,
            is_whole: std::mem::replace(&mut self.is_whole, true),
            message: Arc::new(Message::changes(self.position, &changes)),
        })
    }
}

fn public_seats(snapshot: &Snapshot) -> Vec<u8> {
    let states = snapshot.seats.iter();
    states
        .map(|byte| shown(SeatState::of_byte(*byte)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(revision: i64) -> Position {
        Position { epoch: 1, revision }
    }

    fn snapshot(revision: i64, seats: &[u8]) -> Snapshot {
        Snapshot {
            position: at(revision),
            now: crate::clock::from_ms(0),
            seats: seats.to_vec(),
        }
    }

    fn change(revision: i64, index: u32, state: SeatState) -> Change {
        Change {
            position: at(revision),
            seats: vec![(index, state)],
        }
    }

    fn told(picture: &mut Picture) -> String {
        let frame = picture.tick().unwrap();
        let text = String::from_utf8_lossy(frame.message.plain()).into_owned();
        text.split("\"changes\":").nth(1).unwrap().trim().to_owned()
    }

    #[test]
    fn only_the_next_revision_of_the_same_epoch_is_taken() {
        let mut picture = Picture::of(&snapshot(5, b"...."));
        let other_epoch = Change {
            position: Position {
                epoch: 2,
                revision: 6,
            },
            seats: Vec::new(),
        };

        assert_eq!(picture.apply(&change(5, 0, SeatState::Held)), Step::Old);
        assert_eq!(picture.apply(&change(7, 0, SeatState::Held)), Step::Missed);
        assert_eq!(picture.apply(&other_epoch), Step::Missed);
        assert_eq!(picture.apply(&change(6, 4, SeatState::Held)), Step::Missed);
        assert_eq!(picture.seats(), b"....");
        assert_eq!(picture.apply(&change(6, 3, SeatState::Held)), Step::Taken);
        assert_eq!((picture.position(), picture.seats()), (at(6), &b"...h"[..]));
    }

    #[test]
    fn a_seat_that_changed_and_changed_back_is_told_all_the_same() {
        let mut picture = Picture::of(&snapshot(5, b".h"));
        picture.apply(&change(6, 0, SeatState::Held));
        picture.apply(&change(7, 0, SeatState::Free));
        picture.apply(&change(8, 1, SeatState::Confirming));

        let frame = picture.tick().unwrap();

        assert_eq!((frame.from, frame.to, frame.is_whole), (at(5), at(8), true));
        let text = String::from_utf8_lossy(frame.message.plain());
        assert!(text.contains(r#""changes":{".":[0]}"#), "{text}");
        assert!(picture.tick().is_none());
    }

    #[test]
    fn what_viewers_were_told_stands_until_they_are_told_more() {
        let mut picture = Picture::of(&snapshot(5, b"..h."));
        picture.apply(&change(6, 0, SeatState::Held));
        picture.apply(&change(7, 0, SeatState::Booked));
        picture.renew(&snapshot(9, b"b.bh"));

        assert_eq!(
            (picture.told_position(), picture.told_seats()),
            (at(5), b"..h.".to_vec())
        );
        picture.tick();
        assert_eq!(
            (picture.told_position(), picture.told_seats()),
            (at(9), b"b.bh".to_vec())
        );
    }

    #[test]
    fn after_a_gap_viewers_are_told_the_difference() {
        let mut picture = Picture::of(&snapshot(5, b"...."));
        picture.apply(&change(6, 0, SeatState::Held));

        let renewal = picture.renew(&snapshot(9, b"h.bw"));

        assert_eq!(renewal, Renewal::Continued);
        let text = told(&mut picture);
        assert_eq!(text, r#"{"b":[2],"h":[0],"x":[3]}}"#);
        picture.renew(&snapshot(10, b"h.bw"));
        assert!(!picture.tick().unwrap().is_whole);
        picture.apply(&change(11, 0, SeatState::Free));
        assert!(picture.tick().unwrap().is_whole);
    }

    #[test]
    fn what_was_read_too_early_changes_nothing() {
        let mut picture = Picture::of(&snapshot(5, b"..h."));

        assert_eq!(picture.renew(&snapshot(4, b"....")), Renewal::Old);

        assert_eq!(picture.seats(), b"..h.");
    }

    #[test]
    fn another_epoch_is_a_new_picture() {
        let mut picture = Picture::of(&snapshot(5, b"..h."));
        let later = Snapshot {
            position: Position {
                epoch: 2,
                revision: 0,
            },
            ..snapshot(0, b"....")
        };

        assert_eq!(picture.renew(&later), Renewal::Replaced);

        assert_eq!(picture.told_seats(), b"....");
        assert!(picture.tick().is_none());
    }
}

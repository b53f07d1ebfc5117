//! The last changes of a board, as viewers were told them: each viewer is a cursor into them.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::availability::live::Message;
use crate::board::Position;

/// Limit: changes kept, in messages and bytes. At ten a second that is two minutes.
const FRAMES_MAX: usize = 1_200;
const BYTES_MAX: usize = 512 << 10;

/// The changes of one tick: from one position to another, in one epoch.
#[derive(Debug)]
pub struct Frame {
    pub from: Position,
    pub to: Position,
    /// Whether every seat that changed is in it, and not only those that differ in the end: then
    /// it also continues from any position in between.
    pub is_whole: bool,
    pub message: Arc<Message>,
}

#[derive(Debug, Default)]
pub struct Ring {
    frames: VecDeque<Frame>,
    n_bytes: usize,
    /// Number of the frame at the front, and of the next one when there is none.
    first: u64,
}

impl Ring {
    /// The number of the next frame to come.
    pub fn end(&self) -> u64 {
        self.first + self.frames.len() as u64
    }

    pub fn get(&self, number: u64) -> Option<&Frame> {
        let place = number.checked_sub(self.first)?;
        self.frames.get(usize::try_from(place).ok()?)
    }

    pub fn has_passed(&self, number: u64) -> bool {
        number < self.first
    }

    pub fn push(&mut self, frame: Frame) {
        self.n_bytes += frame.message.plain().len();
        self.frames.push_back(frame);
        while self.frames.len() > FRAMES_MAX || self.n_bytes > BYTES_MAX {
            let Some(oldest) = self.frames.pop_front() else {
                return;
            };
            self.n_bytes -= oldest.message.plain().len();
            self.first += 1;
        }
    }

    /// From here on nobody can continue from what was before.
    pub fn clear(&mut self) {
        self.first = self.end() + 1;
        self.frames.clear();
        self.n_bytes = 0;
    }

    /// The frame that continues from a position; none where that is not known.
    pub fn after(&self, position: Position) -> Option<u64> {
        let place = self.frames.partition_point(|frame| frame.to <= position);
        let frame = self.frames.get(place)?;
        let continues = frame.from == position || frame.is_whole && frame.from < position;
        continues.then_some(self.first + place as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(revision: i64) -> Position {
        Position { epoch: 1, revision }
    }

    fn frame(from: i64, to: i64, is_whole: bool, n_bytes: usize) -> Frame {
        Frame {
            from: at(from),
            to: at(to),
            is_whole,
            message: Arc::new(Message::new(vec![b'x'; n_bytes])),
        }
    }

    #[test]
    fn a_viewer_continues_where_a_frame_does() {
        let mut ring = Ring::default();
        ring.push(frame(3, 5, true, 1));
        ring.push(frame(5, 9, true, 1));
        ring.push(frame(9, 14, false, 1));

        let after: Vec<_> = (2..=15).map(|revision| ring.after(at(revision))).collect();

        let [first, second, third] = [Some(0), Some(1), Some(2)];
        let expected = [
            None, first, first, second, second, second, second, third, None, None, None, None,
            None, None,
        ];
        assert_eq!(after, expected);
    }

    #[test]
    fn it_is_bounded_and_says_what_has_gone() {
        let mut ring = Ring::default();
        for revision in 0..10 {
            ring.push(frame(revision, revision + 1, true, BYTES_MAX / 4));
        }

        assert_eq!(ring.end(), 10);
        assert!(ring.has_passed(5) && !ring.has_passed(6));
        assert_eq!(ring.get(6).map(|frame| frame.from), Some(at(6)));
        assert_eq!((ring.after(at(5)), ring.after(at(6))), (None, Some(6)));
        assert!(ring.get(10).is_none());
    }

    #[test]
    fn nobody_continues_over_a_break() {
        let mut ring = Ring::default();
        ring.push(frame(1, 2, true, 1));
        let caught_up = ring.end();

        ring.clear();
        ring.push(frame(7, 8, true, 1));

        assert!(ring.has_passed(caught_up));
        assert_eq!(ring.after(at(2)), None);
    }
}

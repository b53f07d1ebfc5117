export { BoardCopy, type BoardCounts } from "./board-copy";
export { refusal, toEnded } from "./ended";
export { FeedError } from "./feed-error";
export { waitAfter } from "./waits";
export {
  watchBoard,
  type BoardWatch,
  type BoardWatcher,
  type ConnectionState,
} from "./watch-board";

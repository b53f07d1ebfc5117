export { BoardCopy, type BoardCounts } from "./board-copy";
export { FeedError } from "./feed-error";
export {
  watchBoard,
  type BoardWatch,
  type BoardWatcher,
  type ConnectionState,
} from "./watch-board";

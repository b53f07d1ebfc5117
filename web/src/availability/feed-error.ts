/** A message of the feed that cannot be: it is thrown away, and a snapshot is asked for. */
export class FeedError extends Error {
  override name = "FeedError";
}

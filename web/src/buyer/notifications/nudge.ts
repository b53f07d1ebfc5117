const listeners = new Set<() => void>();

/** Something has been done of which a notification is due. */
export function nudgeBell(): void {
  for (const listener of listeners) listener();
}

/** Answers how to stop. */
export function onNudge(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

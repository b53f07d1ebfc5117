/**
 * Answers what a path has in the places of `:name`, or nothing where the pattern is another page's.
 * What cannot be decoded stays as it is: no page has such an id.
 */
export function match(pattern: string, path: string): Record<string, string> | undefined {
  const names = pattern.split("/");
  const parts = path.replace(/\/+$/, "").split("/");
  if (names.length !== parts.length) return undefined;
  const found: Record<string, string> = {};
  for (const [nth, name] of names.entries()) {
    const part = parts[nth] ?? "";
    if (name.startsWith(":")) found[name.slice(1)] = decoded(part);
    else if (name !== part) return undefined;
  }
  return found;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

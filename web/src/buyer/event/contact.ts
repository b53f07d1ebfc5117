export interface Mistakes {
  name?: string;
  email?: string;
}

const NO_NAME = "Please say whom the seats are for.";
const NO_EMAIL = "That does not look like a mail address.";

/** What can be told without asking; whether an address is one, the service decides. */
export function mistakesIn(name: string, email: string): Mistakes {
  return {
    ...(name.trim() === "" && { name: NO_NAME }),
    ...(!/^\S+@\S+$/.test(email.trim()) && { email: NO_EMAIL }),
  };
}

/** The service's, in words for people. */
export function mistakesOf(pointers: Record<string, string>): Mistakes {
  const name = pointers["/contact/name"];
  return {
    ...(name && { name: /control/.test(name) ? "A name has no line breaks." : NO_NAME }),
    ...(pointers["/contact/email"] && { email: NO_EMAIL }),
  };
}

const KEY = "holdfast.contact";

/** What was typed survives a reload, and not the window. */
export const draft = {
  read(): { name: string; email: string } {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "{}") as Record<string, unknown>;
      return { name: String(kept["name"] ?? ""), email: String(kept["email"] ?? "") };
    } catch {
      return { name: "", email: "" };
    }
  },
  write(contact: { name: string; email: string }): void {
    try {
      sessionStorage.setItem(KEY, JSON.stringify(contact));
    } catch {
      // A browser without storage forgets it.
    }
  },
};

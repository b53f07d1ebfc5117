import { describe, expect, it } from "vitest";
import { ProblemError, type Problem } from "../../api";
import { attemptsInWords, canBeSentAgain, standing } from "./deliveries";
import { changesBetween, mistakesOf, readEndpoint } from "./endpoint-form";
import { nameOf, ticked, type Kind } from "./kinds";
import type { Delivery, EndpointTerms } from "./message-calls";

const TERMS: EndpointTerms = {
  url: "https://hooks.example.org/",
  description: "",
  kinds: ["event.opened"],
};

describe("an endpoint", () => {
  it("needs an address and something to be told of", () => {
    expect(readEndpoint({ ...TERMS, url: ` ${TERMS.url} ` })).toEqual({
      terms: TERMS,
      mistakes: {},
    });
    const { mistakes } = readEndpoint({ url: "hooks", description: "", kinds: [] });
    expect(mistakes).toEqual({ url: expect.any(String), kinds: expect.any(String) });
  });

  it("that the service refuses has the reason at its field", () => {
    const errors = [
      { pointer: "/url", detail: "must begin with https://" },
      { pointer: "/kinds/0", detail: "must be one of these" },
      { pointer: "", detail: "an owner has at most 20 endpoints" },
    ];
    const problem = new ProblemError("validation_failed", { errors } as unknown as Problem);

    expect(mistakesOf(problem)).toEqual({
      url: "It must begin with https://.",
      kinds: "It must be one of these.",
      form: "An owner has at most 20 endpoints.",
    });
  });

  it("sends only what was changed; the order of kinds means nothing", () => {
    const of = (...kinds: Kind[]): EndpointTerms => ({ ...TERMS, kinds });
    const before = of("event.opened", "hold.placed");
    expect(changesBetween(before, of("hold.placed", "event.opened"))).toEqual({});
    expect(changesBetween(before, { ...of("hold.placed"), description: "x" })).toEqual({
      kinds: ["hold.placed"],
      description: "x",
    });
  });

  it("keeps the kinds that no box is there for", () => {
    const kinds = ["something.new", "event.opened"] as Kind[];
    expect(ticked(kinds, "hold.expired", true)).toEqual([...kinds, "hold.expired"]);
    expect(ticked(kinds, "event.opened", false)).toEqual(["something.new"]);
  });
});

describe("a delivery", () => {
  const of = (state: string, n_attempts: number) => ({ state, n_attempts }) as Delivery;

  it("says how it stands", () => {
    expect(standing(of("due", 0))).toEqual({ look: "waits", words: "To be sent" });
    expect(standing(of("due", 3))).toEqual({ look: "failed", words: "Trying again" });
    expect(standing(of("sent", 1)).look).toBe("sent");
    expect(standing(of("dead", 16)).words).toBe("Given up");
    expect(standing(of("dropped", 0)).words).toBe("Not sent");
    expect(attemptsInWords(of("dead", 16))).toBe("16 attempts");
    expect(attemptsInWords(of("due", 0))).toBe("no attempt yet");
  });

  it("is sent again only when it is not on its way", () => {
    const states = ["due", "sent", "dead", "dropped"];
    expect(states.filter((state) => canBeSentAgain(of(state, 1)))).toEqual(states.slice(1));
  });

  it("of a mail has a name, of a webhook its kind", () => {
    expect(nameOf("waitlist.offered", "mail")).toBe("Seats offered");
    expect(nameOf("waitlist.offered", "webhook")).toBe("waitlist.offered");
    expect(nameOf("something.new", "mail")).toBe("something.new");
  });
});

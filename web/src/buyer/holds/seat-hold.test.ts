import { beforeEach, describe, expect, test } from "vitest";
import { FakeService, HandClock, Page, settled, SharedRecord } from "./testing";

let clock: HandClock;
let service: FakeService;
let shared: SharedRecord;
const open = (tab = 1) => new Page(service, shared, clock, tab);

beforeEach(() => {
  clock = new HandClock();
  service = new FakeService(clock);
  shared = new SharedRecord();
});

describe("tapping", () => {
  test("the first tap places a hold, the next ones change it, the last release lets it go", async () => {
    const page = open();
    page.hold.toggle("A-1");
    await settled();
    page.hold.toggle("A-2");
    await settled();
    page.hold.toggle("A-1");
    await settled();
    page.hold.toggle("A-2");
    await settled();
    expect(service.log).toEqual(["place A-1", "change +A-2 -", "change + -A-1", "release"]);
    expect(page.phases).toEqual([
      "none",
      "placing",
      "held",
      "changing",
      "held",
      "changing",
      "held",
      "changing",
      "none",
    ]);
    expect(page.hold.view.seats).toEqual([]);
    expect(shared.record).toEqual({});
  });

  test("taps while a request is out become one request after it", async () => {
    const page = open();
    const goOn = service.stop();
    page.hold.toggle("A-1");
    await settled();
    for (const seat of ["A-2", "A-3", "A-2"]) page.hold.toggle(seat);
    await settled();
    expect(service.log).toEqual(["place A-1"]);
    expect(page.hold.view.seats).toEqual(["A-1", "A-3"]);
    goOn();
    await settled();
    expect(service.log).toEqual(["place A-1", "change +A-3 -"]);
    expect(page.hold.view).toMatchObject({ phase: "held", seats: ["A-1", "A-3"] });
  });

  test("a seat let go while it is being placed is released once it is held", async () => {
    const page = open();
    const goOn = service.stop();
    page.hold.toggle("A-1");
    await settled();
    page.hold.toggle("A-1");
    goOn();
    await settled();
    expect(service.log).toEqual(["place A-1", "release"]);
    expect(page.hold.view.phase).toBe("none");
  });

  test("a seat let go while it is being added is let go once it is held", async () => {
    const page = open();
    page.hold.toggle("A-1");
    await settled();
    const goOn = service.stop();
    page.hold.toggle("A-2");
    await settled();
    page.hold.toggle("A-2");
    goOn();
    await settled();
    expect(service.log).toEqual(["place A-1", "change +A-2 -", "change + -A-2"]);
    expect(page.hold.view).toMatchObject({ phase: "held", seats: ["A-1"] });
  });

  test("a seat above the limit is refused without a request", async () => {
    const page = open();
    page.hold.want(["A-1", "A-2", "A-3", "A-4"]);
    await settled();
    page.hold.toggle("A-5");
    await settled();
    expect(page.heard.at(-1)).toEqual({ kind: "limit", limit: 4 });
    expect(service.log).toHaveLength(1);
  });

  test("the limit per person is said with what the service counts", async () => {
    const page = open();
    service.failNext("hold_limit_reached", { limit: 20, held: 19 });
    page.hold.toggle("A-1");
    await settled();
    expect(page.heard).toEqual([{ kind: "limit", limit: 20, held: 19 }]);
    expect(page.hold.view).toMatchObject({ phase: "none", seats: [] });
  });
});

describe("conflicts", () => {
  test("a taken seat is given up and named", async () => {
    service.taken.set("A-1", "booked");
    const page = open();
    page.hold.toggle("A-1");
    await settled();
    const conflicts = [{ seat: "A-1", reason: "booked" }];
    expect(page.heard).toEqual([{ kind: "taken", conflicts, wasHeld: false }]);
    expect(page.hold.view).toMatchObject({ phase: "none", seats: [] });
    expect(shared.record).toEqual({});
  });

  test("of several seats the free ones are placed", async () => {
    service.taken.set("A-2", "held");
    const page = open();
    page.hold.want(["A-1", "A-2", "A-3"]);
    await settled();
    expect(service.log).toEqual(["place A-1,A-2,A-3", "place A-1,A-3"]);
    expect(page.hold.view).toMatchObject({ phase: "held", seats: ["A-1", "A-3"] });
  });

  test("a change that meets a taken seat keeps the rest", async () => {
    const page = open();
    page.hold.toggle("A-1");
    await settled();
    service.taken.set("A-2", "held");
    page.hold.toggle("A-2");
    await settled();
    expect(page.hold.view).toMatchObject({ phase: "held", seats: ["A-1"] });
    expect(page.kinds).toEqual(["yours", "taken"]);
  });

  test("a refusal that names no seat ends the wish", async () => {
    const page = open();
    service.failNext("seats_unavailable");
    page.hold.toggle("A-1");
    await settled();
    expect(service.log).toEqual(["place A-1"]);
    expect(page.hold.view.phase).toBe("none");
  });
});

describe("time", () => {
  test("the deadline is the service's, whatever the device takes for the time of day", async () => {
    const page = open();
    page.hold.toggle("A-1");
    await settled();
    expect(page.hold.view.deadline).toBe(clock.now() + 600_000);
  });

  test("the time that an answer takes is not promised", async () => {
    const page = open();
    const goOn = service.stop();
    page.hold.toggle("A-1");
    await settled();
    const asked = clock.now();
    await clock.pass(3_000);
    goOn();
    await settled();
    expect(page.hold.view.deadline).toBe(asked + 600_000);
  });

  test("at the end the seats are named and can be tried again, even before the service agrees", async () => {
    const page = open();
    page.hold.want(["A-1", "A-2"]);
    await settled();
    const [held] = service.holds.values();
    if (held) held.deadline += 2_000;
    await clock.pass(600_000);
    expect(page.hold.view).toMatchObject({ phase: "expired", former: ["A-1", "A-2"], seats: [] });
    expect(page.heard.at(-1)).toEqual({ kind: "expired", seats: ["A-1", "A-2"] });
    page.hold.tryAgain();
    await settled();
    expect(service.log.slice(-2)).toEqual(["release", "place A-1,A-2"]);
    expect(page.hold.view).toMatchObject({ phase: "held", seats: ["A-1", "A-2"] });
  });

  test("an extension whose answer comes after the end of the time has kept the seats", async () => {
    const page = open();
    page.hold.toggle("A-1");
    await settled();
    await clock.pass(599_000);
    const goOn = service.keepAnswers();
    page.hold.extend();
    await settled();
    await clock.pass(2_000);
    goOn();
    await settled();
    expect(page.hold.view).toMatchObject({ phase: "held", seats: ["A-1"], former: [] });
    expect(page.kinds).toEqual(["yours", "extended"]);
  });

  test("without a connection the time is up by the page's own clock", async () => {
    const page = open();
    page.hold.want(["A-1", "A-2"]);
    await settled();
    await clock.pass(599_000);
    service.failNext("offline");
    await clock.pass(1_000);
    expect(page.hold.view).toMatchObject({ phase: "expired", former: ["A-1", "A-2"] });
    expect(shared.record).toEqual({});
    page.hold.tryAgain();
    await settled();
    expect(service.log.slice(-2)).toEqual(["release", "place A-1,A-2"]);
  });

  test("extending moves the deadline, until the cap is said", async () => {
    const page = open();
    page.hold.toggle("A-1");
    await settled();
    await clock.pass(500_000);
    page.hold.extend();
    await settled();
    expect(page.hold.view.deadline).toBe(clock.now() + 600_000);
    await clock.pass(590_000);
    page.hold.extend();
    await settled();
    await clock.pass(400_000);
    page.hold.extend();
    await settled();
    expect(page.hold.view.isAtCap).toBe(true);
    const asked = service.log.length;
    page.hold.extend();
    await settled();
    expect(service.log).toHaveLength(asked);
  });
});

import { beforeEach, describe, expect, test } from "vitest";
import { FakeService, HandClock, Page, settled, SharedRecord } from "./testing";

const CONTACT = { name: "Ana", email: "ana@example.org" };

let clock: HandClock;
let service: FakeService;
let shared: SharedRecord;
const open = (tab = 1) => new Page(service, shared, clock, tab);

beforeEach(() => {
  clock = new HandClock();
  service = new FakeService(clock);
  shared = new SharedRecord();
});

describe("lost answers", () => {
  test("a placement whose answer was lost is repeated as it was, then brought up to date", async () => {
    const page = open();
    service.loseNextAnswer();
    page.hold.toggle("A-1");
    await settled();
    expect(page.hold.view).toMatchObject({ phase: "placing", trouble: { isOffline: true } });
    page.hold.toggle("A-2");
    await settled();
    expect(service.log).toEqual(["place A-1", "place A-1", "change +A-2 -"]);
    expect(service.holds.size).toBe(1);
    expect(page.hold.view.seats).toEqual(["A-1", "A-2"]);
  });

  test("it repeats by itself, ever later", async () => {
    const page = open();
    for (let n = 0; n < 3; n += 1) service.failNext("offline");
    page.hold.toggle("A-1");
    await settled();
    await clock.pass(1_000);
    expect(service.log).toHaveLength(2);
    await clock.pass(1_000);
    expect(service.log).toHaveLength(2);
    await clock.pass(1_000);
    expect(service.log).toHaveLength(3);
    await clock.pass(4_000);
    expect(page.hold.view).toMatchObject({ phase: "held", trouble: undefined });
  });

  test("after a change whose answer was lost the hold is looked at before it is changed again", async () => {
    const page = open();
    page.hold.toggle("A-1");
    await settled();
    service.loseNextAnswer();
    page.hold.toggle("A-2");
    await settled();
    page.hold.toggle("A-2");
    await settled();
    expect(service.log.slice(1)).toEqual(["change +A-2 -", "find", "change + -A-2"]);
    expect([...service.holds.values()][0]?.seats).toEqual(["A-1"]);
    expect(page.hold.view.seats).toEqual(["A-1"]);
  });

  test("a reload in the middle of placing takes the same hold up", async () => {
    const first = open();
    service.loseNextAnswer();
    first.hold.toggle("A-1");
    await settled();
    first.hold.close();
    const second = open();
    await settled();
    expect(second.hold.view).toMatchObject({ phase: "held", seats: ["A-1"] });
    expect(service.holds.size).toBe(1);
  });

  test("a reload keeps the seats and the service's deadline", async () => {
    const first = open();
    first.hold.want(["A-1", "A-2"]);
    await settled();
    first.hold.close();
    await clock.pass(60_000);
    const second = open();
    expect(second.hold.view).toMatchObject({ seats: ["A-1", "A-2"], deadline: undefined });
    await settled();
    expect(second.hold.view.deadline).toBe(clock.now() + 540_000);
  });
});

describe("confirming", () => {
  const held = async () => {
    const page = open();
    page.hold.want(["A-1", "A-2"]);
    await settled();
    return page;
  };

  test("two clicks make one booking", async () => {
    const page = await held();
    page.hold.confirm(CONTACT);
    page.hold.confirm(CONTACT);
    await settled();
    expect(service.log).toEqual(["place A-1,A-2", "confirm key-2"]);
    expect(page.hold.view).toMatchObject({ phase: "booked", bookingId: "booking-1" });
    expect(shared.record).toEqual({ bookingId: "booking-1" });
  });

  test.each(["offline", "outcome_unknown", "unavailable", "hold_confirming"] as const)(
    "%s is repeated with the same key until there is an answer",
    async (code) => {
      const page = await held();
      service.failNext(code);
      page.hold.confirm(CONTACT);
      await settled();
      expect(page.hold.view.phase).toBe("confirming");
      expect(page.hold.view.trouble).toBeDefined();
      await clock.pass(1_000);
      expect(service.log.slice(1)).toEqual(["confirm key-2", "confirm key-2"]);
      expect(page.hold.view.phase).toBe("booked");
    },
  );

  test("a reload while the outcome is unknown learns it, even after the deadline", async () => {
    const first = await held();
    service.loseNextAnswer();
    first.hold.confirm(CONTACT);
    await settled();
    first.hold.close();
    await clock.pass(700_000);
    const second = open();
    await settled();
    expect(service.log.at(-1)).toBe("confirm key-2");
    expect(second.hold.view.bookingId).toBe("booking-1");
  });

  test("a deadline that passes while the outcome is unknown ends nothing", async () => {
    const page = await held();
    for (let n = 0; n < 60; n += 1) service.failNext("outcome_unknown");
    page.hold.confirm(CONTACT);
    await settled();
    await clock.pass(610_000);
    expect(page.hold.view.phase).toBe("confirming");
  });

  test("taps are not heard while a booking is being made", async () => {
    const page = await held();
    const goOn = service.stop();
    page.hold.confirm(CONTACT);
    page.hold.toggle("A-3");
    page.hold.toggle("A-1");
    goOn();
    await settled();
    expect(service.log.at(-1)).toBe("confirm key-2");
  });

  test("mistakes in name or mail leave the seats held, and the next try has its own key", async () => {
    const page = await held();
    const errors = [{ pointer: "/contact/email", detail: "is not an address" }];
    service.failNext("validation_failed", { errors });
    page.hold.confirm(CONTACT);
    await settled();
    expect(page.hold.view).toMatchObject({
      phase: "held",
      mistakes: { "/contact/email": "is not an address" },
    });
    page.hold.confirm(CONTACT);
    await settled();
    expect(service.log.slice(1)).toEqual(["confirm key-2", "confirm key-3"]);
  });

  test("a confirm that comes too late ends the hold", async () => {
    const page = await held();
    service.failNext("hold_expired");
    page.hold.confirm(CONTACT);
    await settled();
    expect(page.hold.view).toMatchObject({ phase: "expired", former: ["A-1", "A-2"] });
  });

  test("seats that were lost are named", async () => {
    const page = await held();
    const conflicts = [{ seat: "A-1", reason: "booked" }];
    service.failNext("seats_unavailable", { conflicts });
    page.hold.confirm(CONTACT);
    await settled();
    expect(page.hold.view).toMatchObject({ phase: "lost", former: ["A-1", "A-2"] });
    expect(page.kinds).toEqual(["yours", "lost", "taken"]);
  });

  test("after a booking the next tap begins anew", async () => {
    const page = await held();
    page.hold.confirm(CONTACT);
    await settled();
    page.hold.toggle("A-4");
    await settled();
    expect(page.hold.view).toMatchObject({ phase: "held", seats: ["A-4"] });
  });
});

describe("a hold that the service has lost", () => {
  test("is placed again at once while its time lasts", async () => {
    const page = open();
    page.hold.want(["A-1", "A-2"]);
    await settled();
    service.holds.clear();
    page.hold.check();
    await settled();
    expect(service.log).toEqual(["place A-1,A-2", "find", "place A-1,A-2"]);
    expect(page.hold.view).toMatchObject({ phase: "held", seats: ["A-1", "A-2"] });
  });

  test("counts as over when a page finds it long after", async () => {
    const first = open();
    first.hold.toggle("A-1");
    await settled();
    first.hold.close();
    service.holds.clear();
    const second = open();
    await settled();
    expect(second.hold.view).toMatchObject({ phase: "expired", former: ["A-1"] });
    expect(service.log).toEqual(["place A-1", "find"]);
  });
});

describe("two tabs", () => {
  test("show the same seats and follow each other", async () => {
    const one = open(1);
    const two = open(2);
    one.hold.toggle("A-1");
    await settled();
    expect(two.hold.view).toMatchObject({ phase: "held", seats: ["A-1"] });
    two.hold.toggle("A-2");
    await settled();
    expect(one.hold.view).toMatchObject({ phase: "held", seats: ["A-1", "A-2"] });
    expect(service.holds.size).toBe(1);
  });

  test("tapping at the same moment make one hold", async () => {
    const one = open(1);
    const two = open(2);
    one.hold.toggle("A-1");
    two.hold.toggle("A-2");
    await settled();
    expect(service.holds.size).toBe(1);
    expect(one.hold.view.seats).toEqual(["A-1", "A-2"]);
    expect(two.hold.view.seats).toEqual(["A-1", "A-2"]);
  });

  test("hear when the other lets everything go", async () => {
    const one = open(1);
    const two = open(2);
    one.hold.toggle("A-1");
    await settled();
    one.hold.toggle("A-1");
    await settled();
    expect(two.hold.view).toMatchObject({ phase: "none", seats: [], former: ["A-1"] });
    expect(two.kinds).toEqual(["ended_elsewhere"]);
  });

  test("both say when the time is over", async () => {
    const one = open(1);
    const two = open(2);
    one.hold.toggle("A-1");
    await settled();
    await clock.pass(600_000);
    expect([one.hold.view.phase, two.hold.view.phase]).toEqual(["expired", "expired"]);
  });

  test("keep the seats when one of them has extended", async () => {
    const one = open(1);
    const two = open(2);
    one.hold.toggle("A-1");
    await settled();
    await clock.pass(500_000);
    one.hold.extend();
    await settled();
    expect(two.hold.view.deadline).toBe(one.hold.view.deadline);
    await clock.pass(110_000);
    expect([one.hold.view.phase, two.hold.view.phase]).toEqual(["held", "held"]);
    expect(shared.record.hold?.seats).toEqual(["A-1"]);
    expect(service.log).toEqual(["place A-1", "find", "extend", "find"]);
  });

  test("keep the seats when one of them is extending as the time runs out", async () => {
    const one = open(1);
    const two = open(2);
    one.hold.toggle("A-1");
    await settled();
    await clock.pass(599_000);
    const goOn = service.keepAnswers();
    one.hold.extend();
    await settled();
    await clock.pass(2_000);
    goOn();
    await settled();
    expect([one.hold.view.phase, two.hold.view.phase]).toEqual(["held", "held"]);
    expect(two.hold.view.deadline).toBe(one.hold.view.deadline);
    expect([...one.kinds, ...two.kinds]).toEqual(["yours", "extended"]);
  });

  test("make one booking", async () => {
    const one = open(1);
    const two = open(2);
    one.hold.toggle("A-1");
    await settled();
    one.hold.confirm(CONTACT);
    two.hold.confirm(CONTACT);
    await settled();
    expect(service.bookings.size).toBe(1);
    expect(one.hold.view.bookingId).toBe("booking-1");
    expect(two.hold.view.bookingId).toBe("booking-1");
  });
});

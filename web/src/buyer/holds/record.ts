import { inTurn, readStored, watchStored, writeStored } from "../storage";
import type { HoldRecord, RecordStore } from "./model";

/** The record of one event's hold, shared by all tabs of this browser. */
export function recordStore(eventId: string): RecordStore {
  const key = `holdfast.hold.${eventId}`;
  const read = () => readRecord(readStored(key));
  return {
    read,
    write: (record) => writeStored(key, Object.keys(record).length > 0 ? record : undefined),
    watch: (listener) => watchStored(key, () => listener(read())),
    exclusively: (work) => inTurn(key, work),
  };
}

/** What is stored may be of another version, or mangled: parts that do not fit count as absent. */
export function readRecord(stored: unknown): HoldRecord {
  const found = objectOf(stored);
  const placing = objectOf(found["placing"]);
  const hold = objectOf(found["hold"]);
  const confirming = objectOf(found["confirming"]);
  const contact = objectOf(confirming["contact"]);
  const record: HoldRecord = {};
  if (isText(placing["key"]) && isLabels(placing["seats"])) {
    record.placing = { key: placing["key"], seats: placing["seats"] };
  }
  if (isText(hold["id"]) && isText(hold["token"]) && isLabels(hold["seats"])) {
    record.hold = { id: hold["id"], token: hold["token"], seats: hold["seats"] };
  }
  if (record.hold && isText(confirming["key"]) && isText(contact["name"])) {
    const email = isText(contact["email"]) ? contact["email"] : "";
    record.confirming = { key: confirming["key"], contact: { name: contact["name"], email } };
  }
  if (isText(found["bookingId"])) record.bookingId = found["bookingId"];
  return record;
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isLabels(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every(isText);
}

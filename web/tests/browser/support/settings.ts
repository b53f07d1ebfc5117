import { fileURLToPath } from "node:url";

const root = new URL("../../../../", import.meta.url);

export const PROGRAM = fileURLToPath(new URL("target/debug/holdfast", root));
export const SCREENSHOTS = fileURLToPath(new URL("target/browser/", root));
/** Where the services under test write their mails. */
export const MAILS = fileURLToPath(new URL("target/browser-mails/", root));
export const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

export const ADMIN_EMAIL = "admin@browser.test";
export const ADMIN_PASSWORD = "a long enough password";

/** The environment of a service under test. */
export function settings(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  if (!process.env["DATABASE_URL"] || !process.env["REDIS_URL"]) {
    throw new Error("Type ./test browser: these tests need stores that are thrown away.");
  }
  return {
    ...process.env,
    HOLDFAST_SECRET: "only these tests know this secret of theirs",
    HOLDFAST_BIND: "127.0.0.1:0",
    HOLDFAST_MAIL_DIR: MAILS,
    // A test makes in a minute what a person makes in a week.
    HOLDFAST_GUESTS_PER_MINUTE: "6000",
    HOLDFAST_SIGN_INS_PER_MINUTE: "6000",
    HOLDFAST_LOOKUPS_PER_MINUTE: "6000",
    HOLDFAST_HOLD_CHANGES_PER_MINUTE: "60000",
    HOLDFAST_WITHDRAWALS_PER_MINUTE: "6000",
    ...more,
  };
}

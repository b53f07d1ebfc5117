import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { ADMIN_EMAIL, ADMIN_PASSWORD, MAILS, PROGRAM, settings } from "./support/settings";
import { Service } from "./support/service";

/**
 * Runs inside `holdfast with-stores`, which gives empty stores: makes the administrator and starts
 * the service that the tests share. One that is to be stopped or killed starts its own.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await rm(MAILS, { recursive: true, force: true });
  await promisify(execFile)(
    PROGRAM,
    ["admin", "create", "--email", ADMIN_EMAIL, "--name", "Test admin"],
    { env: { ...settings(), HOLDFAST_ADMIN_PASSWORD: ADMIN_PASSWORD } },
  );
  const service = await Service.start();
  project.provide("origin", service.origin);
  return () => service.stop();
}

declare module "vitest" {
  interface ProvidedContext {
    /** Of the shared service. */
    origin: string;
  }
}

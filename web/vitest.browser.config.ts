import { defineConfig } from "vitest/config";

/** The built pages in a real browser, against the real service. */
export default defineConfig({
  test: {
    include: ["tests/browser/**/*.test.ts"],
    globalSetup: "tests/browser/setup.ts",
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Frame times are measured: one file at a time.
    fileParallelism: false,
  },
});

import { defineConfig } from "vitest/config";

const settings = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // On a busy machine; what is waited for comes much sooner.
  expect: { poll: { timeout: 30_000 } },
};

/**
 * The built pages in a real browser, against the real service. Three files at a time, since half of a
 * test is waiting; afterwards, alone, those that empty the Redis of all the others or measure how
 * long a frame takes.
 */
export default defineConfig({
  test: {
    globalSetup: "tests/browser/setup.ts",
    projects: [
      {
        test: {
          ...settings,
          name: "together",
          include: ["tests/browser/**/*.test.ts"],
          exclude: ["tests/browser/{connection,embedding}.test.ts"],
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...settings,
          name: "alone",
          include: ["tests/browser/{connection,embedding}.test.ts"],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});

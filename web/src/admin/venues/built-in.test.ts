import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { BUILT_IN, builtInTemplate } from "./built-in";

it("offers every house that comes with the service", () => {
  const files = readdirSync("../venues").filter((name) => name.endsWith(".yaml"));
  const keys = files.map((name) => name.replace(".yaml", ""));
  expect(BUILT_IN.map(({ key }) => key).sort()).toEqual(keys.sort());
});

it("has the template of each, and none of another", async () => {
  for (const { key } of BUILT_IN) {
    expect(await builtInTemplate(key)).toContain("format_version: 1");
  }
  expect(await builtInTemplate("../Cargo")).toBeUndefined();
});

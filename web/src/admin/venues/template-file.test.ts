import { describe, expect, it } from "vitest";
import { decode, mediaTypeOf, readTemplateFile, TEMPLATE_MAX_BYTES } from "./template-file";

const utf8 = (text: string) => new TextEncoder().encode(text);

describe("a template's file", () => {
  it("is read as text, without the mark that some editors put first", async () => {
    const file = new File(["\uFEFFname: Café\n"], "café.yaml");
    expect(await readTemplateFile(file)).toEqual({ name: "café.yaml", text: "name: Café\n" });
  });

  it("is refused when it is larger than the service takes", async () => {
    const file = new File([new Uint8Array(TEMPLATE_MAX_BYTES + 1)], "huge.yaml");
    await expect(readTemplateFile(file)).rejects.toThrow("huge.yaml has 4.0 MB");
  });

  it("is refused when it is empty", async () => {
    await expect(readTemplateFile(new File([], "none.yaml"))).rejects.toThrow("none.yaml is empty");
  });

  it("is refused when it is no text", () => {
    const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13]);
    expect(() => decode("plan.png", png)).toThrow("plan.png is no text");
  });

  it("names the line that is not in UTF-8", () => {
    const latin1 = new Uint8Array([...utf8("a: 1\nb: 2\nname: Caf"), 0xe9, ...utf8("\nc: 3")]);
    expect(() => decode("old.yaml", latin1)).toThrow("line 3");
  });

  it("names a character that is cut off at the end", () => {
    const cut = utf8("a: 1\nb: é").subarray(0, -1);
    expect(() => decode("cut.yaml", cut)).toThrow("line 2");
  });

  it("says when it is in UTF-16", () => {
    expect(() => decode("w.yaml", new Uint8Array([0xff, 0xfe, 0x61, 0x00]))).toThrow("UTF-16");
  });

  it("is JSON when it begins with a brace", () => {
    expect(mediaTypeOf('\n  {"name": "x"}')).toBe("application/json");
    expect(mediaTypeOf("# {\nname: x")).toBe("application/yaml");
    expect(mediaTypeOf("")).toBe("application/yaml");
  });
});

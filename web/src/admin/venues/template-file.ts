import { Said } from "../session/sentence";

/** As the service's HOLDFAST_TEMPLATE_MAX_BYTES, unless its operator changed it. */
export const TEMPLATE_MAX_BYTES = 4 * 1024 * 1024;

export type MediaType = "application/json" | "application/yaml";

export interface TemplateFile {
  name: string;
  text: string;
}

/** Reads a file that somebody dropped or chose. */
export async function readTemplateFile(file: File): Promise<TemplateFile> {
  if (file.size > TEMPLATE_MAX_BYTES) {
    throw new Said(`${file.name} has ${mebibytes(file.size)}; a template has at most 4 MB.`);
  }
  if (file.size === 0) throw new Said(`${file.name} is empty.`);
  return { name: file.name, text: decode(file.name, await bytesOf(file)) };
}

async function bytesOf(file: File): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    // A folder, or a file that went away after it had been chosen.
    throw new Said(`${file.name} cannot be read. Is it a file, and is it still there?`);
  }
}

export function decode(name: string, bytes: Uint8Array): string {
  const [first, second] = bytes;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (isUtf16) throw new Said(`${name} is text in UTF-16. Please save it as UTF-8.`);
  if (bytes.includes(0)) {
    throw new Said(`${name} is no text. A template is a YAML or JSON file.`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const line = lineOfFirstFault(bytes);
    throw new Said(
      `${name} is not in UTF-8: line ${line} has other bytes. Please save it as UTF-8.`,
    );
  }
}

/** No byte of a longer character is a line break, so lines can be decoded one by one. */
function lineOfFirstFault(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let start = 0;
  for (let line = 1; ; line += 1) {
    const end = bytes.indexOf(0x0a, start);
    try {
      decoder.decode(bytes.subarray(start, end < 0 ? bytes.length : end));
    } catch {
      return line;
    }
    if (end < 0) return line;
    start = end + 1;
  }
}

/** JSON begins with a brace; a YAML template never has to. */
export function mediaTypeOf(text: string): MediaType {
  return text.trimStart().startsWith("{") ? "application/json" : "application/yaml";
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

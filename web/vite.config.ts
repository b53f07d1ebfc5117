import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

/** A smaller file is sent as it is: its compressed form would not save a packet. */
const COMPRESSED_BYTES_MIN = 1024;

/** Puts a .br and a .gz beside each file, so that the service never compresses a page. */
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    closeBundle() {
      for (const path of filesIn("dist")) {
        const bytes = readFileSync(path);
        if (bytes.length < COMPRESSED_BYTES_MIN) continue;
        const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

function filesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
}

export default defineConfig({
  plugins: [svelte(), precompress()],
  build: {
    target: "es2022",
    // Inlined files would be data: URLs, which the pages' Content-Security-Policy refuses.
    assetsInlineLimit: 0,
    // The polyfill is an inline script, which the policy refuses too.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: "index.html", admin: "admin.html", "seat-map": "src/seat-map/element.ts" },
      output: {
        // Other sites name this one file: it keeps its name.
        entryFileNames: (chunk) =>
          chunk.name === "seat-map" ? "seat-map.js" : "assets/[name]-[hash].js",
      },
      preserveEntrySignatures: "strict",
    },
  },
  server: {
    proxy: { "/v1": process.env["HOLDFAST_ORIGIN"] ?? "http://127.0.0.1:8080" },
    // The built-in venues' templates are beside this folder.
    fs: { allow: [".."] },
  },
});

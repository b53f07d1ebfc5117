import { cssOf } from "./theme";

const ELEMENT = `
:host {
  display: block; height: 32rem; color-scheme: inherit;
  color: ${cssOf("ink")}; background: ${cssOf("ground")};
  font: 400 0.95rem/1.4 var(--seat-map-font, var(--font, system-ui, sans-serif));
}
:host([hidden]), [hidden] { display: none !important; }
.frame { display: flex; flex-direction: column; height: 100%; }
.bar {
  display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; align-items: center;
  padding: 0.25rem 0.5rem; border-bottom: 1px solid ${cssOf("line")};
}
.legend {
  display: flex; flex: 1; flex-wrap: wrap; gap: 0.1rem 0.9rem; margin: 0; padding: 0;
  list-style: none; font-size: 0.88em;
}
.legend li { display: inline-flex; gap: 0.35rem; align-items: center; white-space: nowrap; }
.legend svg { flex: none; width: 1.15rem; height: 1.15rem; border-radius: 4px; }
.legend span { color: ${cssOf("inkSoft")}; }
.stage { position: relative; flex: 1; min-height: 0; }
.map, .list { position: absolute; inset: 0; }
.list { overflow: auto; padding: 0 0.75rem; }
.zoom { position: absolute; right: 10px; bottom: 10px; display: grid; gap: 6px; }
button {
  min-width: 44px; min-height: 44px; padding: 0 0.75rem; font: inherit; font-weight: 600;
  color: ${cssOf("ink")}; background: ${cssOf("ground")};
  border: 1px solid ${cssOf("lineFirm")}; border-radius: 10px; cursor: pointer;
}
.zoom button { padding: 0; font-size: 1.2rem; }
button:focus-visible { outline: 3px solid ${cssOf("focus")}; outline-offset: 2px; }
.note { margin: 0; padding: 0.4rem 0.75rem; border-top: 1px solid ${cssOf("line")}; }
.note[data-kind="error"] { color: ${cssOf("danger")}; }
`;

let sheet: CSSStyleSheet | undefined;

export function elementSheet(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(ELEMENT);
  }
  return sheet;
}

import { cssOf } from "./theme";

const LIST = `
:host { display: block; }
.list {
  color: ${cssOf("ink")};
  font: 400 0.95rem/1.4 var(--seat-map-font, var(--font, system-ui, sans-serif));
}
.filter { display: flex; gap: 0.5rem; align-items: center; min-height: 44px; cursor: pointer; }
.filter input { width: 1.2rem; height: 1.2rem; accent-color: ${cssOf("accent")}; }
details { border-top: 1px solid ${cssOf("line")}; }
details:last-of-type { border-bottom: 1px solid ${cssOf("line")}; }
summary {
  display: flex; flex-wrap: wrap; gap: 0 0.75rem; align-items: center; min-height: 44px;
  padding: 0.25rem 0.25rem; cursor: pointer; list-style: none;
}
summary::-webkit-details-marker { display: none; }
summary::before {
  content: ""; flex: none; width: 0.45rem; height: 0.45rem; margin-inline-start: 0.25rem;
  border: solid ${cssOf("inkSoft")}; border-width: 0 2px 2px 0; transform: rotate(-45deg);
}
details[open] > summary::before { transform: rotate(45deg); }
summary strong { font-weight: 650; }
summary span { color: ${cssOf("inkSoft")}; }
.row { padding: 0.25rem 0 0.75rem; }
.row > p { margin: 0 0 0.35rem; font-weight: 600; color: ${cssOf("inkSoft")}; }
.seats {
  display: grid; gap: 0.4rem; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr));
}
button {
  min-height: 44px; padding: 0.3rem 0.6rem; text-align: start; font: inherit; cursor: pointer;
  color: inherit; background: ${cssOf("ground")}; border: 1px solid ${cssOf("lineFirm")};
  border-inline-start: 6px solid var(--category); border-radius: 8px;
}
button strong { display: block; font-weight: 650; }
button strong::first-letter { text-transform: uppercase; }
button .facts { font-size: 0.85em; }
button[data-taken] {
  color: ${cssOf("inkSoft")}; background: transparent;
  border-style: dashed; border-inline-start-width: 1px; border-color: ${cssOf("line")};
}
button[aria-pressed="true"] {
  color: ${cssOf("onAccent")}; background: ${cssOf("accent")}; border-color: ${cssOf("accent")};
}
button[data-marked]:not([aria-pressed="true"]) { outline: 2px dashed ${cssOf("accent")}; outline-offset: 1px; }
.list[data-free-only] button[data-taken]:not([aria-pressed="true"], [data-marked], :focus) {
  display: none;
}
button.more { border-inline-start-width: 1px; margin: 0 0 0.75rem; text-align: center; }
:focus-visible { outline: 3px solid ${cssOf("focus")}; outline-offset: 2px; }
.unseen {
  position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap;
}
`;

let sheet: CSSStyleSheet | undefined;

export function listSheet(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(LIST);
  }
  return sheet;
}

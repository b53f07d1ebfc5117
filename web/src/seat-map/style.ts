import { cssOf } from "./theme";

const MAP = `
:host, .map { display: block; }
.map {
  position: relative; overflow: hidden; width: 100%; height: 100%; min-height: 12rem;
  background: ${cssOf("ground")}; color: ${cssOf("ink")};
  font: 400 0.9rem/1.35 var(--seat-map-font, var(--font, system-ui, sans-serif));
  user-select: none; -webkit-user-select: none; -webkit-touch-callout: none;
  -webkit-tap-highlight-color: transparent;
}
.surface { position: absolute; inset: 0; cursor: grab; touch-action: pan-x pan-y; }
.surface[data-zoomed] { touch-action: none; overscroll-behavior: contain; }
.surface[data-over-seat] { cursor: pointer; }
.surface[data-draws] { cursor: crosshair; touch-action: none; }
.surface:focus { outline: none; }
.surface:focus-visible::after {
  content: ""; position: absolute; inset: 0; pointer-events: none;
  border: 3px solid ${cssOf("focus")}; border-radius: inherit;
}
canvas { display: block; width: 100%; height: 100%; }
.tooltip {
  position: absolute; left: 0; top: 0; z-index: 2; max-width: min(18rem, calc(100% - 12px));
  padding: 0.4rem 0.65rem; border-radius: 8px; pointer-events: none;
  background: ${cssOf("ink")}; color: ${cssOf("ground")};
  box-shadow: 0 2px 12px rgb(0 0 0 / 25%);
}
.tooltip strong, .tooltip span { display: block; }
.tooltip strong { font-weight: 650; }
.tooltip span { font-size: 0.85em; opacity: 0.9; }
.where {
  position: absolute; left: 50%; top: 10px; transform: translateX(-50%); pointer-events: none;
  max-width: calc(100% - 20px); padding: 0.2rem 0.75rem; border-radius: 999px;
  overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  background: ${cssOf("ground")}; border: 1px solid ${cssOf("line")};
  font-size: 0.85em; font-weight: 600; box-shadow: 0 1px 6px rgb(0 0 0 / 10%);
}
[hidden] { display: none; }
.unseen, .probes {
  position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap;
}
.probes span { transition: color 1ms; }
`;

let sheet: CSSStyleSheet | undefined;

/** One sheet for all maps of a page. Made by script, it passes a strict Content-Security-Policy. */
export function mapSheet(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(MAP);
  }
  return sheet;
}

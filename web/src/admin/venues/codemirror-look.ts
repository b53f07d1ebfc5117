import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** The editor in the pages' own colours: the tokens reach into the shadow root. */
const theme = EditorView.theme({
  "&": {
    height: "100%",
    backgroundColor: "var(--surface)",
    color: "var(--ink)",
    fontSize: "0.875rem",
  },
  // The page draws the ring about the whole editor.
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "1.55" },
  ".cm-content": { paddingBlock: "var(--space-3)", caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  ".cm-gutters": {
    backgroundColor: "var(--surface)",
    color: "var(--ink-soft)",
    borderRight: "1px solid var(--line)",
  },
  ".cm-activeLine": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": {
    backgroundColor: "color-mix(in srgb, var(--accent-wash) 60%, transparent)",
  },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 30%, transparent)",
  },
  ".cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 20%, transparent)",
  },
  ".cm-selectionMatch": {
    backgroundColor: "color-mix(in srgb, var(--accent) 14%, transparent)",
  },
  ".cm-lintRange": { backgroundImage: "none", paddingBottom: "0" },
  ".cm-lintRange-error": {
    textDecoration: "underline wavy var(--danger-ink)",
    textUnderlineOffset: "0.2em",
    backgroundColor: "var(--danger-wash)",
  },
  ".cm-lintRange-warning": {
    textDecoration: "underline dotted var(--warning-ink) 2px",
    textUnderlineOffset: "0.2em",
    backgroundColor: "var(--warning-wash)",
  },
  ".cm-lintPoint-error:after": { borderBottomColor: "var(--danger-ink)" },
  ".cm-lintPoint-warning:after": { borderBottomColor: "var(--warning-ink)" },
  ".cm-gutter-lint": { width: "1.2em" },
  ".cm-lint-marker": {
    content: "none",
    width: "0.7em",
    height: "0.7em",
    marginTop: "0.35em",
  },
  ".cm-lint-marker-error": { borderRadius: "50%", backgroundColor: "var(--danger-ink)" },
  ".cm-lint-marker-warning": {
    backgroundColor: "var(--warning-ink)",
    clipPath: "polygon(50% 0, 100% 100%, 0 100%)",
  },
  ".cm-tooltip": {
    border: "1px solid var(--line)",
    borderRadius: "var(--radius-s)",
    backgroundColor: "var(--surface)",
    color: "var(--ink)",
    boxShadow: "var(--shadow)",
    maxWidth: "min(36rem, 80vw)",
  },
  ".cm-diagnostic": { padding: "var(--space-2) var(--space-3)", fontFamily: "var(--font)" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--danger-ink)" },
  ".cm-diagnostic-warning": { borderLeft: "4px solid var(--warning-ink)" },
  ".cm-panels": { backgroundColor: "var(--surface-sunk)", color: "var(--ink)" },
  ".cm-panels-bottom": { borderTop: "1px solid var(--line)" },
  ".cm-textfield": {
    border: "1px solid var(--line-firm)",
    backgroundColor: "var(--surface)",
    color: "var(--ink)",
  },
  ".cm-button": {
    backgroundImage: "none",
    border: "1px solid var(--line-firm)",
    backgroundColor: "var(--surface)",
    color: "var(--ink)",
  },
  ".cm-foldPlaceholder": {
    border: "1px solid var(--line)",
    backgroundColor: "var(--surface-sunk)",
    color: "var(--ink-soft)",
  },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: tags.comment, color: "var(--ink-soft)", fontStyle: "italic" },
  { tag: [tags.string, tags.attributeValue], color: "var(--success-ink)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--warning-ink)" },
  { tag: [tags.punctuation, tags.separator, tags.bracket], color: "var(--ink-soft)" },
]);

export const look: Extension = [theme, syntaxHighlighting(colours)];

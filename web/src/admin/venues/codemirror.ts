import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput } from "@codemirror/language";
import { lintGutter, nextDiagnostic, previousDiagnostic, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { look } from "./codemirror-look";
import { underline, type TemplateProblem } from "./diagnostics";
import { mediaTypeOf, type MediaType } from "./template-file";

interface Wishes {
  text: string;
  label: string;
  onchange: (text: string) => void;
  onsave: () => void;
}

/** A change that did not come from a person: the page knows of it already. */
const fromPage = Annotation.define<boolean>();

/**
 * The template editor. It lives in a shadow root: there CodeMirror's styles are constructed sheets,
 * which the pages' Content-Security-Policy permits; a style element would be refused.
 */
export class TemplateEditor {
  readonly #view: EditorView;
  readonly #language = new Compartment();
  readonly #readOnly = new Compartment();
  #mediaType: MediaType;

  constructor(root: ShadowRoot, wishes: Wishes) {
    this.#mediaType = mediaTypeOf(wishes.text);
    this.#view = new EditorView({
      root,
      parent: root,
      doc: wishes.text,
      extensions: [
        this.#language.of(languageOf(this.#mediaType)),
        this.#readOnly.of(EditorState.readOnly.of(false)),
        extensions(wishes, this),
      ],
    });
  }

  get text(): string {
    return this.#view.state.doc.toString();
  }

  /** Puts another text in place of this one; undo brings it back. */
  replace(text: string): void {
    const { length } = this.#view.state.doc;
    this.#view.dispatch({
      changes: { from: 0, to: length, insert: text },
      annotations: fromPage.of(true),
    });
    this.followLanguage();
  }

  /** For people; the page may put another text there all the same. */
  setReadOnly(isReadOnly: boolean): void {
    const extension = EditorState.readOnly.of(isReadOnly);
    this.#view.dispatch({ effects: this.#readOnly.reconfigure(extension) });
  }

  show(problems: TemplateProblem[]): void {
    const { state } = this.#view;
    const diagnostics = problems.map(({ severity, detail, line, column }) => ({
      ...underline(state.doc, { line, column }),
      severity,
      message: detail,
    }));
    this.#view.dispatch(setDiagnostics(state, diagnostics));
  }

  goTo(problem: TemplateProblem): void {
    const { from, to } = underline(this.#view.state.doc, problem);
    const effects = EditorView.scrollIntoView(from, { y: "center" });
    this.#view.dispatch({ selection: { anchor: from, head: to }, effects });
    this.#view.focus();
  }

  /** A text that begins with a brace is JSON from then on. */
  followLanguage(): void {
    const mediaType = mediaTypeOf(this.#view.state.doc.sliceString(0, 400));
    if (mediaType === this.#mediaType) return;
    this.#mediaType = mediaType;
    this.#view.dispatch({ effects: this.#language.reconfigure(languageOf(mediaType)) });
  }

  destroy(): void {
    this.#view.destroy();
  }
}

function languageOf(mediaType: MediaType): Extension {
  return mediaType === "application/json" ? json() : yaml();
}

function extensions({ label, onchange, onsave }: Wishes, editor: TemplateEditor): Extension {
  const save = () => {
    onsave();
    return true;
  };
  return [
    lineNumbers(),
    foldGutter(),
    lintGutter(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    EditorState.tabSize.of(2),
    EditorView.contentAttributes.of({ "aria-label": label }),
    EditorView.updateListener.of((update) => {
      if (!update.docChanged) return;
      const isFromPage = update.transactions.some((each) => each.annotation(fromPage));
      if (isFromPage) return;
      onchange(editor.text);
    }),
    keymap.of([
      { key: "Mod-s", run: save, preventDefault: true },
      { key: "F8", run: nextDiagnostic, shift: previousDiagnostic },
      ...defaultKeymap,
      ...historyKeymap,
      ...searchKeymap,
      ...foldKeymap,
    ]),
    look,
  ];
}

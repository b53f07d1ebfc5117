import { dataOf, ProblemError, type components } from "../../api";
import { isAbort, sentenceOf } from "../session/sentence";
import { api } from "../session/session.svelte";
import { mediaTypeOf } from "./template-file";

export type Report = components["schemas"]["TemplateReport"];
export type Layout = components["schemas"]["Layout"];

/** Long enough that a word is typed to its end, short enough to feel at once. */
const QUIET_MS = 300;
const RETRY_SECONDS = 3;

/** Keeps asking the service what it makes of the text: the latest one, one at a time. */
export class Validation {
  report = $state.raw<Report>();
  /** The text that `report` is about. */
  checkedText = $state.raw<string>();
  /** The plan of the last text without mistakes. */
  layout = $state.raw<Layout>();
  isChecking = $state(false);
  failure = $state("");
  #timer: ReturnType<typeof setTimeout> | undefined;
  #request: AbortController | undefined;

  /** A text that nobody waits for any more is not asked about. */
  later(text: string, milliseconds = QUIET_MS): void {
    this.stop();
    this.isChecking = true;
    this.#timer = setTimeout(() => void this.now(text), milliseconds);
  }

  async now(text: string): Promise<void> {
    this.stop();
    const request = new AbortController();
    this.#request = request;
    this.isChecking = true;
    try {
      const report = await validate(text, request.signal);
      if (this.#request === request) this.#take(text, report);
    } catch (cause) {
      if (this.#request === request && !isAbort(cause)) this.#fail(text, cause);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#request?.abort();
    this.#request = undefined;
    this.isChecking = false;
  }

  #take(text: string, report: Report): void {
    this.report = report;
    this.checkedText = text;
    this.failure = "";
    this.isChecking = false;
    if (report.layout) this.layout = report.layout;
  }

  #fail(text: string, cause: unknown): void {
    this.isChecking = false;
    this.failure = `The text could not be checked. ${sentenceOf(cause)}`;
    if (!(cause instanceof ProblemError) || !mayPass(cause)) return;
    this.#timer = setTimeout(
      () => void this.now(text),
      (cause.retryAfterSeconds ?? RETRY_SECONDS) * 1000,
    );
  }
}

function mayPass({ code }: ProblemError): boolean {
  return code === "offline" || code === "unavailable" || code === "rate_limited";
}

function validate(text: string, signal: AbortSignal): Promise<Report> {
  return dataOf(
    api.POST("/v1/venues/validate", {
      params: { query: { layout: true } },
      ...templateBody(text),
      signal,
    }),
  );
}

/** A template goes as it was typed: not as a JSON text. */
export function templateBody(text: string) {
  return {
    body: text,
    bodySerializer: (body: unknown) => body as string,
    headers: { "Content-Type": mediaTypeOf(text) },
  };
}

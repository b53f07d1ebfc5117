/** Puts the cursor where the first thing is to be mended. */
export function focusFirstMistake(form: HTMLFormElement): void {
  form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
}

import type { Page } from "playwright-core";

/** A question that gets no answer until it may. */
export interface HeldBack {
  isAsked: Promise<void>;
  letGo(): void;
}

/** Holds back what is asked of an address until it is let go; what is asked later goes at once. */
export async function heldBack(page: Page, url: string): Promise<HeldBack> {
  let asked = (): void => undefined;
  let release = (): void => undefined;
  const isAsked = new Promise<void>((resolve) => (asked = resolve));
  const mayCome = new Promise<void>((resolve) => (release = resolve));
  await page.route(url, async (route) => {
    asked();
    await mayCome;
    await route.continue();
  });
  return { isAsked, letGo: release };
}

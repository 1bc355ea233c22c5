/// <reference lib="dom" />
/** What axe-core finds wrong in a page, in light and in dark. */
import { assertEquals } from "@std/assert";
import axe from "axe-core";
import type { Page } from "playwright-core";

/** @throws {AssertionError} with each finding's name, weight and first element */
export async function assertBarsNobody(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(axe.source);
    const found = await page.evaluate(async () => {
      const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
      return violations.map(({ id, impact, nodes }) => [id, impact, nodes[0]!.html]);
    });
    assertEquals(found, []);
  }
}

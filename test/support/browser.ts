/** A real browser, without a window: the machine's own Chromium, or the one that CHROMIUM names. */
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { findChromium } from '../../src/launcher/browser.ts';

export async function openBrowser(): Promise<Browser> {
  const executablePath = findChromium(process.env);
  // Its sandbox refuses to work for root, which is who runs tests in a container.
  return await chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

export interface Watched {
  /** What the page complained of, in the console or by throwing. */
  readonly complaints: readonly string[];
  /** The origins of everything that it asked for. */
  readonly origins: ReadonlySet<string>;
}

export function watch(page: Page): Watched {
  const complaints: string[] = [];
  const origins = new Set<string>();
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) origins.add(new URL(request.url()).origin);
  });
  return { complaints, origins };
}

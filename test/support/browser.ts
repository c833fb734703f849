/** A real browser, without a window: the machine's own Chromium, or the one that CHROMIUM names. */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';

const KNOWN_PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? KNOWN_PLACES.find((path) => existsSync(path));
  if (executablePath === undefined) {
    throw new Error('there is no Chromium here: install it, or name one in CHROMIUM');
  }
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

/** What `npm test` gets before its first test, because they may take minutes: the `temporal` command, a browser. */
import { join } from 'node:path';
import { ensureChromium } from './browser.ts';
import { cacheDirectory } from './places.ts';
import { temporalBinary } from './temporal-binary.ts';

export async function prepare(root: string, say: (line: string) => void): Promise<void> {
  const environment = process.env;
  const logFile = join(root, '.makegood', 'logs', 'temporal-setup.log');
  await temporalBinary({ cacheDir: cacheDirectory(environment), environment, logFile, say });
  ensureChromium(environment, say);
}

/**
 * `npm run drill:restore -- [--way older|archive|temporal] --orders N --seconds S --seed X [--keep]`:
 * a book or a server is lost under load and brought back. Exit 0: nothing is wrong that was not said.
 */
import { parseArgs } from 'node:util';
import { runDrill } from './drill.ts';
import { WAYS } from './scene.ts';
import type { Way } from './scene.ts';

const { values } = parseArgs({
  options: {
    way: { type: 'string' },
    orders: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '90' },
    seed: { type: 'string', default: 'drill' },
    keep: { type: 'boolean', default: false },
  },
});
const [orders, seconds] = [Number(values.orders), Number(values.seconds)];
const ways = WAYS.filter((way) => values.way === undefined || values.way === way);
if (!(orders > 0 && seconds > 0 && ways.length > 0 && /^[\w-]{1,32}$/.test(values.seed))) {
  console.error(
    'usage: npm run drill:restore -- [--way older|archive|temporal] --orders N --seconds S --seed X [--keep]',
  );
  process.exit(2);
}

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(2);
    stopping.abort(new Error(`stopped by ${signal}`));
  });
}

let worst = 0;
for (const way of ways) {
  if (!stopping.signal.aborted) worst = Math.max(worst, await drill(way));
}
process.exit(worst);

async function drill(way: Way): Promise<number> {
  const say = (line: string): void => console.log(`[${way}] ${line}`);
  const { seed, keep } = values;
  const wish = { way, orders, seconds, seed, keep, stop: stopping.signal, say };
  const drilled = await runDrill(wish).catch((error: unknown) => {
    return { code: 2, lines: [String(error)] };
  });
  for (const line of drilled.lines) say(line);
  return drilled.code;
}

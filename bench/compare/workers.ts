/**
 * `npm run bench:workers`: the real checkout with one worker process, two and four, in turns: what more
 * of them cost on one machine, and what they bring there. Writes its table to docs/benchmarks.md.
 */
import { writeSections } from '../page.ts';
import { makegood } from './contenders/makegood.ts';
import { root } from './ground.ts';
import { measure } from './measure.ts';
import { QUICK } from './plan.ts';
import { tablesOfWork } from './tables.ts';

const contenders = [1, 2, 4].map((workers) => makegood('server', workers));
const results = await measure(contenders, QUICK, 'npm run bench:workers');
await writeSections(root, { workers: tablesOfWork(results, 'checkout').join('\n\n') });

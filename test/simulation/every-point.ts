/**
 * `npm run simulate:points`: every call of every path going wrong in every way, alone, and with every
 * later call. It takes minutes; the tests walk all singles, and of four paths each pair in one way.
 */
import { PATHS, walkPairs, walkSingles } from './points.ts';
import { inWords } from './telling.ts';

// Errors are ordinary here, and nobody reads where they come from.
Error.stackTraceLimit = 0;
const total = { walks: 0, failures: 0 };
for (const [name, path] of Object.entries(PATHS)) {
  for (const [what, walk] of [
    ['one call', walkSingles],
    ['two calls', walkPairs],
  ] as const) {
    const { walks, hit, failures } = await walk(path);
    console.log(`${name}, ${what}: ${walks} walks, ${hit} with all of their trouble`);
    total.walks += walks;
    total.failures += failures.length;
    const [first] = failures;
    if (first !== undefined) console.log(await inWords(first.story));
  }
}
console.log(`${total.walks} walks, ${total.failures} of them against an invariant`);
process.exitCode = total.failures === 0 ? 0 : 1;

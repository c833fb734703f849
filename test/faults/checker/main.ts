/** `npm run check:books -- <folder>`: the counts, the findings, the verdict. 0 passed, 1 failed, 2 unknown. */
import { check } from './check.ts';
import { NOT_APPLICABLE, RULES } from './table.ts';

const EXITS = { passed: 0, failed: 1, unknown: 2 } as const;

// A broken engine breaks a rule for every order; the first show the pattern.
const SHOWN = 200;

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: npm run check:books -- <folder>');
  process.exit(EXITS.unknown);
}

const { verdict, findings, missing, counts } = await check(folder);
for (const [name, count] of Object.entries(counts)) {
  const sentence = RULES.find(([id]) => id === name)?.[2];
  console.log(
    sentence === undefined ? `${name}: ${count}` : `${name.padEnd(4)}${count}  ${sentence}`,
  );
}
for (const [id, why] of NOT_APPLICABLE) console.log(`${id.padEnd(4)}-  does not apply: ${why}`);
for (const { invariant, orderId, detail } of findings.slice(0, SHOWN)) {
  console.log(`${invariant} ${orderId ?? '-'}: ${detail}`);
}
if (findings.length > SHOWN) console.log(`… and ${findings.length - SHOWN} more findings`);
for (const what of missing.slice(0, SHOWN)) console.log(`missing: ${what}`);
console.log(`verdict: ${verdict}`);
process.exitCode = EXITS[verdict];

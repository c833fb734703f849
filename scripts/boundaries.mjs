/**
 * The import rules as a check that cannot pass by seeing nothing: with a TypeScript whose API it
 * does not know, dependency-cruiser reports "no violations" for 0 modules and exits 0.
 */
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import config from '../.dependency-cruiser.cjs';

const { forbidden, options } = config;
const { output } = await cruise(
  ['src', 'test', 'scripts', 'bench', 'examples'],
  { ...options, ruleSet: { forbidden }, validate: true },
  undefined,
  { tsConfig: extractTSConfig('tsconfig.json') },
);
const { totalCruised, violations } = output.summary;
for (const { rule, from, to } of violations) {
  console.error(`${rule.name}: ${from} → ${to}`);
}
console.log(`${totalCruised} modules, ${violations.length} violations`);
// Fewer modules than the engine and the checkout alone have: the cruiser saw nothing.
const FEWEST_MODULES = 50;
// The rule about the checker holds of nothing when it has moved away.
const checker = output.modules.filter(({ source }) => source.startsWith('test/faults/checker/'));
if (checker.length === 0) console.error('test/faults/checker: no modules seen');
const sawAll = totalCruised >= FEWEST_MODULES && checker.length > 0;
process.exitCode = violations.length > 0 || !sawAll ? 1 : 0;
